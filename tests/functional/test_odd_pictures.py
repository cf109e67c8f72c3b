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
