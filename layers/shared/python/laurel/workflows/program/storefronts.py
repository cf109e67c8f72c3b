"""Storefronts: shops that report orders. Their webhook secrets are stored encrypted, two at most, and never shown.

So are the credentials of connections, in items of their own: `connections` beside this module.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from laurel import vault
from laurel.concurrency import together
from laurel.domain.program.programs import NewStorefront, Storefront, StorefrontEdit, StorefrontView
from laurel.domain.values.errors import Conflict, Invalid
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.domain.values.urls import is_unsafe
from laurel.settings import settings
from laurel.store import items, keys, lookups
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import connections
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version, revised
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo

MOST_STOREFRONTS: Final = 500
"""An order is looked for in all of them, if nobody knows which one reported it."""
SECRETS: Final = "secrets"
"""Attribute of a storefront's item: base64 ciphertexts, newest first."""
_MARKS: Final = "secret_marks"
"""Marks of the secrets in the same order, never shown: by them a repeated secret is known without decrypting any."""
_MOST_SECRETS: Final = 2  # while a shop changes its secret, deliveries signed with either arrive

_EDITED: Final = ("name", "platform", "origins", "exchange_rates")


def create(table: Table, request: Request, new: NewStorefront, randomness: Randomness) -> tuple[StorefrontView, int]:
    """A new storefront of the request's program. Raises VaultClosed, Conflict `too_many_storefronts`."""
    if (earlier := idempotency.find(table, request, StorefrontView)) is not None:
        return earlier
    _require_safe(new.origins)
    program_id = request.program.program_id
    _require_room(table, program_id)
    storefront = Storefront(
        storefront_id=new_id("sf", request.at, randomness(10)),
        name=new.name,
        platform=new.platform,
        origins=new.origins,
        exchange_rates=new.exchange_rates,
        created_at=request.at,
        updated_at=request.at,
    )
    item = items.storefront(program_id, storefront) | _sealed(storefront, new.webhook_secret, {})
    made = [Put(made, new=True) for made in (item, lookups.storefront(program_id, storefront.storefront_id))]
    opened = connections.opened(table, program_id, storefront, new.connection, request.at)
    return idempotency.commit(table, request, [*made, *opened], _shown(item, {}))


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[StorefrontView]:
    """The program's storefronts."""
    partition = keys.storefront(program_id, "").pk
    known, found = together(
        lambda: connections.shown(table, program_id),
        lambda: listing.page(table, [partition], lambda item: _shown(item, {}), limit=limit, cursor=cursor),
    )
    return Page(
        items=[view.model_copy(update=known.get(view.storefront_id, {})) for view in found.items],
        next_cursor=found.next_cursor,
    )


def ids(table: Table, program_id: str) -> list[str]:
    """The ids of all storefronts of the program."""
    return [item["sk"] for item in table.query(keys.storefront(program_id, "").pk)]


def get(table: Table, program_id: str, storefront_id: str) -> StorefrontView:
    """A storefront of the program. Raises Absent."""
    item, known = together(
        lambda: _item(table, program_id, storefront_id), lambda: connections.shown(table, program_id)
    )
    return _shown(item, known)


def bare(table: Table, program_id: str, storefront_id: str) -> Storefront:
    """A storefront without what is known of its connection. Raises Absent."""
    return _parse(_item(table, program_id, storefront_id))


def require(table: Table, program_id: str, storefront_id: str) -> None:
    """Raises Absent for no storefront of the program."""
    _item(table, program_id, storefront_id)


def edit(
    table: Table, program_id: str, storefront_id: str, patch: Mapping[str, Any], if_match: int | None, now: datetime
) -> StorefrontView:
    """A storefront after a merge patch. A new `webhook_secret` is accepted beside the previous one; null removes all.

    The previous one ends with the next new one, or with `drop_previous_secret`. `connection` is replaced as a whole.

    Raises Absent, Invalid, Stale, VaultClosed.
    """

    def attempt() -> StorefrontView:
        item = _item(table, program_id, storefront_id)
        current = _parse(item)
        require_version(current, if_match)
        wanted = patched(StorefrontEdit, current, patch)
        if "origins" in patch:
            _require_safe(wanted.origins)
        changed = current.model_copy(update={name: getattr(wanted, name) for name in _EDITED})
        secrets = _edited_secrets(current, wanted, patch, _secrets(item))
        connected: list[Op] = []
        if "connection" in patch:
            connected = connections.opened(table, program_id, changed, wanted.connection, now)
        elif changed.platform != current.platform:
            connected = connections.opened(table, program_id, changed, None, now)
        if secrets == _secrets(item) and not connected:
            changed = revised(current, changed, now)
        else:
            changed = changed.model_copy(update={"updated_at": now, "version": current.version + 1})
        if changed is not current:
            item = items.storefront(program_id, changed) | secrets
            with racing():
                table.transact([Put(item, expect={"version": current.version}), *connected])
        return _shown(item, connections.shown(table, program_id))

    return redo(attempt)


def _edited_secrets(current: Storefront, wanted: StorefrontEdit, patch: Mapping[str, Any], before: Item) -> Item:
    secrets = _sealed(current, wanted.webhook_secret, before) if "webhook_secret" in patch else before
    return {name: kept[:1] for name, kept in secrets.items()} if wanted.drop_previous_secret else secrets


def _require_safe(origins: tuple[str, ...]) -> None:
    """Raises Invalid for origins of this machine, unless this machine is all there is."""
    for at, origin in enumerate(origins):
        if is_unsafe(origin) and not settings().allow_loopback:
            raise Invalid("invalid_request", "an origin begins with https://", f"/origins/{at}")


def _require_room(table: Table, program_id: str) -> None:
    """Raises Conflict at the bound. Storefronts made at the same instant may pass it together, which harms nothing."""
    if len(ids(table, program_id)) >= MOST_STOREFRONTS:
        raise Conflict("too_many_storefronts", f"a program has up to {MOST_STOREFRONTS} storefronts")


def _item(table: Table, program_id: str, storefront_id: str) -> Item:
    return edits.get_item(table, keys.storefront(program_id, storefront_id), "storefront_not_found", "storefront")


def _parse(item: Item) -> Storefront:
    return items.parse(Storefront, item)


def _shown(item: Item, known: Mapping[str, Mapping[str, Any]]) -> StorefrontView:
    storefront = _parse(item)
    connected = known.get(storefront.storefront_id, {})
    return StorefrontView(**dict(storefront), has_secret=bool(item.get(SECRETS)), **connected)


def _secrets(item: Item) -> Item:
    return {name: item.get(name, []) for name in (SECRETS, _MARKS)}


def _sealed(storefront: Storefront, secret: str | None, before: Item) -> Item:
    """The secrets with `secret` first; unchanged if it is first already, so that none is pushed out."""
    sealed, marks = before.get(SECRETS, []), before.get(_MARKS, [])
    if secret is None:
        return {SECRETS: [], _MARKS: []}
    if marks and vault.is_marked(secret, marks[0]):
        return before
    sealed, marks = [vault.seal(secret, storefront_id=storefront.storefront_id), *sealed], [vault.mark(secret), *marks]
    return {SECRETS: sealed[:_MOST_SECRETS], _MARKS: marks[:_MOST_SECRETS]}
