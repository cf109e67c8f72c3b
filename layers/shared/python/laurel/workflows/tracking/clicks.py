"""Recording clicks: one batched read finds the link's member and offer; a unique click is one conditional write."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Winner, judge
from laurel.domain.tracking.clicks import (
    Click,
    ClickAnswer,
    ClickReport,
    Visit,
    Visitor,
    landing,
    named_visitor,
    record,
)
from laurel.domain.values.errors import Absent
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.operations import ConditionFailed, Put, StoreError
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import CREATED, OK, Request
from laurel.workflows.requests.optimistic import redo
from laurel.workflows.tracking.candidates import Named, candidate

_MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class LinkLookup:
    """The member and offer that a slug leads to, which no edit changes, so that they can be kept."""

    program: Program
    slug: str
    offer_id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class Followed:
    """The URL to send a visitor to. `visitor`: a new one, for a cookie. `lost`: the click may not be recorded."""

    location: str
    visitor: Visitor | None = None
    lost: StoreError | None = None


class LinkLookups:
    """Keeps the last lookups, so that following a busy link takes one batched read and one write."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, LinkLookup] = OrderedDict()

    def find(self, table: Table, slug: str) -> LinkLookup:
        """The lookup of `slug`. Raises Absent `link_not_found`."""
        kept = self._kept.get(slug)
        if kept is not None:
            self._kept.move_to_end(slug)
            return kept
        link = table.get(keys.link(slug))
        if link is None:
            raise _no_link()
        door = _door(programs.get(table, link["body"]["program_id"]), slug, link)
        if door.program.in_use:  # before that, its time zone may change
            self._kept[slug] = door
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return door


def follow(
    table: Table, lookups: LinkLookups, slug: str, visit: Visit, now: datetime, randomness: Randomness
) -> Followed:
    """Sends a visitor to the offer's landing page, and counts the click if it is one.

    Raises Absent `link_not_found`, `landing_url_missing`. The visitor gets there even if the click is not written.
    """
    door = lookups.find(table, slug)
    offer, judged = _judged(table, door, now)
    if offer.landing_url is None:
        raise Absent("landing_url_missing", "the offer has no landing page yet")
    if isinstance(judged, str) or not visit.is_human:
        return Followed(landing(offer.landing_url, None))
    program = programs.mark_in_use(table, door.program)
    day, known = program.calendar.day_of(now), Visitor.parse(visit.cookie)
    visitor = known or Visitor.new(program.visitor_salt, day, visit.address, visit.user_agent, randomness(16))
    click = record(program, slug, visitor.on(day), judged, now, now)
    location = landing(offer.landing_url, click.click_id)
    return Followed(location, None if known else visitor, _lost(table, program, click))


def _lost(table: Table, program: Program, click: Click) -> StoreError | None:
    """Writes the click; the error if that failed."""
    try:
        redo(lambda: table.write(_put(program, click)))  # a repeat may meet the first at work
    except ConditionFailed:
        return None  # counted today already: the same click
    except StoreError as error:
        return error
    return None


def along(body: Mapping[str, Any]) -> list[Key]:
    """The keys to read beside the API key, from a report that nobody has checked yet."""
    slug = body.get("slug")
    return [keys.link(slug)] if isinstance(slug, str) and 0 < len(slug) <= 64 else []


def report(table: Table, request: Request, reported: ClickReport, found: Mapping[Key, Item]) -> tuple[ClickAnswer, int]:
    """Counts a click that a storefront reports: 201 if it is new, 200 if it was counted that day or cannot count.

    `found`: the items of `along`. Raises Absent `link_not_found`, Invalid `occurred_in_future`,
    `occurred_too_long_ago`, Conflict `idempotency_conflict`.
    """
    if (earlier := idempotency.find(table, request, ClickAnswer)) is not None:
        return earlier
    reported.require_timely(request.at)
    program, link = request.program, found.get(keys.link(reported.slug))
    if link is None or link["body"]["program_id"] != program.program_id:
        raise _no_link()
    at = reported.occurred_at or request.at
    _, judged = _judged(table, _door(program, reported.slug, link), at)
    if isinstance(judged, str):
        refused = ClickAnswer(click_id=None, unique=False, reason=judged)
        return idempotency.commit(table, request, [], refused, OK)
    visitor = named_visitor(program.visitor_salt, request.api_key.storefront_id or "", reported.visitor_id)
    program = programs.mark_in_use(table, program)
    return _counted(table, request, record(program, reported.slug, visitor, judged, at, request.at))


def _counted(table: Table, request: Request, click: Click) -> tuple[ClickAnswer, int]:
    try:
        answer = ClickAnswer(click_id=click.click_id, unique=True)
        put = _put(request.program, click)
        return redo(lambda: idempotency.commit(table, request, [put], answer, CREATED))
    except ConditionFailed:
        repeated = ClickAnswer(click_id=click.click_id, unique=False)
        return idempotency.commit(table, request, [], repeated, OK)


def _judged(table: Table, door: LinkLookup, at: datetime) -> tuple[Offer, Winner | str]:
    """The offer, and the winner by a click `at` or the reason why there is none. Raises Absent `link_not_found`."""
    program_id = door.program.program_id
    stored = table.batch_get(keys.standing(program_id, door.member_id, door.offer_id))
    leader = candidate(program_id, Named("click", door.member_id, door.offer_id), stored)
    if leader.offer is None or leader.member is None or leader.enrollment is None:
        raise _no_link()
    return leader.offer, judge(leader, door.program.attribution.window_days, at)


def _put(program: Program, click: Click) -> Put:
    return Put(items.click(program.program_id, click), new=True)


def _door(program: Program, slug: str, link: Item) -> LinkLookup:
    return LinkLookup(program, slug, link["body"]["offer_id"], link["body"]["member_id"])


def _no_link() -> Absent:
    return Absent("link_not_found", "there is no such link")
