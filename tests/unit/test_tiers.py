"""Rows of higher tiers: whatever becomes of a sale, they come to what it now gives, by the terms it was recorded by."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.earnings.recurrences import Source, started, step
from laurel.domain.earnings.repricing import repriced
from laurel.domain.earnings.tiers import tier_rows
from laurel.domain.erasure import erased, too_late_for
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.totals import Totals
from laurel.domain.members.accounts import Account, Change, Head, Upline
from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.subscriptions import Subscription, renewed
from tests.unit.kit.builders import (
    BASIC,
    BEN,
    GOLD,
    SATURDAY,
    SHOP,
    commission,
    member,
    offer,
    program,
    steady,
    terms,
)
from tests.unit.kit.pairs import ALL, MOVES, OF_THE_SALE, PROGRAM, RATES, Pair, last, played, recalculation

ORDERS = st.sampled_from([{}, {"subscription": "hash"}])
"""Of a subscription or not: an order of 0 that begins one is a trial."""


@steady
@given(RATES, ALL, ORDERS)
def test_a_row_above_comes_to_what_its_sale_gives(
    rate: dict[str, Any], happenings: list[tuple[str, bool]], order: dict[str, Any]
) -> None:
    paid: Commission | None = None
    for pair in played(rate, happenings, **order):
        if paid is not None:
            assert (pair.above.amount, pair.above.status, pair.above.payout) == (paid.amount, "approved", "paid")
        paid = next((row for row in pair.rows.values() if row.payout == "paid"), None)
    earns = pair.sale.status != "declined" and not pair.sale.earns_nothing
    assert pair.earned_above == (pair.wanted, 1 if earns and pair.rows else 0)
    assert pair.rows or not pair.wanted


@steady
@given(RATES, ALL, ORDERS)
def test_what_those_above_earn_is_not_moved_by_a_retroactive_move_of_who_sold(
    rate: dict[str, Any], happenings: list[tuple[str, bool]], order: dict[str, Any]
) -> None:
    """Not a row, not an adjustment, not a version: as if nobody had been moved."""
    unmoved = [("nothing" if what in MOVES else what, is_counted) for what, is_counted in happenings]
    assert last(played(rate, happenings, **order)).rows == last(played(rate, unmoved, **order)).rows


@steady
@given(RATES, st.lists(st.tuples(st.sampled_from(OF_THE_SALE), st.booleans()), max_size=10), ORDERS)
def test_it_is_the_same_above_however_late_a_sale_is_counted(
    rate: dict[str, Any], happenings: list[tuple[str, bool]], order: dict[str, Any]
) -> None:
    at_the_end = [(what, False) for what, _ in happenings]
    soon, late = last(played(rate, happenings, **order)), last(played(rate, at_the_end, **order))
    assert soon.earned_above[0] == late.earned_above[0]  # the count may differ by a row of 0


@given(st.sampled_from(MOVES), st.booleans())
def test_a_move_to_terms_with_tiers_makes_none_for_a_sale_recorded_without(move: str, is_counted: bool) -> None:
    pair = Pair(None)
    if is_counted:
        pair.count()
    assert pair.happens(move, "decline", "approve", "group that pays more").rows == {}


@pytest.mark.parametrize("is_counted", [True, False])
def test_the_option_of_a_row_above_is_that_of_the_sale_when_it_was_recorded(is_counted: bool) -> None:
    pair = Pair({"percent_of_first_tier": "50"})
    if is_counted:
        pair.count()
    pair.happens("group that pays more")
    assert (pair.sale.payout_option_id, pair.sale.option_version, pair.sale.amount) == (GOLD, 3, 2_000)
    above = pair.above
    assert (above.payout_option_id, above.option_version, above.amount) == (BASIC, 1, 375)


@pytest.mark.parametrize(
    ("happenings", "taken_off"),
    [
        (["pay above", "group without tiers", "refund"], [-500]),
        (["pay above", "group without tiers", "decline"], [-500]),
        (["pay above", "group that pays above less", "refund 1"], []),
        (["pay above", "refund 1000", "group without tiers"], [-50]),
        (["group that pays above less", "pay above", "refund 1000"], [-50]),
    ],
)
def test_who_was_paid_is_adjusted_by_the_terms_they_were_paid_by(happenings: list[str], taken_off: list[int]) -> None:
    pair = Pair({"percent_of_sale": "5"})
    pair.count()
    assert [row.amount for row in pair.happens(*happenings).adjustments] == taken_off


def test_a_trial_pays_nobody_above_until_its_order_comes_to_something() -> None:
    pair = Pair({"amount": 70}, subscription="hash")
    assert pair.happens("amount 0").rows == {}
    assert pair.happens("amount 2500").above.amount == 70
    assert pair.happens("amount 0").above.amount == 0


@pytest.mark.parametrize("is_decline_counted", [False, True])
def test_a_sale_that_is_approved_after_a_decline_pays_above_however_fast_it_was_counted(
    is_decline_counted: bool,
) -> None:
    pair = Pair({"percent_of_sale": "5"})
    pair.happen("decline")
    if is_decline_counted:
        pair.count()
        assert pair.rows == {}
    assert pair.happens("approve").above.amount == 500
    assert (len(pair.happens("decline", "approve").rows), pair.above.status) == (1, "approved")


@pytest.mark.parametrize("what", ["refund 700", "group that pays more", "pay the sale", "decline"])
def test_a_row_that_came_too_late_for_an_erased_member_stays_declined(what: str) -> None:
    pair = Pair({"percent_of_sale": "5"})
    pair.count()
    ben = erased(member(member_id=BEN), SATURDAY)
    late = too_late_for(ben, Change(pair.above, None), SATURDAY).commission
    pair.rows[late.commission_id] = late
    assert (pair.happens(what).above, late.status) == (late, "declined")


@given(RATES, st.integers(1, 9_999))
def test_a_sale_refunded_in_part_before_it_counts_makes_the_row_that_would_have_followed(
    rate: dict[str, Any], refund: int
) -> None:
    made, followed = Pair(rate).happens(f"refund {refund}").above, Pair(rate)
    followed.count()
    assert made.reason == "refund"
    assert made == followed.happens(f"refund {refund}").above.model_copy(update={"version": 1})


@steady
@given(RATES, ALL)
def test_counting_a_sale_again_changes_nothing_above(rate: dict[str, Any], happenings: list[tuple[str, bool]]) -> None:
    pair = last(played(rate, happenings))
    before = dict(pair.rows)
    pair.count()
    assert pair.rows == before


MONTHLY = {"interval": "month", "mode": "on_payment"}


@pytest.mark.parametrize("kind", ["reported", "made by the program"])
def test_a_later_payment_pays_above_by_the_same_whether_its_first_one_is_repriced_before_or_after(kind: str) -> None:
    recorded, moved_to = (
        terms(type="percent_of_sale", percent=percent, tiers=[{"percent_of_first_tier": rate}], recurring=MONTHLY)
        for percent, rate in (("10", "50"), ("20", "1"))
    )
    move = recalculation(1, moved_to)
    first = commission("first", 1_000, sale=10_000, terms=recorded)
    paid = later_payment if kind == "reported" else scheduled_payment
    before, after = repriced(paid(first), [move], SATURDAY), paid(repriced(first, [move], SATURDAY))
    assert (before.amount, before.terms, before.move) == (after.amount, after.terms, after.move)
    assert before.amount == 2_000
    assert above(before) == above(after)
    assert above(after).amount == 500, "half of the 10.00 that it would have paid"


def above(sold: Commission) -> Commission:
    """What Ben has of it when it is first counted."""
    account = Account(member(ancestors=(BEN,)), Head(), {}, Totals(), upline=Upline(approved=frozenset({BEN})))
    (made,) = tier_rows(PROGRAM, account, Change(sold, None), SATURDAY)
    return made.after


def later_payment(first: Commission) -> Commission:
    row = commission("second", sale=10_000)
    return renewed(program(), row, Subscription(Claim("subscription", "hash", SHOP), first, offer(), payments=0))


def scheduled_payment(first: Commission) -> Commission:
    month_later = SATURDAY + timedelta(days=40)
    done = step(program(), started(program(), first, SATURDAY), Source(first, member()), month_later)
    assert done is not None
    assert done.row is not None
    return done.row
