"""Edits of rows of the ledger: the row on the version that was read, and a line of its history, in one transaction."""

from laurel.domain.history import Author, Edit, differences
from laurel.domain.ledger.commissions import CONVERSION_TYPES, Commission
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.store import items, ledger
from laurel.store.operations import Op, Put


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


def _view(row: Commission) -> ConversionView | CommissionView:
    is_conversion = row.order is not None and row.type in CONVERSION_TYPES
    return ConversionView.of(row) if is_conversion else CommissionView.of(row)
