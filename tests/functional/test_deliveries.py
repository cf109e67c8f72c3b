"""Deliveries come in any order and more than once: the order that they are about ends the same."""

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from laurel.domain.ledger.commissions import conversion_id
from laurel.domain.tracking.webhooks import shopify, stripe, wire, woocommerce
from laurel.domain.tracking.webhooks.events import Event
from laurel.store import keys, ledger
from laurel.store.keys import Key
from laurel.store.operations import StoreError, Unavailable
from laurel.workflows.ledger import commissions
from laurel.workflows.tracking import deliveries, refunds
from tests.functional.kit.world import AT, World, furnished
from tests.kit.shop_bodies import (
    as_sent,
    shopify_order,
    shopify_refund,
    stripe_charge,
    stripe_dispute,
    stripe_event,
    stripe_invoice,
    stripe_session,
    woocommerce_order,
)
from tests.simulation.fake_table import FakeTable

LATER = AT.replace(day=21)
Told = Sequence[Event]


@cache
def stocked() -> tuple[FakeTable, World]:
    table = FakeTable()
    return table, furnished(table)


def read(body: Any) -> Any:
    return wire.read(as_sent(body).encode())


def from_shopify(topic: str, body: Any) -> Told:
    return list(shopify.events(topic, read(body), "EUR"))


def from_woocommerce(body: Any) -> Told:
    return list(woocommerce.events("order.updated", read(body)))


def from_stripe(kind: str, about: Any) -> Told:
    return list(stripe.events(read(stripe_event(kind, about))))


