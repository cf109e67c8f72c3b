"""What WooCommerce's deliveries say: an order as it stands, with all that went back of it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import wire, woocommerce
from laurel.domain.tracking.webhooks.events import UNKNOWN_TOPIC, Event, Ignored, OrderReported, RefundReported
from laurel.domain.values.errors import Invalid
from laurel.domain.values.money import EXPONENTS
from tests.kit.shop_bodies import as_sent, woocommerce_order
from tests.unit.kit.builders import at, steady

CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
CLICK = "clk_01kagg1qg0" + "a" * 16


def told(body: Any, topic: str = "order.updated") -> list[Event]:
    return list(woocommerce.events(topic, wire.read(as_sent(body).encode())))


def order(**changes: Any) -> OrderReported:
    (event,) = told(woocommerce_order(**changes))
    assert isinstance(event, OrderReported)
    return event


def test_an_order_is_what_its_lines_cost_after_discounts_without_tax_and_shipping():
    placed = order()
    assert (placed.report.order_id, placed.report.amount, placed.report.currency) == ("4711", 15040, "EUR")
    assert placed.report.occurred_at == at("2026-11-19 17:30")
    assert (placed.codes, placed.is_paid) == (("ada10",), True)
    assert (placed.report.customer_id, placed.report.customer_email) == ("26", "carla@example.net")


@given(st.lists(st.integers(0, 10**10), max_size=5), CURRENCIES)
@steady
def test_every_amount_is_exact_in_every_currency(lines: list[int], currency: str):
    totals = [{"total": f"{Decimal(each).scaleb(-EXPONENTS[currency]):f}"} for each in lines]
    assert order(line_items=totals, currency=currency).report.amount == sum(lines)


def test_parts_finer_than_the_currency_are_rounded_together_once():
    assert order(line_items=[{"total": "0.004"}] * 3).report.amount == 1


@pytest.mark.parametrize(("customer", "known"), [(0, None), ("0", None), (None, None), (26, "26"), ("a-7", "a-7")])
def test_a_guest_is_no_customer(customer: Any, known: str | None):
    assert order(customer_id=customer).report.customer_id == known


def test_the_click_stands_in_the_meta_data():
    noise = [{"key": "other", "value": {"deep": [1]}}, {"key": None}]
    assert order(meta_data=[*noise, {"key": "laurel_click", "value": CLICK}]).report.click_id == CLICK
    assert order(meta_data=noise).report.click_id is None


@pytest.mark.parametrize(("status", "is_paid"), [("processing", True), ("completed", True), ("on-hold", False)])
def test_these_states_are_payable(status: str, is_paid: bool):
    assert order(status=status).is_paid is is_paid


@pytest.mark.parametrize("status", ["pending", "checkout-draft", "trash", "refunded", "", "my-own"])
def test_no_other_state_is(status: str):
    assert told(woocommerce_order(status=status)) == [Ignored("not_payable")]


def test_refunds_come_with_every_delivery_of_their_order():
    refunds = [{"id": 726, "total": "-10.00"}, {"id": 2**60, "total": "-9.5"}, {"id": 3, "total": "0.00"}]
    _, *found = told(woocommerce_order(refunds=refunds))
    assert found == [RefundReported("4711", "726", 1000), RefundReported("4711", str(2**60), 950)]
    assert told(woocommerce_order(status="refunded", refunds=refunds)) == found


def test_a_cancelled_order_is_a_refund_of_the_rest_that_waits_and_a_failed_one_does_not_wait():
    assert told(woocommerce_order(status="cancelled")) == [RefundReported("4711", "cancelled:4711", None)]
    assert told(woocommerce_order(status="failed")) == [RefundReported("4711", "failed:4711", None, waits=False)]


@pytest.mark.parametrize("topic", ["", "order.deleted", "coupon.created", "action.any"])
def test_other_topics_are_ignored_whatever_they_say(topic: str):
    assert told({"id": []}, topic) == [UNKNOWN_TOPIC]


def test_what_has_no_currency_of_ours_is_ignored_with_its_refunds():
    body = woocommerce_order(currency="PTS", refunds=[{"id": 1, "total": "-1"}])
    assert told(body) == [Ignored("unknown_currency")]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/id"),
        (woocommerce_order(order_id=None), "/id"),
        (woocommerce_order(status=None), "/status"),
        (woocommerce_order(currency=None), "/currency"),
        (woocommerce_order(date_created_gmt="2026-13-01T00:00:00"), "/date_created_gmt"),
        (woocommerce_order(line_items=[{"total": "many"}]), "/line_items/0/total"),
        (woocommerce_order(refunds=[{"total": "-1.00"}]), "/refunds/0/id"),
        (woocommerce_order(refunds=[{"id": 1, "total": True}]), "/refunds/0/total"),
    ],
)
def test_what_is_no_order_is_refused_with_its_place(body: Any, pointer: str):
    with pytest.raises(Invalid) as refused:
        told(body)
    assert pointer in dict(refused.value.errors)
