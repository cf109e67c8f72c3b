"""Events that a delivery of a shop can have: facts of orders, payments and codes, a closed union for all platforms.

`at` is the time of the news by the shop's own clock, None where it tells none: then the news is as old as its arrival.
Older news never replaces newer; each fact stands under a key of its own, so that deliveries may come in any order.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from laurel.domain.ledger.orders import OrderMoney, OrderState, RefundReason
from laurel.domain.tracking.conversions import ConversionReport

DisputeStanding = Literal["inquiry", "open", "won", "lost"]
TAKING: Final[frozenset[DisputeStanding]] = frozenset({"open", "lost"})
"""Disputes that take money; an inquiry and one that was won take nothing."""
Sums: TypeAlias = tuple[tuple[str, int], ...]
"""The same money in several currencies: ISO 4217 code and minor units of it."""


@dataclass(frozen=True, slots=True)
class RefundTold:
    """A refund of an order as it stands by now; told again with another amount, the newer news counts.

    `amount`: minor units of the order's currency, None for all of it. `is_total`: shipping and tax may be in it, so
    that the goods' share of it counts. `stands`: False for one that failed or was deleted.
    """

    order_id: str
    refund_id: str
    amount: int | None
    is_total: bool = False
    reason: RefundReason = "refund"
    stands: bool = True
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderTold:
    """The picture of an order at one moment. `report` is recorded if the order is not known; its amount is news anyway.

    `codes`: all its discount codes; one of them may be the program's. `gross`: goods, shipping and tax together, in
    minor units of the report's currency, None where the shop does not tell. `refunds`: all of the order's refunds at
    that moment, None where the picture does not list them; one that was listed before and is not any more is undone.
    `payment`: the id that refunds and disputes will name instead of the order. `is_interval`: False for what is paid of
    a subscription between its whole intervals, such as the proration of a change: it is no payment of the series.
    """

    report: ConversionReport
    codes: tuple[str, ...] = ()
    at: datetime | None = None
    state: OrderState = "standing"
    money: OrderMoney = "collected"
    gross: int | None = None
    refunds: tuple[RefundTold, ...] | None = None
    payment: str | None = None
    is_interval: bool = True


@dataclass(frozen=True, slots=True)
class StateTold:
    """The state and money of an order, and nothing else. It records no order, and waits for one that is not known."""

    order_id: str
    state: OrderState
    money: OrderMoney
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentNamed:
    """A name under which the order of a payment was told, and the currency of that order where it is known.

    One payment is one order; where nobody but the payment itself told it, the name is the payment's own id.
    """

    payment: str
    order_id: str
    currency: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """The parts of an authorised payment that were taken by then and that are left, in minor units of `currency`.

    Nothing taken: the authorisation has ended, and no money will come.
    """

    payment: str
    charge: str
    taken: int
    left: int
    currency: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentRefundTold:
    """A refund by its own id, in minor units of `currency`: a total with shipping and tax in it.

    `also`: the same money in other currencies, where the body has it. `made_at`: since when it is in the running total
    of its charge.
    """

    payment: str
    charge: str | None
    refund_id: str
    amount: int
    currency: str
    stands: bool
    at: datetime | None
    made_at: datetime | None = None
    also: Sums = ()


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """The sum of a charge's refunds at that moment, in minor units of `currency`; it falls when one of them fails."""

    payment: str
    charge: str
    total: int
    currency: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentDisputed:
    """A dispute of a payment as it stands by now: an inquiry and one that was won take nothing.

    `amount`: minor units of `currency`; `also`: the same money in other currencies, where the body has it.
    """

    payment: str
    dispute_id: str
    amount: int
    currency: str
    standing: DisputeStanding
    at: datetime | None
    also: Sums = ()


@dataclass(frozen=True, slots=True)
class DisputeTold:
    """A dispute of an order that the shop names itself. `amount`: minor units of `currency`, by default the order's."""

    order_id: str
    dispute_id: str
    amount: int
    standing: DisputeStanding
    at: datetime | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionNamed:
    """The order that began a subscription, where its own picture does not name it; later payments name it alone."""

    order_id: str
    subscription_id: str


@dataclass(frozen=True, slots=True)
class CodeTold:
    """A discount code that somebody changed or deleted in the shop, perhaps Laurel. `shop_id`: the shop's own id."""

    shop_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A delivery without anything that Laurel counts, on purpose; `reason` is stable."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An order on which somebody may have earned, and which cannot be counted as it is; `reason` is stable."""

    reason: str


Event: TypeAlias = (
    OrderTold
    | StateTold
    | RefundTold
    | DisputeTold
    | SubscriptionNamed
    | PaymentNamed
    | PaymentCaptured
    | PaymentRefundTold
    | PaymentRefunded
    | PaymentDisputed
    | CodeTold
    | Ignored
    | Refused
)
UNKNOWN_TOPIC = Ignored("unknown_topic")
NO_CODE = Ignored("no_code_of_laurel")


def code_told(shop_id: str | None, at: datetime | None) -> CodeTold | Ignored:
    """A discount code that somebody touched; one without an id is none of Laurel's."""
    return NO_CODE if shop_id is None else CodeTold(shop_id, at)


def arriving(event: Event, at: datetime) -> Event:
    """The event as of its arrival at `at`, in whatever the shop told no time of."""
    match event:
        case Ignored() | Refused() | SubscriptionNamed():
            return event
        case OrderTold():
            report = event.report.model_copy(update={"occurred_at": event.report.occurred_at or at})
            return replace(event, report=report, at=event.at or at)
        case _:
            return replace(event, at=event.at or at)
