"""WooCommerce: an order as it stands, told whenever it changes, with all its refunds so far."""

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
    """What a delivery says. Raises Invalid."""
    if topic not in _TOPICS:
        yield UNKNOWN_TOPIC
        return
    told = parsed(_Order, body)
    if told.currency.upper() in EXPONENTS:
        yield from [*_order(told), *_refunds(told), *_end(told)] or [Ignored("not_payable")]
    else:
        yield Ignored("unknown_currency")


def _order(told: _Order) -> Iterator[Event]:
    if told.status in _PAYABLE:
        yield Order(
            order_id=told.id,
            amount=sum((line.total for line in told.line_items or ()), Decimal(0)),
            currency=told.currency,
            occurred_at=told.date_created_gmt,
            is_paid=told.status in _PAID,
            codes=[each.code for each in told.coupon_lines or ()],
            click=next((each.value for each in told.meta_data or () if each.key == CLICK_PARAMETER), None),
            customer_id=None if told.customer_id in _GUEST else told.customer_id,
            email=told.billing.email if told.billing else None,
        ).reported()


def _refunds(told: _Order) -> Iterator[Event]:
    for each in told.refunds or ():
        amount = abs(minor_units(each.total, told.currency.upper()))
        if amount > 0:
            yield RefundReported(told.id, each.id, amount)


def _end(told: _Order) -> Iterator[Event]:
    """A payment that failed may be tried again: it ends only an order that was reported before."""
    if told.status in {"cancelled", "failed"}:
        rest = f"{told.status}:{told.id}"
        yield RefundReported(told.id, rest, None, waits=told.status == "cancelled")
