"""Summaries: what they say is what a person with the bare list of rows would say."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.summaries import Figures, GroupBy, MemberDay, Summary, summarize
from laurel.domain.ledger.tables import Names, summary_cells
from laurel.domain.ledger.totals import NO_OFFER, DayRow, Totals, from_stored, to_stored
from tests.kit.figures import key_of, slowly
from tests.unit.kit.builders import ANNA, AUTUMN, BASIC, BEN, GOLD, LINKS, SATURDAY, SPRING, an_id, commission, steady

GROUPS: tuple[GroupBy, ...] = ("day", "member", "offer", "payout_option")
PLAIN = {"status": "approved", "payout": "unpaid"}


ADJUSTED_ROWS = st.fixed_dictionaries(
    {
        "commission_id": st.just(an_id("com")),
        "kind": st.sampled_from(["sale", "action", "recurring", "recurrence"]),
        "quantity": st.sampled_from([0, -1]),
    }
)


@st.composite
def rows(draw: st.DrawFn) -> Commission:
    kind = draw(st.sampled_from(["sale", "sale", "action", "recurring", "click", "extra_bonus", "adjustment"]))
    whose: dict[str, Any] = {"offer_id": None, "payout_option_id": None}
    if kind != "extra_bonus" or draw(st.booleans()):
        whose["offer_id"] = draw(st.sampled_from([SPRING, AUTUMN]))
    if kind != "extra_bonus":
        whose["payout_option_id"] = draw(st.sampled_from([BASIC, GOLD]))
    order = kind in {"sale", "action", "recurring"} and draw(st.booleans())
    return commission(
        draw(st.uuids()).hex,
        draw(st.integers(-500 if kind == "adjustment" else 0, 10_000)),
        when=SATURDAY + timedelta(days=draw(st.integers(0, 3))),
        sale=draw(st.integers(0, 100_000)) if order else None,
        type=kind,
        origin="schedule" if kind == "recurring" and not order else "conversion",
        tier=draw(st.sampled_from([1, 1, 1, 2, 3])) if order else 1,
        action_code="sign|up" if kind == "action" else None,
        adjusts=draw(ADJUSTED_ROWS) if kind == "adjustment" else None,
        clicks=draw(st.integers(1, 9)) if kind == "click" else None,
        member_id=draw(st.sampled_from([ANNA, BEN])),
        status=draw(st.sampled_from(["pending", "approved", "approved", "declined"])),
        payout="unpaid",
        **whose,
    )


def paid(row: Commission) -> Commission:
    return row.model_copy(update={"payout": "paid"}) if row.status == "approved" else row


HISTORIES = st.lists(rows(), max_size=12).flatmap(
    lambda made: st.lists(st.booleans(), min_size=len(made), max_size=len(made)).map(
        lambda flags: [paid(row) if flag else row for row, flag in zip(made, flags, strict=True)]
    )
)


def folded(commissions: Iterable[Commission]) -> list[MemberDay]:
    """The member-days that the account transition leaves of `commissions`, read back as they are stored."""
    totals: dict[str, Totals] = defaultdict(Totals)
    for row in commissions:
        contribution = row.contribution()
        assert contribution is not None
        totals[row.member_id or ""].count(row.day, row.offer_id or NO_OFFER, contribution, 1)
    return [
        MemberDay(member_id, row, from_stored(to_stored(counters)))
        for member_id, held in totals.items()
        for row, counters in held.rows.items()
        if isinstance(row, DayRow)
    ]


@steady
@given(HISTORIES, st.sampled_from(GROUPS))
def test_a_summary_equals_the_fold_of_its_list(commissions: list[Commission], group_by: GroupBy) -> None:
    told = summarize(folded(commissions), group_by, "USD", LINKS)
    groups: dict[str | None, list[Commission]] = defaultdict(list)
    for row in commissions:
        groups[key_of(row, group_by)].append(row)
    expected = {key: slowly(members, LINKS) for key, members in groups.items()}
    shown = {row.key: {name: getattr(row, name) for name in Figures.model_fields} for row in told.rows}
    assert shown == {key: figures for key, figures in expected.items() if any(figures.values())}
    assert dict(told.totals) == slowly(commissions, LINKS)


@steady
@given(HISTORIES, st.sampled_from(GROUPS))
def test_rows_sum_to_the_totals(commissions: list[Commission], group_by: GroupBy) -> None:
    told = summarize(folded(commissions), group_by, "USD", LINKS)
    for name in ("clicks", "conversions", "sales", "commission", "payout_due"):
        assert sum(getattr(row, name) for row in told.rows) == getattr(told.totals, name)


@steady
@given(HISTORIES, st.sampled_from(GROUPS), st.randoms(use_true_random=False))
def test_in_whatever_order_days_are_read_the_summary_is_the_same(
    commissions: list[Commission], group_by: GroupBy, order: Any
) -> None:
    days = folded(commissions)
    shuffled = list(days)
    order.shuffle(shuffled)
    assert summarize(shuffled, group_by, "USD", LINKS) == summarize(days, group_by, "USD", LINKS)


def summary(*commissions: Commission, by: GroupBy = "day") -> Summary:
    return summarize(folded(commissions), by, "USD", LINKS)


def test_nothing_comes_to_nothing() -> None:
    zero = {"clicks": 0, "conversions": 0, "sales": 0, "commission": 0, "payout_due": 0}
    assert summary() == Summary(
        rows=[], totals=Figures(**zero, average_order=None, conversion_rate=None), currency="USD"
    )


def test_what_is_declined_earns_nothing_and_is_no_row() -> None:
    assert summary(commission("a", 300, sale=3000, status="declined")).rows == []


def test_clicks_count_whatever_became_of_their_pay() -> None:
    told = summary(commission("a", 30, type="click", clicks=3, status="declined"))
    assert (told.totals.clicks, told.totals.commission) == (3, 0)
    assert len(told.rows) == 1


def test_sales_are_net_of_refunds() -> None:
    sale = commission("a", 200, sale=3000)
    assert sale.order is not None
    refunded = sale.order.model_copy(update={"refunded_sale": 1000, "refunded_amount": 1000})
    assert summary(sale.model_copy(update={"order": refunded})).totals.sales == 2000


def test_what_is_paid_is_earned_and_no_longer_due() -> None:
    told = summary(commission("a", 300, sale=3000, payout="paid"), commission("b", 200, status="pending"))
    assert (told.totals.commission, told.totals.payout_due) == (500, 0)


@pytest.mark.parametrize(
    ("orders", "clicks", "average", "rate"),
    [([101, 102], 3, 102, "66.67"), ([1, 0, 0], 8, 0, "37.5"), ([5], 1, 5, "100"), ([7, 7, 7], 1, 7, "300")],
)
def test_averages_and_rates_are_rounded_half_up(orders: list[int], clicks: int, average: int, rate: str) -> None:
    made = [commission(str(n), sale=sale) for n, sale in enumerate(orders)]
    totals = summary(*made, commission("c", type="click", clicks=clicks)).totals.model_dump(mode="json")
    assert (totals["average_order"], totals["conversion_rate"]) == (average, rate)


@pytest.mark.parametrize(
    ("by", "rates"),
    [
        ("day", {"2026-11-21": 50, "2026-11-22": None}),
        ("member", {ANNA: 100, BEN: 0}),
        ("offer", {SPRING: 50, AUTUMN: None}),
        ("payout_option", {BASIC: 0, GOLD: 100}),
    ],
)
def test_the_rate_is_of_the_conversions_that_clicks_can_lead_to(by: GroupBy, rates: dict[str, int | None]) -> None:
    clicks = [commission(who, type="click", clicks=4, member_id=who) for who in (ANNA, BEN)]
    clicks[0] = clicks[0].model_copy(update={"payout_option_id": GOLD})
    sold = [commission(f"sold {n}", sale=100, payout_option_id=GOLD) for n in range(4)]
    codes = [
        commission(f"code {n}", sale=100, offer_id=AUTUMN, when=SATURDAY + timedelta(days=n % 2)) for n in range(1_000)
    ]
    told = summary(*clicks, *sold, *codes, by=by)
    assert {row.key: row.conversion_rate for row in told.rows} == rates
    assert (told.totals.conversions, told.totals.clicks, told.totals.conversion_rate) == (1_004, 8, 50)


def test_days_come_in_their_order_and_others_by_what_they_earned() -> None:
    early, late = commission("a", 100), commission("b", 900, when=SATURDAY + timedelta(days=1))
    other = commission("c", 900, member_id=BEN, offer_id=AUTUMN)
    assert [row.key for row in summary(late, early).rows] == ["2026-11-21", "2026-11-22"]
    assert [row.key for row in summary(early, late, other, by="member").rows] == [ANNA, BEN]
    assert [row.commission for row in summary(early, late, other, by="member").rows] == [1000, 900]
    assert [row.key for row in summary(late, other, by="offer").rows] == sorted([SPRING, AUTUMN])


def test_a_bonus_over_several_offers_is_of_no_offer_and_no_option() -> None:
    bonus = commission("a", 420, type="extra_bonus", offer_id=None, payout_option_id=None)
    for by in ("offer", "payout_option"):
        assert [(row.key, row.commission, row.conversions) for row in summary(bonus, by=by).rows] == [(None, 420, 0)]


def test_a_line_of_the_table_has_the_figures_of_its_row_and_the_currency() -> None:
    (row,) = summary(commission("a", 300, sale=3000), commission("c", type="click", clicks=3)).rows
    cells = {name: str(cell) for name, cell in summary_cells(row, "day", "USD", Names()).items()}
    assert cells == {
        **{"Day": row.key, "Clicks": "3", "Conversions": "1", "Sales": "30.00", "Commission": "3.00"},
        **{"Average order": "30.00", "Conversion rate": "33.33", "Payout due": "3.00", "Currency": "USD"},
    }
