"""Connections of storefronts: credentials sealed as they come, checked by the function that alone can open them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from laurel import vault
from laurel.concurrency import together
from laurel.domain.program.programs import Storefront
from laurel.domain.program.shop_access import Access
from laurel.domain.shops.connections import Connection, require_access
from laurel.domain.shops.watches import Watch
from laurel.domain.values.errors import Conflict
from laurel.settings import settings
from laurel.store import items, shop_items, shop_keys
from laurel.store.operations import Op, Put
from laurel.store.table import Table

_MOST: Final = 20
"""Connections of a program: each is one write more with every edit of a code."""


def by_storefront(table: Table, program_id: str) -> Mapping[str, Connection]:
    """All connections of a program, those that were ended too, by their storefronts."""
    stored = (items.parse(Connection, item) for item in table.query(shop_keys.connections(program_id)))
    return {connection.storefront_id: connection for connection in stored}


def shown(table: Table, program_id: str) -> Mapping[str, Mapping[str, Any]]:
    """The fields of storefronts, by their ids, that tell of their connections."""
    stored, connected = together(
        lambda: table.query(shop_keys.watches(program_id)), lambda: by_storefront(table, program_id)
    )
    watches = (items.parse(Watch, item) for item in stored)
    orders = {watch.storefront_id: {"orders": watch.shown()} for watch in watches}
    return {
        storefront_id: {"connection": connection.shown(), **orders.get(storefront_id, {})}
        for storefront_id, connection in connected.items()
    }


def opened(table: Table, program_id: str, storefront: Storefront, access: Access | None, now: datetime) -> list[Op]:
    """The write of a connection that is set, to be checked at once, or ended (None); none if there was none.

    Raises Invalid `connection_of_another_platform`, `connection_not_possible`, `base_url_not_allowed`, Conflict
    `too_many_connections`, VaultClosed.
    """
    if access is not None:
        require_access(storefront.platform, access, is_local=settings().allow_loopback)
    known = by_storefront(table, program_id)
    current = known.get(storefront.storefront_id)
    if access is None:
        return [] if current is None or not current.is_set else [_put(program_id, current, current.ended(now), None)]
    if sum(connection.is_set for connection in known.values()) >= _MOST and (current is None or not current.is_set):
        raise Conflict("too_many_connections", f"a program has at most {_MOST} connected storefronts")
    owner = {vault.OF_CONNECTION: storefront.storefront_id}
    sealed = vault.seal(access.model_dump_json(exclude_none=True), **owner)
    fresh = Connection.to(storefront.storefront_id, storefront.platform, now)
    anew = fresh if current is None else current.set_anew(storefront.platform, now)
    return [_put(program_id, current, anew, sealed)]


def _put(program_id: str, current: Connection | None, connection: Connection, sealed: str | None) -> Put:
    """The whole item: credentials of before are gone."""
    item = shop_items.connection(program_id, connection)
    if sealed is not None:
        item = {**item, shop_items.SEALED: sealed}
    return Put(item, new=True) if current is None else Put(item, expect={"version": current.version})
