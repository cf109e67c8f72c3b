"""Events of the deployed stack arrive at a receiver on this machine, which the official library lets in."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import open_shop
from tests.kit.shops.server import opened


@dataclass
class Receiver:
    secret: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, _: str, __: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        Webhook(self.secret).verify(body, headers)
        self.got.append(json.loads(body))
        return 200, b"{}"

    def throttled(self) -> tuple[int, bytes]:
        return 429, b"{}"


def test_a_sale_reaches_an_endpoint_signed_and_the_feed(newcomer: Api, minute: Callable[[], None]) -> None:
    receiver = Receiver()
    with opened(receiver) as page:
        made = newcomer.post("/v1/webhook-endpoints", {"url": page.url})
        receiver.secret = made["secret"]
        merchant = open_shop(newcomer)
        order = {"order_id": "e1", "amount": 5_000, "currency": "USD", "type": "sale", "promo_code": merchant.code}
        sold = newcomer.post("/v1/conversions", {**order, "storefront_id": merchant.storefront_id})

        def has_arrived() -> bool:
            minute()  # the engine drops a record of the stream whose consumer fails: tick finds what it was about
            subjects = {(each["type"], each["subject"]) for each in receiver.got}
            return ("conversion.recorded", f"conversion:{sold['conversion_id']}") in subjects

        eventually(has_arrived)
        log = newcomer.get(f"/v1/webhook-endpoints/{made['endpoint_id']}/deliveries")["items"]
        assert {each["outcome"] for each in log} == {"delivered"}
        told = {each["id"]: each for each in newcomer.get("/v1/events?limit=100")["items"]}
        assert all(told[each["id"]] == each for each in receiver.got)
        assert {"member.joined", "enrollment.changed", "commission.made"} <= {each["type"] for each in told.values()}
