"""Deliveries that were signed rightly: each is applied, and leaves a trace that a merchant can list, look at and mend.

A trace is written after what it tells of, so that none claims what did not happen. The body of a refused one is written
before its trace, so that none is without the body that it names. What breaks off in between is forgotten by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from laurel.concurrency import together
from laurel.domain.events.events import Event
from laurel.domain.program.programs import Program, Storefront
from laurel.domain.tracking.deliveries import KEPT_FOR, Delivery, DeliveryDetail, DeliveryView, Outcome, shown_topic
from laurel.domain.tracking.webhooks import translation, wire
from laurel.domain.tracking.webhooks.events import arriving
from laurel.domain.tracking.webhooks.signatures import Scheme
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.errors import Absent, Conflict, Invalid, Malformed
from laurel.domain.values.ids import new_id
from laurel.store import deliveries as stored
from laurel.store import delivery_keys, event_items, items
from laurel.store.indexes import BY_OWNER
from laurel.store.operations import Put, StoreError
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.wanted import require_in_order
from laurel.workflows.program import storefronts
from laurel.workflows.requests import listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import deliveries
from laurel.workflows.tracking.deliveries import Answer, Applied


@dataclass(frozen=True, slots=True)
class Message:
    """A body that is known to be a shop's own, as it came. `topic`: told beside it, empty for Stripe."""

    platform: Scheme
    topic: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a shop, and the delivery that keeps it. `is_lost`: the table did not take that one."""

    answer: Answer
    delivery_id: str | None = None
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of deliveries: an outcome, and local days `first` to `last`, both included."""

    outcome: Outcome | None = None
    first: date | None = None
    last: date | None = None


def take(
    table: Table, program: Program, shop: Storefront, message: Message, now: datetime, randomness: Randomness
) -> Taken:
    """Applies a message and keeps a trace of it, which no order waits for.

    Raises StoreError where a refused one cannot be kept of which nothing is stored: then the shop is to send it again.
    """
    topic, applied = apply(table, program, shop, message, now)
    return keep(table, program, shop, replace(message, topic=topic), applied, now, randomness)


def apply(
    table: Table,
    program: Program,
    shop: Storefront,
    message: Message,
    now: datetime,
    arrived_at: datetime | None = None,
) -> tuple[str, Applied]:
    """The topic of a message, and what was made of it, without a trace; `arrived_at`: if that was not now."""
    topic, body = message.topic, None
    try:
        body = wire.read(message.body)
        topic = topic or translation.topic_of(body)
        events = translation.events(message.platform, topic, body, program.currency)
    except (Malformed, Invalid) as unread:
        return topic, Applied(Answer(refused=unread.code), leaves_facts=False)
    if arrived_at is not None:
        events = [arriving(event, arrived_at) for event in events]
    applied = deliveries.apply(table, program, shop, events, now)
    return topic, _naming(applied, message.platform, body)


def keep(  # noqa: PLR0913, PLR0917 - a message, and what became of it
    table: Table,
    program: Program,
    shop: Storefront,
    message: Message,
    applied: Applied,
    now: datetime,
    randomness: Randomness,
) -> Taken:
    """Keeps a trace of a message that was applied. Raises StoreError as `take` does."""
    is_refused = applied.answer.refused is not None
    packed = stored.packed(message.body) if is_refused else []
    delivery = Delivery(
        delivery_id=new_id("dlv", now, randomness(10)),
        at=now,
        topic=shown_topic(message.topic),
        platform=message.platform,
        pieces=len(packed),
        **_outcome(applied.answer),
    )
    try:
        _keep(table, program, shop.storefront_id, delivery, packed)
    except StoreError:
        if is_refused and not applied.leaves_facts:
            raise
        return Taken(applied.answer, is_lost=True)
    return Taken(applied.answer, delivery.delivery_id)


def _keep(table: Table, program: Program, storefront_id: str, delivery: Delivery, packed: Sequence[str]) -> None:
    for item in stored.pieces(program.program_id, delivery, packed):
        table.write(Put(item))
    put, told = Put(stored.delivery(program.program_id, storefront_id, delivery)), _told(program, delivery)
    if told:
        table.transact([put, *told])
    else:
        table.write(put)  # half the price


def _told(program: Program, delivery: Delivery) -> list[Put]:
    """The event of a delivery that was refused."""
    if delivery.outcome != "refused":
        return []
    program_id, subject = program.program_id, f"delivery:{delivery.delivery_id}"
    refused = Event.of(program_id, "delivery.refused", subject, delivery.version, delivery.shown(), delivery.at)
    return event_items.told(program, delivery.at, [refused])


