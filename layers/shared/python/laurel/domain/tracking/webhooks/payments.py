"""A payment that refunds name instead of the order, with its order and its refunds.

Stripe sends how much of a charge is refunded by now, not each refund. The part that was not known yet is a refund
of its own, whose id names the total that it reached: sent again or late, it is the same refund or none. Refunds sent
before the order is known wait here.
"""

from collections.abc import Iterator
from typing import Self

from laurel.domain.ledger.orders import RefundReason
from laurel.domain.tracking.webhooks.events import PaymentDisputed, PaymentNamed, PaymentRefunded, RefundReported
from laurel.domain.values.model import ExternalId, Frozen, Money

PaymentEvent = PaymentNamed | PaymentRefunded | PaymentDisputed


class Returned(Frozen):
    """A part of a payment that went back. `charge`: the charge of a refund that was sent as a total."""

    refund_id: ExternalId
    amount: Money
    reason: RefundReason
    charge: ExternalId | None = None


class Payment(Frozen):
    """A payment as far as it is known; `order_id`: None until the order is."""

    order_id: ExternalId | None = None
    returned: tuple[Returned, ...] = ()
    version: int = 0

    def after(self, event: PaymentEvent) -> Self:
        """The payment after `event`; this very payment if the event adds nothing."""
        match event:
            case PaymentNamed(_, order_id):
                return self if self.order_id else self._changed(order_id=order_id)
            case PaymentRefunded(_, charge, total):
                more = total - sum(part.amount for part in self.returned if part.charge == charge)
                refund = Returned(refund_id=f"{charge}:{total}", amount=more, reason="refund", charge=charge)
                return self._changed(returned=(*self.returned, refund)) if more > 0 else self
            case PaymentDisputed(_, dispute_id, amount):
                if any(part.refund_id == dispute_id for part in self.returned):
                    return self
                dispute = Returned(refund_id=dispute_id, amount=amount, reason="chargeback")
                return self._changed(returned=(*self.returned, dispute))

    def refunds(self) -> Iterator[RefundReported]:
        """All refunds of the order, if that is known."""
        if self.order_id is not None:
            for part in self.returned:
                yield RefundReported(self.order_id, part.refund_id, part.amount, part.reason)

    def _changed(self, **changes: object) -> Self:
        return self.model_copy(update={**changes, "version": self.version + 1})
