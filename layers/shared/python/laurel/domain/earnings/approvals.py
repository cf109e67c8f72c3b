"""Approving and declining by hand: any payable row, as long as it is unpaid and follows no other."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import TOO_LATE, Decision
from laurel.domain.ledger.worth import revalued
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import BatchId, CommissionId
from laurel.domain.values.model import Frozen, Label, Open, ResultStatus

MOST_CONVERSIONS: Final = 100
_FOR_GOOD: Final = frozenset({"fraud", TOO_LATE})
"""Reasons for which a declined row stays declined."""
Verdict = Literal["approved", "declined"]


class Because(Frozen):
    """The reason for an approval or a decline, in the merchant's words."""

    reason: Label | None = None


class BulkStatus(Frozen):
    """One decision about several conversions."""

    conversion_ids: Annotated[tuple[CommissionId, ...], Field(min_length=1, max_length=MOST_CONVERSIONS)]
    set: Verdict
    reason: Label | None = None

    @property
    def decision(self) -> Decision:
        """The decision about each of them."""
        return Decision(status=self.set, reason=self.reason)


class StatusResult(Open):
    """The result for one conversion; `code`: of the error that its own route would give."""

    conversion_id: str
    status: ResultStatus
    code: str | None = None


class StatusResults(Open):
    """One result for each id, in the same order. `batch_id` is in the history of all that changed."""

    batch_id: BatchId
    results: list[StatusResult]


def decided(row: Commission, decision: Decision, at: datetime) -> Commission:
    """`row` once it is decided, a version on; itself if it is so already. Facts of its order outweigh a decision.

    Raises Conflict: `follows_sale` for a higher tier, `not_payable` for a row of nobody, `paid`, `not_approvable`
    after fraud, and as long as its order is cancelled, refunded or charged back.
    """
    if row.first_tier is not None:
        raise Conflict("follows_sale", "a row of a higher tier follows its sale: decide about that")
    if row.payout is None:
        raise Conflict("not_payable", "this row is nobody's pay")
    if _stands(row) == decision.status and not row.earns_nothing:
        return row
    if row.payout == "paid":
        raise Conflict("paid", "a paid row never changes again")
    if decision.status == "approved":
        _require_approvable(row)
    if decision == row.decision:
        return row
    return revalued(row, at, decision=decision, hold_until=None, awaits_approval=False)


def _stands(row: Commission) -> str | None:
    """The status that was decided last: a row that keeps its amount keeps its status, too, until its fold."""
    return row.decision.status if row.keeps_amount and row.decision is not None else row.status


def _require_approvable(row: Commission) -> None:
    for_good = row.decision.reason if row.decision is not None and row.decision.status == "declined" else None
    if for_good in _FOR_GOOD:
        raise Conflict("not_approvable", f"it was declined for good: {for_good}")
    if row.earns_nothing:
        raise Conflict("not_approvable", f"its order earns nothing ({row.reason}): undo that instead")
