"""What a shop does: it signs a body and sends it, straight to the function."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from laurel.domain.ledger.commissions import conversion_id
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.world import World, http_event
from tests.kit.shop_bodies import SECRET, Json, as_sent, signed, stripe_event


@dataclass(frozen=True, slots=True)
class Shop:
    api: Gateway
    world: World
    ids: dict[str, str]

    def shopify(self, topic: str, body: Json | str, **changes: Any) -> Answer:
        return self.send("shopify", topic, body, **changes)

    def woocommerce(self, topic: str, body: Json | str, **changes: Any) -> Answer:
        return self.send("woocommerce", topic, body, **changes)

    def stripe(self, kind: str, about: Json, **changes: Any) -> Answer:
        return self.send("stripe", "", stripe_event(kind, about), **changes)

    def send(
        self,
        platform: str,
        topic: str,
        body: Json | str | bytes,
        *,
        secret: str = SECRET,
        at: datetime | None = None,
        headers: dict[str, str] | None = None,
        as_base64: bool = False,
    ) -> Answer:
        raw = body if isinstance(body, bytes) else as_sent(body).encode()
        said = dict(signed(platform, topic, raw, at or datetime.now(UTC), secret)) | (headers or {})
        text = "" if as_base64 or isinstance(body, bytes) else raw.decode()
        event = http_event("POST", f"/webhooks/{self.ids[platform]}/{platform}", text, headers=said)
        if not text:
            event |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
        return self.api.send(event)

    def conversion(self, platform: str, order_id: str) -> Json:
        known = conversion_id(self.world.program.program_id, self.ids[platform], order_id)
        return self.api.get(f"/v1/conversions/{known}").body
