"""Webhooks: who is believed, and what becomes of what they say."""

import pytest

from tests.functional.gateway import Gateway
from tests.functional.shop import Shop
from tests.functional.world import World
from tests.shop_bodies import shopify_order, shopify_refund, stripe_charge, stripe_session, woocommerce_order


@pytest.fixture
def shop(api: Gateway, world: World, shops: dict[str, str]) -> Shop:
    return Shop(api, world, shops)


def test_an_order_of_shopify_earns_its_member_a_commission(shop: Shop, world: World):
    assert shop.shopify("orders/create", shopify_order()).body == {"order_id": "5930000000001"}
    told = shop.conversion("shopify", "5930000000001")
    assert (told["member_id"], told["amount"], told["commission"], told["status"]) == (
        world.ada,
        15040,
        1504,
        "approved",
    )


def test_an_order_of_woocommerce_earns_its_member_a_commission(shop: Shop, world: World):
    assert shop.woocommerce("order.created", woocommerce_order()).body == {"order_id": "4711"}
    told = shop.conversion("woocommerce", "4711")
    assert (told["member_id"], told["amount"], told["commission"], told["status"]) == (
        world.ada,
        15040,
        1504,
        "approved",
    )


def test_a_checkout_of_stripe_earns_its_member_a_commission(shop: Shop, world: World):
    assert shop.stripe("checkout.session.completed", stripe_session()).body == {
        "order_id": "cs_live_a1",
        "payment": "pi_1",
    }
    told = shop.conversion("stripe", "cs_live_a1")
    assert (told["member_id"], told["amount"], told["commission"], told["status"]) == (
        world.ada,
        15040,
        1504,
        "approved",
    )


def test_refund(shop: Shop):
    shop.shopify("orders/create", shopify_order())
    assert shop.shopify("refunds/create", shopify_refund()).status == 200
    told = shop.conversion("shopify", "5930000000001")
    assert told["refunded_amount"] == 6040
    shop.stripe("charge.refunded", stripe_charge(1000))
    shop.stripe("checkout.session.completed", stripe_session())
    assert shop.conversion("stripe", "cs_live_a1")["refunded_amount"] == 1000
