"""Users: invited, given roles and removed; a program that has an owner keeps one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from laurel.domain.members.members import email_identity
from laurel.domain.people.people import MOST_USERS, NewUser, User, UserEdit
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.store import items, people, people_keys
from laurel.store.operations import Check, ConditionFailed, Delete, Op, Put
from laurel.store.table import Table
from laurel.workflows.people import signing_in
from laurel.workflows.program import asked_addresses
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version, revised, settings_of
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import LostRace, racing, redo


def invite(table: Table, request: Request, new: NewUser, randomness: Randomness, origin: str = "") -> tuple[User, int]:
    """A new user, who is mailed a link to sign in. `origin`: the beginning of links to the API.

    Raises Conflict: `user_exists` for an address that is one's already, `too_many_users`, `too_many_mails`.
    """
    if (earlier := idempotency.find(table, request, User)) is not None:
        return earlier
    program_id, at = request.program.program_id, request.at
    if len(table.query(people_keys.user(program_id, "").pk)) >= MOST_USERS:
        raise Conflict("too_many_users", f"a program has at most {MOST_USERS} users: remove one first")
    user = named(new, at, randomness)
    counted = asked_addresses.invited(table, user.email, at)
    ops = [*made(program_id, user), counted, signing_in.invitation(request.program, user, origin)]
    try:
        return idempotency.commit(table, request, ops, user)
    except ConditionFailed as failed:
        if 0 not in failed.failed:
            raise LostRace from failed
        raise Conflict("user_exists", "this address is a user's already: change their role instead") from failed


def named(new: NewUser, at: datetime, randomness: Randomness) -> User:
    """A new user with an id."""
    return User(user_id=new_id("usr", at, randomness(10)), **dict(new), created_at=at, updated_at=at)


def made(program_id: str, user: User) -> list[Op]:
    """The writes of a new user."""
    return [Put(people.user_door(program_id, user), new=True), Put(people.user(program_id, user), new=True)]


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[User]:
    """The program's users, newest first."""
    partition = people_keys.user(program_id, "").pk
    return listing.page(table, [partition], lambda item: items.parse(User, item), limit=limit, cursor=cursor)


def get(table: Table, program_id: str, user_id: str) -> User:
    """A user. Raises Absent."""
    return edits.get(table, people_keys.user(program_id, user_id), User, "user_not_found", "user")


def edit(
    table: Table, program_id: str, user_id: str, patch: Mapping[str, Any], if_match: int | None, now: datetime
) -> User:
    """The user after a merge patch of name and role. Raises Absent, Stale, Invalid, and Conflict `last_owner`."""

    def attempt() -> User:
        current = get(table, program_id, user_id)
        require_version(current, if_match)
        changed = revised(current, current.model_copy(update=settings_of(patched(UserEdit, current, patch))), now)
        if changed is not current:
            ops: list[Op] = [Put(people.user(program_id, changed), expect={"version": current.version})]
            with racing():
                table.transact(ops + _leaving_an_owner(table, program_id, current, changed))
        return changed

    return redo(attempt)


def remove(table: Table, program_id: str, user_id: str, if_match: int | None = None) -> None:
    """Removes a user, whose sessions end with that. Raises Absent, Stale, Conflict `last_owner`."""

    def attempt() -> None:
        current = get(table, program_id, user_id)
        require_version(current, if_match)
        ops: list[Op] = [
            Delete(people_keys.user(program_id, user_id), expect={"version": current.version}, exists=True),
            Delete(people_keys.user_door(email_identity(current.email), program_id)),
            Put(people.removed_user(program_id, current), new=True),
        ]
        with racing():
            table.transact(ops + _leaving_an_owner(table, program_id, current, None))

    redo(attempt)


def _leaving_an_owner(table: Table, program_id: str, before: User, after: User | None) -> list[Op]:
    """The check that another owner is left: two owners may remove each other at once. Raises Conflict `last_owner`."""
    if before.role != "owner" or (after is not None and after.role == "owner"):
        return []
    users = [items.parse(User, item) for item in table.query(people_keys.user(program_id, "").pk)]
    other = next((user for user in users if user.role == "owner" and user.user_id != before.user_id), None)
    if other is None:
        raise Conflict("last_owner", "this is the last owner: make somebody else an owner first")
    return [Check(people_keys.user(program_id, other.user_id), expect={"role": "owner"}, exists=True)]
