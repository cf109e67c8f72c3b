"""What Stripe's events say of payments: captures, running totals, refunds and disputes as they stand by now."""

from typing import Any

import pytest

from laurel.domain.tracking.webhooks import stripe
from laurel.domain.tracking.webhooks.events import (
    Event,
    Ignored,
    PaymentCaptured,
    PaymentDisputed,
    PaymentRefunded,
    PaymentRefundTold,
    Refused,
)
from tests.kit.shop_bodies import Json, stripe_charge, stripe_dispute, stripe_event, stripe_refund
from tests.unit.kit.builders import at

TOLD_AT = at("2026-11-19 17:30:02")
OPENED, CLOSED, REINSTATED = (f"charge.dispute.{news}" for news in ("created", "closed", "funds_reinstated"))


def told(kind: str, about: Any, **changes: Any) -> Any:
    (event,) = stripe.events(stripe_event(kind, about, **changes))
    return event


def test_a_charge_tells_the_sum_of_its_refunds_which_may_be_none_again():
    assert told("charge.refunded", stripe_charge(500)) == PaymentRefunded("pi_1", "ch_1", 500, "EUR", TOLD_AT)
    assert told("charge.refunded", stripe_charge(0)) == PaymentRefunded("pi_1", "ch_1", 0, "EUR", TOLD_AT)


def test_what_a_capture_leaves_is_a_refund_in_older_versions_alone():
    charge = stripe_charge(9_000, amount=18_000, amount_captured=10_000)
    older = told("charge.refunded", charge, api_version="2025-02-24.acacia")
    newer = told("charge.refunded", charge, api_version="2025-03-31.basil")
    assert (older.total, newer.total, told("charge.refunded", charge).total) == (1_000, 9_000, 9_000)


def test_the_end_of_an_authorisation_is_a_refund_of_all_in_older_versions():
    ended = stripe_charge(18_598, captured=False, amount_captured=0)
    assert told("charge.refunded", ended, api_version="2024-06-20").total == 18_598


@pytest.mark.parametrize(
    ("changes", "taken", "left"),
    [
        ({}, 18_598, 0),
        ({"amount_captured": 10_000}, 10_000, 8_598),
        ({"amount_captured": None}, 18_598, 0),
        ({"amount_captured": 20_000}, 20_000, 0),
    ],
)
def test_a_capture_tells_what_it_took_and_what_it_left(changes: Json, taken: int, left: int):
    captured = PaymentCaptured("pi_1", "ch_1", taken, left, "EUR", TOLD_AT)
    assert told("charge.captured", stripe_charge(0, **changes)) == captured


def test_a_charge_that_expired_takes_nothing():
    ended = stripe_charge(0, captured=False, amount_captured=0)
    assert told("charge.expired", ended) == PaymentCaptured("pi_1", "ch_1", 0, 18_598, "EUR", TOLD_AT)


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "charge.refund.updated"])
@pytest.mark.parametrize(
    ("status", "stands"),
    [
        ("pending", True),
        ("requires_action", True),
        ("succeeded", True),
        (None, True),
        ("failed", False),
        ("canceled", False),
    ],
)
def test_a_refund_stands_until_it_fails_or_is_canceled(kind: str, status: str | None, stands: bool):
    refund = told(kind, stripe_refund(500, status=status))
    assert refund == PaymentRefundTold(
        "pi_1", "ch_1", "re_1", 500, "EUR", stands, TOLD_AT, made_at=at("2026-11-19 17:30:01")
    )


def test_a_refund_that_failed_is_told_so_by_its_event():
    assert not told("refund.failed", stripe_refund(500, status="failed")).stands
    assert not told("refund.failed", stripe_refund(500, status=None)).stands


def test_a_refund_tells_its_money_in_other_currencies_where_the_body_has_them():
    shown = {"presentment_amount": 5_800, "presentment_currency": "sek"}
    balance = {"id": "txn_1", "amount": -540, "currency": "usd"}
    refund = told("refund.created", stripe_refund(500, presentment_details=shown, balance_transaction=balance))
    assert refund.also == (("SEK", 5_800), ("USD", 540))
    odd = {"presentment_amount": None, "presentment_currency": "sek"}
    assert told("refund.created", stripe_refund(500, presentment_details=odd, balance_transaction="txn_1")).also == ()


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("warning_needs_response", "inquiry"),
        ("warning_under_review", "inquiry"),
        ("warning_closed", "inquiry"),
        ("prevented", "inquiry"),
        ("charge_refunded", "inquiry"),
        ("needs_response", "open"),
        ("under_review", "open"),
        (None, "open"),
        ("won", "won"),
        ("lost", "lost"),
    ],
)
def test_a_dispute_takes_what_its_status_says(status: str | None, standing: Any):
    dispute = told(OPENED, stripe_dispute(700, status=status))
    assert dispute == PaymentDisputed("pi_1", "dp_1", 700, "EUR", standing, TOLD_AT)


@pytest.mark.parametrize("news", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
def test_every_event_of_a_dispute_tells_how_it_stands(news: str):
    assert told(f"charge.dispute.{news}", stripe_dispute(status="won")).standing == "won"


def test_money_that_came_back_is_of_a_dispute_that_was_not_lost():
    assert told(REINSTATED, stripe_dispute(status="under_review")).standing == "won"
    assert told(REINSTATED, stripe_dispute(status="lost")).standing == "lost"
    assert told(CLOSED, stripe_dispute(status="under_review")).standing == "open"


def test_a_dispute_tells_what_it_took_off_the_merchants_balance():
    taken, given = {"amount": -1_100, "currency": "usd"}, {"amount": 1_100, "currency": "usd"}
    for transactions in ([taken, given], [given, taken], [{"amount": 0, "currency": "usd"}, taken]):
        assert told(CLOSED, stripe_dispute(balance_transactions=transactions)).also == (("USD", 1_100),)
    assert told(OPENED, stripe_dispute(balance_transactions=[])).also == ()


@pytest.mark.parametrize(
    ("kind", "about", "event"),
    [
        ("charge.refunded", stripe_charge(5, payment=None), Ignored("no_payment_intent")),
        ("charge.refunded", stripe_charge(5, charge_id=None), Ignored("no_payment_intent")),
        ("charge.captured", stripe_charge(5, payment=None), Ignored("no_payment_intent")),
        ("refund.created", stripe_refund(5, payment=None), Ignored("no_payment_intent")),
        (OPENED, stripe_dispute(payment=None), Ignored("no_payment_intent")),
        ("charge.refunded", stripe_charge(5, currency="usdc"), Refused("unknown_currency")),
        ("refund.created", stripe_refund(5, currency=None), Refused("unknown_currency")),
        (OPENED, stripe_dispute(currency=7), Refused("unknown_currency")),
        ("charge.refunded", stripe_charge(None), Refused("amount_not_understood")),
        ("charge.captured", stripe_charge(0, amount=None, amount_captured=None), Refused("amount_not_understood")),
        ("refund.created", stripe_refund("5"), Refused("amount_not_understood")),
        (OPENED, stripe_dispute(1.5), Refused("amount_not_understood")),
        (OPENED, stripe_dispute(status="negotiated"), Refused("unknown_dispute_status")),
    ],
)
def test_what_cannot_be_counted_says_why(kind: str, about: Any, event: Event):
    assert told(kind, about) == event


def test_a_payment_may_be_expanded():
    assert told("charge.refunded", stripe_charge(500, payment={"id": "pi_7"})).payment == "pi_7"
