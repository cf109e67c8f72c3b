"""The history of a row: lines that its edits write, and lines that follow from the row itself.

Payouts and retroactive moves change rows by the hundred thousand, and a row names the one that changed it: no line is
written for these. What a row in a payout is worth after a refund it takes when it is counted, which writes its line.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter

from laurel.concurrency import together
from laurel.domain.history import Author, Edit, FieldChange, row_edit
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.payouts.payouts import Payout
from laurel.store import items, keys, ledger, payout_keys, payouts
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.commissions import row_of
from laurel.workflows.people import naming
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page


def written(program_id: str, before: Commission, after: Commission, action: str, author: Author) -> list[Op]:
    """The writes of a changed row, on the version that was read, and of the line that notes the change."""
    return [ledger.changed(program_id, before, after), line(program_id, before, after, action, author)]


def line(
    program_id: str,
    before: Commission,
    after: Commission,
    action: str,
    author: Author,
    further: tuple[FieldChange, ...] = (),
) -> Put:
    """The line that notes a change of a row; `further`: what no field says."""
    edit = row_edit(before, after, action, author, further)
    return Put(items.commission_history(program_id, after, edit), new=True)


def page(
    table: Table,
    program_id: str,
    commission_id: str,
    limit: int,
    cursor: str | None,
    required: Callable[[Item | None], Commission] = row_of,
) -> Page[Edit]:
    """The changes of a row since it was recorded; the lines that follow from it are on page one. Raises Absent."""
    row = required(table.get(keys.commission(program_id, commission_id)))
    return of_row(table, program_id, row, limit, cursor)


def of_row(table: Table, program_id: str, row: Commission, limit: int, cursor: str | None = None) -> Page[Edit]:
    """The same of a row that was read."""
    return naming.signed(table, program_id, unsigned(table, program_id, row, limit, cursor))


def unsigned(table: Table, program_id: str, row: Commission, limit: int, cursor: str | None = None) -> Page[Edit]:
    """The same without the names of those who made the changes."""
    partition, between = keys.commission(program_id, row.commission_id).pk, keys.COMMISSION_HISTORY
    noted, implied = together(
        lambda: listing.page(table, [partition], _parse, limit=limit, cursor=cursor, between=between),
        lambda: [] if cursor else list(_implied(table, program_id, row)),
    )
    lines = sorted([*noted.items, *implied], key=attrgetter("at"), reverse=True)
    return Page[Edit](items=lines, next_cursor=noted.next_cursor)


def _parse(item: Item) -> Edit:
    return items.parse(Edit, item)


def _implied(table: Table, program_id: str, row: Commission) -> Iterator[Edit]:
    payout = None if row.payout_id is None else payout_keys.payout(program_id, row.payout_id)
    enrollment = keys.enrollment(program_id, row.member_id, row.offer_id) if row.member_id and row.offer_id else None
    stored = table.batch_get([key for key in (payout, enrollment if row.move else None) if key is not None])
    if payout in stored:
        yield _in_payout(row, payouts.parse_payout(stored[payout]))
    if enrollment in stored:
        moves = items.parse(Enrollment, stored[enrollment]).recalculations
        yield from (_repriced(row, move) for move in moves if move.number == row.move and row.created_at <= move.at)


def _in_payout(row: Commission, payout: Payout) -> Edit:
    changes = (
        FieldChange(field="payout", before="unpaid", after=row.payout),
        FieldChange(field="payout_id", after=payout.payout_id),
    )
    if row.payout == "paid" and payout.confirmed_at is not None and payout.confirmed_by is not None:
        at, actor, action = payout.confirmed_at, payout.confirmed_by, "paid"
    else:
        at, actor, action = payout.created_at, payout.actor, "drafted"
    return Edit(at=at, actor=actor, action=action, member_id=row.member_id, changes=changes)


def _repriced(row: Commission, by: Recalculation) -> Edit:
    changes = (FieldChange(field="payout_option_id", after=by.payout_option_id),)
    return Edit(at=by.at, actor=by.actor, action="recalculated", member_id=row.member_id, changes=changes)
