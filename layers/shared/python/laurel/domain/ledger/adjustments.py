"""Adjustments: a row that is fixed never changes again; what it is due more or less is a row that its fold makes."""

from datetime import datetime
from typing import NamedTuple

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Adjusted, Adjusts
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import derived_id


class Adjustment(NamedTuple):
    """A fixed row as its adjustments make it whole, and the row that does."""

    row: Commission
    made: Commission


def adjustment(program_id: str, row: Commission, now: datetime) -> Adjustment | None:
    """The step that brings a fixed `row` to its `due`; None if its adjustments come to that already.

    What a hand declined was not taken, so that it is not given back either once it is due no more.
    Each version of a row has at most one, so that the adjustment's id derives from it.
    """
    if not row.is_due:
        return None
    forgiven = row.forgiven.within(row.due)
    change = row.due.plus(forgiven, -1).plus(row.counted_adjustments, -1)
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
        adjusts=Adjusts(commission_id=row.commission_id, kind=_kind(row), quantity=change.quantity),
        amount=change.amount,
        currency=row.currency,
        status="approved",
        payout="unpaid",
        reason=row.reason,
        occurred_at=row.occurred_at,
        day=row.day,
        created_at=now,
        updated_at=now,
    )
    return Adjustment(row.revised(now, adjusted=row.due, forgiven=forgiven), made)


def forgiving(row: Commission, before: Commission, after: Commission, now: datetime) -> Commission:
    """A fixed `row` once a hand decided about one of its adjustments, as `before` and `after` that; or itself.

    Only what is still due can be forgiven, or no longer be. Raises Conflict `not_declinable` or `not_approvable` where
    other adjustments have made up for this one: without it, or with it again, they would lead away from its worth.
    """
    times = _is_declined(after) - _is_declined(before)
    if times == 0:
        return row
    forgiven = row.forgiven.plus(Adjusted(amount=before.amount, quantity=before.quantity), times)
    if forgiven != forgiven.within(row.due):
        raise _made_up_for(is_decline=times > 0)
    return row.revised(now, forgiven=forgiven)


def _made_up_for(*, is_decline: bool) -> Conflict:
    if is_decline:
        return Conflict("not_declinable", "other adjustments have made up for it since, in whole or in part: it stays")
    return Conflict("not_approvable", "what it adjusts was undone since it was declined")


def _is_declined(adjustment: Commission) -> bool:
    return adjustment.decision is not None and adjustment.decision.status == "declined"


def _kind(row: Commission) -> str:
    """The type that it is counted as: an adjustment that is declined by hand once it is paid is adjusted as its row."""
    return row.kind if row.adjusts is None else row.adjusts.kind
