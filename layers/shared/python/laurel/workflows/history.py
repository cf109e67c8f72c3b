"""Histories of offers and members: written in the transaction of the change, listed newest first."""

from laurel.domain.history import Edit
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_MEMBER
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.people import naming
from laurel.workflows.requests import edits, listing
from laurel.workflows.requests.listing import Page


def line(program_id: str, offer_id: str, edit: Edit, version: int | str) -> Put:
    """The write that notes an edit, for the edit's transaction. `version`: of the offer or enrollment after it.

    Or of a code in a shop, with its id.
    """
    return Put(items.offer_history(program_id, offer_id, edit, version), new=True)


def page(
    table: Table, program_id: str, offer_id: str, member_id: str | None, limit: int, cursor: str | None
) -> Page[Edit]:
    """The history of an offer, or of one member in it. Raises Absent."""
    if member_id is None:
        partition, index = keys.histories(program_id, offer_id), None
    else:
        partition, index = indexes.member_history(program_id, offer_id, member_id), BY_MEMBER
    lines = listing.page(table, [partition], _parse, limit=limit, cursor=cursor, index=index)
    if not lines.items:
        edits.get_item(table, keys.offer(program_id, offer_id), "offer_not_found", "offer")
    return naming.signed(table, program_id, lines)


def of_member(table: Table, program_id: str, member_id: str, limit: int, cursor: str | None) -> Page[Edit]:
    """The history of a member who is known to exist."""
    lines = listing.page(table, [keys.histories(program_id, member_id)], _parse, limit=limit, cursor=cursor)
    return naming.signed(table, program_id, lines)


def _parse(item: Item) -> Edit:
    return items.parse(Edit, item)
