"""A shop that tells nobody of its orders, and is asked for them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from laurel.domain.ledger.commissions import conversion_id
from laurel.queue import ShopMessage
from laurel.store import keys, shop_keys
from laurel.store.operations import Update
from laurel.store.values import Item
from tests.functional.kit.connected import Connected
from tests.functional.kit.stream import everything
from tests.kit.shop_bodies import Json, shopify_order, stripe_event, stripe_session, woocommerce_order


@dataclass(frozen=True, slots=True)
class Watched:
    here: Connected
    platform: str

    @property
    def storefront_id(self) -> str:
        return self.here.storefront.rpartition("/")[2]

    def order(self, number: int, minute: int, **changes: Any) -> Json:
        """An order as the platform's webhook tells it, with Ada's code, changed `minute` minutes after now."""
        at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 60 * minute, UTC).replace(microsecond=0)
        text = at.isoformat().removesuffix("+00:00")
        if self.platform == "shopify":
            return shopify_order(number, **{"created_at": f"{text}Z", "updated_at": f"{text}Z", **changes})
        if self.platform == "woocommerce":
            return woocommerce_order(number, **{"date_created_gmt": text, "date_modified_gmt": text, **changes})
        about = stripe_session(f"cs_{number}", created=int(at.timestamp()), payment_intent=f"pi_{number}", **changes)
        return stripe_event("checkout.session.completed", about, created=int(at.timestamp()))

    def sell(self, *numbers: int, minute: int = 0) -> None:
        """Orders of which no webhook arrives."""
        for number in numbers:
            self.here.shop.platform.sell(self.order(number, minute))

    def webhook(self, body: Json) -> Any:
        from tests.functional.kit.shop import Shop

        shop = Shop(self.here.api, self.here.world, {self.platform: self.storefront_id})
        topic = {"shopify": "orders/create", "woocommerce": "order.created"}.get(self.platform, "")
        answer = shop.send(self.platform, topic, body)
        assert answer.status == 200, answer
        return answer.body

    def hours(self, number: int = 1) -> None:
        """`number` looks, each an hour after the one before."""
        for _ in range(number):
            self.pass_hour()
            self.here.work()

    def pass_hour(self) -> None:
        item = self.item()
        body = {**item["body"], "status": "pending", "next_attempt_at": "2026-01-01T00:00:00Z"}
        self.here.table.write(Update(keys.Key(item["pk"], item["sk"]), set={"body": body, "outbox": "pending"}))

    def item(self) -> Item:
        (found,) = [item for item in everything(self.here.table) if item["kind"] == "watch"]
        return found

    def message(self) -> ShopMessage:
        program_id = self.here.world.program.program_id
        return ShopMessage(program_id, *shop_keys.watch(program_id, self.storefront_id))

    def won(self, number: int) -> Any:
        """The order as the API shows it, None if nobody told it."""
        order_id = f"cs_{number}" if self.platform == "stripe" else str(number)
        known = conversion_id(self.here.world.program.program_id, self.storefront_id, order_id)
        answer = self.here.api.get(f"/v1/conversions/{known}")
        return answer.body if answer.status == 200 else None

    def members(self, *numbers: int) -> list[str | None]:
        return [None if (told := self.won(number)) is None else told["member_id"] for number in numbers]

    def traces(self, query: str = "") -> list[Json]:
        return list(self.here.api.get(f"{self.here.storefront}/deliveries{query}").body["items"])
