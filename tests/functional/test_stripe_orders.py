"""Orders by Stripe end the same whatever of them is told first, and one payment is one order by whatever names."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from itertools import permutations
from typing import Any, NamedTuple

import pytest

from laurel.domain.ledger.commissions import conversion_id
from laurel.domain.program.programs import Storefront
from laurel.domain.tracking.webhooks import stripe
from laurel.domain.tracking.webhooks.events import Event
from laurel.store import items, keys
from laurel.workflows.ledger import commissions
from laurel.workflows.tracking import deliveries
from tests.functional.kit.world import AT, World, furnished
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
from tests.simulation.kit.table.fake_table import FakeTable

LATER = AT.replace(day=21)
PLACED = 1_795_109_402
Told = Sequence[Event]


class End(NamedTuple):
    """What has become of an order: amounts of it, and the commission at 10 %."""

    status: str
    refunded: int
    commission: int


@cache
def stocked() -> tuple[FakeTable, World, Storefront]:
    table = FakeTable()
    world = furnished(table)
    item = table.get(keys.storefront(world.program.program_id, world.storefront_id))
    assert item is not None
    return table, world, items.parse(Storefront, item)


def news(seconds: int, kind: str, about: Json) -> Told:
    return list(stripe.events(stripe_event(kind, about, created=PLACED + seconds)))


def after(told: Sequence[Told]) -> tuple[FakeTable, World, list[deliveries.Answer]]:
    table, world, shop = deepcopy(stocked())
    return table, world, [deliveries.apply(table, world.program, shop, each, LATER).answer for each in told]


def end_of(table: FakeTable, world: World, order_id: str) -> End:
    known = conversion_id(world.program.program_id, world.storefront_id, order_id)
    row = commissions.get(table, world.program.program_id, known)
    assert row.order is not None
    return End(row.status, row.order.refunded_amount, row.amount)


def orders(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """The first hundred orders in which they may come."""
    for number, order in enumerate(permutations(told)):
        if number % max(1, len(told) - 3) == 0:
            yield order


COMPLETED = "checkout.session.completed"
CHECKOUT = news(0, COMPLETED, stripe_session())
"""15040 of 18598 are goods."""
PAYMENT = {"id": "inpay_1", "invoice": "in_1", "currency": "eur", "payment": {"payment_intent": "pi_1"}}
HELD: Any = {"capture_method": "manual", "payment_details": {"order_reference": "cs_live_a1"}, "amount": 18_598}
ENDS: Any = {
    "money that comes later": (
        [
            news(0, COMPLETED, stripe_session(payment_status="unpaid")),
            news(9, "checkout.session.async_payment_succeeded", stripe_session()),
        ],
        {"cs_live_a1": End("approved", 0, 1_504)},
    ),
    "money that never comes": (
        [
            news(0, COMPLETED, stripe_session(payment_status="unpaid")),
            news(9, "checkout.session.async_payment_failed", stripe_session(payment_status="unpaid")),
        ],
        {"cs_live_a1": End("declined", 0, 0)},
    ),
    "totals": (
        [
            CHECKOUT,
            news(5, "charge.refunded", stripe_charge(9_299)),
            news(9, "charge.refunded", stripe_charge(18_598)),
            news(12, "charge.refunded", stripe_charge(9_299)),
        ],
        {"cs_live_a1": End("approved", 7_520, 752)},
    ),
    "refunds by id, in totals too, one of which fails": (
        [
            CHECKOUT,
            news(5, "refund.created", stripe_refund(9_299, created=PLACED + 5)),
            news(5, "charge.refunded", stripe_charge(9_299)),
            news(7, "refund.created", stripe_refund(4_000, "re_2", created=PLACED + 7)),
            news(9, "refund.failed", stripe_refund(4_000, "re_2", created=PLACED + 7, status="failed")),
        ],
        {"cs_live_a1": End("approved", 7_520, 752)},
    ),
    "a dispute that is won": (
        [
            CHECKOUT,
            news(5, "charge.dispute.created", stripe_dispute(status="warning_needs_response")),
            news(7, "charge.dispute.updated", stripe_dispute(status="needs_response")),
            news(9, "charge.dispute.closed", stripe_dispute(status="won")),
        ],
        {"cs_live_a1": End("approved", 0, 1_504)},
    ),
    "a dispute that is lost": (
        [
            CHECKOUT,
            news(5, "charge.dispute.created", stripe_dispute(status="needs_response")),
            news(9, "charge.dispute.closed", stripe_dispute(status="lost")),
        ],
        {"cs_live_a1": End("declined", 15_040, 0)},
    ),
    "an invoice, its checkout, its payment": (
        [
            news(2, COMPLETED, stripe_session(invoice="in_1", payment_intent=None, subscription="sub_1")),
            news(0, "invoice.paid", stripe_invoice()),
            news(0, "invoice_payment.paid", PAYMENT),
            news(5, "charge.refunded", stripe_charge(17_898)),
        ],
        {"in_1": End("declined", 15_040, 0)},
    ),
    "a checkout whose payment does not say that it is of one": (
        [news(1, COMPLETED, stripe_session()), news(0, "payment_intent.succeeded", stripe_intent(amount=18_598))],
        {"cs_live_a1": End("approved", 0, 1_504)},
    ),
    "a payment that is an order itself": (
        [
            news(0, "payment_intent.succeeded", stripe_intent()),
            news(5, "charge.refunded", stripe_charge(2_500, amount=12_500, amount_captured=12_500)),
        ],
        {"pi_1": End("approved", 2_500, 1_000)},
    ),
    "a checkout that was authorised and taken in part": (
        [
            news(0, COMPLETED, stripe_session(payment_status="unpaid")),
            news(5, "charge.captured", stripe_charge(0, amount_captured=9_299)),
            news(5, "payment_intent.succeeded", stripe_intent(amount_received=9_299, **HELD)),
        ],
        {"cs_live_a1": End("approved", 7_520, 752)},
    ),
    "a checkout whose authorisation ended": (
        [
            news(0, COMPLETED, stripe_session(payment_status="unpaid")),
            news(5, "payment_intent.canceled", stripe_intent(amount_received=0, **HELD)),
        ],
        {"cs_live_a1": End("declined", 0, 0)},
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_an_order_ends_the_same_whatever_comes_first_and_however_often(case: str):
    told, ends = ENDS[case]
    for order in orders(told):
        table, world, _ = after([*order, *order])
        assert {order_id: end_of(table, world, order_id) for order_id in ends} == ends


def test_a_payment_by_its_own_name_earns_nothing_once_its_checkout_is_known():
    paid = news(0, "payment_intent.succeeded", stripe_intent(amount=18_598, amount_received=18_598))
    table, world, _ = after([paid])
    assert end_of(table, world, "pi_1").commission == 1_859 + 1
    table, world, _ = after([paid, CHECKOUT, paid])
    assert end_of(table, world, "pi_1") == End("declined", 0, 0)
    assert end_of(table, world, "cs_live_a1") == End("approved", 0, 1_504)


def test_a_refund_in_another_currency_is_refused_and_takes_nothing():
    foreign = news(5, "charge.refunded", stripe_charge(10_500, currency="sek"))
    table, world, answers = after([CHECKOUT, foreign])
    assert answers[-1].refused == "currency_mismatch"
    assert end_of(table, world, "cs_live_a1") == End("approved", 0, 1_504)


def test_a_delivery_that_comes_again_changes_nothing():
    told = [each for case, _ in ENDS.values() for each in case if each[0] != CHECKOUT[0]]
    table, world, shop = deepcopy(stocked())
    for each in (CHECKOUT, *told):
        deliveries.apply(table, world.program, shop, each, LATER)
    before = table.contents()
    for each in told[-6:]:
        deliveries.apply(table, world.program, shop, each, LATER)
    assert table.contents() == before
