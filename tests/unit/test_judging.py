"""Judging: by all that was found of it, a report is recorded as somebody's, as nobody's, or refused for one reason."""

from typing import Any

import pytest

from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.judging import LONGEST_METADATA, Judged, Known, is_sound, judge
from laurel.domain.tracking.subscriptions import Subscription
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import (
    ANNA,
    BEN,
    SHOP,
    at,
    candidate,
    claim,
    commission,
    enrollment,
    member,
    offer,
    program,
    received,
    terms,
)

MONTHLY = {"interval": "month", "mode": "on_payment", "limit": 2}
FIRST = commission(
    "first", 3000, sale=30000, terms=terms(type="percent_of_sale", percent="20", recurring=MONTHLY), option_version=4
)
BENS = candidate(
    member=member(member_id=BEN, email="ben@example.com"),
    enrollment=enrollment(member_id=BEN, promo_code="BEN10"),
    code=claim(promo_code="BEN10", member_id=BEN),
)
AHEAD: dict[str, Any] = {"occurred_at": at("2026-11-21 10:06")}
FOREIGN: dict[str, Any] = {"currency": "EUR"}


def of_bytes(size: int) -> dict[str, Any]:
    return {"metadata": {"ü": "x" * (size - len('{"ü": ""}'.encode()))}}


def subscription(payments: int = 0) -> Subscription:
    return Subscription(Claim("subscription", "box", SHOP), FIRST, offer(buckets=3), payments)


def judged(known: Known, **report: Any) -> Judged:
    return judge(program(), received(**report), known)


def refused(known: Known, **report: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        judged(known, **report)
    return refusal.value.code, refusal.value.pointer or ""


def test_an_order_is_recorded_as_that_of_the_candidate_who_wins() -> None:
    order = judged(Known((candidate(offer=offer(buckets=5)), candidate(by="click", code=None))))
    assert (order.row.member_id, order.row.amount, order.buckets, order.subscription) == (ANNA, 3000, 5, None)
    assert [(loser.candidate.by, loser.reason) for loser in order.losers] == [("click", None)]


def test_an_order_that_leads_to_nobody_is_recorded_as_nobodys() -> None:
    order = judged(Known())
    assert (order.row.member_id, order.row.amount, order.buckets, order.losers) == (None, 0, 1, ())


def test_a_customer_with_the_members_own_address_wins_nothing_for_them() -> None:
    order = judged(Known((candidate(),)), customer_email="Anna@example.com")
    assert [loser.reason for loser in order.losers] == ["self_purchase"]


@pytest.mark.parametrize(
    ("known", "report", "code", "pointer"),
    [
        (Known(has_member=False), AHEAD | of_bytes(LONGEST_METADATA + 1), "occurred_in_future", "/occurred_at"),
        (Known(has_member=False), of_bytes(LONGEST_METADATA + 1), "metadata_too_large", "/metadata"),
        (Known(has_member=False, active_offers=0), FOREIGN, "unknown_member", "/member_id"),
        (Known(active_offers=0, has_offer=False), FOREIGN, "offer_ambiguous", "/offer_id"),
        (Known(active_offers=2), FOREIGN, "offer_ambiguous", "/offer_id"),
        (Known(has_offer=False), FOREIGN, "unknown_offer", "/offer_id"),
        (Known(), FOREIGN, "currency_mismatch", "/currency"),
        (Known(subscription=subscription()), FOREIGN, "currency_mismatch", "/currency"),
    ],
)
def test_a_report_is_refused_for_the_first_reason_that_holds(
    known: Known, report: dict[str, Any], code: str, pointer: str
) -> None:
    assert refused(known, **report) == (code, pointer)


@pytest.mark.parametrize(("size", "fits"), [(LONGEST_METADATA, True), (LONGEST_METADATA + 1, False)])
def test_metadata_is_measured_as_the_bytes_of_its_json(size: int, fits: bool) -> None:
    assert is_sound(received(**of_bytes(size))) is fits


def test_a_report_is_sound_whatever_may_be_found_of_it() -> None:
    assert is_sound(received(**FOREIGN))
    assert not is_sound(received(**AHEAD))


def test_a_later_payment_is_the_members_who_won_the_subscription_whoever_else_is_named() -> None:
    order = judged(Known((candidate(), BENS), subscription(payments=1)))
    assert (order.row.type, order.row.member_id, order.row.amount, order.buckets) == ("recurring", ANNA, 6000, 3)
    assert [(loser.candidate, loser.reason) for loser in order.losers] == [(BENS, None)]


def test_a_payment_that_another_one_has_overtaken_takes_the_next_number() -> None:
    order = judged(Known((BENS,), subscription(payments=1)))
    overtaken = order.renewing(program(), subscription(payments=2))
    numbers = [each.row.renewal.number for each in (order, overtaken) if each.row.renewal is not None]
    assert numbers == [2, 3]
    assert (order.row.amount, overtaken.row.amount) == (6000, 0), "the terms pay for two"
    assert (overtaken.received, overtaken.losers, overtaken.subscription) == (
        order.received,
        order.losers,
        subscription(payments=2),
    )
