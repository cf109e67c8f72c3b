"""Refunds and chargebacks: a commission falls with the rest of its order; a paid one is adjusted instead."""

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
"""The most refunds that wait for one unknown order: they are joined in the transaction that records it."""


class OrderRef(NamedTuple):
    """An order by its storefront's id of it."""

    storefront_id: str
    order_id: str


class RefundReport(Frozen):
    """A refund as it is reported; `amount`: minor units of the order's currency, None for the whole rest."""

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
    """A refund as it is kept beside its conversion. `asked`: the reported amount.

    `amount`: the part of the order that it took off, None while it waits for the order. `place`: its number among the
    refunds that wait, from 1.
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
        """Whether it waits for an order that is not known yet."""
        return self.amount is None

    def require_same(self, report: RefundReport) -> None:
        """Raises Conflict `refund_conflict` for another refund under the same id."""
        if (self.asked, self.reason) != (report.amount, report.reason):
            raise Conflict("refund_conflict", "this refund was reported before with another amount or reason")


class RefundView(BaseModel):
    """A refund in minor units of its order's currency, at most the rest of the order.

    `parked`: its order is not known yet, and `amount` is as reported, null for the whole order.
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
        shown = {name: getattr(refund, name) for name in cls.model_fields.keys() & Refund.model_fields.keys()}
        return cls(**{**shown, "amount": refund.asked if refund.is_parked else refund.amount}, parked=refund.is_parked)


@dataclass(frozen=True, slots=True)
class Step:
    """One refund applied: the conversion before and after it, the refund with its amount, the adjustment if any."""

    before: Commission
    after: Commission
    refund: Refund
    adjustment: Commission | None = None


def apply(program_id: str, row: Commission, refund: Refund, now: datetime) -> Step:
    """The conversion after one more refund, which is clamped to the rest of the order."""
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
    """A new conversion with the refunds that waited for it, in order of arrival; its first answer has them too."""
    steps: list[Step] = []
    for refund in sorted(parked, key=lambda refund: refund.place):
        steps.append(apply(program_id, steps[-1].after if steps else row, refund, now))
    joined = steps[-1].after if steps else row
    return joined.model_copy(update={"first": joined.answer()}), steps


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
    """All refunds in the program's currency; their total is converted, so that a full refund is exactly the sale."""
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
    # the reason of a decline by hand stays: it says whether the row can be approved again
    return {"amount": amount, "reason": row.reason if row.status == "declined" else order.refund_reason}


def _earned(row: Commission, order: Order) -> int:
    assert row.terms is not None  # noqa: S101 - for the type checker: what somebody won has terms
    return 0 if order.is_refunded else earned(row.terms, row.action_code, order.remaining)
