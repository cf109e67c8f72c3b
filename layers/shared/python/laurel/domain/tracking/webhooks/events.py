"""Events that a delivery of a shop can have: a closed union, whatever the platform."""

from dataclasses import dataclass
from typing import TypeAlias

from laurel.domain.ledger.orders import RefundReason
from laurel.domain.tracking.conversions import ConversionReport


@dataclass(frozen=True, slots=True)
class OrderReported:
    """An order that counts, as it was placed. `codes`: all its discount codes; one of them may be the program's.

    `is_paid`: the shop has its money. `payment`: the id that its refunds will name instead of the order.
    """

    report: ConversionReport
    codes: tuple[str, ...]
    is_paid: bool
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class RefundReported:
    """A refund of an order. `amount`: minor units of the order's currency; None: the whole rest.

    `waits`: it also counts for an order that is reported later. An attempt to pay that failed before anything was
    reported takes nothing back.
    """

    order_id: str
    refund_id: str
    amount: int | None
    reason: RefundReason = "refund"
    waits: bool = True


@dataclass(frozen=True, slots=True)
class PaymentNamed:
    """The order that a payment is for."""

    payment: str
    order_id: str


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """The sum of a charge's refunds so far, in minor units, whatever the order in which they are reported."""

    payment: str
    charge: str
    total: int


@dataclass(frozen=True, slots=True)
class PaymentDisputed:
    """A chargeback: the customer's bank took money of a payment back."""

    payment: str
    dispute_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery without anything that Laurel counts; `reason` is stable."""

    reason: str


Event: TypeAlias = OrderReported | RefundReported | PaymentNamed | PaymentRefunded | PaymentDisputed | Ignored
UNKNOWN_TOPIC = Ignored("unknown_topic")
