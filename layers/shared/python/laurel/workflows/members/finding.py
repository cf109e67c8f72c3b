"""Finding members: by their address, or by the beginning of an address or of any word of a name."""

from collections.abc import Iterable, Iterator
from typing import Final

from laurel.domain.members.members import Member, MemberStatus, email_identity, person_behind
from laurel.domain.members.names import LONGEST, found_first_as
from laurel.domain.values.errors import Invalid
from laurel.domain.values.folding import folded
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_OWNER, NAME_BEGINNING
from laurel.store.lookups import name_place
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.members import members
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page

_LAST: Final = "\U0010ffff"


def with_email(
    table: Table, program_id: str, email: str, status: MemberStatus | None, beginning: str | None = None
) -> Page[Member]:
    """The member who has an address, by its claim; if nobody has, the one who has it without its `+tag`.

    Raises Invalid `too_short`.
    """
    wanted = "" if beginning is None else _folded(beginning)
    holder = next(_holders(table, program_id, [email_identity(email), person_behind(email)]), None)
    is_wanted = holder and status in {None, holder.status} and found_first_as(holder, wanted) is not None
    return Page(items=[holder] if holder and is_wanted else [], next_cursor=None)


def page(  # noqa: PLR0913 -- all of them narrow one question
    table: Table,
    program_id: str,
    beginning: str | None,
    status: MemberStatus | None,
    limit: int,
    cursor: str | None,
    *,
    in_one: bool = False,
) -> Page[Member]:
    """The members whom `beginning` names, or all, newest first; None does not narrow. Raises as `by_beginning`."""
    if beginning is None:
        return members.page(table, program_id, status, limit, cursor, in_one=in_one)
    return by_beginning(table, program_id, beginning, status, limit, cursor)


def by_id(table: Table, program_id: str, member_ids: Iterable[str]) -> dict[str, Member]:
    """The members with these ids, as far as they exist, read together."""
    found = table.batch_get(keys.member(program_id, member_id) for member_id in member_ids)
    return {member.member_id: member for member in map(_parse, found.values())}


def by_beginning(
    table: Table, program_id: str, beginning: str, status: MemberStatus | None, limit: int, cursor: str | None
) -> Page[Member]:
    """The members whom a text begins to name, by name; each once. A page reads `limit` names and their members.

    Raises Invalid `too_short`, `invalid_cursor`.
    """
    wanted = _folded(beginning)
    entries = _entries(table, program_id, wanted, limit, cursor)
    found = [_found(entry[BY_OWNER.sk]) for entry in entries[:limit]]
    people = table.batch_get(keys.member(program_id, member_id) for _, member_id in found)
    shown = [
        member
        for name, member_id in found
        if (item := people.get(keys.member(program_id, member_id)))
        if found_first_as(member := _parse(item), wanted) == name and status in {None, member.status}
    ]
    further = listing.cursor_at(name_place(*found[-1])) if len(entries) > limit else None
    return Page(items=shown, next_cursor=further)


def _holders(table: Table, program_id: str, addresses: list[str]) -> Iterator[Member]:
    """The members who have these addresses, in their order; one that was given up still names who had it."""
    claims = table.batch_get(keys.email_claim(program_id, address) for address in addresses)
    people = table.batch_get(keys.member(program_id, claim["body"]["member_id"]) for claim in claims.values())
    by_address = {email_identity(member.email): member for member in map(_parse, people.values())}
    return (by_address[address] for address in addresses if address in by_address)


def _parse(item: Item) -> Member:
    return items.parse(Member, item)


def _entries(table: Table, program_id: str, wanted: str, limit: int, cursor: str | None) -> list[Item]:
    """One more than `limit` names after `cursor` that begin as wanted, in their order."""
    after = wanted if cursor is None else f"{listing.place_of(cursor)} "
    if not after.startswith(wanted):
        raise listing.bad_cursor()
    between = (after, f"{wanted}{_LAST}")
    return table.query(indexes.names(program_id, wanted), between=between, limit=limit + 1, index=BY_OWNER)


def _folded(beginning: str) -> str:
    wanted = folded(beginning)[:LONGEST]
    if len(wanted) < NAME_BEGINNING:
        raise Invalid("too_short", f"give at least {NAME_BEGINNING} letters of a name or an address", "?q")
    return wanted


def _found(place: str) -> tuple[str, str]:
    name, _, member_id = place.rpartition("#")
    return name, member_id
