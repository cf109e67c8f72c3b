"""Events, endpoints and deliveries as items and back; events are packed, so that most fit one write unit."""

import base64
import json
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from laurel.domain.events.events import KEPT_FOR, Event, EventPage
from laurel.domain.program.programs import Program
from laurel.store import event_keys, indexes, items
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import Put
from laurel.store.values import Item

if TYPE_CHECKING:  # many functions tell events, and few know who gets them
    from laurel.domain.events.endpoints import Endpoint, KeptDelivery, Progress

PAGE: Final = "events"
"""The kind of a page of events; each wakes the consumer of the outbox once, when it is put."""
SECRETS: Final = "secrets"
"""Attribute of an endpoint: its secrets, the newest first: `sealed` as base64 ciphertext, `until` when it ends."""


def told(program: Program, at: datetime, events: Iterable[Event]) -> list[Put]:
    """The write of a transaction's events, to be part of it; none if the program keeps no events, or there is none."""
    made = tuple(events)
    if not program.features.events or not made:
        return []
    page = EventPage.of(made, at)
    return [Put(_page(event_keys.page(program.program_id, page.name), page, at, outbox="pending"))]


def test_page(program_id: str, endpoint_id: str, page: EventPage, at: datetime) -> Item:
    """A test event, which wakes nobody."""
    return _page(event_keys.tests(program_id, endpoint_id, page.name), page, at)


def _page(key: Key, page: EventPage, at: datetime, **beside: str) -> Item:
    packed = _packed([event.model_dump(mode="json") for event in page.events])
    forgotten = int((at + KEPT_FOR).timestamp())
    return {**key._asdict(), "kind": PAGE, "packed": packed, TTL_ATTRIBUTE: forgotten, **beside}


def page(item: Item) -> EventPage:
    """The events of an item."""
    events = json.loads(zlib.decompress(base64.b85decode(item["packed"])))
    return EventPage(name=item["sk"], events=tuple(Event.model_validate(event) for event in events))


def _packed(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return base64.b85encode(zlib.compress(text.encode(), 9)).decode()


def endpoint(program_id: str, entity: "Endpoint", secrets: list[dict[str, str]]) -> Item:
    """An endpoint with its sealed secrets."""
    key = event_keys.endpoint(program_id, entity.endpoint_id)
    return items.as_item("endpoint", key, entity, **{SECRETS: secrets})


def progress(program_id: str, entity: "Progress", at: datetime, *, is_on: bool) -> Item:
    """How far an endpoint is; while it `is_on`, `tick` looks whether something was missed. `at`: when it was made."""
    key = event_keys.progress(program_id, entity.endpoint_id)
    due = indexes.due(program_id, indexes.EVENTS, entity.endpoint_id, at) if is_on else {}
    return items.as_item("endpoint progress", key, entity, **due)


def delivery(program_id: str, endpoint_id: str, entity: "KeptDelivery") -> Item:
    """One try to deliver an event, as the log has it."""
    key = event_keys.delivery(program_id, endpoint_id, entity.delivery_id)
    place = {"page": {"pk": entity.pk, "sk": entity.sk, "number": entity.number}}
    return items.as_item("event delivery", key, entity, **place, **{TTL_ATTRIBUTE: int(entity.expires_at.timestamp())})


def kept_delivery(item: Item) -> "KeptDelivery":
    """The try of an item."""
    from laurel.domain.events.endpoints import KeptDelivery

    return KeptDelivery.model_validate({**item["body"], **item["page"]})
