"""A payment that refunds name instead of the order: which order it is for, and what went back of it.

Stripe tells how much of a charge has gone back by now, not how much just went. What is more than was known is a refund
of its own, whose id names the total that it reached: told again, or late, it is the same refund or none. What was told
before the order is known waits here.
"""

from collections.abc import Iterator
from typing import Self

from laurel.domain.ledger.orders import RefundReason
from laurel.domain.tracking.webhooks.events import PaymentDisputed, PaymentNamed, PaymentRefunded, RefundReported
from laurel.domain.values.model import ExternalId, Frozen, Money

PaymentEvent = PaymentNamed | PaymentRefunded | PaymentDisputed


class Returned(Frozen):
    """What went back of a payment. `charge`: of which charge, for a refund told as a total."""

    refund_id: ExternalId
    amount: Money
    reason: RefundReason
    charge: ExternalId | None = None


class Payment(Frozen):
    """What is known of a payment; `order_id`: None until the order is."""

    order_id: ExternalId | None = None
    returned: tuple[Returned, ...] = ()
    version: int = 0

    def after(self, event: PaymentEvent) -> Self:
        """With what `event` adds; this very payment if that is nothing."""
        match event:
            case PaymentNamed(_, order_id):
                return self if self.order_id else self._changed(order_id=order_id)
            case PaymentRefunded(_, charge, total):
                more = total - sum(each.amount for each in self.returned if each.charge == charge)
                refund = Returned(refund_id=f"{charge}:{total}", amount=more, reason="refund", charge=charge)
                return self._changed(returned=(*self.returned, refund)) if more > 0 else self
            case PaymentDisputed(_, dispute_id, amount):
                if any(each.refund_id == dispute_id for each in self.returned):
                    return self
                dispute = Returned(refund_id=dispute_id, amount=amount, reason="chargeback")
                return self._changed(returned=(*self.returned, dispute))

    def refunds(self) -> Iterator[RefundReported]:
        """All that went back of the order, as far as it is known."""
        if self.order_id is not None:
            for each in self.returned:
                yield RefundReported(self.order_id, each.refund_id, each.amount, each.reason)

    def _changed(self, **changes: object) -> Self:
        return self.model_copy(update={**changes, "version": self.version + 1})
