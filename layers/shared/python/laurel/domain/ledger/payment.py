"""A row on its way through a payout: taken into a line, paid, let go. Nothing of the storefront's first answer changes.

Its time is the payout's. Kept in the row too, as `updated_at`, it would take most rows over 1 KB, and cost them twice.
"""

from typing import Any

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Adjusted


def drafted(row: Commission, payout_id: str) -> Commission:
    """`row` in a line of a payout."""
    return _changed(row, payout="in_payout", payout_id=payout_id)


def paid(row: Commission, payout_id: str) -> Commission:
    """`row` paid in a payout. Of one that was declined meanwhile, adjustments must take all."""
    all_of_it = {"due": Adjusted(amount=-row.amount, quantity=-row.quantity)} if row.due.quantity else {}
    return _changed(row, payout="paid", payout_id=payout_id, **all_of_it)


def freed(row: Commission) -> Commission:
    """`row` in no payout any more."""
    return _changed(row, payout="unpaid", payout_id=None)


def _changed(row: Commission, **changes: Any) -> Commission:
    return row.model_copy(update={**changes, "version": row.version + 1})
