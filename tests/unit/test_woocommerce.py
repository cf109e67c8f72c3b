"""What WooCommerce's deliveries say: an order as it stands, with all that went back of it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import wire, woocommerce
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    Event,
    Ignored,
    OrderTold,
    RefundTold,
    Refused,
    StateTold,
    SubscriptionNamed,
)
from laurel.domain.values.money import EXPONENTS
from tests.kit.shop_bodies import as_sent, woocommerce_order, woocommerce_subscription
from tests.unit.kit.builders import at, steady

CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
CLICK = "clk_01kagg1qg0" + "a" * 16
MODIFIED = at("2026-11-19 17:30:04")
PAID = "2026-11-19T17:31:00"


def told(body: Any, topic: str = "order.updated") -> Event:
    (event,) = woocommerce.events(topic, wire.read(as_sent(body).encode()))
    return event


def order(topic: str = "order.updated", **changes: Any) -> OrderTold:
    event = told(woocommerce_order(**changes), topic)
    assert isinstance(event, OrderTold)
    return event


def noted(**meta: Any) -> list[dict[str, Any]]:
    return [{"id": 1, "key": key, "value": value} for key, value in meta.items()]


def test_an_order_is_what_its_lines_cost_after_discounts_without_tax_and_shipping():
    placed = order("order.created")
    assert (placed.report.order_id, placed.report.amount, placed.report.currency) == ("4711", 15040, "EUR")
    assert (placed.report.occurred_at, placed.at) == (at("2026-11-19 17:30"), MODIFIED)
    assert (placed.codes, placed.money, placed.state) == (("ada10",), "collected", "standing")
    assert (placed.report.customer_id, placed.report.customer_email) == ("26", "carla@example.net")
    assert (placed.gross, placed.refunds, placed.report.subscription_id) == (18598, (), None)


@given(st.lists(st.integers(0, 10**10), max_size=5), CURRENCIES)
@steady
def test_every_amount_is_exact_in_every_currency(lines: list[int], currency: str):
    totals = [{"total": f"{Decimal(each).scaleb(-EXPONENTS[currency]):f}"} for each in lines]
    assert order(line_items=totals, currency=currency).report.amount == sum(lines)


def test_parts_finer_than_the_currency_are_rounded_together_once():
    assert order(line_items=[{"total": "0.004"}] * 3).report.amount == 1
    assert order(line_items=[{"total": 33.33333333333333}] * 3).report.amount == 10000


def test_a_fee_below_zero_is_a_discount_and_one_above_is_no_goods():
    fees = [{"total": "-20.00"}, {"total": "4.50"}, {"total": ""}]
    assert order(line_items=[{"total": "100.00"}], fee_lines=fees).report.amount == 8000
    assert order(line_items=[{"total": "10.00"}], fee_lines=[{"total": "-20.00"}]).report.amount == 0


class TestItsGross:
    def test_is_the_total(self):
        assert order(total="186.00").gross == 18600
        assert order(total="185.96").gross == 18596  # of rounded parts

    def test_is_all_its_parts_where_a_gift_card_lowered_the_total(self):
        assert order(total="85.98").gross == 18598
        assert order(total=None).gross == 18598

    @pytest.mark.parametrize("changes", [{"total": "many"}, {"shipping_lines": [{"total": "many"}]}])
    def test_loses_no_order(self, changes: dict[str, Any]):
        assert order(**changes).gross is None


@pytest.mark.parametrize(("customer", "known"), [(0, None), ("0", None), (None, None), (26, "26"), ("a-7", "a-7")])
def test_a_guest_is_no_customer(customer: Any, known: str | None):
    assert order(customer_id=customer).report.customer_id == known


class TestTheClick:
    LANDED = f"https://shop.example/serum?utm_source=ada&laurel_click={CLICK}#top"

    def test_stands_in_the_meta_data(self):
        noise = [{"key": "other", "value": {"deep": [1]}}, {"key": None}, 7, None]
        assert order(meta_data=[*noise, *noted(laurel_click=f" {CLICK} ")]).report.click_id == CLICK
        assert order(meta_data=noise).report.click_id is None

    def test_or_in_the_address_that_the_session_began_with(self):
        assert order(meta_data=noted(_wc_order_attribution_session_entry=self.LANDED)).report.click_id == CLICK
        own = noted(_wc_order_attribution_session_entry=self.LANDED, laurel_click="clk_of_its_own")
        assert order(meta_data=own).report.click_id == "clk_of_its_own"
        empty = noted(_wc_order_attribution_session_entry=self.LANDED, laurel_click="")
        assert order(meta_data=empty).report.click_id == CLICK

    @pytest.mark.parametrize("entry", ["MGH-App", "", None, 7, ["https://a?laurel_click=b"], "https://[?x"])
    def test_is_not_in_what_is_no_address_with_one(self, entry: Any):
        assert order(meta_data=noted(_wc_order_attribution_session_entry=entry)).report.click_id is None


def test_blanks_around_a_code_do_not_count():
    codes = [{"code": " ada10 "}, {"code": "10%off"}, {"code": None}, {"code": "x" * 65}]
    assert order(coupon_lines=codes).codes == ("ada10", "10%off")


class TestItsState:
    @pytest.mark.parametrize(
        ("status", "money"),
        [
            ("processing", "collected"),
            ("completed", "collected"),
            ("refunded", "collected"),
            ("on-hold", "awaiting"),
            ("wc-processing", "collected"),
        ],
    )
    def test_is_sold(self, status: str, money: str):
        placed = order(status=status, date_paid_gmt=PAID)
        assert (placed.state, placed.money) == ("standing", money)

    @pytest.mark.parametrize("status", ["pending", "checkout-draft"])
    def test_is_no_sale_yet(self, status: str):
        yet = StateTold("4711", "standing", "awaiting", MODIFIED)
        assert told(woocommerce_order(status=status)) == yet
        assert told(woocommerce_order(status=status, date_paid_gmt=PAID)) == yet

    @pytest.mark.parametrize("status", ["cancelled", "failed", "trash"])
    def test_is_no_sale_while_it_is_so(self, status: str):
        assert told(woocommerce_order(status=status)) == StateTold("4711", "cancelled", "awaiting", MODIFIED)
        paid = woocommerce_order(status=status, date_paid_gmt=PAID)
        assert told(paid) == StateTold("4711", "cancelled", "collected", MODIFIED)

    def test_of_the_shops_own_is_a_sale_once_the_payment_is_dated(self):
        assert order(status="awaiting-pickup", date_paid_gmt=PAID).money == "collected"
        unpaid = StateTold("4711", "standing", "awaiting", MODIFIED)
        assert told(woocommerce_order(status="quote-requested")) == unpaid
        assert told(woocommerce_order(status="shipped", date_paid_gmt="0000-00-00 00:00:00")) == unpaid

    def test_needs_no_amount_to_fall(self):
        assert told({"id": 7, "status": "cancelled"}) == StateTold("7", "cancelled", "awaiting", None)


def test_a_deleted_order_falls_when_that_is_heard_and_a_restored_one_stands_when_that_is():
    assert told({"id": 4711}, "order.deleted") == StateTold("4711", "cancelled", "awaiting", None)
    restored = order("order.restored")
    assert (restored.state, restored.money, restored.at) == ("standing", "collected", None)
    assert told({}, "order.deleted") == Ignored("no_order")


class TestItsRefunds:
    def test_come_with_every_delivery_as_totals(self):
        refunds = [{"id": 726, "total": "-10.00"}, {"id": 2**60, "total": "-9.5"}, {"id": 3, "total": "0.00"}]
        assert order(refunds=refunds).refunds == (
            RefundTold("4711", "726", 1000, is_total=True, at=MODIFIED),
            RefundTold("4711", str(2**60), 950, is_total=True, at=MODIFIED),
        )

    def test_are_goods_where_lines_are_told(self):
        lines = [{"total": "-30.00"}, {"total": "-9.00"}]
        goods = {"id": 1, "total": "-50.00", "line_items": lines, "shipping_lines": [{"total": "-7.00"}]}
        shipping = {"id": 2, "total": "-7.00", "line_items": [], "shipping_lines": [{"total": "-7.00"}]}
        amount = {"id": 3, "total": "-5.00", "line_items": []}
        assert order(refunds=[goods, shipping, amount]).refunds == (
            RefundTold("4711", "1", 3900, at=MODIFIED),
            RefundTold("4711", "3", 500, is_total=True, at=MODIFIED),
        )

    def test_that_stands_there_twice_is_one_as_its_later_entry_says(self):
        (refund,) = order(refunds=[{"id": 1, "total": "-5.00"}, {"id": 1, "total": "-9.00"}]).refunds or ()
        assert (refund.refund_id, refund.amount) == ("1", 900)

    def test_that_are_gone_are_not_told_and_where_none_are_listed_nobody_knows(self):
        assert order(refunds=[]).refunds == ()
        assert order(refunds=None).refunds is None

    def test_may_be_an_object_of_numbers_once_one_was_taken_out(self):
        (refund,) = order(refunds={"1": {"id": 8, "total": "-1.00"}}).refunds or ()
        assert refund.refund_id == "8"

    @pytest.mark.parametrize(("total", "minor"), [("--5.00", 500), ("5.00", 500), (-5.0, 500)])
    def test_are_as_large_as_they_are_whatever_their_sign(self, total: Any, minor: int):
        (refund,) = order(refunds=[{"id": 1, "total": total}]).refunds or ()
        assert refund.amount == minor

    @pytest.mark.parametrize("total", ["-", "", None, 0])
    def test_of_nothing_are_none(self, total: Any):
        assert order(refunds=[{"id": 1, "total": total}]).refunds == ()

    def test_take_all_of_an_order_that_its_status_alone_calls_refunded(self):
        whole = (RefundTold("4711", "refunded:4711", None, at=MODIFIED),)
        assert order(status="refunded").refunds == whole
        assert order(status="refunded", refunds=None).refunds == whole
        told_by_itself = [{"id": 726, "total": "-185.98"}]
        (refund,) = order(status="refunded", refunds=told_by_itself).refunds or ()
        assert refund.amount == 18598


class TestASubscription:
    def test_is_named_by_its_later_payments(self):
        assert order(meta_data=noted(_subscription_renewal="4720")).report.subscription_id == "4720"
        assert order(meta_data=noted(_subscription_renewal=4720)).report.subscription_id == "4720"

    @pytest.mark.parametrize("value", [None, "", [4720], {"id": 4720}])
    def test_is_not_named_by_anything_else(self, value: Any):
        assert order(meta_data=noted(_subscription_renewal=value)).report.subscription_id is None

    @pytest.mark.parametrize("topic", ["subscription.created", "subscription.updated"])
    def test_names_the_order_that_began_it(self, topic: str):
        assert told(woocommerce_subscription(), topic) == SubscriptionNamed("4711", "4720")

    @pytest.mark.parametrize("parent", [0, "0", None, ""])
    def test_without_an_order_says_nothing(self, parent: Any):
        assert told(woocommerce_subscription(parent_id=parent), "subscription.created") == Ignored("no_order")


@pytest.mark.parametrize("topic", ["", "coupon.created", "action.any", "subscription.deleted", "order.switched"])
def test_other_topics_are_ignored_whatever_they_say(topic: str):
    assert told({"id": []}, topic) == UNKNOWN_TOPIC


@pytest.mark.parametrize(
    "body", [{}, {"order": woocommerce_order()}, {"id": 726, "amount": "10.00"}, {"webhook_id": 1}]
)
def test_what_is_no_order_is_ignored(body: Any):
    assert told(body) == Ignored("no_order")


def test_a_shop_that_may_not_read_its_orders_is_refused():
    problem = {"code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": {"status": 401}}
    assert told(problem) == Refused("orders_not_readable")
    assert told({**problem, "data": {"status": 404}}) == Ignored("no_order")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (woocommerce_order(order_id=None), "id_not_understood"),
        (woocommerce_order(order_id=[1]), "id_not_understood"),
        (woocommerce_order(currency=None), "unknown_currency"),
        (woocommerce_order(currency="PTS", refunds=[{"id": 1, "total": "-1"}]), "unknown_currency"),
        (woocommerce_order(line_items=[{"total": "many"}]), "amount_not_understood"),
        (woocommerce_order(line_items=[{"total": True}]), "amount_not_understood"),
        (woocommerce_order(line_items=None), "amount_not_understood"),
        (woocommerce_order(fee_lines=[{"total": "many"}]), "amount_not_understood"),
        (woocommerce_order(line_items=[{"total": "1e15"}]), "amount_too_large"),
        (woocommerce_order(line_items=[{"total": "10000000001"}]), "amount_too_large"),
        (woocommerce_order(refunds=[{"total": "-1.00"}]), "id_not_understood"),
        (woocommerce_order(refunds=[{"id": 1, "total": True}]), "amount_not_understood"),
    ],
)
def test_an_order_that_cannot_be_counted_is_refused(body: Any, reason: str):
    assert told(body) == Refused(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"date_created_gmt": "0000-00-00T00:00:00", "date_modified_gmt": "0000-00-00 00:00:00"},
        {"date_created_gmt": "2026-13-01T00:00:00", "date_modified_gmt": None},
        {"date_modified_gmt": 7, "date_paid_gmt": {}},
        {"total_tax": None, "shipping_total": "", "discount_total": None, "fee_lines": None, "shipping_lines": ""},
        {"cart_tax": 28.580000000000000000000001, "prices_include_tax": "perhaps"},
        {"billing": None, "customer_id": {"id": 26}, "meta_data": None},
        {"billing": {"email": "\ud800"}, "customer_note": "\udfff"},
        {"meta_data": [{"key": "x", "value": [[[[[[[[[[[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]]]]]]]]]]}]},
        {"_links": {"self": [{"href": None}]}},
    ],
)
def test_what_is_not_needed_loses_no_order(changes: dict[str, Any]):
    placed = order(**changes)
    assert (placed.report.amount, placed.codes) == (15040, ("ada10",))
