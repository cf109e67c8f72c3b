"""The deployed stack asks a shop on this machine for what no webhook told; and codes end there by their date."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import Shop, open_shop
from tests.journeys.test_shop_codes import PLATFORMS
from tests.kit.shop_bodies import Json, shopify_order, stripe_event, stripe_session, woocommerce_order
from tests.kit.shops.server import FakeShop, opened


def connected(merchant: Shop, platform: str, shop: FakeShop) -> str:
    """The path of a storefront of that platform that is connected to the shop."""
    api = merchant.admin
    new = api.post("/v1/storefronts", {"name": "Shop", "platform": platform, "exchange_rates": {"EUR": "1"}})
    storefront = f"/v1/storefronts/{new['storefront_id']}"
    api.patch(storefront, {"connection": {**PLATFORMS[platform][1], "base_url": shop.url}})
    eventually(lambda: api.get(storefront)["connection"]["status"] == "ok")
    return storefront


def order(platform: str, number: int, code: str) -> Json:
    """An order of this moment as the platform tells it."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    text = at.isoformat().removesuffix("+00:00")
    if platform == "shopify":
        codes = [{"code": code, "amount": "1.00"}]
        return shopify_order(number, created_at=f"{text}Z", updated_at=f"{text}Z", discount_codes=codes)
    if platform == "woocommerce":
        times = {"date_created_gmt": text, "date_modified_gmt": text}
        return woocommerce_order(number, **times, coupon_lines=[{"code": code}])
    session = stripe_session(f"cs_{number}", created=int(at.timestamp()), metadata={"promo_code": code})
    return stripe_event("checkout.session.completed", session, created=int(at.timestamp()))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_order_of_which_no_webhook_came_is_won_all_the_same(
    newcomer: Api, minute: Callable[[], None], platform: str
) -> None:
    merchant = open_shop(newcomer)
    with opened(PLATFORMS[platform][0]()) as shop:
        storefront = connected(merchant, platform, shop)
        shop.platform.sell(order(platform, 4711, merchant.code))

        def found() -> list[Any]:
            # a look that the shop was too slow for is made again an hour later, or when it is asked for
            newcomer.send("POST", f"{storefront}/sync", {})
            minute()
            orders = newcomer.get(f"/v1/conversions?member_id={merchant.member_id}")["items"]
            return [each for each in orders if each["order_id"].endswith("4711")]

        (won,) = eventually(found)
        assert won["commission"] > 0
        (trace,) = newcomer.get(f"{storefront}/deliveries")["items"]
        assert (trace["topic"].startswith("asked:"), trace["outcome"]) == (True, "applied")
        newcomer.patch(storefront, {"connection": None})


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_code_ends_in_the_shop_by_its_date(newcomer: Api, minute: Callable[[], None], platform: str) -> None:
    merchant = open_shop(newcomer)
    offer = f"/v1/offers/{merchant.offer_id}"
    newcomer.patch(offer, {"discount": {"percent": "10"}})
    with opened(PLATFORMS[platform][0]()) as shop:

        def live() -> list[str]:
            minute()
            return [code.upper() for code in shop.platform.live()]

        storefront = connected(merchant, platform, shop)
        eventually(lambda: live() == [merchant.code.upper()])
        ends = (datetime.now(UTC) + timedelta(seconds=8)).strftime("%Y-%m-%dT%H:%M:%SZ")
        newcomer.patch(f"{offer}/enrollments/{merchant.member_id}", {"active_until": ends})
        eventually(lambda: live() == [])
        newcomer.patch(storefront, {"connection": None})
