"""Rows approved and declined, by hand or by a shop's message; the account transition counts it like any change."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from laurel.domain.earnings.approvals import BulkStatus, StatusResult, StatusResults, decided
from laurel.domain.history import Author
from laurel.domain.ledger.adjustments import forgiving
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.values.errors import Refusal
from laurel.domain.values.ids import new_id
from laurel.store import keys, ledger
from laurel.store.operations import Conflict, Op
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger import row_history
from laurel.workflows.ledger.commissions import conversion_of, row_of
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import following, require_version
from laurel.workflows.requests.optimistic import racing, redo

_UNAVAILABLE: Final = "unavailable"
"""The code when somebody else changed this conversion again and again; the route of one then answers 503."""


def decide(
    table: Table, program_id: str, commission_id: str, decision: Decision, author: Author, if_match: int | None = None
) -> Commission:
    """Any row after the decision; nothing is written if the row is so already.

    Raises Absent, Conflict `paid`, `not_approvable`, `not_declinable`, `follows_sale`, `not_payable`, Stale.
    """
    key = keys.commission(program_id, commission_id)
    return redo(lambda: _decided(table, program_id, _at(row_of(table.get(key)), if_match), decision, author))


def decide_conversion(
    table: Table, program_id: str, conversion_id: str, decision: Decision, author: Author, if_match: int | None = None
) -> Commission:
    """Like `decide`, but also Absent for a row that no order made."""
    key = keys.commission(program_id, conversion_id)
    return redo(lambda: _decided(table, program_id, _at(conversion_of(table.get(key)), if_match), decision, author))


def decide_each(
    table: Table, program_id: str, bulk: BulkStatus, author: Author, randomness: Randomness
) -> StatusResults:
    """The decision about each conversion by itself; a repeat changes the rest."""
    by = replace(author, batch_id=new_id("bat", author.at, randomness(10)))
    wanted = {row_id: keys.commission(program_id, row_id) for row_id in bulk.conversion_ids}
    stored = table.batch_get(wanted.values())
    results = [_result(table, program_id, row_id, stored.get(key), bulk.decision, by) for row_id, key in wanted.items()]
    return StatusResults(batch_id=by.batch_id or "", results=results)


def _result(
    table: Table, program_id: str, conversion_id: str, item: Item | None, decision: Decision, author: Author
) -> StatusResult:
    readings = [item]

    def attempt() -> tuple[Commission, Commission]:
        known = readings.pop() if readings else table.get(keys.commission(program_id, conversion_id))
        row = conversion_of(known)
        return row, _decided(table, program_id, row, decision, author)

    try:
        before, after = redo(attempt)
    except Refusal as refusal:
        return StatusResult(conversion_id=conversion_id, status="error", code=refusal.code)
    except Conflict:
        return StatusResult(conversion_id=conversion_id, status="error", code=_UNAVAILABLE)
    return StatusResult(conversion_id=conversion_id, status="unchanged" if after is before else "changed")


def _at(row: Commission, if_match: int | None) -> Commission:
    require_version(row, if_match)
    return row


def _decided(table: Table, program_id: str, row: Commission, decision: Decision, author: Author) -> Commission:
    by = following(row, author)
    after = decided(row, decision, by.at)
    if after is row:
        return row
    told = row_history.written(program_id, row, after, decision.status, by)
    with racing():
        table.transact([*told, *_told_to_adjusted(table, program_id, row, after, by)])
    return after


def _told_to_adjusted(
    table: Table, program_id: str, before: Commission, after: Commission, author: Author
) -> Iterator[Op]:
    """The row that an adjustment belongs to, in the end, notes whether it counts; nothing for other rows."""
    if before.adjusts is None:
        return
    row = before
    while row.adjusts is not None:
        row = row_of(table.get(keys.commission(program_id, row.adjusts.commission_id)))
    noted = forgiving(row, before, after, following(row, author).at)
    if noted is not row:
        yield ledger.changed(program_id, row, noted)
