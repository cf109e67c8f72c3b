"""Refunds and disputes of an order, as they are reported, kept and shown. What they take of it, the order sums."""

from datetime import datetime
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from laurel.domain.ledger.orders import NOTHING_TAKEN, RefundReason, Taken
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import CommissionId, StorefrontId
from laurel.domain.values.model import Amount, ExternalId, Frozen, Instant, Money, Open

MOST_PARKED: Final = 40
"""The most refunds that wait for one unknown order: they are joined in the transaction that records it."""


RefundId = Annotated[str, Field(max_length=255, pattern=r"^\S(.*\S)?$")]
"""A refund's id where it stands in a path: any text of a storefront, without blanks around it."""


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
    """A refund or dispute as it is kept beside its conversion. `asked`: the amount that was reported, None for all.

    `is_total`: shipping and tax may be in `asked`, so that the goods' share of it counts. `stands`: False once it
    failed, was deleted or was undone, and for a dispute that takes nothing. `told_at`: the shop's time of that;
    `is_listed`: a picture of the order listed it, so that a later one without it undoes it.
    `amount`: what it took off the order when it came, whatever comes later; None as long as it waits for that. `place`:
    the number of refunds that waited when it came, with itself.
    """

    refund_id: ExternalId
    conversion_id: CommissionId
    order_id: ExternalId
    storefront_id: StorefrontId
    reason: RefundReason
    asked: Money | None = None
    is_total: bool = False
    stands: bool = True
    told_at: Instant | None = None
    is_listed: bool = False
    amount: Money | None = None
    place: int = 0
    actor: str
    created_at: Instant

    @property
    def is_parked(self) -> bool:
        """True until its order is known."""
        return self.amount is None

    @property
    def taken(self) -> Taken:
        """Its part in the sums of its order."""
        if not self.stands or self.asked == 0:
            return NOTHING_TAKEN
        chargebacks = int(self.reason == "chargeback")
        if self.asked is None:
            return Taken(whole=1, chargebacks=chargebacks)
        if self.is_total:
            return Taken(total=self.asked, chargebacks=chargebacks)
        return Taken(goods=self.asked, chargebacks=chargebacks)

    def known_at(self) -> datetime:
        """The time of the newest news of it."""
        return self.told_at or self.created_at

    def require_same(self, report: RefundReport) -> None:
        """Raises Conflict `refund_conflict` for another refund under the same id."""
        if (self.asked, self.reason) != (report.amount, report.reason):
            raise Conflict("refund_conflict", "this refund was reported before with another amount or reason")


class RefundView(Open):
    """A refund in minor units of its order's currency, at most the rest of the order: what it took when it came.

    In the list of its order it is what it takes now, after those before it; one that is undone has what it took.
    `parked`: its order is not known yet, and `amount` what was reported, null for all of it. `undone`: it failed, was
    deleted in the shop or was taken back, so that it takes nothing.
    """

    refund_id: str
    conversion_id: str
    order_id: str
    storefront_id: str
    amount: Money | None
    reason: RefundReason
    parked: bool
    undone: bool = False
    created_at: Instant

    @classmethod
    def of(cls, refund: Refund) -> "RefundView":
        """The view of any refund."""
        shared = {name: getattr(refund, name) for name in cls.model_fields.keys() & Refund.model_fields.keys()}
        amount = refund.asked if refund.is_parked else refund.amount
        return cls(**{**shared, "amount": amount}, parked=refund.is_parked, undone=not refund.stands)
