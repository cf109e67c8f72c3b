"""Recording clicks: one batched read finds the link's member and offer; a visit is one conditional write."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar

from laurel.domain.members.slugs import as_found, is_slug
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Winner, judge
from laurel.domain.tracking.clicks import (
    Click,
    ClickAnswer,
    ClickReport,
    ShopVisit,
    Visit,
    Visitor,
    click_id,
    named_visitor,
    record,
)
from laurel.domain.tracking.landing_pages import Carried, landing
from laurel.domain.values.errors import Absent
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.operations import Put, StoreError, Write
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import CREATED, OK, Request
from laurel.workflows.requests.optimistic import racing, redo_from
from laurel.workflows.tracking.candidates import Named, candidate

_MOST_KEPT: Final = 10_000
Answer = TypeVar("Answer")
Writes: TypeAlias = Callable[[list[Write], bool], Answer]
"""Writes a visit (nothing, or one operation) and tells of it; True: it is its visitor's first of that day."""


@dataclass(frozen=True, slots=True)
class LinkLookup:
    """The member and offer that a slug leads to, which no edit changes, so that they can be kept.

    `slug`: the first that this link had, whichever was followed.
    """

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

    def find(self, table: Table, name: str) -> LinkLookup:
        """The lookup of a slug, as somebody typed it. Raises Absent `link_not_found`."""
        slug = as_found(name)
        kept = self._kept.get(slug)
        if kept is not None:
            self._kept.move_to_end(slug)
            return kept
        link = table.get(keys.link(slug)) if is_slug(slug) else None
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
    """Sends a visitor to the offer's landing page, or deeper, and counts the click if it is one.

    Raises Absent `link_not_found`, and of an offer that leads nowhere in a program without another page:
    `landing_url_missing`, `offer_archived`. The visitor gets there even if the click is not written.
    """
    door = lookups.find(table, slug)
    day, known = door.program.calendar.day_of(now), Visitor.parse(visit.cookie)
    visitor = known or Visitor.new(door.program.visitor_salt, day, visit.address, visit.user_agent, randomness(16))
    seen = _seen(table, door, visitor.on(day) if visit.is_human else None, now)
    page, carried = seen.offer.landing_url, Carried.by(visit.query)
    if page is None or seen.offer.status == "archived":
        return Followed(_instead(table, seen.offer, door, carried))
    if isinstance(seen.judged, str) or not visit.is_human:
        return Followed(landing(page, None, carried))
    program = programs.mark_in_use(table, door.program)
    click = record(program, door.slug, visitor.on(day), seen.judged, now, now)
    location = landing(page, click.click_id, carried)
    return Followed(location, None if known else visitor, _lost(table, program, click, seen))


def _instead(table: Table, offer: Offer, door: LinkLookup, carried: Carried) -> str:
    """The program's own page for links that lead nowhere any more. Raises Absent."""
    program = programs.get(table, door.program.program_id)  # the one that is kept may be of before an edit
    if program.fallback_url is not None:
        return landing(program.fallback_url, None, carried.elsewhere)
    if offer.landing_url is None:
        raise Absent("landing_url_missing", f"This link of “{program.name}” has no page yet. Please try again later.")
    raise Absent("offer_archived", f"This link of “{program.name}” is over: what it led to has ended.")


def _lost(table: Table, program: Program, click: Click, seen: "_Seen") -> StoreError | None:
    """Writes the visit; the error if that failed."""

    def write(ops: list[Write], _: bool) -> None:
        for op in ops:
            table.write(op)

    try:
        _visited(table, program, click, seen, write)
    except StoreError as error:
        return error
    return None


def along(body: Mapping[str, Any]) -> list[Key]:
    """The keys to read beside the API key, from a report that nobody has checked yet."""
    slug = as_found(body.get("slug"))
    return [keys.link(slug)] if isinstance(slug, str) and is_slug(slug) else []


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
    visitor = named_visitor(program.visitor_salt, request.by.storefront_id or "", reported.visitor_id)

    def tell(ops: list[Write], answer: ClickAnswer, status: int) -> tuple[ClickAnswer, int]:
        return idempotency.commit(table, request, ops, answer, status)

    return _counted(table, _door(program, reported.slug, link), visitor, (at, request.at), tell)


