"""The shop of `make run`, connected to a program of the tests."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from laurel.domain.ledger.commissions import conversion_id
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World
from tools.shop.server import LocalShop

SECRET = "whsec_of-the-shop-on-this-machine"


@dataclass(frozen=True, slots=True)
class Glow:
    """`storefront_id`: as Laurel knows the shop. Ada has a link into it, Ben the code BEN10, 10 % off."""

    api: Gateway
    world: World
    api_url: str
    shop: LocalShop
    queue: ShopsQueue
    table: Table
    storefront_id: str

    def work(self) -> None:
        """What waits for the shop, done."""
        self.queue.work(self.table)

    def follow_link(self, page: Page) -> None:
        page.goto(f"{self.api_url}/r/{self.world.slug}")

    def won(self, page: Page) -> Any:
        """The order of the page that thanks for it, as Laurel knows it; None if it does not."""
        order_id = page.inner_text("main p").partition("Order ")[2].partition(":")[0]
        known = conversion_id(self.world.program.program_id, self.storefront_id, order_id)
        answer = self.api.get(f"/v1/conversions/{known}")
        return answer.body if answer.status == 200 else None


def connected(api: Gateway, world: World, queue: ShopsQueue, table: Table, api_url: str, shop: LocalShop) -> Glow:
    named = {"name": "Glow", "platform": "shopify", "webhook_secret": SECRET, "exchange_rates": {"USD": "1"}}
    new = {**named, "connection": shop.connection, "origins": [shop.url.rstrip("/")]}
    made = api.post("/v1/storefronts", new)
    assert made.status == 201, made
    glow = Glow(api, world, api_url, shop, queue, table, made.body["storefront_id"])
    offer = f"/v1/offers/{world.codes_offer}"
    assert api.patch(offer, {"discount": {"percent": "10"}}).status == 200
    assert api.put(f"{offer}/enrollments/{world.ben}", {"promo_code": "BEN10"}).status in {200, 201}
    assert api.patch(f"/v1/offers/{world.links_offer}", {"landing_url": shop.url}).status == 200
    shop.join(api_url, glow.storefront_id, SECRET)
    glow.work()
    return glow
