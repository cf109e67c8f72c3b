"""A storefront of a platform that is connected to a shop's program: it signs what it sends."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.journeys.kit.client import Answer
from tests.journeys.kit.shop import Shop
from tests.kit.shop_bodies import Json, as_sent, signed, stripe_event


@dataclass(frozen=True, slots=True)
class Connected:
    """A storefront of a platform, whose orders bring the shop's member."""

    shop: Shop
    platform: str
    storefront_id: str
    secret: str

    def deliver(self, topic: str, body: Json, secret: str | None = None) -> Answer:
        text = as_sent(body)
        headers = signed(self.platform, topic, text, datetime.now(UTC), secret or self.secret)
        path = f"/webhooks/{self.storefront_id}/{self.platform}"
        return self.shop.admin.with_key(None).send("POST", path, raw=text.encode(), **headers)

    def tell(self, topic: str, body: Json) -> Any:
        """The answer to a delivery that is taken, as every one is that is signed rightly."""
        answer = self.deliver(topic, body)
        assert answer.status == 200, answer.text
        return answer.json

    def happen(self, kind: str, about: Json, **changes: Any) -> Any:
        """The same for an event of Stripe."""
        return self.tell("", stripe_event(kind, about, **changes))

    def earned(self, order_id: str) -> tuple[str, int]:
        """The status of an order of the member, and what it earns by now."""
        told = self.conversion(order_id)
        return told["status"], told["commission"]

    def conversion(self, order_id: str) -> Any:
        """An order, whoever won it."""
        lists = (f"member_id={self.shop.member_id}", "attributed=false")
        found = [
            told
            for of in lists
            for told in self.shop.admin.get(f"/v1/conversions?{of}&limit=100")["items"]
            if (told["order_id"], told["storefront_id"]) == (order_id, self.storefront_id)
        ]
        assert len(found) == 1, order_id
        return found[0]

    def totals(self) -> Any:
        """What the member has by now, all folded."""
        self.shop.drain()
        listed = self.shop.admin.get(f"/v1/conversions?member_id={self.shop.member_id}&limit=100")["items"]
        return [
            (each["order_id"], each["amount"], each["commission"], each["status"]) for each in listed if each["amount"]
        ]


def connect(shop: Shop, platform: str) -> Connected:
    secret = f"whsec_{platform}"
    new = {"name": platform, "platform": platform, "webhook_secret": secret}
    return Connected(shop, platform, shop.admin.post("/v1/storefronts", new)["storefront_id"], secret)
