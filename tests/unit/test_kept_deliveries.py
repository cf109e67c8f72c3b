"""Deliveries as values: their text, what became of them, the order that they name; and the figures of a day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.conversions import ConversionReport
from laurel.domain.tracking.deliveries import MOST_SHOWN, Delivery, shown_topic
from laurel.domain.tracking.health import OrderWon, click_share, health_day
from laurel.domain.tracking.webhooks import translation
from laurel.domain.tracking.webhooks.events import Ignored, OrderTold, StateTold, arriving
from laurel.store import deliveries
from tests.kit.shop_bodies import shopify_order, shopify_refund, stripe_event, stripe_invoice, woocommerce_order

ARRIVED = datetime(2026, 11, 19, 12, tzinfo=UTC)
TOLD = datetime(2026, 11, 18, 9, tzinfo=UTC)
DAY = date(2026, 11, 19)
DELIVERY = Delivery(
    delivery_id="dlv_" + "0" * 26, at=ARRIVED, topic="orders/create", outcome="refused", platform="shopify", pieces=1
)


@given(st.binary(max_size=2000))
def test_a_body_comes_out_of_the_table_as_it_was_put_in(body: bytes):
    packed = deliveries.packed(body)
    delivery = DELIVERY.model_copy(update={"pieces": len(packed)})
    assert packed
    assert deliveries.unpacked(deliveries.pieces("prg_1", delivery, packed)) == body


def test_a_body_of_any_length_is_shown_to_a_length_and_as_text():
    assert DELIVERY.with_body(None).body is None
    assert DELIVERY.with_body(b"{}\xff").body == "{}\ufffd"
    assert DELIVERY.with_body(b"x" * (MOST_SHOWN + 1)).body == "x" * MOST_SHOWN


def test_a_topic_is_text_of_a_length_whatever_a_stranger_wrote():
    assert shown_topic("orders/create") == "orders/create"
    assert shown_topic("\ud800" + "x" * 100) == "?" + "x" * 63


def test_a_delivery_that_was_applied_later_keeps_the_order_that_it_named():
    turned = DELIVERY.model_copy(update={"order_id": "1"}).turned("applied", None, None)
    assert (turned.outcome, turned.order_id, turned.version, turned.is_open) == ("applied", "1", 2, False)


@pytest.mark.parametrize(
    ("scheme", "body", "order_id"),
    [
        ("shopify", shopify_order(), "5930000000001"),
        ("shopify", shopify_refund(), "5930000000001"),
        ("woocommerce", woocommerce_order(), "4711"),
        ("stripe", stripe_event("invoice.paid", stripe_invoice()), "in_1"),
        ("stripe", {"data": None}, None),
        ("shopify", {"id": ["no id"], "order_id": {}}, None),
    ],
)
def test_a_body_names_its_order_as_far_as_its_ids_say(scheme: Any, body: Any, order_id: str | None):
    assert translation.order_named(scheme, body) == order_id


def test_what_tells_no_time_is_as_old_as_its_arrival():
    report = ConversionReport(order_id="1", amount=1, currency="EUR")
    order = arriving(OrderTold(report), ARRIVED)
    assert isinstance(order, OrderTold)
    assert (order.at, order.report.occurred_at) == (ARRIVED, ARRIVED)
    assert arriving(StateTold("1", "standing", "collected"), ARRIVED).at == ARRIVED


def test_what_tells_its_time_keeps_it():
    report = ConversionReport(order_id="1", amount=1, currency="EUR", occurred_at=TOLD)
    for event in (OrderTold(report, at=TOLD), StateTold("1", "standing", "void", TOLD), Ignored("unknown_topic")):
        assert arriving(event, ARRIVED) == event


def test_a_day_counts_each_order_where_it_belongs():
    orders = [OrderWon(DAY, "click", None)] * 2 + [OrderWon(DAY, None, "no_match"), OrderWon(DAY, None, None)]
    told = health_day(DAY, [*orders, OrderWon(DAY, "customer", "ignored")], ["applied", "applied", "refused"])
    assert (told.orders, told.by.click, told.by.customer, told.by.member) == (5, 2, 1, 0)
    assert told.nobody == {"no_match": 2}
    assert told.deliveries == {"applied": 2, "ignored": 0, "refused": 1}
    assert health_day(DAY, [], None).deliveries == {}


def test_the_share_of_clicks_is_of_all_orders_and_of_none_there_is_none():
    assert click_share([OrderWon(DAY, "click", None), *[OrderWon(DAY, None, "no_match")] * 2]) == 0.3333
    assert click_share([]) is None