def count(
    table: Table, lookups: LinkLookups, of: tuple[str, str], visit: ShopVisit, now: datetime
) -> tuple[ClickAnswer, int]:
    """Counts a person's visit that a storefront's own page tells, as `report` does. Raises Absent `link_not_found`.

    `of`: the program and the storefront.
    """
    program_id, storefront_id = of
    door = lookups.find(table, visit.slug)
    if door.program.program_id != program_id:
        raise _no_link()
    visitor = named_visitor(door.program.visitor_salt, storefront_id, visit.visitor_id)

    def tell(ops: list[Write], answer: ClickAnswer, status: int) -> tuple[ClickAnswer, int]:
        for op in ops:
            table.write(op)
        return answer, status

    return _counted(table, door, visitor, (now, now), tell)


def _counted(
    table: Table,
    door: LinkLookup,
    visitor: str,
    when: tuple[datetime, datetime],
    tell: Callable[[list[Write], ClickAnswer, int], tuple[ClickAnswer, int]],
) -> tuple[ClickAnswer, int]:
    """What `tell` makes of a visit: its write, its answer and status. `when`: it occurred, and is recorded."""
    occurred_at, now = when
    seen = _seen(table, door, visitor, occurred_at)
    if isinstance(seen.judged, str):
        return tell([], ClickAnswer(unique=False, reason=seen.judged), OK)
    program = programs.mark_in_use(table, door.program)
    click = record(program, door.slug, visitor, seen.judged, occurred_at, now)

    def write(ops: list[Write], is_new: bool) -> tuple[ClickAnswer, int]:
        return tell(ops, ClickAnswer(click_id=click.click_id, unique=is_new), CREATED if is_new else OK)

    return _visited(table, program, click, seen, write)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A link as a visit finds it. `judged`: who wins by the click, or why nobody does. `found`: what was read."""

    offer: Offer
    judged: Winner | str
    found: Mapping[Key, Item]


def _seen(table: Table, door: LinkLookup, visitor: str | None, at: datetime) -> _Seen:
    """Reads what a visit `at` leads to, with the visitor's click of that day. Raises Absent `link_not_found`."""
    program_id = door.program.program_id
    clicked = [] if visitor is None else [keys.click(program_id, click_id(door.program, door.slug, visitor, at))]
    found = table.batch_get([*keys.standing(program_id, door.member_id, door.offer_id), *clicked])
    leader = candidate(program_id, Named("click", door.member_id, door.offer_id), found)
    if leader.offer is None or leader.member is None or leader.enrollment is None:
        raise _no_link()
    return _Seen(leader.offer, judge(leader, door.program.attribution.window_days, at), found)


def _visited(table: Table, program: Program, click: Click, seen: _Seen, write: Writes[Answer]) -> Answer:
    """Writes a visit: the click if it is the first of that day, else its last visit, if this one is later."""
    key = keys.click(program.program_id, click.click_id)

    def attempt(item: Item | None) -> Answer:
        before = None if item is None else items.parse(Click, item)
        with racing():  # the same visitor at the same time
            return write(_written(program.program_id, click, before), before is None)

    # a repeated visit may also meet the first while that is counted
    return redo_from(seen.found.get(key), attempt, lambda *_: table.get(key))


def _written(program_id: str, click: Click, before: Click | None) -> list[Write]:
    if before is None:
        return [Put(items.click(program_id, click), new=True)]
    is_later = click.occurred_at > before.visited_at
    return [items.visited_again(program_id, before, click.occurred_at)] if is_later else []


def _door(program: Program, slug: str, link: Item) -> LinkLookup:
    body = link["body"]
    return LinkLookup(program, body.get("first", slug), body["offer_id"], body["member_id"])


def _no_link() -> Absent:
    return Absent("link_not_found", "There is no such link. It may have been mistyped, or copied without its end.")
