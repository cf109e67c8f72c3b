"""Edits of rows of the ledger: the row on the version that was read, and a line of its history, in one transaction."""

from collections.abc import Callable

from laurel.domain.commissions import CONVERSION_TYPES, Commission
from laurel.domain.history import Author, Edit, differences
from laurel.domain.views import CommissionView, ConversionView
from laurel.store import items, keys, ledger
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import listing
from laurel.workflows.commissions import row_of
from laurel.workflows.listing import Page


def written(program_id: str, before: Commission, after: Commission, action: str, author: Author) -> list[Op]:
    """What stores a changed row, unless somebody was faster, and notes the change."""
    return [ledger.changed(program_id, before, after), line(program_id, before, after, action, author)]


def line(program_id: str, before: Commission, after: Commission, action: str, author: Author) -> Put:
    """What notes a change of a row, as the HTTP contract tells of it."""
    edit = Edit(
        at=after.updated_at,
        actor=author.actor,
        action=action,
        member_id=after.member_id,
        batch_id=author.batch_id,
        changes=differences(_view(before), _view(after), frozenset()),
    )
    return Put(items.commission_history(program_id, after, edit), new=True)


def history(
    table: Table,
    program_id: str,
    commission_id: str,
    limit: int,
    cursor: str | None,
    required: Callable[[Item | None], Commission] = row_of,
) -> Page[Edit]:
    """What was done to a row since it was recorded. Raises Absent."""
    key = keys.commission(program_id, commission_id)
    required(table.get(key))
    between = keys.COMMISSION_HISTORY
    return listing.page(table, [key.pk], _parse, limit=limit, cursor=cursor, between=between)


def _parse(item: Item) -> Edit:
    return items.parse(Edit, item)


def _view(row: Commission) -> ConversionView | CommissionView:
    is_conversion = row.order is not None and row.type in CONVERSION_TYPES
    return ConversionView.of(row) if is_conversion else CommissionView.of(row)
