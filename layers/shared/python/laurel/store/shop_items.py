"""Connections, watches and codes in shops as items; all are messages of the outbox."""

from typing import Final

from laurel.domain.shops.codes import MadeCode, ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.store import indexes, items, keys, shop_keys
from laurel.store.indexes import BY_OWNER
from laurel.store.values import Item

SEALED: Final = "sealed"
"""Attribute of a connection: base64 of its encrypted credentials; it is in no body."""


def connection(program_id: str, entity: Connection) -> Item:
    """A connection, without its credentials."""
    key = shop_keys.connection(program_id, entity.storefront_id)
    return items.as_item("connection", key, entity, **_open(program_id, entity.storefront_id, entity))


def watch(program_id: str, entity: Watch) -> Item:
    """The watch of a storefront's orders."""
    key = shop_keys.watch(program_id, entity.storefront_id)
    return items.as_item("watch", key, entity, **_open(program_id, entity.storefront_id, entity))


def shop_code(program_id: str, entity: ShopCode) -> Item:
    """A code in a shop, listed under its storefront and state by the time it began."""
    key = shop_keys.shop_code(program_id, entity.member_id, entity.offer_id, entity.storefront_id)
    (owner,) = shop_keys.codes_of_storefront(program_id, entity.storefront_id, entity.state)
    listed = {BY_OWNER.pk: owner, BY_OWNER.sk: keys.place(entity.created_at, entity.code_id)}
    return items.as_item("shop code", key, entity, **listed, **_open(program_id, entity.code_id, entity))


def made_code(program_id: str, shop_id: str, code: ShopCode) -> Item:
    """The door to a code, by the shop's own id of it."""
    key = shop_keys.made_code(program_id, code.storefront_id, shop_id)
    return items.as_item("made code", key, MadeCode(offer_id=code.offer_id, member_id=code.member_id))


def _open(program_id: str, identity: str, entity: Connection | ShopCode | Watch) -> dict[str, str]:
    """`outbox` wakes the consumer while it is pending; it is due while it is open."""
    is_open = entity.status in {"pending", "handed", "sending"}
    due = indexes.due(program_id, indexes.SHOP, identity, entity.next_attempt_at) if is_open else {}
    return {"outbox": entity.status, **due}
