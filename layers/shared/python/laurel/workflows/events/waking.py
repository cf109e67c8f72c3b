"""Waking the deliveries of endpoints: when events were made, and when something was missed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from laurel.domain.events.endpoints import Endpoint, Progress
from laurel.domain.events.events import beginning
from laurel.queue import EndpointMessage, Queue, events_queue
from laurel.store import event_items, items
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.events.endpoints import stored
from laurel.workflows.events.reading import ahead

MISSED_AFTER: Final = timedelta(minutes=1)
"""Longer than the stream and the queue take: an event that no run has come to since is looked after."""


def told(table: Table, program_id: str, item: Item, queue: Callable[[], Queue] = events_queue) -> int:
    """Has the events of a page sent to all endpoints that want one of them; the number of these.

    Errors of SQS pass through.
    """
    types = {event.type for event in event_items.page(item).events}
    endpoints = [items.parse(Endpoint, each) for each in stored(table, program_id)]
    wanting = [each for each in endpoints if each.enabled and any(map(each.wants, types))]
    for endpoint in wanting:
        queue().send(EndpointMessage(program_id, endpoint.endpoint_id))
    return len(wanting)


def overdue(table: Table, program_id: str, item: Item, now: datetime, queue: Callable[[], Queue]) -> bool:
    """Wakes an endpoint (its progress, as stored) for which something is due that no run has come to; whether it did.

    Errors of SQS pass through.
    """
    progress = items.parse(Progress, item)
    if progress.is_held(now) or not (progress.due(now) or _is_behind(table, program_id, progress, now)):
        return False
    queue().send(EndpointMessage(program_id, progress.endpoint_id))
    return True


def _is_behind(table: Table, program_id: str, progress: Progress, now: datetime) -> bool:
    if progress.is_full:
        return False
    pages, _ = ahead(table, program_id, progress.place, 1)
    return any(page.name < beginning(now - MISSED_AFTER) for page in pages)
