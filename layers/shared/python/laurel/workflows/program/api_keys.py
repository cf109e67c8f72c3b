"""API keys of a program: issued once, listed without their secret, revoked at once."""

from datetime import datetime

from laurel.domain.program.programs import ApiKey, IssuedApiKey, NewApiKey
from laurel.domain.values.errors import Absent, Conflict, Invalid
from laurel.domain.values.ids import new_id
from laurel.domain.values.model import Frozen
from laurel.store import items, keys
from laurel.store.operations import Check, Delete, Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import access, edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo


class _Listed(Frozen):
    """A line of the list of keys, with the hash by which its door is found."""

    key: ApiKey
    sha256: str


def issue(table: Table, request: Request, new: NewApiKey, randomness: Randomness) -> tuple[IssuedApiKey, int]:
    """A new key with its secret; a repeat under its Idempotency-Key gets it without the secret.

    Raises Invalid `unknown_storefront`, `already_expired`.
    """
    if (earlier := idempotency.find(table, request, IssuedApiKey)) is not None:
        return earlier
    if new.expires_at is not None and new.expires_at <= request.at:
        raise Invalid("already_expired", "a key expires at an instant that is yet to come", "/expires_at")
    program_id = request.program.program_id
    if new.storefront_id is not None and table.get(keys.storefront(program_id, new.storefront_id)) is None:
        raise Invalid("unknown_storefront", "there is no such storefront", "/storefront_id")
    issued, ops = _made(program_id, new, request.at, randomness)
    answer, status = idempotency.commit(table, request, ops, issued.model_copy(update={"key": None}))
    return (issued if answer.key_id == issued.key_id else answer), status


def issue_admin(table: Table, program_id: str, now: datetime, randomness: Randomness) -> IssuedApiKey:
    """One more admin key, for a program whose keys are lost; only for operators, who have the table. Raises Absent."""
    edits.get_item(table, keys.program(program_id), "program_not_found", "program")
    issued, ops = _made(program_id, NewApiKey(scopes=("admin",)), now, randomness)
    table.transact(ops)
    return issued


def _made(program_id: str, new: NewApiKey, now: datetime, randomness: Randomness) -> tuple[IssuedApiKey, list[Put]]:
    """A key with its secret, and the writes that store it."""
    secret = access.new_secret(program_id, randomness)
    key_id = new_id("key", now, randomness(10))
    key = ApiKey(key_id=key_id, program_id=program_id, **dict(new), created_at=now, updated_at=now)
    stored = [Put(item, new=True) for item in items.api_key(key, access.digest(secret))]
    return IssuedApiKey(**dict(key), key=secret), stored


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[ApiKey]:
    """The program's keys. The day of their latest use stands at their doors alone, which are read along."""
    partition = keys.api_key(program_id, "").pk
    found = listing.page(table, [partition], _listed, limit=limit, cursor=cursor)
    doors = table.batch_get(keys.api_key_door(listed.sha256) for listed in found.items)

    def shown(listed: _Listed) -> ApiKey:
        door = doors.get(keys.api_key_door(listed.sha256))
        return listed.key if door is None else items.parse(ApiKey, door)  # none: revoked between the two readings

    return found.of(shown)


def revoke(table: Table, program_id: str, key_id: str, now: datetime) -> None:
    """Deletes the key. Raises Absent, and Conflict `last_admin_key` if nobody could make another admin key."""
    redo(lambda: _revoke(table, program_id, key_id, now))


def _revoke(table: Table, program_id: str, key_id: str, now: datetime) -> None:
    known = table.query(keys.api_key(program_id, "").pk)
    item = next((api_key for api_key in known if api_key["sk"] == key_id), None)
    if item is None:
        raise Absent("api_key_not_found", "there is no such API key")
    listed = keys.api_key(program_id, key_id)
    ops: list[Op] = [Delete(keys.api_key_door(item["sha256"])), Delete(listed, exists=True)]
    if _may_issue(item, now):
        # the transaction checks that another admin key is left: two admins may revoke each other's at once
        other = next((api_key["sk"] for api_key in known if _may_issue(api_key, now) and api_key["sk"] != key_id), None)
        if other is None:
            raise Conflict("last_admin_key", "this is the last admin key: issue another first")
        ops.append(Check(keys.api_key(program_id, other), exists=True))
    with racing():
        table.transact(ops)


def _listed(item: Item) -> _Listed:
    return _Listed(key=items.parse(ApiKey, item), sha256=item["sha256"])


def _may_issue(item: Item, now: datetime) -> bool:
    """Whether more keys can be made with the key: an admin's that has not expired."""
    key = items.parse(ApiKey, item)
    return "admin" in key.scopes and key.is_good_at(now)
