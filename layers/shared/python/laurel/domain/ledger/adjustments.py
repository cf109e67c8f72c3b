"""Adjustments: a paid row never changes again; what it is due more or less is a row of its own, made by its fold."""

from datetime import datetime
from typing import NamedTuple

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Adjusted, Adjusts
from laurel.domain.values.ids import derived_id


class Adjustment(NamedTuple):
    """A paid row as its adjustments make it whole, and the row that does."""

    row: Commission
    made: Commission


def adjustment(program_id: str, row: Commission, now: datetime) -> Adjustment | None:
    """The step that brings a paid `row` to its `due`; None if its adjustments come to that already.

    Each version of a row has at most one, so that the adjustment's id derives from it.
    """
    more = Adjusted(amount=row.due.amount - row.adjusted.amount, quantity=row.due.quantity - row.adjusted.quantity)
    if row.payout != "paid" or more == Adjusted():
        return None
    made = Commission(
        commission_id=derived_id("com", program_id, row.commission_id, "adjustment", str(row.version)),
        type="adjustment",
        origin=row.origin,
        tier=row.tier,
        action_code=row.action_code,
        by_name=row.by_name,
        member_id=row.member_id,
        offer_id=row.offer_id,
        payout_option_id=row.payout_option_id,
        option_version=row.option_version,
        adjusts=Adjusts(commission_id=row.commission_id, kind=row.kind, quantity=more.quantity),
        amount=more.amount,
        currency=row.currency,
        status="approved",
        payout="unpaid",
        reason=row.reason,
        occurred_at=row.occurred_at,
        day=row.day,
        created_at=now,
        updated_at=now,
    )
    return Adjustment(row.revised(now, adjusted=row.due), made)
