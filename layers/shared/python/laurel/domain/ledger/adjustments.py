"""Adjustments: a paid row never changes again, so what it should no longer pay is taken off by rows of their own."""

from datetime import datetime
from typing import NamedTuple

from laurel.domain.ledger.commissions import Adjusted, Adjusts, Commission
from laurel.domain.values.ids import derived_id


class Adjustment(NamedTuple):
    """A paid row and the row that adjusts it; `made` None: it pays what it should already."""

    row: Commission
    made: Commission | None


def adjusted(program_id: str, row: Commission, due: Adjusted, cause: str, now: datetime) -> Adjustment:
    """The paid `row` brought to `due`, what its adjustments should have added in all.

    `cause` names the change, once for each row: the adjustment's id derives from it.
    """
    more = Adjusted(amount=due.amount - row.adjusted.amount, quantity=due.quantity - row.adjusted.quantity)
    if more == Adjusted():
        return Adjustment(row, None)
    made = Commission(
        commission_id=derived_id("com", program_id, row.commission_id, "adjustment", cause),
        type="adjustment",
        origin=row.origin,
        tier=row.tier,
        action_code=row.action_code,
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
    return Adjustment(row.model_copy(update={"adjusted": due}), made)
