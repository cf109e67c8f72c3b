"""Refunds: what is left earns what it should, in whatever parts and order it is taken off, paid or not."""

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.adjustments import adjustment
from laurel.domain.ledger.commissions import ADJUSTED, Commission
from laurel.domain.ledger.orders import Order
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.offers.terms import PayoutTerms, earned
from laurel.domain.tracking.facts import Told, joined
from laurel.domain.tracking.refunds import Refund, RefundReport
from laurel.domain.values.errors import Conflict
from laurel.domain.values.money import exchanged
from tests.unit.kit.builders import SATURDAY, a_refund, an_id, an_order, commission, refunded, steady, terms, told_of

PROGRAM = an_id("prg")
FLAT = {"type": "flat_plus_percent", "amount": 250, "percent": "2.9"}
TERMS = st.sampled_from(
    [
        {"type": "percent_of_sale", "percent": "7.5"},
        {"type": "percent_of_sale", "percent": "33.3333"},
        {"type": "flat_per_sale", "amount": 500},
        {"type": "none"},
        FLAT,
    ]
)
AMOUNTS = st.integers(0, 30_000)
REFUNDS = st.lists(
    st.builds(
        lambda amount, reason: {"amount": amount, "reason": reason},
        st.one_of(st.none(), st.integers(1, 20_000)),
        st.sampled_from(["refund", "refund", "chargeback"]),
    ),
    max_size=6,
)
RATES = st.decimals(Decimal("0.0001"), Decimal(500), places=4)


def sold(amount: int, by: dict[str, Any], **changes: Any) -> Commission:
    given_: PayoutTerms = terms(**by)
    return commission("sold", earned(given_, None, amount), terms=given_, sale=amount, **changes)


def foreign(amount: int, by: dict[str, Any], rate: Decimal) -> Commission:
    """A sale in dinars, which have three decimals, of a program in dollars."""
    sale = exchanged(amount, "KWD", "USD", rate)
    order = an_order("sold", sale, amount=amount, currency="KWD", exchange_rate=rate)
    given_ = terms(**by)
    return commission("sold", earned(given_, None, sale), terms=given_, order=order)


def named(reports: list[dict[str, Any]]) -> list[Refund]:
    return [a_refund(f"r{place}", place=place, **report) for place, report in enumerate(reports, 1)]


def applied(row: Commission, refunds: list[Refund]) -> list[Told]:
    steps: list[Told] = []
    for refund in refunds:
        steps.append(told_of(steps[-1].after if steps else row, refund))
    return steps


def state(row: Commission) -> Commission:
    """A row without what counts its edits."""
    return row.model_copy(update={"version": 1, "first": None})


def order_of(row: Commission) -> Order:
    assert row.order is not None
    return row.order


def test_100_refunded_as_33_33_and_34_ends_at_nothing() -> None:
    row = sold(10_000, {"type": "percent_of_sale", "percent": "7.5"})
    steps = applied(row, named([{"amount": 3_300}, {"amount": 3_300}, {"amount": 3_400}]))
    assert [step.after.amount for step in steps] == [503, 255, 0]
    assert [step.after.status for step in steps] == ["approved", "approved", "declined"]
    assert [order_of(step.after).remaining for step in steps] == [6_700, 3_400, 0]


@steady
@given(AMOUNTS, TERMS, REFUNDS, st.data())
def test_the_same_refunds_in_any_order_end_in_the_same_state(
    amount: int, by: dict[str, Any], reports: list[dict[str, Any]], data: st.DataObject
) -> None:
    refunds = named(reports)
    shuffled = data.draw(st.permutations(refunds))
    row = sold(amount, by)
    first, second = (applied(row, each)[-1].after if each else row for each in (refunds, shuffled))
    assert state(first) == state(second)


@steady
@given(st.integers(1, 30_000), TERMS, st.lists(st.integers(1, 5_000), min_size=1, max_size=6), st.booleans())
def test_however_a_refund_is_split_the_same_is_left(
    amount: int, by: dict[str, Any], parts: list[int], is_paid: bool
) -> None:
    row = sold(amount, by, payout="paid" if is_paid else "unpaid")
    whole = refunded(row, sum(parts))
    split = applied(row, named([{"amount": part} for part in parts]))[-1].after
    assert state(split) == state(whole)


@steady
@given(AMOUNTS, TERMS, REFUNDS)
def test_what_is_taken_off_is_clamped_and_adds_up(
    amount: int, by: dict[str, Any], reports: list[dict[str, Any]]
) -> None:
    row = sold(amount, by)
    steps = applied(row, named(reports))
    taken = [step.refunds[0].amount or 0 for step in steps]
    assert all(each >= 0 for each in taken)
    end = steps[-1].after if steps else row
    assert (sum(taken), end.net) == (order_of(end).refunded_amount, end.amount)
    assert 0 <= order_of(end).remaining <= amount
    is_whole = bool(steps) and sum(taken) == amount
    assert order_of(end).is_refunded == is_whole
    assert end.amount == (0 if is_whole else earned(terms(**by), None, amount - sum(taken)))
    assert (end.status == "declined") == is_whole


