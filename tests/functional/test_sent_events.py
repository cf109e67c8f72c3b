"""What is sent to endpoints is as the document's webhooks say, and so are their examples."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from laurel.domain.events.events import EVENT_TYPES, Event
from laurel.store.table import Table
from tests.functional.kit.connected import PLATFORMS, Connected
from tests.functional.kit.gateway import DOCUMENT, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed
from tests.functional.kit.selling import sell
from tests.functional.kit.shop import Shop
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import drain
from tests.functional.kit.world import AT, World
from tests.kit.shop_bodies import woocommerce_order
from tests.kit.shops.server import opened

SENT = {type_: path["post"] for type_, path in DOCUMENT["webhooks"].items()}


def valid(type_: str, event: Any) -> bool:
    """Whether an event is as the document says of its type."""
    schema = SENT[type_]["requestBody"]["content"]["application/json"]["schema"]
    return bool(jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]}).is_valid(event))


def told(api: Gateway) -> Iterator[dict[str, Any]]:
    """The whole feed."""
    after = ""
    while True:
        page = api.get(f"/v1/events?limit=100{after}").body
        yield from page["items"]
        if not page["items"]:
            return
        after = f"&after={page['next_cursor']}"


def test_each_type_of_event_has_a_webhook() -> None:
    assert set(SENT) == {*EVENT_TYPES, "test"}
    names = {header["name"] for each in SENT.values() for header in each["parameters"]}
    assert names == {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.mark.parametrize("type_", SENT)
def test_the_example_of_a_webhook_is_as_its_schema_says(type_: str) -> None:
    shown = SENT[type_]["requestBody"]["content"]["application/json"]["example"]
    assert valid(type_, shown)
    assert Event.model_validate(shown).type == type_


def test_a_test_event_is_as_it_is_described() -> None:
    assert valid("test", Event.test("end_1", AT).model_dump(mode="json"))


def test_what_happens_is_told_as_it_is_described(
    api: Gateway, items: Table, world: World, jobs_queue: JobsQueue, shop: Shop
) -> None:
    api.get("/v1/events")
    order = sell(world, amount=300_000)
    drain(items)
    for path in (f"/v1/conversions/{order}/decline", f"/v1/conversions/{order}/approve"):
        assert api.post(path, {}).status == 200
    drain(items)
    api.patch(f"/v1/members/{world.ada}", {"first_name": "Augusta"})
    eve = api.post("/v1/members", {"email": "eve@example.com"}).body["member_id"]
    api.put(f"/v1/offers/{world.codes_offer}/enrollments/{eve}", {"promo_code": "EVE10"})
    api.post(f"/v1/members/{eve}/erase?confirm=true")
    payout = confirmed(api, jobs_queue)
    drain(items)
    assert api.post(f"{payout}/lines/{world.ada}/fail", {"reason": "account closed"}).status in {200, 202}
    jobs_queue.work()
    shop.woocommerce("order.created", woocommerce_order(currency="USD", id=1, line_items=[{"total": "much"}]))
    events = list(told(api))
    assert [event["type"] for event in events if not valid(event["type"], event)] == []
    of_shops = {"code.live", "code.ended", "code.failed"}
    assert {event["type"] for event in events} == set(EVENT_TYPES) - of_shops


def test_codes_of_shops_are_told_as_they_are_described(
    api: Gateway, world: World, shops_queue: ShopsQueue, items: Table
) -> None:
    api.get("/v1/events")
    with opened(PLATFORMS["woocommerce"][0]()) as shop:
        here = Connected(api, world, shops_queue, items, "woocommerce", shop)
        here.connect()
        api.patch(here.ada, {"active": False})
        here.work()
    events = [event for event in told(api) if event["type"].startswith("code.")]
    assert [event["type"] for event in events] == ["code.live", "code.ended"]
    assert all(valid(event["type"], event) for event in events)
