"""The end of a hold: a commission that waited long enough is approved, and folded like any other change."""

from datetime import datetime

from laurel.domain.history import SYSTEM, Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.worth import revalued
from laurel.store import items
from laurel.store.operations import ConditionFailed
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger import row_history


def release(table: Table, program_id: str, item: Item, now: datetime) -> bool:
    """Approves a row whose hold is over; False if something else happened to it first."""
    row = items.parse(Commission, item)
    if row.status != "pending" or row.hold_until is None or row.hold_until > now:
        return False
    over = revalued(row, now, hold_until=None)  # nobody's decision: it waits again if its order's money does
    try:
        table.transact(row_history.written(program_id, row, over, "approved", Author(SYSTEM, now)))
    except ConditionFailed:
        return False
    return True