SHOPIFY = [
    from_shopify("orders/create", shopify_order(financial_status="authorized")),
    from_shopify("orders/paid", shopify_order()),
    from_shopify("refunds/create", shopify_refund()),
    from_shopify("refunds/create", shopify_refund(refund_id=7)),
]
WOOCOMMERCE = [
    from_woocommerce(woocommerce_order(status="on-hold")),
    from_woocommerce(woocommerce_order()),
    from_woocommerce(woocommerce_order(status="completed", refunds=[{"id": 1, "total": "-10.00"}])),
    from_woocommerce(
        woocommerce_order(status="completed", refunds=[{"id": 2, "total": "-9"}, {"id": 1, "total": "-10"}])
    ),
]
CHECKOUT = [
    from_stripe("checkout.session.completed", stripe_session(payment_status="unpaid")),
    from_stripe("checkout.session.async_payment_succeeded", stripe_session()),
    from_stripe("charge.refunded", stripe_charge(1000)),
    from_stripe("charge.refunded", stripe_charge(3000)),
    from_stripe("charge.dispute.created", stripe_dispute(500)),
]
SUBSCRIPTION = [
    from_stripe("checkout.session.completed", stripe_session(invoice="in_1", payment_intent=None)),
    from_stripe("invoice.paid", stripe_invoice()),
    from_stripe(
        "invoice_payment.paid",
        {"id": "inpay_1", "invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}},
    ),
    from_stripe("charge.refunded", stripe_charge(3000)),
]
ENDS = {
    "shopify": (SHOPIFY, "5930000000001", ("approved", 15040, 12080, 296)),
    "shopify, cancelled": (
        [*SHOPIFY[:3], from_shopify("orders/cancelled", shopify_order())],
        "5930000000001",
        ("declined", 15040, 15040, 0),
    ),
    "woocommerce": (WOOCOMMERCE, "4711", ("approved", 15040, 1900, 1314)),
    "woocommerce, cancelled": (
        [*WOOCOMMERCE[:3], from_woocommerce(woocommerce_order(status="cancelled"))],
        "4711",
        ("declined", 15040, 15040, 0),
    ),
    "stripe": (CHECKOUT, "cs_live_a1", ("approved", 15040, 3500, 1154)),
    "stripe, subscription": (SUBSCRIPTION, "in_1", ("approved", 15040, 3000, 1204)),
}


def deliver(table: FakeTable, world: World, told: Told) -> deliveries.Answer:
    return deliveries.apply(table, world.program, world.storefront_id, told, LATER)


def after(told: Sequence[Told]) -> tuple[FakeTable, World]:
    table, world = deepcopy(stocked())
    for each in told:
        deliver(table, world, each)
    return table, world


def row_of(table: FakeTable, world: World, order_id: str):
    known = conversion_id(world.program.program_id, world.storefront_id, order_id)
    return commissions.get(table, world.program.program_id, known)


@pytest.mark.parametrize("case", ENDS)
def test_an_order_ends_the_same_whatever_comes_first(case: str):
    told, order_id, end = ENDS[case]
    for order in permutations(told):
        table, world = after(order)
        row = row_of(table, world, order_id)
        assert (row.status, row.order.amount, row.order.refunded_amount, row.amount) == end
        assert (row.member_id, row.attribution.by, row.order.awaits_payment) == (world.ada, "promo_code", False)
        assert refunds.parked(table, world.program.program_id, 10, None).items == []


@pytest.mark.parametrize("case", ENDS)
def test_a_delivery_that_comes_again_changes_nothing(case: str):
    told, _, _ = ENDS[case]
    table, world = after(told)
    before = table.contents()
    for each in told:
        deliver(table, world, each)
    assert table.contents() == before


def test_an_order_whose_money_is_to_come_waits_for_it_and_then_goes_on_as_the_program_approves():
    (unpaid, paid, *_) = SHOPIFY
    statuses = []
    for approval in ({"mode": "immediate"}, {"mode": "hold", "hold_days": 14}, {"mode": "manual"}):
        table, world = deepcopy(stocked())
        program = world.program.model_copy(update={"approval": type(world.program.approval)(**approval)})
        for told in (unpaid, paid):
            deliveries.apply(table, program, world.storefront_id, told, LATER)
            row = row_of(table, world, "5930000000001")
            statuses.append((row.status, row.hold_until and row.hold_until.date().isoformat()))
    assert statuses == [
        ("pending", None),
        ("approved", None),
        ("pending", None),
        ("pending", "2026-12-03"),
        ("pending", None),
        ("pending", None),
    ]


def test_what_is_declined_by_hand_stays_so_when_the_money_comes():
    table, world = after([SHOPIFY[0]])
    row = row_of(table, world, "5930000000001")
    declined = row.revised(LATER, status="declined", reason="fraud")
    table.write(ledger.changed(world.program.program_id, row, declined))
    deliver(table, world, SHOPIFY[1])
    assert row_of(table, world, "5930000000001").status == "declined"


def test_of_several_codes_the_one_that_somebody_has_wins():
    codes = [{"code": code} for code in ("WELCOME", "ada10", "NOBODY")]
    table, world = after([from_shopify("orders/create", shopify_order(discount_codes=codes))])
    assert row_of(table, world, "5930000000001").member_id == world.ada


def test_an_order_that_nobody_won_keeps_the_first_code_as_its_evidence():
    codes = [{"code": "WELCOME"}, {"code": "ÄPFEL"}]
    table, world = after([from_shopify("orders/create", shopify_order(discount_codes=codes))])
    row = row_of(table, world, "5930000000001")
    assert (row.member_id, row.attribution.promo_code, row.attribution.reason) == (None, "WELCOME", "no_match")


def test_a_payment_that_failed_before_anything_was_reported_ends_nothing():
    failed = from_woocommerce(woocommerce_order(status="failed"))
    table, world = deepcopy(stocked())
    assert deliver(table, world, failed).ignored == "unknown_order"
    deliver(table, world, WOOCOMMERCE[1])
    assert row_of(table, world, "4711").status == "approved"
    deliver(table, world, failed)
    assert row_of(table, world, "4711").status == "declined"


def test_an_order_in_another_currency_is_ignored_with_what_goes_back_of_it():
    table, world = deepcopy(stocked())
    body = woocommerce_order(currency="USD", refunds=[{"id": 1, "total": "-1"}])
    assert deliver(table, world, from_woocommerce(body)).ignored == "currency_mismatch"
    assert table.contents() == stocked()[0].contents()


def test_a_clock_that_is_ahead_loses_no_order():
    table, world = after([from_shopify("orders/create", shopify_order(created_at="2026-11-23T09:00:00Z"))])
    assert row_of(table, world, "5930000000001").occurred_at == LATER


def test_another_refund_under_a_known_id_changes_nothing():
    table, world = after(SHOPIFY[1:3])
    other = shopify_refund(refund_line_items=[{"subtotal": "1.00"}])
    assert deliver(table, world, from_shopify("refunds/create", other)).ignored == "refund_conflict"


def test_a_payment_whose_order_nobody_reports_is_forgotten_some_day():
    table, world = after([CHECKOUT[2]])
    waits = table.get(keys.payment(world.program.program_id, world.storefront_id, "pi_1"))
    assert waits[keys.TTL_ATTRIBUTE] == int(LATER.timestamp()) + 90 * 86_400
    deliver(table, world, CHECKOUT[1])
    assert keys.TTL_ATTRIBUTE not in table.get(keys.payment(world.program.program_id, world.storefront_id, "pi_1"))


def test_two_shops_may_use_one_payment_id():
    table, world = after([CHECKOUT[1]])
    deliveries.apply(table, world.program, "sf_" + "0" * 26, CHECKOUT[2], LATER)
    assert row_of(table, world, "cs_live_a1").order.refunded_amount == 0


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("case", ENDS)
def test_a_delivery_that_broke_off_at_any_step_is_finished_when_it_comes_again(
    case: str, moment: str, pauses: list[float]
):
    told, order_id, end = ENDS[case]
    for broken, delivery in enumerate(told):
        step, is_broken = 0, True
        while is_broken:
            table, world = after(told[:broken])
            step += 1
            is_broken = breaks(table, world, delivery, moment, step)
            for each in told[broken:]:
                deliver(table, world, each)
            row = row_of(table, world, order_id)
            assert (row.status, row.order.amount, row.order.refunded_amount, row.amount) == end
            assert len(refunds_of(table, row.commission_id)) == len(refunds_of(after(told)[0], row.commission_id))


def refunds_of(table: FakeTable, commission_id: str) -> list[Key]:
    return [key for key in table.contents() if commission_id in key.pk and key.sk.startswith(keys.REFUNDS)]


def breaks(table: FakeTable, world: World, delivery: Told, moment: str, step: int) -> bool:
    """Whether the delivery broke off at the table's `step`-th operation, which nobody heard the answer of."""
    left = [step]

    def gate(when: str, _: str) -> None:
        if when == moment:
            left[0] -= 1
            if left[0] == 0:
                raise Unavailable

    table.gate = gate
    try:
        deliver(table, world, delivery)
    except StoreError:
        return True
    finally:
        table.gate = None
    return False
