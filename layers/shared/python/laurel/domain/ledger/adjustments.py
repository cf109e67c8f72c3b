"""Adjustments: a paid row never changes again; an amount that it should no longer pay is taken off by another row."""

from datetime import datetime
from typing import NamedTuple

from laurel.domain.ledger.commissions import Adjusted, Adjusts, Commission
from laurel.domain.values.ids import derived_id


class Adjustment(NamedTuple):
    """A paid row and the row that adjusts it; `made` None: it needs no adjustment."""

    row: Commission
    made: Commission | None


def adjusted(program_id: str, row: Commission, due: Adjusted, cause: str, now: datetime) -> Adjustment:
    """The paid `row` with the adjustment that brings it to `due`, the sum that all its adjustments should have.

    `cause` names the change, and no two changes of a row alike: the adjustment's id derives from it.
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
