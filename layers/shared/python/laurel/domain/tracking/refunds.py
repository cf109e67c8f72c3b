"""Refunds and chargebacks: a commission is earned on what is left of its order; a paid one is adjusted instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, Field

from laurel.domain.ledger.adjustments import adjusted
from laurel.domain.ledger.commissions import Adjusted, Commission
from laurel.domain.ledger.orders import Order, RefundReason
from laurel.domain.offers.terms import earned
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import CommissionId, StorefrontId
from laurel.domain.values.model import Amount, ExternalId, Frozen, Instant, Money
from laurel.domain.values.money import exchanged

MOST_PARKED: Final = 40
"""Refunds of one unknown order: they are joined in the transaction that records it."""


class OrderRef(NamedTuple):
    """An order by its storefront's id of it."""

    storefront_id: str
    order_id: str


class RefundReport(Frozen):
    """A refund as it is reported; `amount`: minor units of the order's currency, None for all that is left."""

    refund_id: ExternalId
    amount: Annotated[Amount, Field(gt=0)] | None = None
    reason: RefundReason = "refund"


class OrderRefund(RefundReport):
    """A refund of an order that is named by the storefront's id of it."""

    storefront_id: StorefrontId | None = None
    order_id: ExternalId

    @property
    def report(self) -> RefundReport:
        """The refund apart from its order."""
        return RefundReport(refund_id=self.refund_id, amount=self.amount, reason=self.reason)


class Refund(Frozen):
    """A refund as it is kept beside its conversion. `asked`: what was reported.

    `amount`: what it took off the order, None as long as it waits for that. `place`: how many waited when it came,
    itself included.
    """

    refund_id: ExternalId
    conversion_id: CommissionId
    order_id: ExternalId
    storefront_id: StorefrontId
    reason: RefundReason
    asked: Money | None = None
    amount: Money | None = None
    place: int = 0
    actor: str
    created_at: Instant

    @property
    def is_parked(self) -> bool:
        """Whether its order is not known yet."""
        return self.amount is None

    def require_same(self, report: RefundReport) -> None:
        """Raises Conflict `refund_conflict` for another refund under the same id."""
        if (self.asked, self.reason) != (report.amount, report.reason):
            raise Conflict("refund_conflict", "this refund was reported before with another amount or reason")


class RefundView(BaseModel):
    """A refund in minor units of its order's currency, at most what was left of it.

    `parked`: its order is not known yet, and `amount` what was reported, null for all of it.
    """

    refund_id: str
    conversion_id: str
    order_id: str
    storefront_id: str
    amount: Money | None
    reason: RefundReason
    parked: bool
    created_at: Instant

    @classmethod
    def of(cls, refund: Refund) -> "RefundView":
        """The view of any refund."""
        told = {name: getattr(refund, name) for name in cls.model_fields.keys() & Refund.model_fields.keys()}
        return cls(**{**told, "amount": refund.asked if refund.is_parked else refund.amount}, parked=refund.is_parked)


@dataclass(frozen=True, slots=True)
class Step:
    """One refund applied: the conversion before and after it, the refund with its amount, the adjustment if any."""

    before: Commission
    after: Commission
    refund: Refund
    adjustment: Commission | None = None


def apply(program_id: str, row: Commission, refund: Refund, now: datetime) -> Step:
    """The conversion after one more refund, which is clamped to what is left of the order."""
    assert row.order is not None  # noqa: S101 - for the type checker: only orders are refunded
    left = row.order.amount - row.order.refunded_amount
    amount = left if refund.asked is None else min(left, refund.asked)
    order = _refunded(row.order, amount, refund.reason, row.currency)
    done = refund.model_copy(update={"amount": amount})
    if row.payout != "paid":
        return Step(row, row.revised(now, order=order, **_changes(row, order)), done)
    kept = row.model_copy(update={"order": order, "reason": order.refund_reason})
    due = Adjusted(amount=_earned(row, order) - row.amount, quantity=-1 if order.is_refunded else 0)
    adjustment = adjusted(program_id, kept, due, f"refund {refund.refund_id}", now)
    changes = {name: getattr(adjustment.row, name) for name in ("order", "reason", "adjusted")}
    return Step(row, row.revised(now, **changes), done, adjustment.made)


def join(program_id: str, row: Commission, parked: Iterable[Refund], now: datetime) -> tuple[Commission, list[Step]]:
    """A new conversion with the refunds that waited for it, in the order of their arrival; told so from the first."""
    steps: list[Step] = []
    for refund in sorted(parked, key=lambda refund: refund.place):
        steps.append(apply(program_id, steps[-1].after if steps else row, refund, now))
    joined = steps[-1].after if steps else row
    return joined.model_copy(update={"first": joined.told()}), steps


def _refunded(order: Order, amount: int, reason: RefundReason, currency: str) -> Order:
    total = order.refunded_amount + amount
    is_chargeback = "chargeback" in {reason, order.refund_reason}
    return order.model_copy(
        update={
            "refunded_amount": total,
            "refunded_sale": _sale_of(order, total, currency),
            "refund_reason": "chargeback" if is_chargeback else "refund",
        }
    )


def _sale_of(order: Order, refunded: int, currency: str) -> int:
    """A part of the order in the program's currency: the total is converted, so that all of it is exactly the sale."""
    if refunded >= order.amount:
        return order.sale
    if order.exchange_rate is None:
        return refunded
    return min(order.sale, exchanged(refunded, order.currency, currency, order.exchange_rate))


def _changes(row: Commission, order: Order) -> dict[str, Any]:
    if row.member_id is None:
        return {"reason": order.refund_reason}
    amount = _earned(row, order)
    if order.is_refunded:
        return {"amount": amount, "status": "declined", "hold_until": None, "reason": order.refund_reason}
    # why it was declined by hand says whether it can be approved again
    return {"amount": amount, "reason": row.reason if row.status == "declined" else order.refund_reason}


def _earned(row: Commission, order: Order) -> int:
    assert row.terms is not None  # noqa: S101 - for the type checker: what somebody won has terms
    return 0 if order.is_refunded else earned(row.terms, row.action_code, order.remaining)
