"""The log of an endpoint's deliveries, and deliveries that are asked for: one again, all since an instant, a test."""

from datetime import datetime

from laurel.concurrency import together
from laurel.domain.events.endpoints import Aside, EventDelivery, KeptDelivery, Progress
from laurel.domain.events.events import KEPT_FOR, Event, EventPage
from laurel.domain.events.places import FeedPlace
from laurel.domain.values.errors import Conflict
from laurel.queue import EndpointMessage, Queue
from laurel.store import event_items, event_keys
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.events import endpoints
from laurel.workflows.requests import edits, listing
from laurel.workflows.requests.listing import Page


def page(
    table: Table, program_id: str, endpoint_id: str, outcome: str | None, limit: int, cursor: str | None
) -> Page[EventDelivery]:
    """The tries of 30 days, newest first. Raises Absent, Invalid `invalid_cursor`."""
    partition, where = event_keys.sent(program_id, endpoint_id), {"body.outcome": outcome}
    _, found = together(
        lambda: endpoints.get(table, program_id, endpoint_id),
        lambda: listing.page(table, [partition], _parse, limit=limit, cursor=cursor, where=where),
    )
    listed: Page[EventDelivery] = found
    return listed


def redeliver(table: Table, queue: Queue, program_id: str, endpoint_id: str, delivery_id: str, now: datetime) -> None:
    """Has the event of a delivery sent once more. Raises Absent, Conflict `endpoint_paused`, `endpoint_busy`."""
    _require_enabled(table, program_id, endpoint_id)
    key = event_keys.delivery(program_id, endpoint_id, delivery_id)
    kept = event_items.kept_delivery(edits.get_item(table, key, "delivery_not_found", "delivery"))
    edits.get_item(table, Key(kept.pk, kept.sk), "event_not_found", "event: it is older than 30 days")
    _ask(table, queue, program_id, endpoint_id, _anew(kept.pk, kept.sk, kept.number, now))


def test(table: Table, queue: Queue, program_id: str, endpoint_id: str, now: datetime) -> Event:
    """Has an event of type `test` sent. Raises Absent, Conflict `endpoint_paused`, `endpoint_busy`."""
    _require_enabled(table, program_id, endpoint_id)
    made = EventPage.of([Event.test(endpoint_id, now)], now)
    item = event_items.test_page(program_id, endpoint_id, made, now)
    _ask(table, queue, program_id, endpoint_id, _anew(item["pk"], item["sk"], 0, now), item)
    return made.events[0]


def replay(table: Table, queue: Queue, program_id: str, endpoint_id: str, since: datetime, now: datetime) -> datetime:
    """Has all events since an instant sent again; since when, as far as they are kept.

    Raises Absent, Conflict `endpoint_paused`.
    """
    _require_enabled(table, program_id, endpoint_id)
    first = max(since, now - KEPT_FOR)

    def from_there(progress: Progress) -> Progress:
        return progress.moved(place=FeedPlace.at(first))

    endpoints.move(table, program_id, endpoint_id, from_there)
    queue.send(EndpointMessage(program_id, endpoint_id))
    return first


def _anew(pk: str, sk: str, number: int, now: datetime) -> Aside:
    return Aside(pk=pk, sk=sk, number=number, tries=0, since=now, at=now)


def _ask(
    table: Table, queue: Queue, program_id: str, endpoint_id: str, waiting: Aside, item: Item | None = None
) -> None:
    def with_it(progress: Progress) -> Progress:
        if progress.is_full:
            raise Conflict("endpoint_busy", "too many events wait for another try: wait until the endpoint answers")
        return progress.with_aside([waiting])

    endpoints.move(table, program_id, endpoint_id, with_it, [] if item is None else [Put(item)])
    queue.send(EndpointMessage(program_id, endpoint_id))


def _require_enabled(table: Table, program_id: str, endpoint_id: str) -> None:
    if not endpoints.get(table, program_id, endpoint_id).enabled:
        raise Conflict("endpoint_paused", "nothing is sent to this endpoint: enable it first")


def _parse(item: Item) -> EventDelivery:
    kept: KeptDelivery = event_items.kept_delivery(item)
    return kept
