"""Tables as CSV: whatever shops and customers wrote, no spreadsheet runs it, and every value can be read back."""

import csv
import io
import re
from decimal import Decimal
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.summaries import GroupBy, SummaryRow
from laurel.domain.ledger.tables import (
    COMMISSION_COLUMNS,
    CONVERSION_COLUMNS,
    Names,
    Person,
    commission_cells,
    conversion_cells,
    summary_cells,
    summary_columns,
)
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.domain.values.model import MAX_AMOUNT
from laurel.domain.values.money import EXPONENTS
from laurel.domain.values.spreadsheets import Layout
from tests.unit.kit.builders import ANNA, BASIC, INSTANTS, SPRING, an_id, at, commission, program, steady

BERLIN = program(currency="EUR", timezone="Europe/Berlin")
RULE = an_id("rul")
NAMES = Names({ANNA: Person("Anna Karenina", "anna@example.com")}, {SPRING: "Spring"}, {BASIC: "Basic"}, {RULE: "Week"})
CONVERSIONS = Layout("conversions", CONVERSION_COLUMNS, partial(conversion_cells, program=BERLIN, names=NAMES))
COMMISSIONS = Layout("commissions", COMMISSION_COLUMNS, partial(commission_cells, program=BERLIN, names=NAMES))
FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
UNSEEN = " \u00a0\u3000\ufeff\u200b"
MAY_BEGIN = r"(?<=[;\t\r\n])(?=[^;\t\r\n])"
OUR_NUMBERS = {"Sale amount", "Refunded amount", "Commission", "Exchange rate"}
TEXTS_OF = {
    "Order id": "order_id",
    "Action code": "action_code",
    "Reason": "reason",
    "Payout id": "payout_id",
    "Member id": "member_id",
    "Offer id": "offer_id",
    "Payout option id": "payout_option_id",
    "Storefront id": "storefront_id",
    "Conversion id": "conversion_id",
}
"""Columns of conversions that are texts of others -> their fields."""
HOSTILE = st.lists(
    st.sampled_from([*FORMULA, "'", '"', ",", ";", " ", "\u00a0", "\u3000", "\ufeff", "\u200b", "|", "cmd", "1"]),
    min_size=1,
    max_size=6,
).map("".join)
TEXTS = HOSTILE | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
MAYBE = st.none() | TEXTS
AMOUNTS = st.integers(0, MAX_AMOUNT)
VIEWS = st.builds(
    ConversionView,
    conversion_id=TEXTS,
    order_id=TEXTS,
    storefront_id=TEXTS,
    occurred_at=INSTANTS,
    type=st.just("sale"),
    action_code=MAYBE,
    offer_id=MAYBE,
    member_id=MAYBE,
    payout_option_id=MAYBE,
    amount=AMOUNTS,
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    exchange_rate=st.none() | st.sampled_from(["0.92", "149.1"]),
    commission=st.integers(-MAX_AMOUNT, MAX_AMOUNT),
    status=st.none() | st.just("approved"),
    payout=st.none() | st.just("unpaid"),
    reason=MAYBE,
    refunded_amount=AMOUNTS,
    attribution=st.fixed_dictionaries({"reason": MAYBE, "promo_code": MAYBE, "click_id": MAYBE}),
    created_at=INSTANTS,
    updated_at=INSTANTS,
    version=st.integers(1, 10**9),
)


def read_back(layout: Layout[Any], rows: list[Any]) -> list[dict[str, str]]:
    written = layout.header + layout.lines(rows)
    assert written.count("\r\n") >= 1 + len(rows)
    return list(csv.DictReader(io.StringIO(written, newline=""), strict=True))


def looks_like_formula(cell: str) -> bool:
    return cell[:1] in set(FORMULA) or cell.lstrip(UNSEEN)[:1] in set(FORMULA)


def original(cell: str) -> str:
    """What stood there before apostrophes were put before whatever may begin a cell."""
    parts = re.split(MAY_BEGIN, cell)
    return "".join(part[1:] if part[:1] == "'" and cell_of(part[1:]) == part else part for part in parts)


def cell_of(text: str) -> str:
    """A text as a cell has it."""
    layout: Layout[str] = Layout("one", ["text"], lambda each: {"text": each})
    ((cell,),) = csv.reader(io.StringIO(layout.lines([text]), newline=""))
    return cell


@steady
@given(st.lists(VIEWS, max_size=2))
def test_no_cell_is_a_formula_and_the_table_reads_back_as_the_json(views: list[ConversionView]) -> None:
    lines = read_back(CONVERSIONS, views)
    assert len(lines) == len(views)
    for line, view in zip(lines, views, strict=True):
        assert [name for name, cell in line.items() if looks_like_formula(cell) and name not in OUR_NUMBERS] == []
        told = {name: getattr(view, field) for name, field in TEXTS_OF.items()}
        told |= {"Promo code": view.attribution.promo_code, "Not won because": view.attribution.reason}
        assert {name: original(line[name]) for name in told} == {name: value or "" for name, value in told.items()}