@steady
@given(st.integers(0, 10**9), TERMS, RATES, REFUNDS)
def test_a_whole_refund_in_another_currency_is_exactly_the_sale(
    amount: int, by: dict[str, Any], rate: Decimal, reports: list[dict[str, Any]]
) -> None:
    row = foreign(amount, by, rate)
    steps = applied(row, named([*reports, {"amount": None}]))
    left = [order_of(step.after).remaining for step in steps]
    assert left == sorted(left, reverse=True)
    assert (left[-1], steps[-1].after.amount, steps[-1].after.status) == (0, 0, "declined")
    assert order_of(steps[-1].after).refunded_amount == amount


@steady
@given(st.integers(1, 10**6), st.integers(1, 10**6), RATES)
def test_what_is_left_of_an_order_in_another_currency_is_rounded_and_no_refund_of_it(
    amount: int, back: int, rate: Decimal
) -> None:
    left = order_of(refunded(foreign(amount, FLAT, rate), back)).remaining
    cents = Fraction(max(0, amount - back), 1000) * Fraction(rate) * 100
    assert left == floor(cents + Fraction(1, 2))


@steady
@given(AMOUNTS, TERMS, REFUNDS)
def test_a_paid_row_with_its_adjustments_pays_what_an_unpaid_one_would(
    amount: int, by: dict[str, Any], reports: list[dict[str, Any]]
) -> None:
    unpaid, paid = sold(amount, by), sold(amount, by, payout="paid")
    expected = applied(unpaid, named(reports))[-1].after if reports else unpaid
    end, made = paid, []
    for refund in named(reports):
        end = told_of(end, refund).after
        if (needed := adjustment(PROGRAM, end, SATURDAY)) is not None:
            end = needed.row
            made.append(needed.made)
    assert adjustment(PROGRAM, end, SATURDAY) is None
    assert (end.amount, end.status, end.payout) == (paid.amount, "approved", "paid")
    assert end.amount + sum(each.amount for each in made) == end.net == expected.amount
    assert all(each.amount <= 0 for each in made)
    counted = 1 + sum(each.adjusts.quantity for each in made if each.adjusts)
    assert counted == (0 if order_of(expected).is_refunded else 1)
    assert len({each.commission_id for each in made}) == len(made)


@steady
@given(AMOUNTS, TERMS, REFUNDS)
def test_refunds_that_waited_leave_what_those_leave_that_came_after(
    amount: int, by: dict[str, Any], reports: list[dict[str, Any]]
) -> None:
    row = sold(amount, by)
    steps = joined(row, named(reports)[::-1], None, SATURDAY)
    waited = (steps[-1].after if steps else row).model_copy(update={"first": None})
    came = applied(row, named(reports))
    assert state(waited) == state(came[-1].after if came else row)
    assert [step.refunds for step in steps] == [step.refunds for step in came]
    told = waited.as_first_told()
    assert (told.amount, told.status, told.reason) == (waited.amount, waited.status, waited.reason)
    later = refunded(waited, 1).as_first_told()
    assert (later.amount, later.status, later.reason, later.version) == (told.amount, told.status, told.reason, 1)
    assert order_of(later).refunded_amount == order_of(told).refunded_amount


def test_an_adjustment_counts_with_its_row_and_is_no_conversion() -> None:
    row = sold(10_000, FLAT, payout="paid", tier=1)
    needed = adjustment(PROGRAM, refunded(row), SATURDAY)
    assert needed is not None
    counted = needed.made.contribution()
    assert counted is not None
    bucket = (row.payout_option_id, ADJUSTED["sale"], "", 1, "approved", False)
    assert counted == (bucket, -1, -540, 0)


def test_a_flat_part_stays_until_the_refund_is_whole() -> None:
    row = sold(10_000, FLAT)
    steps = applied(row, named([{"amount": 9_999}, {"amount": 1}]))
    assert [step.after.amount for step in steps] == [250, 0]


def test_an_order_of_nothing_is_refunded_as_a_whole_by_any_refund() -> None:
    row = refunded(sold(0, FLAT), 1)
    assert (row.amount, row.status, row.reason) == (0, "declined", "refund")


def test_a_chargeback_outweighs_a_refund_whichever_came_first() -> None:
    reports = [{"amount": 100, "reason": "chargeback"}, {"amount": None, "reason": "refund"}]
    ends = [applied(sold(1_000, FLAT), named(each))[-1].after for each in (reports, reports[::-1])]
    assert [end.reason for end in ends] == ["chargeback", "chargeback"]


def test_why_it_was_declined_stays_as_long_as_something_is_left() -> None:
    decision = Decision(status="declined", reason="late")
    row = sold(10_000, FLAT, status="declined", reason="late", decision=decision)
    assert refunded(row, 100).reason == "late"
    assert refunded(row).reason == "refund"


def test_a_refund_of_all_outweighs_the_hold_while_it_lasts() -> None:
    row = sold(10_000, FLAT, status="pending", hold_until=SATURDAY)
    assert (refunded(row, 100).status, refunded(row).status) == ("pending", "declined")
    assert refunded(row).hold_until == SATURDAY  # once the refund is undone, it goes on


@pytest.mark.parametrize("other", [{"amount": 3_301}, {"amount": None}, {"reason": "chargeback"}])
def test_another_refund_under_the_same_id_is_a_conflict(other: dict[str, Any]) -> None:
    same = {"refund_id": "r1", "amount": 3_300, "reason": "refund"}
    known = a_refund("r1", 3_300)
    known.require_same(RefundReport.model_validate(same))
    with pytest.raises(Conflict, match="refund_conflict"):
        known.require_same(RefundReport.model_validate({**same, **other}))
