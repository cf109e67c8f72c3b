"""The end of a hold: a commission that waited long enough is approved, which is just another change to fold."""

from datetime import datetime

from laurel.domain.commissions import Commission
from laurel.store import items, ledger
from laurel.store.operations import ConditionFailed
from laurel.store.table import Table
from laurel.store.values import Item


def release(table: Table, program_id: str, item: Item, now: datetime) -> bool:
    """Approves a held row whose hold is over; False where something else happened to it first."""
    row = items.parse(Commission, item)
    if row.status != "pending" or row.hold_until is None or row.hold_until > now:
        return False
    approved = row.revised(now, status="approved", hold_until=None)
    try:
        table.write(ledger.changed(program_id, row, approved))
    except ConditionFailed:
        return False
    return True