@steady
@given(st.lists(VIEWS, max_size=2), st.sampled_from([";", "\t"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_NONE]))
def test_nor_is_any_where_cells_are_split_elsewhere(views: list[ConversionView], separator: str, quoting: Any) -> None:
    written = io.StringIO(CONVERSIONS.lines(views), newline="")
    for line in csv.reader(written, delimiter=separator, quoting=quoting):
        for cell in line:
            assert cell.lstrip(f'{UNSEEN}"\t\r\n')[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20"), line


@steady
@given(st.lists(VIEWS, max_size=2))
def test_amounts_are_decimals_of_the_currency_beside_them_and_days_local(views: list[ConversionView]) -> None:
    for line, view in zip(read_back(CONVERSIONS, views), views, strict=True):
        assert line["Order date"] == BERLIN.calendar.day_of(view.occurred_at).isoformat()
        assert (line["Sale currency"], line["Commission currency"]) == (view.currency, "EUR")
        for name, amount, currency in (
            ("Sale amount", view.amount, view.currency),
            ("Refunded amount", view.refunded_amount, view.currency),
            ("Commission", view.commission, "EUR"),
        ):
            assert Decimal(line[name]) * 10 ** EXPONENTS[currency] == amount
            assert len(line[name].partition(".")[2]) == EXPONENTS[currency]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("1001", "1001"),
        ("A=1", "A=1"),
        ("user@example.com", "user@example.com"),
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("https://evil.example","x")', '\'=HYPERLINK("https://evil.example","x")'),
        ("+49 30", "'+49 30"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\t1", "'\t1"),
        ("\r\n=1", "'\r\n'=1"),
        ("a;=1;+2", "a;'=1;'+2"),
        ("a; \u200b\uff1d1", "a;' \u200b\uff1d1"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a;\t-1", "a;\t'-1"),
        ('a;"=1', "a;'\"=1"),
        ("a; b\r\nc;d=1", "a; b\r\nc;d=1"),
        ("a;'=1", "a;''=1"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        ("\ufe631", "'\ufe631"),
        ("it's", "it's"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_what_could_be_a_formula_gets_an_apostrophe_and_nothing_else_does(text: str, cell: str) -> None:
    assert cell_of(text) == cell
    assert original(cell) == text


ROW = {"clicks": 2, "conversions": 1, "sales": 5000, "commission": -300, "payout_due": -300, "average_order": 5000}


@pytest.mark.parametrize(
    ("group_by", "key", "group"),
    [
        ("day", "2026-11-21", {"Day": "2026-11-21"}),
        ("member", ANNA, {"Member id": ANNA, "Member": "Anna Karenina", "E-mail": "anna@example.com"}),
        ("member", "Total", {"Member id": "Total", "Member": "", "E-mail": ""}),
        ("offer", SPRING, {"Offer id": SPRING, "Offer": "Spring"}),
        ("offer", None, {"Offer id": "", "Offer": ""}),
        ("payout_option", BASIC, {"Payout option id": BASIC, "Payout option": "Basic"}),
    ],
)
def test_a_summary_names_its_groups_and_tells_figures_in_decimals(
    group_by: GroupBy, key: str | None, group: dict[str, str]
) -> None:
    cells = partial(summary_cells, group_by=group_by, currency="EUR", names=NAMES)
    layout = Layout("summary", summary_columns(group_by), cells)
    (line,) = read_back(layout, [SummaryRow.model_validate({**ROW, "key": key, "conversion_rate": "50"})])
    assert line == group | {
        **{"Clicks": "2", "Conversions": "1", "Sales": "50.00", "Commission": "-3.00", "Average order": "50.00"},
        **{"Conversion rate": "50", "Payout due": "-3.00", "Currency": "EUR"},
    }


def test_a_bonus_and_a_deduction_are_lines_like_any_other() -> None:
    late = at("2026-11-20 23:30")
    whose = {"member_id": ANNA, "offer_id": SPRING, "payout_option_id": BASIC, "occurred_at": late, "created_at": late}
    rows = [
        commission("bonus", 420, type="extra_bonus", origin="rule", rule_id=RULE, period="all_time", **whose),
        commission("deduction", -1250, type="extra_bonus", origin="manual", **whose),
    ]
    bonus, deduction = read_back(COMMISSIONS, [CommissionView.of(row) for row in rows])
    assert (bonus["Date"], bonus["Amount"], bonus["Currency"]) == ("2026-11-21", "4.20", rows[0].currency)
    assert (bonus["Member"], bonus["E-mail"], bonus["Offer"]) == ("Anna Karenina", "anna@example.com", "Spring")
    assert (bonus["Payout option"], bonus["Rule"], bonus["Period"]) == ("Basic", "Week", "all_time")
    assert (deduction["Amount"], deduction["Origin"], deduction["Rule"]) == ("-12.50", "manual", "")


@pytest.mark.parametrize(
    "columns", [CONVERSION_COLUMNS, COMMISSION_COLUMNS, *(summary_columns(group) for group in get_args(GroupBy))]
)
def test_headers_are_words_and_no_two_are_the_same(columns: tuple[str, ...]) -> None:
    assert len(set(columns)) == len(columns)
    assert all(re.fullmatch(r"[A-Z][a-z-]+( [a-z]+)*", name) for name in columns)
