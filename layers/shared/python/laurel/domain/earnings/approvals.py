"""Approving and declining by hand: any payable row, as long as it is unpaid and follows no other."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from laurel.domain.erasure import TOO_LATE
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.bulk_edits import ResultStatus
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import BatchId, CommissionId
from laurel.domain.values.model import Frozen, Label

MOST_CONVERSIONS: Final = 100
_FOR_GOOD: Final = frozenset({"refund", "chargeback", "fraud", TOO_LATE})
"""Reasons for which a declined row stays declined."""
Verdict = Literal["approved", "declined"]


class Because(Frozen):
    """The reason for an approval or a decline, in the merchant's words."""

    reason: Label | None = None


class Decision(Because):
    """The status that a row is to get. A row declined for `fraud` stays declined."""

    status: Verdict


class BulkStatus(Frozen):
    """One decision about several conversions."""

    conversion_ids: Annotated[tuple[CommissionId, ...], Field(min_length=1, max_length=MOST_CONVERSIONS)]
    set: Verdict
    reason: Label | None = None

    @property
    def decision(self) -> Decision:
        """The decision about each of them."""
        return Decision(status=self.set, reason=self.reason)


class StatusResult(BaseModel):
    """The result for one conversion; `code`: of the error that its own route would give."""

    conversion_id: str
    status: ResultStatus
    code: str | None = None


class StatusResults(BaseModel):
    """One result for each id, in the same order. `batch_id` is in the history of all that changed."""

    batch_id: BatchId
    results: list[StatusResult]


def changes(row: Commission, decision: Decision) -> dict[str, Any]:
    """The fields of a row that the decision changes; none if the row is so already.

    Raises Conflict: `follows_sale` for a higher tier, `not_payable` for a row of nobody, `paid`, `not_approvable`
    after a refund, a chargeback or fraud.
    """
    if row.first_tier is not None:
        raise Conflict("follows_sale", "a row of a higher tier follows its sale: decide about that")
    if row.payout is None:
        raise Conflict("not_payable", "this row is nobody's pay")
    if row.status == decision.status:
        return {}
    if row.payout == "paid":
        raise Conflict("paid", "a paid row never changes again")
    if row.status == "declined" and row.reason in _FOR_GOOD:
        raise Conflict("not_approvable", f"it was declined for good: {row.reason}")
    return {"status": decision.status, "hold_until": None, "reason": decision.reason or _of_refund(row, decision)}


def _of_refund(row: Commission, decision: Decision) -> str | None:
    """The reason of a refund that an approval keeps: a part of the order may be refunded all the same."""
    return row.order.refund_reason if row.order is not None and decision.status == "approved" else None
