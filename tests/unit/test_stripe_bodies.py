"""Whatever a body of Stripe has in it, reading it never raises, and what is not read changes nothing."""

import random
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any, Final, get_args

import pytest

from laurel.domain.tracking.webhooks import stripe
from laurel.domain.tracking.webhooks.events import Event, OrderTold
from laurel.domain.tracking.webhooks.payments import Payment, PaymentEvent
from laurel.domain.values.model import MAX_AMOUNT
from tests.kit.shop_bodies import (
    Json,
    stripe_charge,
    stripe_dispute,
    stripe_event,
    stripe_intent,
    stripe_invoice,
    stripe_refund,
    stripe_session,
)
from tests.unit.kit.builders import at

NOW = at("2026-11-20 10:00")
MUTANTS: Final = 4_000
LINES: Final = [
    {"parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False}}},
    {"type": "invoiceitem", "proration": True},
]
SHIPPING: Final = {"amount_subtotal": 700, "amount_tax": 0, "amount_total": 700}
BODIES: Final = [
    stripe_event("checkout.session.completed", stripe_session(shipping_cost=SHIPPING, discounts=[{"coupon": "c"}])),
    stripe_event("checkout.session.async_payment_failed", stripe_session(invoice="in_1")),
    stripe_event(
        "invoice.paid",
        stripe_invoice(
            lines={"data": LINES, "has_more": False}, payments={"data": [{"payment": {"payment_intent": "p"}}]}
        ),
    ),
    stripe_event("invoice_payment.paid", {"id": "i", "invoice": "in_1", "payment": {"payment_intent": "pi_1"}}),
    stripe_event("payment_intent.succeeded", stripe_intent(amount_details={"tax": {"total_tax_amount": 3}})),
    stripe_event("payment_intent.canceled", stripe_intent(payment_details={"order_reference": "cs_1"})),
    stripe_event("charge.captured", stripe_charge(0, amount_captured=10_000), api_version="2026-09-30.endive"),
    stripe_event("charge.refunded", stripe_charge(500), api_version="2024-06-20"),
    stripe_event("refund.failed", stripe_refund(500, presentment_details={"presentment_amount": 4})),
    stripe_event("charge.dispute.closed", stripe_dispute(balance_transactions=[{"amount": -4, "currency": "usd"}])),
]
DEEP: Any = None
for _ in range(60):
    DEEP = {"deeper": [DEEP]}
ODD: Final = [None, True, False, 0, -1, 1, 7, 10**13, -(10**30), 10**60, "", " ", "x" * 300, "in_1", "\ud800", "\x00"]
ODDER: Final = [
    Decimal("1.5"),
    Decimal("1E+400"),
    Decimal("NaN"),
    [],
    {},
    [None],
    {"id": {}},
    {"id": "pi_2"},
    [[]],
    DEEP,
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a tree: what holds it, and its key there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, element in inner:
        yield value, key
        yield from places(element)


def mutant(chance: random.Random) -> Json:
    """A body with one to four of its places taken out or filled with something odd."""
    body: Json = deepcopy(chance.choice(BODIES))
    for _ in range(chance.randint(1, 4)):
        holder, key = chance.choice(list(places(body)))
        if isinstance(holder, dict) and chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = deepcopy(chance.choice([*ODD, *ODDER]))
    return body


def is_sound(event: Event) -> bool:
    if not isinstance(event, OrderTold):
        return True
    return 0 <= event.report.amount <= MAX_AMOUNT and (event.gross is None or 0 <= event.gross <= MAX_AMOUNT)


def test_whatever_stands_in_a_body_it_is_told_ignored_or_refused():
    chance = random.Random(2026)
    for _ in range(MUTANTS):
        told = list(stripe.events(mutant(chance)))
        assert told
        assert all(map(is_sound, told))
        for event in told:
            payment = Payment().after(event, NOW) if isinstance(event, get_args(PaymentEvent)) else Payment()
            assert Payment.model_validate(payment.model_dump(mode="json")) == payment


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body["type"])
def test_fields_that_are_not_read_change_nothing(body: Json):
    noise = {
        "description": DEEP,
        "name": "\ud800",
        "due_date": "0000-00-00",
        "fee": Decimal("0.1") ** 30,
        "items": None,
    }
    about = {**body["data"]["object"], **noise}
    noisy = {**body, **noise, "data": {"object": about, "previous_attributes": DEEP}}
    assert list(stripe.events(noisy)) == list(stripe.events(body))
