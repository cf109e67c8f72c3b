"""Reading events in the order in which they were made: the feed, and what an endpoint has not got yet."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from laurel.domain.events.events import KEPT_FOR, Event, EventPage
from laurel.domain.events.places import MOST_REMEMBERED, FeedPlace, steps
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.model import Open
from laurel.store import event_items, event_keys, items, keys
from laurel.store.keys import LAST
from laurel.store.table import Table
from laurel.workflows.program import programs
from laurel.workflows.requests.edits import revised
from laurel.workflows.requests.optimistic import redo

_PAGES: Final = 50
"""Transactions whose events are read at once."""
_MOST_ROUNDS: Final = 20
_OF_MEMBER: Final = "member:"


class Feed(Open):
    """Events, oldest first, and where to go on."""

    items: Annotated[list[Event], Field(description="The events, oldest first.")]
    next_cursor: Annotated[
        str, Field(description="Send it as `after` for what comes next, now or later: it is good for 30 days.")
    ]


def ahead(table: Table, program_id: str, place: FeedPlace, most: int = _PAGES) -> tuple[list[EventPage], str | None]:
    """The next pages that are not behind `place`, and the name of the one after them, if there is one."""
    found = sorted(
        (item for pk in event_keys.feed(program_id) for item in _beyond(table, pk, place, most)),
        key=lambda item: str(item["sk"]),
    )
    beyond = str(found[most]["sk"]) if len(found) > most else None
    return [event_items.page(item) for item in found[:most]], beyond


def _beyond(table: Table, partition: str, place: FeedPlace, most: int) -> list[dict[str, str]]:
    limit = most + len(place.seen) + 1
    stored = table.query(partition, between=(place.settled, LAST), limit=limit)
    return [item for item in stored if not place.is_read(item["sk"])]


def feed(table: Table, program: Program, after: str | None, types: Sequence[str], limit: int, now: datetime) -> Feed:
    """The events after a cursor, of `types` if any are named; from then on the program keeps its events.

    It passes over a bounded number of other events: a page may be short. Raises Invalid `invalid_cursor`.
    """
    place = FeedPlace.at(now - KEPT_FOR) if after is None else FeedPlace.parse(after)
    keep_events(table, program, now)
    taken: list[Event] = []
    for _ in range(_MOST_ROUNDS):
        pages, unread = ahead(table, program.program_id, place)
        for step in steps(place, pages):
            if len(taken) == limit or len(place.seen) >= MOST_REMEMBERED:
                return _told(table, program.program_id, taken, place.settling(step.page, now))
            place = place.past(step)
            if not types or step.event.type in types:
                taken.append(step.event)
        place = place.settling(unread, now)
        if unread is None:
            break
    return _told(table, program.program_id, taken, place)


def _told(table: Table, program_id: str, events: Iterable[Event], place: FeedPlace) -> Feed:
    return Feed(items=discreet(table, program_id, events), next_cursor=place.cursor)


def discreet(table: Table, program_id: str, events: Iterable[Event]) -> list[Event]:
    """The events, without what a member's events say of somebody who was erased since."""
    told = list(events)
    about = {event.subject.removeprefix(_OF_MEMBER) for event in told if event.subject.startswith(_OF_MEMBER)}
    stored = table.batch_get(keys.member(program_id, member_id) for member_id in about) if about else {}
    members = [items.parse(Member, item) for item in stored.values()]
    erased = {f"{_OF_MEMBER}{member.member_id}" for member in members if member.erased_at is not None}
    return [event.without_values() if event.subject in erased else event for event in told]


def keep_events(table: Table, program: Program, now: datetime) -> None:
    """Has the program keep its events from now on."""
    if program.features.events:
        return

    def attempt() -> None:
        current = programs.get(table, program.program_id)
        features = current.features.model_copy(update={"events": True})
        changed = revised(current, current.model_copy(update={"features": features}), now)
        if changed is not current:
            programs.write(table, current, changed)

    redo(attempt)