def page(  # noqa: PLR0913 -- all of them narrow one list
    table: Table,
    program: Program,
    storefront_id: str,
    wanted: Wanted,
    *,
    limit: int,
    cursor: str | None,
    now: datetime,
    in_one: bool = False,
) -> Page[DeliveryView]:
    """The deliveries of a storefront that are kept. `in_one`: as of `listing.page`.

    Raises Absent, Invalid `invalid_range`, `invalid_cursor`.
    """
    program_id = program.program_id
    require_in_order(wanted.first, wanted.last)
    index, partitions = None, delivery_keys.deliveries(program_id, storefront_id)
    if wanted.outcome == "refused":
        index, partitions = BY_OWNER, [delivery_keys.refused(program_id, storefront_id)]
    days, where = _between(program, wanted, now), {"body.outcome": wanted.outcome}

    def listed() -> Page[DeliveryView]:
        return listing.page(
            table, partitions, _shown, limit=limit, cursor=cursor, index=index, between=days, where=where, in_one=in_one
        )

    _, found = together(lambda: storefronts.require(table, program_id, storefront_id), listed)
    shown: Page[DeliveryView] = found
    return shown


def get(table: Table, program_id: str, storefront_id: str, delivery_id: str, now: datetime) -> DeliveryDetail:
    """One delivery, with its body if it was refused at first. Raises Absent."""
    delivery = _get(table, program_id, storefront_id, delivery_id, now)
    return delivery.with_body(_body(table, program_id, delivery))


def retry(table: Table, program: Program, storefront_id: str, delivery_id: str, now: datetime) -> DeliveryDetail:
    """A refused delivery, applied again as of its arrival: what became of it. One that was mended is left alone.

    Raises Absent, Conflict `delivery_without_body` for one that was not refused or of which no body is kept.
    """
    shop = storefronts.get(table, program.program_id, storefront_id)

    def attempt() -> DeliveryDetail:
        delivery = _get(table, program.program_id, storefront_id, delivery_id, now)
        body = _body(table, program.program_id, delivery)
        if body is None:
            raise Conflict("delivery_without_body", "bodies are kept of refused deliveries only: let the shop send it")
        if not delivery.is_open:
            return delivery.with_body(body)
        message = Message(delivery.platform, delivery.topic, body)
        _, applied = apply(table, program, shop, message, now, delivery.at)
        turned = delivery.turned(**_outcome(applied.answer))
        with racing():
            item = stored.delivery(program.program_id, storefront_id, turned)
            table.write(Put(item, expect={"version": delivery.version}))
        return turned.with_body(body)

    return redo(attempt)


def _naming(applied: Applied, platform: Scheme, body: Mapping[str, Any]) -> Applied:
    """With the order that a refused body is about, if it was not understood far enough to know it better."""
    if applied.answer.refused is None or applied.answer.order_id is not None:
        return applied
    named = {"order_id": translation.order_named(platform, body)}
    return Applied(applied.answer.model_copy(update=named), applied.leaves_facts)


def _outcome(answer: Answer) -> dict[str, Any]:
    """The fields of a delivery that tell what became of it."""
    outcome: Outcome = "refused" if answer.refused is not None else "applied" if answer.ignored is None else "ignored"
    return {"order_id": answer.order_id, "outcome": outcome, "reason": answer.refused or answer.ignored}


def _between(program: Program, wanted: Wanted, now: datetime) -> tuple[str, str]:
    """The sort keys of what is wanted and still kept: items may be there for some days longer."""
    kept_since, calendar = now - KEPT_FOR, program.calendar
    first = max(kept_since, calendar.start_of(wanted.first)) if wanted.first else kept_since
    until = calendar.start_of(wanted.last + ONE_DAY) if wanted.last else now + ONE_DAY
    return delivery_keys.stretch(first, until)


def _get(table: Table, program_id: str, storefront_id: str, delivery_id: str, now: datetime) -> Delivery:
    item = table.get(delivery_keys.delivery(program_id, storefront_id, delivery_id))
    delivery = None if item is None else _parse(item)
    if delivery is None or delivery.delivery_id != delivery_id or delivery.at + KEPT_FOR <= now:
        raise Absent("delivery_not_found", "there is no such delivery of this storefront, or no longer")
    return delivery


def _parse(item: Item) -> Delivery:
    return items.parse(Delivery, item)


def _shown(item: Item) -> DeliveryView:
    return _parse(item).shown()


def _body(table: Table, program_id: str, delivery: Delivery) -> bytes | None:
    named = delivery_keys.body(program_id, delivery.delivery_id, delivery.pieces)
    found = table.batch_get(named) if named else {}
    if not named or len(found) < len(named):  # a piece may be forgotten a little before the others
        return None
    return stored.unpacked(found[key] for key in named)
