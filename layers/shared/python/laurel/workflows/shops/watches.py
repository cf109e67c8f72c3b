"""Watches of shops' orders, as connections begin them: each look is a message of the outbox."""

from datetime import datetime

from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.domain.values.ids import instant_of
from laurel.store import delivery_keys, items, outbox, shop_keys
from laurel.store.operations import Op
from laurel.store.table import Table


def begun(table: Table, program_id: str, connection: Connection, now: datetime) -> list[Op]:
    """The write that has a shop asked for its orders now; none if it is being asked.

    A new watch begins with the last delivery of before the connection, or where there is none with the connection.
    """
    watch = find(table, program_id, connection.storefront_id)
    if watch is None:
        since = _last_delivery(table, program_id, connection.storefront_id, connection.created_at)
        return [outbox.put(program_id, Watch.of(connection.storefront_id, since, now))]
    due = watch.due_now(now)
    return [] if due is watch else [outbox.moved(program_id, watch, due)]


def find(table: Table, program_id: str, storefront_id: str) -> Watch | None:
    """The watch of a storefront's orders; it begins once the shop has let Laurel in."""
    item = table.get(shop_keys.watch(program_id, storefront_id))
    return None if item is None else items.parse(Watch, item)


def _last_delivery(table: Table, program_id: str, storefront_id: str, before: datetime) -> datetime:
    partitions = delivery_keys.deliveries(program_id, storefront_id)
    newest = [table.query(partition, newest_first=True, limit=1) for partition in partitions]
    told = [instant_of(found[0]["body"]["delivery_id"]) for found in newest if found]
    return min(before, max(told, default=before))
