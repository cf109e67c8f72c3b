"""Asking shops for orders that changed: what a webhook should have told is applied as if it had.

All that a shop tells is applied, known or not, which changes nothing where it is known. Only what was missing leaves a
trace, as a delivery whose topic says that it was asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from laurel.connectors import Busy, Change, Changes, Denied, Refused, ShopError, Strange
from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.program.programs import Program, Storefront
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import LOCKED_OUT_FOR, Watch
from laurel.domain.tracking.webhooks import translation, wire
from laurel.domain.tracking.webhooks.events import Event, OrderTold
from laurel.domain.tracking.webhooks.signatures import Scheme
from laurel.domain.values.errors import Invalid, Malformed
from laurel.queue import ShopMessage
from laurel.store import items, keys, outbox, shop_items, shop_keys
from laurel.store.keys import Key
from laurel.store.operations import Check, Op
from laurel.store.table import Table
from laurel.workflows.program import claiming
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.optimistic import LostRace, racing, redo
from laurel.workflows.shops.telling import Open
from laurel.workflows.tracking import kept_deliveries
from laurel.workflows.tracking.kept_deliveries import Message, Taken


@dataclass(frozen=True, slots=True)
class Look:
    """A claimed look into a shop."""

    program: Program
    storefront: Storefront
    watch: Watch
    sealed: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The yield of a look: deliveries that were missing or refused; and why the shop did not answer."""

    found: tuple[Taken, ...] = ()
    reason: str | None = None


def is_about(message: ShopMessage) -> bool:
    """Whether a message is about a watch."""
    return message.pk == shop_keys.watches(message.program_id)


def take(table: Table, shops: Open, message: ShopMessage, now: datetime, randomness: Randomness) -> Asked:
    """Asks a shop for one page of changes and applies them. Raises StoreError, VaultClosed: then it is asked again."""
    look = redo(lambda: _begun(table, message, now))
    return Asked() if look is None else _done(table, shops, look, now, randomness)


def _begun(table: Table, message: ShopMessage, now: datetime) -> Look | None:
    """Claims a watch that is due; lets it rest without a connection that is ok. Raises LostRace."""
    item = table.get(Key(message.pk, message.sk))
    watch = None if item is None else items.parse(Watch, item)
    if watch is None or not watch.is_due(now):
        return None
    program, storefront = keys.program(message.program_id), keys.storefront(message.program_id, watch.storefront_id)
    connection = shop_keys.connection(message.program_id, watch.storefront_id)
    stored = table.batch_get([program, storefront, connection])
    connected = items.parse(Connection, stored[connection])
    if not connected.is_set or connected.state != "ok":
        _rest(table, message.program_id, watch, connected, now)
        return None
    claimed = claiming.claim(table, message.program_id, watch, now)
    if claimed is None:
        raise LostRace
    sealed = stored[connection][shop_items.SEALED]
    return Look(items.parse_program(stored[program]), items.parse(Storefront, stored[storefront]), claimed, sealed)


def _rest(table: Table, program_id: str, watch: Watch, connection: Connection, now: datetime) -> None:
    """Lets a watch wait for its connection, as that stands: once the shop lets Laurel in again, it goes on."""
    ops: list[Op] = [
        outbox.moved(program_id, watch, watch.resting(now)),
        Check(shop_keys.connection(program_id, watch.storefront_id), expect={"version": connection.version}),
    ]
    with racing():
        table.transact(ops)


def _done(table: Table, shops: Open, look: Look, now: datetime, randomness: Randomness) -> Asked:
    watch, found = look.watch, list[Taken]()
    try:
        shop = shops(look.storefront.platform, look.sealed, watch.storefront_id)
        page = shop.changes(watch.since, watch.page, watch.most)
        for change in _unknown(table, look, page):
            found += _applied(table, look, change, now, randomness)
    except ShopError as error:
        _mark(table, look, _put_off(watch, error, now))
        return Asked(tuple(found), str(error))
    newest = max((change.at for change in page.changes if change.at is not None), default=None)
    _mark(table, look, watch.told(newest, page.next_page, now))
    return Asked(tuple(found))


def _put_off(watch: Watch, error: ShopError, now: datetime) -> Watch:
    match error:
        case Busy():
            return watch.put_off(now, "shop_busy", error.after)
        case Denied():
            return watch.put_off(now, str(error), LOCKED_OUT_FOR)
        case Refused():
            return watch.begun_anew(now, str(error))
        case Strange():
            return watch.put_off(now, "answer_not_understood")
        case _:
            return watch.put_off(now, "shop_unreachable")


def _mark(table: Table, look: Look, after: Watch) -> None:
    """Writes the end of a page, unless its lease ran out: then somebody else asks for the same page."""
    program_id = look.program.program_id

    def attempt() -> None:
        item = table.get(shop_keys.watch(program_id, look.watch.storefront_id))
        if item is not None and item["version"] == look.watch.version:
            with racing():
                table.write(outbox.moved(program_id, look.watch, after))

    redo(attempt)


def _unknown(table: Table, look: Look, page: Changes) -> list[Change]:
    """The changes without those of orders that are known as of then; only such that it costs to read are looked up."""
    named = {change: _order(look, change.order_id) for change in page.changes if change.order_id is not None}
    stored = table.batch_get(list(dict.fromkeys(named.values()))) if named else {}
    return [
        change for change in page.changes if change not in named or not _is_known(stored.get(named[change]), change)
    ]


def _is_known(item: dict[str, object] | None, change: Change) -> bool:
    """Whether an order was told as of `change`, whole, by the shop itself."""
    if item is None or item["kind"] == items.STUB or change.at is None:
        return False
    order = items.parse(Commission, item).order
    return order is not None and order.told_at is not None and order.told_at >= change.at


def _applied(table: Table, look: Look, change: Change, now: datetime, randomness: Randomness) -> list[Taken]:
    """Applies a change, and keeps a trace of it if it was missing, or is refused."""
    topic = f"{translation.ASKED}{change.topic}"
    message = Message(cast(Scheme, look.storefront.platform), topic, change.read())  # nothing connects to an api
    concerned = _concerned(look, message)
    before = _versions(table, concerned)
    _, applied = kept_deliveries.apply(table, look.program, look.storefront, message, now)
    if applied.answer.refused is None and _versions(table, concerned) == before:
        return []
    kept = kept_deliveries.keep(table, look.program, look.storefront, message, applied, now, randomness)
    return [kept]


def _concerned(look: Look, message: Message) -> list[Key]:
    """The places of the orders and payments that a message may change."""
    try:
        body = wire.read(message.body)
    except (Malformed, Invalid):
        return []
    told = translation.events(message.platform, message.topic, body, look.program.currency)
    return list(dict.fromkeys(key for event in told for key in _places(look, event)))


def _places(look: Look, event: Event) -> Iterable[Key]:
    order_id = event.report.order_id if isinstance(event, OrderTold) else getattr(event, "order_id", None)
    if order_id is not None:
        yield _order(look, order_id)
    payment = getattr(event, "payment", None)
    if payment is not None:
        yield keys.payment(look.program.program_id, look.storefront.storefront_id, payment)


def _order(look: Look, order_id: str) -> Key:
    program_id = look.program.program_id
    return keys.commission(program_id, conversion_id(program_id, look.storefront.storefront_id, order_id))


def _versions(table: Table, concerned: list[Key]) -> dict[Key, int]:
    stored = table.batch_get(concerned) if concerned else {}
    return {key: item["version"] for key, item in stored.items()}
