"""Rows of higher tiers: whatever becomes of a sale, they come to what it now gives, by the terms they were paid by."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.earnings.repricing import repriced
from laurel.domain.earnings.tiers import tier_rows
from laurel.domain.erasure import erased, too_late_for
from laurel.domain.ledger.adjustments import adjustment
from laurel.domain.ledger.commissions import Commission, Decision
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.ledger.totals import Totals
from laurel.domain.ledger.worth import revalued
from laurel.domain.members.accounts import Account, Change, Head, Upline
from laurel.domain.offers.terms import PayoutTerms
from tests.unit.kit.builders import (
    ANNA,
    BEN,
    GOLD,
    SATURDAY,
    SPRING,
    an_id,
    commission,
    member,
    refunded,
    steady,
    terms,
)

PROGRAM = an_id("prg")
RATES = st.sampled_from(
    [{"percent_of_sale": "5"}, {"percent_of_first_tier": "33.3333"}, {"percent_of_first_tier": "50"}, {"amount": 70}]
)
Option = tuple[str, dict[str, Any] | None]
"""What a payout option gives: the percentage of who sold, and the rate of who stands above."""
GROUPS: Final[dict[str, Option]] = {
    "without tiers": ("15", None),
    "that pays above less": ("7.5", {"percent_of_sale": "1"}),
    "that pays more": ("20", {"percent_of_first_tier": "33.3333"}),
}
MOVES = st.lists(
    st.sampled_from(
        ["refund 1", "refund 700", "refund 3333", "refund", "decline", "approve", "pay the sale", "pay above"]
        + [f"group {name}" for name in GROUPS]
    ),
    max_size=8,
)


class Pair:
    """A sale of 100.00, at first at 7.5 %, and what Ben, who stands above, has of it.

    `option`: what the sale goes by now. `paid_by`: what it went by when Ben was paid.
    """

    def __init__(self, rate: dict[str, Any], refund: int | None = None) -> None:
        self.option: Option = ("7.5", rate)
        self.paid_by: Option | None = None
        self.sale = commission("sale", 750, sale=10_000, terms=_terms(self.option))
        if refund is not None:
            self.sale = refunded(self.sale, refund, refund_id="early")
        self.rows: dict[str, Commission] = {}
        self.fold(is_first=True)

    @property
    def above(self) -> Commission:
        """The row that follows the sale."""
        (row,) = (row for row in self.rows.values() if row.adjusts is None)
        return row

    def fold(self, before: Commission | None = None, *, is_first: bool = False) -> None:
        """What the transition makes of the sale as it stands. `before`: as it stood when it was counted last."""
        counted = None if is_first else (before or self.sale).contribution()
        change = Change(self.sale, counted, stored=before)
        upline = Upline(approved=frozenset({BEN}), rows=dict(self.rows))
        account = Account(member(ancestors=(BEN,)), Head(), {}, Totals(), upline=upline)
        for made in tier_rows(PROGRAM, account, change, SATURDAY):
            assert made.before is None or made.before == self.rows[made.after.commission_id]
            assert made.before is not None or made.after.commission_id not in self.rows
            self.rows[made.after.commission_id] = made.after
        for row in list(self.rows.values()):  # Ben's own transition
            if (needed := adjustment(PROGRAM, row, SATURDAY)) is not None:
                self.rows |= {each.commission_id: each for each in needed}

    def move(self, move: str) -> None:
        """Something happens to the sale, or to the row above; then the sale is folded."""
        before = self.sale
        match move.split():
            case ["refund", *amount]:
                name = f"{move} {self.sale.version}"
                self.sale = refunded(self.sale, int(amount[0]) if amount else None, refund_id=name)
            case ["decline"] if self.sale.payout == "unpaid" and self.sale.status == "approved":
                self.sale = revalued(self.sale, SATURDAY, decision=Decision(status="declined", reason="late"))
            case ["approve"] if self.sale.status == "declined" and self.sale.reason == "late":
                self.sale = revalued(self.sale, SATURDAY, decision=Decision(status="approved"))
            case ["pay", "the", "sale"] if self.sale.status == "approved":
                self.sale = self.sale.revised(SATURDAY, payout="paid")
            case ["pay", "above"] if self.above.status == "approved":
                self.paid_by = self.paid_by or self.option
                self.rows[self.above.commission_id] = self.above.revised(SATURDAY, payout="paid")
            case ["group", *name]:
                self.reprice(GROUPS[" ".join(name)])
        self.fold(before)

    def reprice(self, option: Option) -> None:
        """A retroactive move of who sold, to an option that gives so much."""
        move = _recalculation(self.sale.move + 1, option)
        if (after := repriced(self.sale, [move], SATURDAY)) is not self.sale:
            self.sale, self.option = after, option

    @property
    def wanted(self) -> int:
        """What the sale gives above, worked out by hand: by the terms of now, or those that Ben was paid by."""
        order = self.sale.order
        assert order is not None
        left = order.amount - order.refunded_amount
        percent_sold, rate = self.paid_by or self.option
        if left == 0 or self.sale.status == "declined" or rate is None:
            return 0
        if "amount" in rate:
            return int(rate["amount"])
        base = left if "percent_of_sale" in rate else _half_up(Fraction(left) * Fraction(percent_sold) / 100)
        (percent,) = rate.values()
        return _half_up(base * Fraction(percent) / 100)


def _terms(option: Option) -> PayoutTerms:
    percent, rate = option
    return terms(type="percent_of_sale", percent=percent, tiers=[rate] if rate else [])


def _recalculation(number: int, option: Option) -> Recalculation:
    what = {"member_id": ANNA, "offer_id": SPRING, "number": number, "payout_option_id": GOLD, "option_version": 1}
    when = {"period": "all_time", "day": SATURDAY.date(), "chain": (an_id("rul"),), "at": SATURDAY}
    return Recalculation.model_validate({**what, **when, "terms": _terms(option)})


def _half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def adjustments(pair: Pair) -> Iterator[Commission]:
    yield from (row for row in pair.rows.values() if row.adjusts is not None)


@steady
@given(RATES, MOVES)
def test_a_row_above_comes_to_what_its_sale_gives(rate: dict[str, Any], moves: list[str]) -> None:
    pair = Pair(rate)
    for move in moves:
        paid = pair.above if pair.above.payout == "paid" else None
        pair.move(move)
        if paid is not None:
            assert (pair.above.amount, pair.above.status, pair.above.payout) == (paid.amount, "approved", "paid")
    above, made = pair.above, list(adjustments(pair))
    counts = 1 + sum(row.adjusts.quantity for row in made if row.adjusts)
    if above.payout == "paid":
        assert above.amount + sum(row.amount for row in made) == above.net == pair.wanted
        assert counts == (0 if pair.sale.earns_nothing or pair.sale.status == "declined" else 1)
    elif above.status != "declined":
        assert (above.amount, made) == (pair.wanted, [])
    else:
        assert (pair.wanted, made) == (0, [])


@pytest.mark.parametrize(
    ("moves", "taken_off"),
    [
        (["pay above", "group without tiers", "refund"], [-500]),
        (["pay above", "group without tiers", "decline"], [-500]),
        (["pay above", "group that pays above less", "refund 1"], []),
        (["pay above", "refund 1000", "group without tiers"], [-50]),
        (["group that pays above less", "pay above", "refund 1000"], [-10]),
    ],
)
def test_who_was_paid_before_a_retroactive_move_is_adjusted_by_the_terms_they_were_paid_by(
    moves: list[str], taken_off: list[int]
) -> None:
    pair = Pair({"percent_of_sale": "5"})
    for move in moves:
        pair.move(move)
    assert [row.amount for row in adjustments(pair)] == taken_off


def test_an_unpaid_row_follows_a_sale_that_pays_above_no_more() -> None:
    pair = Pair({"percent_of_sale": "5"})
    pair.move("group without tiers")
    assert (pair.above.amount, pair.above.status) == (0, "approved")
    pair.move("decline")
    assert (pair.above.amount, pair.above.status, pair.above.reason) == (0, "declined", "late")


@pytest.mark.parametrize("is_decline_counted", [False, True])
def test_a_sale_that_is_approved_after_a_decline_pays_above_however_fast_it_was_counted(
    is_decline_counted: bool,
) -> None:
    pair = Pair({"percent_of_sale": "5"})
    pair.rows.clear()  # as if it had been declined before it was first counted
    approved = pair.sale
    pair.sale = declined = approved.revised(SATURDAY, status="declined", reason="late")
    if is_decline_counted:
        pair.fold(is_first=True)
        assert pair.rows == {}
    pair.sale = approved
    pair.fold(declined, is_first=not is_decline_counted)
    assert pair.above.amount == 500
    for move in ("decline", "approve"):
        pair.move(move)
    assert (len(pair.rows), pair.above.status) == (1, "approved")


@pytest.mark.parametrize("move", ["refund 700", "group that pays more", "pay the sale", "decline"])
def test_a_row_that_came_too_late_for_an_erased_member_stays_declined(move: str) -> None:
    pair = Pair({"percent_of_sale": "5"})
    ben = erased(member(member_id=BEN), SATURDAY)
    late = too_late_for(ben, Change(pair.above, None), SATURDAY).commission
    pair.rows[late.commission_id] = late
    pair.move(move)
    assert (pair.above, late.status) == (late, "declined")


@given(RATES, st.integers(1, 9_999))
def test_a_sale_refunded_in_part_before_it_counts_makes_the_row_that_would_have_followed(
    rate: dict[str, Any], refund: int
) -> None:
    made, followed = Pair(rate, refund).above, Pair(rate)
    followed.move(f"refund {refund}")
    assert made.reason == "refund"
    assert made == followed.above.model_copy(update={"version": 1})


@steady
@given(RATES, MOVES)
def test_folding_a_sale_again_changes_nothing_above(rate: dict[str, Any], moves: list[str]) -> None:
    pair = Pair(rate)
    for move in moves:
        pair.move(move)
    before = dict(pair.rows)
    pair.fold()
    assert pair.rows == before
