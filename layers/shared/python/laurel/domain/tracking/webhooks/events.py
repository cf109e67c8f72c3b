"""What a delivery of a shop can say: a closed union, whatever the platform."""

from dataclasses import dataclass
from typing import TypeAlias

from laurel.domain.ledger.orders import RefundReason
from laurel.domain.tracking.conversions import ConversionReport


@dataclass(frozen=True, slots=True)
class OrderReported:
    """An order that counts, as it was placed. `codes`: all its discount codes, of which one may be of the program.

    `is_paid`: whether the shop has its money. `payment`: what its refunds will name instead of the order.
    """

    report: ConversionReport
    codes: tuple[str, ...]
    is_paid: bool
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class RefundReported:
    """Money of an order that went back. `amount`: minor units of the order's currency; None: all that is left.

    `waits`: whether it counts for an order that is reported later. An attempt to pay that failed before anything was
    reported takes nothing back.
    """

    order_id: str
    refund_id: str
    amount: int | None
    reason: RefundReason = "refund"
    waits: bool = True


@dataclass(frozen=True, slots=True)
class PaymentNamed:
    """Which order a payment is for."""

    payment: str
    order_id: str


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """All that has gone back of a charge by now, in minor units: the sum of its refunds, in whatever order told."""

    payment: str
    charge: str
    total: int


@dataclass(frozen=True, slots=True)
class PaymentDisputed:
    """Money of a payment that its owner's bank took back."""

    payment: str
    dispute_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing that Laurel counts; `reason` is stable."""

    reason: str


Event: TypeAlias = OrderReported | RefundReported | PaymentNamed | PaymentRefunded | PaymentDisputed | Ignored
UNKNOWN_TOPIC = Ignored("unknown_topic")
