"""A program with codes in a connected shop, whichever platform that is of."""

from typing import Any

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World
from tests.kit.shops import shopify, stripe, woocommerce
from tests.kit.shops.server import FakeShop

PLATFORMS: dict[str, tuple[Any, dict[str, str]]] = {
    "woocommerce": (woocommerce.WooCommerce, woocommerce.CREDENTIALS),
    "shopify": (shopify.Shopify, shopify.CREDENTIALS),
    "stripe": (stripe.Stripe, stripe.CREDENTIALS),
}


class Connected:
    """A program with an offer of 10 % off, Ada in it as ADA10, and a connected shop."""

    def __init__(self, api: Gateway, world: World, queue: ShopsQueue, table: Table, platform: str, shop: FakeShop):
        self.api, self.world, self.queue, self.table, self.shop = api, world, queue, table, shop
        self.offer = f"/v1/offers/{world.codes_offer}"
        self.ada = f"{self.offer}/enrollments/{world.ada}"
        assert api.patch(self.offer, {"discount": {"percent": "10"}}).status == 200
        made = api.post("/v1/storefronts", {"name": "Shop", "platform": platform}).body
        self.storefront = f"/v1/storefronts/{made['storefront_id']}"
        self.credentials = {**PLATFORMS[platform][1], "base_url": shop.url}

    def connect(self) -> None:
        answer = self.api.patch(self.storefront, {"connection": self.credentials})
        assert (answer.status, answer.body["connection"]["status"]) == (200, "none")
        self.work()

    def work(self) -> None:
        self.queue.work(self.table)

    def live(self) -> set[str]:
        return {code.upper() for code in self.shop.platform.live()}

    def shown(self) -> dict[str, Any]:
        (found,) = self.api.get(self.ada).body["shops"]
        return dict(found)

    def state(self) -> tuple[str, str | None]:
        found = self.shown()
        return found["state"], found["reason"]

    def connection(self) -> str:
        return str(self.api.get(self.storefront).body["connection"]["status"])
