"""Subscriptions that a shop names once their renewals were sold: each is paid once an interval, whatever came first."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import drain
from tests.functional.test_recurrences import rows, sweep
from tests.kit.shop_bodies import woocommerce_order, woocommerce_subscription

CODE = [{"code": "ADAS"}]
RENEWAL = [{"key": "_subscription_renewal", "value": "4720"}]


@pytest.fixture
def offer_id(api: Gateway, shop: Shop) -> str:
    """An offer whose sales recur two times by themselves; Ada has the code ADAS there."""
    recurring = {"interval": "month", "mode": "automatic", "limit": 2}
    terms = {"type": "percent_of_sale", "percent": "10", "recurring": recurring}
    options = [{"name": "Basic", "default": True, "terms": terms}]
    made = api.post("/v1/offers", {"name": "Boxes", "kind": "promo_code", "payout_options": options}).body["offer_id"]
    assert api.put(enrollment_path(shop.world, shop.world.ada, made), {"promo_code": "ADAS"}).status == 201
    return str(made)


def sold(shop: Shop, items: Table, order_id: int, day: str, **changes: Any) -> None:
    body = woocommerce_order(order_id, coupon_lines=CODE, date_created_gmt=f"{day}T10:00:00", **changes)
    shop.woocommerce("order.created", body)
    drain(items)


def test_a_renewal_sold_before_its_subscription_is_named_begins_no_second_one(
    api: Gateway, items: Table, shop: Shop, offer_id: str
):
    sold(shop, items, 4711, "2026-01-31")
    sold(shop, items, 4890, "2026-02-28", meta_data=RENEWAL)  # a sale, as far as anybody knows
    assert shop.woocommerce("subscription.updated", woocommerce_subscription()).status == 200
    drain(items)
    sweep(items, shop.world)
    assert [when for when, *_ in rows(api, offer_id)] == ["2026-02-27T23:00:00Z", "2026-03-30T22:00:00Z"]
    shop.woocommerce("subscription.updated", woocommerce_subscription())  # again it changes nothing
    sweep(items, shop.world)
    assert len(rows(api, offer_id)) == 2


def test_nor_does_one_that_is_counted_later(api: Gateway, items: Table, shop: Shop, offer_id: str):
    sold(shop, items, 4711, "2026-01-31")
    body = woocommerce_order(4890, coupon_lines=CODE, date_created_gmt="2026-02-28T10:00:00", meta_data=RENEWAL)
    shop.woocommerce("order.created", body)
    shop.woocommerce("subscription.updated", woocommerce_subscription())
    drain(items)
    sweep(items, shop.world)
    assert [when for when, *_ in rows(api, offer_id)] == ["2026-02-27T23:00:00Z", "2026-03-30T22:00:00Z"]


def test_an_order_of_nobody_whose_subscription_is_named_late_begins_no_second_one_when_it_is_attributed(
    api: Gateway, items: Table, shop: Shop, offer_id: str
):
    shop.woocommerce("order.created", woocommerce_order(4711, coupon_lines=[], date_created_gmt="2026-01-31T10:00:00"))
    sold(shop, items, 4890, "2026-02-28", meta_data=RENEWAL)
    shop.woocommerce("subscription.updated", woocommerce_subscription())
    first = shop.conversion("woocommerce", "4711")["conversion_id"]
    given = api.post(f"/v1/conversions/{first}/attribute", {"member_id": shop.world.ada, "offer_id": offer_id})
    assert given.status == 200, given.body
    drain(items)
    sweep(items, shop.world)
    assert [when for when, *_ in rows(api, offer_id)] == ["2026-03-27T23:00:00Z", "2026-04-27T22:00:00Z"]


def test_nor_does_a_renewal_of_the_second_subscription_of_an_order(
    api: Gateway, items: Table, shop: Shop, offer_id: str
):
    sold(shop, items, 4711, "2026-01-31")
    shop.woocommerce("subscription.created", woocommerce_subscription(4719))
    sold(shop, items, 4890, "2026-02-28", meta_data=RENEWAL)
    shop.woocommerce("subscription.updated", woocommerce_subscription())
    drain(items)
    sweep(items, shop.world)
    assert [when for when, *_ in rows(api, offer_id)] == ["2026-02-27T23:00:00Z", "2026-03-30T22:00:00Z"]
