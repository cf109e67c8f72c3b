"""Tables as CSV: whatever shops and customers wrote, no spreadsheet runs it, and every value can be read back."""

import csv
import io
import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.api.tables import Layout
from laurel.domain.ledger.summaries import SUMMARY_COLUMNS, SummaryRow, summary_cells
from laurel.domain.ledger.views import CONVERSION_COLUMNS, ConversionView, conversion_cells
from laurel.domain.values.model import MAX_AMOUNT
from laurel.domain.values.money import EXPONENTS
from tests.unit.kit.builders import INSTANTS, program, steady

BERLIN = program(currency="EUR", timezone="Europe/Berlin")
CONVERSIONS = Layout("conversions", CONVERSION_COLUMNS, partial(conversion_cells, program=BERLIN))
SUMMARY = Layout("summary", SUMMARY_COLUMNS, partial(summary_cells, currency="EUR"))
FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
UNSEEN = " \u00a0\u3000\ufeff\u200b"
MAY_BEGIN = r"(?<=[;\t\r\n])(?=[^;\t\r\n])"
OUR_NUMBERS = {"sale_amount", "commission_earned", "amount", "commission", "refunded_amount", "version"}
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


def flat(view: ConversionView) -> dict[str, Any]:
    fields = view.model_dump(mode="json")
    found = fields.pop("attribution")
    return {
        **fields,
        "attributed_by": found["by"],
        "attribution_reason": found["reason"],
        "promo_code": found["promo_code"],
        "click_id": found["click_id"],
    }


@steady
@given(st.lists(VIEWS, max_size=2))
def test_no_cell_is_a_formula_and_the_table_reads_back_as_the_json(views: list[ConversionView]) -> None:
    lines = read_back(CONVERSIONS, views)
    assert len(lines) == len(views)
    for line, view in zip(lines, views, strict=True):
        assert [name for name, cell in line.items() if looks_like_formula(cell) and name not in OUR_NUMBERS] == []
        for name, value in flat(view).items():
            cell = line[name]
            assert (cell if name in OUR_NUMBERS else original(cell)) == ("" if value is None else str(value)), name


@steady
@given(st.lists(VIEWS, max_size=2), st.sampled_from([";", "\t"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_NONE]))
def test_nor_is_any_where_cells_are_split_elsewhere(views: list[ConversionView], separator: str, quoting: Any) -> None:
    written = io.StringIO(CONVERSIONS.lines(views), newline="")
    for line in csv.reader(written, delimiter=separator, quoting=quoting):
        for cell in line:
            assert cell.lstrip(f'{UNSEEN}"\t\r\n')[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20"), line


@steady
@given(st.lists(VIEWS, max_size=2))
def test_people_find_the_day_and_both_amounts_in_major_units(views: list[ConversionView]) -> None:
    for line, view in zip(read_back(CONVERSIONS, views), views, strict=True):
        assert line["order_date"] == BERLIN.calendar.day_of(view.occurred_at).isoformat()
        for name, amount, currency in (
            ("sale_amount", view.amount, view.currency),
            ("commission_earned", view.commission, "EUR"),
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


def test_a_loss_is_a_number_and_stays_one() -> None:
    row = {"key": "-x", "clicks": 0, "conversions": 0, "sales": 0, "commission": -300, "payout_due": -300}
    (line,) = read_back(SUMMARY, [SummaryRow.model_validate({**row, "average_order": None, "conversion_rate": None})])
    assert (line["key"], line["commission"], line["average_order"]) == ("'-x", "-300", "")


def test_the_columns_begin_with_what_people_look_for_and_go_on_with_all_fields() -> None:
    assert CONVERSION_COLUMNS[:3] == ("order_date", "sale_amount", "commission_earned")
    assert len(set(CONVERSION_COLUMNS)) == len(CONVERSION_COLUMNS) == 3 + len(ConversionView.model_fields) - 1 + 4
    assert (
        *("key", "clicks", "conversions", "sales", "commission"),
        *("average_order", "conversion_rate", "payout_due", "currency"),
    ) == SUMMARY_COLUMNS
