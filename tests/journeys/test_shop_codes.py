"""Codes are true in a shop on this machine: the deployed stack makes, ends, replaces and heals them over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import open_shop
from tests.kit.shops import shopify, stripe, woocommerce
from tests.kit.shops.server import opened

PLATFORMS: dict[str, tuple[Any, dict[str, str]]] = {
    "shopify": (shopify.Shopify, shopify.CREDENTIALS),
    "woocommerce": (woocommerce.WooCommerce, woocommerce.CREDENTIALS),
    "stripe": (stripe.Stripe, stripe.CREDENTIALS),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_shop_has_the_codes_that_are_wanted_and_no_others(
    newcomer: Api, minute: Callable[[], None], platform: str
) -> None:
    made, credentials = PLATFORMS[platform]
    merchant = open_shop(newcomer)
    offer = f"/v1/offers/{merchant.offer_id}"
    ada = f"{offer}/enrollments/{merchant.member_id}"
    newcomer.patch(offer, {"discount": {"percent": "10"}})
    new = newcomer.post("/v1/storefronts", {"name": "Shop", "platform": platform})
    storefront = f"/v1/storefronts/{new['storefront_id']}"
    with opened(made()) as shop:
        theirs = shop.platform.add("SUMMER")

        def live() -> set[str]:
            return {code.upper() for code in shop.platform.live()}

        def is_so(codes: set[str]) -> bool:
            minute()  # the engine drops a record of the stream whose consumer fails: tick finds what it was about
            return live() == codes

        def becomes(*codes: str) -> None:
            eventually(lambda: is_so({"SUMMER", *codes}))

        newcomer.patch(storefront, {"connection": {**credentials, "base_url": shop.url}})
        eventually(lambda: newcomer.get(storefront)["connection"]["status"] == "ok")
        minute()
        becomes(merchant.code.upper())
        eventually(lambda: [each["state"] for each in newcomer.get(ada)["shops"]] == ["live"])
        fresh = newcomer.post(f"{ada}/promo-code", {})["promo_code"]
        becomes(fresh.upper())
        newcomer.post(f"{offer}/enrollments/bulk", {"filter": {}, "set": {"active": False}})
        becomes()
        newcomer.patch(ada, {"active": True})
        becomes(fresh.upper())
        shop.lets_in = False
        later = newcomer.post(f"{ada}/promo-code", {})["promo_code"]
        eventually(lambda: newcomer.get(storefront)["connection"]["status"] == "failed")
        shop.lets_in = True
        newcomer.patch(storefront, {"connection": {**credentials, "base_url": shop.url}})
        eventually(lambda: newcomer.get(storefront)["connection"]["status"] == "ok")
        minute()
        becomes(later.upper())
        kept = getattr(shop.platform, "nodes", None) or shop.platform.coupons
        for number in [number for number in kept if number != theirs]:
            del kept[number]
        job = newcomer.post(f"{storefront}/sync", {})["job_id"]
        minute()
        becomes(later.upper())
        eventually(lambda: newcomer.get(f"/v1/jobs/{job}")["status"] == "done")
        newcomer.patch(storefront, {"connection": None})
