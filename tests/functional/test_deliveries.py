"""Deliveries come in any order and more than once: the order that they are about ends the same."""

from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from laurel.domain.ledger.commissions import conversion_id
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.worth import revalued
from laurel.domain.program.programs import Storefront
from laurel.domain.tracking.webhooks import shopify, stripe, wire, woocommerce
from laurel.domain.tracking.webhooks.events import Event
from laurel.store import items, keys, ledger
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
from tests.simulation.kit.table.fake_table import FakeTable

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


def from_stripe(kind: str, about: Any, seconds: int = 0) -> Told:
    return list(stripe.events(read(stripe_event(kind, about, created=1_795_109_402 + seconds))))


def changed(minute: int, **changes: Any) -> Any:
    """An order of Shopify as it was `minute` minutes after it was placed."""
    return shopify_order(updated_at=f"2026-11-19T12:{30 + minute}:02-05:00", **changes)


def modified(minute: int, status: str, **changes: Any) -> Any:
    """An order of WooCommerce as it was `minute` minutes after it was placed."""
    return woocommerce_order(status=status, date_modified_gmt=f"2026-11-19T17:{30 + minute}:04", **changes)


SHOPIFY = [
    from_shopify("orders/create", changed(0, financial_status="authorized")),
    from_shopify("orders/paid", changed(1)),
    from_shopify("refunds/create", shopify_refund()),
    from_shopify("refunds/create", shopify_refund(refund_id=7)),
]
WOOCOMMERCE = [
    from_woocommerce(modified(0, "on-hold")),
    from_woocommerce(modified(1, "processing")),
    from_woocommerce(modified(2, "completed", refunds=[{"id": 1, "total": "-10.00"}])),
    from_woocommerce(modified(3, "completed", refunds=[{"id": 2, "total": "-9"}, {"id": 1, "total": "-10"}])),
]
CHECKOUT = [
    from_stripe("checkout.session.completed", stripe_session(payment_status="unpaid")),
    from_stripe("checkout.session.async_payment_succeeded", stripe_session(), 1),
    from_stripe("charge.refunded", stripe_charge(1000), 2),
    from_stripe("charge.refunded", stripe_charge(3000), 3),
    from_stripe("charge.dispute.created", stripe_dispute(500), 4),
]
SUBSCRIPTION = [
    from_stripe("checkout.session.completed", stripe_session(invoice="in_1", payment_intent=None)),
    from_stripe("invoice.paid", stripe_invoice(), 1),
    from_stripe(
        "invoice_payment.paid",
        {"id": "inpay_1", "invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}},
        2,
    ),
    from_stripe("charge.refunded", stripe_charge(3000), 3),
]
ENDS = {
    "shopify": (SHOPIFY, "5930000000001", ("approved", 15040, 12080, 296)),
    "shopify, cancelled": (
        [*SHOPIFY[:3], from_shopify("orders/cancelled", changed(9, cancelled_at="2026-11-19T12:39:02-05:00"))],
        "5930000000001",
        ("declined", 15040, 6040, 0),
    ),
    # of totals the goods' share: 1900 * 15040 / 18598
    "woocommerce": (WOOCOMMERCE, "4711", ("approved", 15040, 1537, 1350)),
    "woocommerce, cancelled": (
        [*WOOCOMMERCE[:3], from_woocommerce(modified(4, "cancelled"))],
        "4711",
        ("declined", 15040, 809, 0),
    ),
    "woocommerce, cancelled and back": (
        [
            *WOOCOMMERCE[1:3],
            from_woocommerce(modified(4, "cancelled")),
            from_woocommerce(modified(5, "processing", refunds=[{"id": 1, "total": "-10.00"}])),
        ],
        "4711",
        ("approved", 15040, 809, 1423),
    ),
    "stripe": (CHECKOUT, "cs_live_a1", ("approved", 15040, 2830, 1221)),
    "stripe, subscription": (SUBSCRIPTION, "in_1", ("approved", 15040, 2521, 1252)),
}


def shop_of(table: FakeTable, world: World) -> Storefront:
    stored = table.get(keys.storefront(world.program.program_id, world.storefront_id))
    return items.parse(Storefront, stored or {})


def deliver(table: FakeTable, world: World, told: Told) -> deliveries.Answer:
    return deliveries.apply(table, world.program, shop_of(table, world), told, LATER).answer


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
        assert (row.member_id, row.attribution.by) == (world.ada, "promo_code")
        assert row.status == "declined" or row.order.money == "collected"
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
            deliveries.apply(table, program, shop_of(table, world), told, LATER)
            row = row_of(table, world, "5930000000001")
            statuses.append((row.status, row.hold_until and row.hold_until.date().isoformat()))
    assert statuses == [
        ("pending", None),
        ("approved", None),
        ("pending", "2026-12-03"),
        ("pending", "2026-12-03"),
        ("pending", None),
        ("pending", None),
    ]


def test_what_is_declined_by_hand_stays_so_when_the_money_comes():
    table, world = after([SHOPIFY[0]])
    row = row_of(table, world, "5930000000001")
    declined = revalued(row, LATER, decision=Decision(status="declined", reason="fraud"))
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


def test_an_order_that_fell_earns_nothing_until_it_comes_back() -> None:
    table, world = after([WOOCOMMERCE[1]])
    for minute, status, told in (
        (2, "failed", ("declined", "cancelled", 0)),
        (3, "processing", ("approved", None, 1504)),
        (4, "trash", ("declined", "cancelled", 0)),
        (5, "completed", ("approved", None, 1504)),
    ):
        deliver(table, world, from_woocommerce(modified(minute, status)))
        row = row_of(table, world, "4711")
        assert (row.status, row.reason, row.amount) == told


def test_a_payment_that_failed_first_waits_for_the_order_and_counts_if_it_is_the_newer_news() -> None:
    for minute, status in ((0, "approved"), (2, "declined")):
        table, world = deepcopy(stocked())
        failed = from_woocommerce(modified(minute, "failed"))
        assert deliver(table, world, failed) == deliveries.Answer(order_id="4711")
        deliver(table, world, WOOCOMMERCE[1])
        assert row_of(table, world, "4711").status == status


def test_an_order_in_a_currency_without_a_rate_is_kept_for_nobody_with_what_goes_back_of_it() -> None:
    table, world = deepcopy(stocked())
    told = from_woocommerce(modified(0, "processing", currency="USD", refunds=[{"id": 1, "total": "-1"}]))
    assert deliver(table, world, told) == deliveries.Answer(order_id="4711", refused="exchange_rate_missing")
    row = row_of(table, world, "4711")
    assert (row.member_id, row.attribution.reason, row.amount) == (None, "exchange_rate_missing", 0)
    assert (row.order.currency, row.order.amount, row.order.refunded_amount) == ("USD", 15040, 81)


def test_an_order_in_a_currency_that_the_shop_has_a_rate_for_is_converted() -> None:
    table, world = deepcopy(stocked())
    shop = shop_of(table, world).model_copy(update={"exchange_rates": {"USD": Decimal("0.5")}})
    told = from_woocommerce(modified(0, "processing", currency="USD"))
    deliveries.apply(table, world.program, shop, told, LATER)
    row = row_of(table, world, "4711")
    assert (row.member_id, row.order.sale, row.amount) == (world.ada, 7520, 752)


def test_a_clock_that_is_ahead_loses_no_order():
    table, world = after([from_shopify("orders/create", shopify_order(created_at="2026-11-23T09:00:00Z"))])
    assert row_of(table, world, "5930000000001").occurred_at == LATER


def test_a_refund_that_the_shop_tells_anew_replaces_what_it_told_before() -> None:
    table, world = after(SHOPIFY[1:3])
    other = shopify_refund(refund_line_items=[{"subtotal": "1.00"}])
    assert deliver(table, world, from_shopify("refunds/create", other)).refused is None
    assert row_of(table, world, "5930000000001").order.refunded_amount == 100


def test_a_payment_whose_order_nobody_reports_is_forgotten_some_day():
    table, world = after([CHECKOUT[2]])
    waits = table.get(keys.payment(world.program.program_id, world.storefront_id, "pi_1"))
    assert waits[keys.TTL_ATTRIBUTE] == int(LATER.timestamp()) + 90 * 86_400
    deliver(table, world, CHECKOUT[1])
    assert keys.TTL_ATTRIBUTE not in table.get(keys.payment(world.program.program_id, world.storefront_id, "pi_1"))


def test_two_shops_may_use_one_payment_id():
    table, world = after([CHECKOUT[1]])
    other = shop_of(table, world).model_copy(update={"storefront_id": "sf_" + "0" * 26})
    deliveries.apply(table, world.program, other, CHECKOUT[2], LATER)
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
