"""Pictures of orders that say a thing twice, in other money than before, or of nobody's orders."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import drain
from tests.kit.shop_bodies import (
    shopify_money,
    shopify_order,
    shopify_refund,
    woocommerce_order,
    woocommerce_subscription,
)


def test_a_refund_that_a_picture_lists_twice_is_taken_once(shop: Shop):
    twice = [{"id": 1, "total": "-9.00"}, {"id": 1, "total": "-9.00"}]
    for _ in range(2):
        assert shop.woocommerce("order.updated", woocommerce_order(refunds=twice)).body == {"order_id": "4711"}
        assert shop.conversion("woocommerce", "4711")["refunded_amount"] == 728  # the goods' share of 9.00
    assert shop.shopify("orders/updated", shopify_order(refunds=[shopify_refund()] * 3)).status == 200
    assert shop.conversion("shopify", "5930000000001")["refunded_amount"] == 6040


@pytest.mark.parametrize("is_paid_again", [True, False])
def test_an_order_that_comes_back_in_other_money_is_refused_and_stays_worth_what_it_was(
    shop: Shop, is_paid_again: bool
):
    shop.woocommerce("order.created", woocommerce_order())
    changed = woocommerce_order(
        currency="USD", line_items=[{"total": "500.00"}], date_modified_gmt="2026-11-20T10:00:00"
    )
    refused = {"order_id": "4711", "refused": "currency_mismatch"}
    assert shop.woocommerce("order.updated", changed).body == refused
    told = shop.conversion("woocommerce", "4711")
    assert (told["amount"], told["currency"], told["commission"]) == (15040, "EUR", 1504)
    if is_paid_again:  # in the old money, and newer
        again = woocommerce_order(line_items=[{"total": "50.00"}], date_modified_gmt="2026-11-20T10:00:01")
        assert shop.woocommerce("order.updated", again).body == {"order_id": "4711"}
        assert shop.conversion("woocommerce", "4711")["commission"] == 500


def test_an_order_of_a_shop_that_changed_its_currency_is_never_taken_by_its_number(shop: Shop):
    shop.shopify("orders/create", shopify_order())
    priced = {name: shopify_money("15040", "JPY") for name in ("subtotal_price_set", "current_subtotal_price_set")}
    changed = shopify_order(currency="JPY", updated_at="2026-11-19T13:30:02-05:00", **priced)
    assert shop.shopify("orders/updated", changed).body["refused"] == "currency_mismatch"
    assert shop.conversion("shopify", "5930000000001")["commission"] == 1504


def test_the_subscription_of_an_order_that_nobody_won_is_kept_until_somebody_is_given_it(shop: Shop, items: Table):
    shop.woocommerce("order.created", woocommerce_order(coupon_lines=[], billing={}, customer_id=0))
    assert shop.woocommerce("subscription.created", woocommerce_subscription()).body == {"order_id": "4711"}
    order = shop.conversion("woocommerce", "4711")
    given = {"member_id": shop.world.ada, "offer_id": shop.world.codes_offer}
    assert shop.api.post(f"/v1/conversions/{order['conversion_id']}/attribute", given).status == 200
    drain(items)
    renews = [{"key": "_subscription_renewal", "value": "4720"}]
    shop.woocommerce(
        "order.created", woocommerce_order(4799, coupon_lines=[], billing={}, customer_id=0, meta_data=renews)
    )
    told = shop.conversion("woocommerce", "4799")
    assert (told["member_id"], told["type"]) == (shop.world.ada, "recurring")


def renewal(shop: Shop, order_id: int, subscription_id: str) -> tuple[str | None, str]:
    """Whose a payment of a subscription is that names nothing else, and what it counts as."""
    renews = [{"key": "_subscription_renewal", "value": subscription_id}]
    nobody = {"coupon_lines": [], "billing": {}, "customer_id": 0}
    shop.woocommerce("order.created", woocommerce_order(order_id, meta_data=renews, **nobody))
    told = shop.conversion("woocommerce", str(order_id))
    return told["member_id"], told["type"]


def test_a_subscription_that_is_told_before_its_order_is_kept_for_it(shop: Shop, items: Table):
    for _ in range(2):
        assert shop.woocommerce("subscription.created", woocommerce_subscription()).body == {"order_id": "4711"}
    shop.woocommerce("order.updated", woocommerce_order(status="pending"))
    refund = {"storefront_id": shop.ids["woocommerce"], "order_id": "4711", "refund_id": "r1", "amount": 40}
    assert shop.api.post("/v1/refunds", refund).status == 202
    shop.woocommerce("order.updated", woocommerce_order())
    drain(items)
    assert shop.conversion("woocommerce", "4711")["commission"] == 1500  # of 150.00
    assert renewal(shop, 4799, "4720") == (shop.world.ada, "recurring")


def test_a_trial_whose_subscription_is_told_first_earns_nothing_and_its_first_payment_is_the_sale(
    shop: Shop, items: Table
):
    shop.woocommerce("subscription.created", woocommerce_subscription())
    shop.woocommerce("order.created", woocommerce_order(line_items=[], shipping_lines=[], total="0.00"))
    drain(items)
    assert renewal(shop, 4799, "4720") == (shop.world.ada, "sale")


def test_an_order_can_begin_several_subscriptions(shop: Shop, items: Table):
    shop.woocommerce("order.created", woocommerce_order())
    for subscription_id in (4720, 4721, 4721):
        shop.woocommerce("subscription.updated", woocommerce_subscription(subscription_id))
    drain(items)
    assert [renewal(shop, 4799, "4720"), renewal(shop, 4800, "4721")] == [(shop.world.ada, "recurring")] * 2
