"""An order that nobody won, given to a member by hand: priced as if won now, told to its storefront as before."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.commissions import Attribution, Commission
from laurel.domain.ledger.views import ConversionView
from laurel.domain.tracking.attribution import Outcome, Winner
from laurel.domain.tracking.conversions import attributed, record
from laurel.store import ledger
from laurel.store.values import encode_item
from tests.unit.kit.builders import (
    ANNA,
    BASIC,
    INSTANTS,
    SATURDAY,
    SPRING,
    enrollment,
    member,
    offer,
    option,
    program,
    received,
    steady,
)
from tools.bench.sizes import item_bytes

LATER = SATURDAY + timedelta(days=2)
OPTIONS = st.sampled_from(
    [
        {"type": "percent_of_sale", "percent": "7.5"},
        {"type": "flat_per_sale", "amount": 500},
        {"type": "flat_plus_percent", "amount": 300, "percent": "5"},
        {"type": "none"},
    ]
)


def nobodys(reason: str = "code_inactive", **changes: Any) -> Commission:
    return record(program(), received(**changes), Outcome(None, reason, ()))


def by_hand(row: Commission, approval: dict[str, Any] | None = None, **of_enrollment: Any) -> Commission:
    winner = Winner("member", offer(), member(), enrollment(**of_enrollment))
    return attributed(program(approval=approval or {}), row, winner, LATER)


def test_it_earns_what_the_terms_of_now_give() -> None:
    row = by_hand(nobodys(), move=3)
    assert (row.member_id, row.offer_id, row.payout_option_id, row.move) == (ANNA, SPRING, BASIC, 3)
    assert (row.amount, row.status, row.payout) == (3000, "approved", "unpaid")
    assert row.attribution == Attribution(by="member")
    assert (row.version, row.updated_at) == (2, LATER)


@pytest.mark.parametrize(
    ("approval", "status", "days"),
    [({"mode": "manual"}, "pending", None), ({"mode": "hold", "hold_days": 14}, "pending", 14)],
)
def test_it_waits_for_approval_as_every_order_does(approval: dict[str, Any], status: str, days: int | None) -> None:
    row = by_hand(nobodys(), approval)
    assert row.status == status
    assert row.hold_until == (None if days is None else SATURDAY + timedelta(days=days))


def test_what_was_refunded_meanwhile_earns_nothing() -> None:
    row = nobodys()
    assert row.order is not None
    refunded = row.revised(LATER, order=row.order.model_copy(update={"refunded_amount": 20000, "refunded_sale": 20000}))
    assert by_hand(refunded).amount == 1000


@pytest.mark.parametrize("reason", ["no_match", "code_inactive", "self_purchase"])
def test_its_storefront_is_told_the_first_answer_again(reason: str) -> None:
    row = nobodys(reason, promo_code="Summer Sale", click_id="clk-1")
    first = ConversionView.of(row)
    assert (first.member_id, first.status, first.attribution.reason) == (None, None, reason)
    assert ConversionView.of(by_hand(row).as_first_told()) == first
    assert ConversionView.of(by_hand(row).revised(LATER, status="declined", reason="fraud").as_first_told()) == first


@steady
@given(OPTIONS, INSTANTS, st.integers(0, 10**12), st.booleans())
def test_by_hand_an_order_earns_what_it_would_have_earned_at_once(
    terms: dict[str, Any], when: Any, amount: int, lifetime: bool
) -> None:
    report = received(when, amount=amount, customer_id="c-1")
    to = Winner("member", offer(payout_options=(option(terms=terms),), lifetime=lifetime), member(), enrollment())
    at_once = record(program(), report, Outcome(to, None, ()))
    later = attributed(program(), record(program(), report, Outcome(None, "no_match", ())), to, LATER)
    different = {"version", "updated_at", "first"}
    assert later.model_dump(exclude=different) == at_once.model_dump(exclude=different)


def test_the_row_stays_below_one_kilobyte() -> None:
    row = by_hand(nobodys(promo_code="SUMMER10"))
    counted = ledger.commission(program().program_id, row, buckets=1, counted=row.contribution())
    assert item_bytes(encode_item(counted)) < 1024
