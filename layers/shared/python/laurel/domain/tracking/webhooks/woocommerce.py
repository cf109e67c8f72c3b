"""WooCommerce: an order as it stands, sent whenever it changes, with all its refunds so far."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from laurel.domain.tracking.clicks import CLICK_PARAMETER
from laurel.domain.tracking.webhooks.events import UNKNOWN_TOPIC, Event, Ignored, RefundReported
from laurel.domain.tracking.webhooks.wire import Id, Major, Order, Wire, parsed
from laurel.domain.values.model import Instant
from laurel.domain.values.money import EXPONENTS, minor_units

_TOPICS: Final = frozenset({"order.created", "order.updated"})
_PAID: Final = frozenset({"processing", "completed"})
_PAYABLE: Final = frozenset({*_PAID, "on-hold"})
_GUEST: Final = ("0", "")
_WITHOUT_OFFSET: Final = len("2026-11-21T10:00:00")


def _as_utc(value: Any) -> Any:
    return f"{value}Z" if isinstance(value, str) and len(value) == _WITHOUT_OFFSET else value


class _Line(Wire):
    total: Major = Decimal(0)


class _Coupon(Wire):
    code: Any = None


class _Meta(Wire):
    key: Any = None
    value: Any = None


class _Billing(Wire):
    email: Any = None


class _Refund(Wire):
    id: Id
    total: Major = Decimal(0)


class _Order(Wire):
    id: Id
    status: str
    currency: str
    date_created_gmt: Annotated[Instant, BeforeValidator(_as_utc)] | None = None
    line_items: tuple[_Line, ...] | None = None
    coupon_lines: tuple[_Coupon, ...] | None = None
    meta_data: tuple[_Meta, ...] | None = None
    refunds: tuple[_Refund, ...] | None = None
    customer_id: Id | None = None
    billing: _Billing | None = None


def events(topic: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a delivery. Raises Invalid."""
    if topic not in _TOPICS:
        yield UNKNOWN_TOPIC
        return
    order = parsed(_Order, body)
    if order.currency.upper() in EXPONENTS:
        yield from [*_order(order), *_refunds(order), *_end(order)] or [Ignored("not_payable")]
    else:
        yield Ignored("unknown_currency")


def _order(order: _Order) -> Iterator[Event]:
    if order.status in _PAYABLE:
        yield Order(
            order_id=order.id,
            amount=sum((line.total for line in order.line_items or ()), Decimal(0)),
            currency=order.currency,
            occurred_at=order.date_created_gmt,
            is_paid=order.status in _PAID,
            codes=[coupon.code for coupon in order.coupon_lines or ()],
            click=next((meta.value for meta in order.meta_data or () if meta.key == CLICK_PARAMETER), None),
            customer_id=None if order.customer_id in _GUEST else order.customer_id,
            email=order.billing.email if order.billing else None,
        ).reported()


def _refunds(order: _Order) -> Iterator[Event]:
    for refund in order.refunds or ():
        amount = abs(minor_units(refund.total, order.currency.upper()))
        if amount > 0:
            yield RefundReported(order.id, refund.id, amount)


def _end(order: _Order) -> Iterator[Event]:
    """The end of an order. A payment that failed may be tried again, so it ends only an order reported before."""
    if order.status in {"cancelled", "failed"}:
        rest = f"{order.status}:{order.id}"
        yield RefundReported(order.id, rest, None, waits=order.status == "cancelled")
