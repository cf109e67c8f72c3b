"""Shopify: orders as they were placed, and refunds. Amounts are in the shop's currency, not in the customer's."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

from laurel.domain.tracking.clicks import CLICK_PARAMETER
from laurel.domain.tracking.webhooks.events import UNKNOWN_TOPIC, Event, Ignored, RefundReported
from laurel.domain.tracking.webhooks.wire import Flag, Id, Major, Order, Wire, parsed
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import Instant
from laurel.domain.values.money import EXPONENTS, minor_units

_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
_ORDERS: Final = frozenset({"orders/create", "orders/paid"})


class _Money(Wire):
    amount: Major
    currency_code: str


class _MoneySet(Wire):
    shop_money: _Money


class _Tax(Wire):
    price: Major = Decimal(0)
    rate: Major | None = None


class _Line(Wire):
    tax_lines: tuple[_Tax, ...] | None = None

    @property
    def tax(self) -> Decimal:
        return sum((tax.price for tax in self.tax_lines or ()), Decimal(0))

    @property
    def rate(self) -> Decimal:
        return sum((tax.rate or Decimal(0) for tax in self.tax_lines or ()), Decimal(0))


class _Named(Wire):
    name: Any = None
    value: Any = None


class _Code(Wire):
    code: Any = None


class _Customer(Wire):
    id: Any = None
    email: Any = None


class _Order(Wire):
    id: Id
    created_at: Instant | None = None
    currency: str
    financial_status: str | None = None
    test: Flag = None
    taxes_included: Flag = None
    subtotal_price: Major | None = None
    subtotal_price_set: _MoneySet | None = None
    line_items: tuple[_Line, ...] | None = None
    discount_codes: tuple[_Code, ...] | None = None
    note_attributes: tuple[_Named, ...] | None = None
    landing_site: str | None = None
    customer: _Customer | None = None
    email: Any = None


class _RefundLine(Wire):
    subtotal: Major | None = None
    subtotal_set: _MoneySet | None = None
    total_tax: Major | None = None
    line_item: _Line | None = None


class _Transaction(Wire):
    amount: Major = Decimal(0)
    currency: str | None = None
    kind: str | None = None
    status: str | None = None


class _Adjustment(Wire):
    kind: str | None = None
    amount: Major = Decimal(0)
    tax_amount: Major | None = None


class _Refund(Wire):
    id: Id
    order_id: Id
    refund_line_items: tuple[_RefundLine, ...] | None = None
    transactions: tuple[_Transaction, ...] | None = None
    order_adjustments: tuple[_Adjustment, ...] | None = None


def events(topic: str, body: Mapping[str, Any], currency: str) -> Iterator[Event]:
    """The events of a delivery. `currency`: that of a refund which names none. Raises Invalid."""
    if topic == "refunds/create":
        yield _refund(parsed(_Refund, body), currency)
    elif topic in _ORDERS:
        yield _order(parsed(_Order, body), is_paid=topic == "orders/paid")
    elif topic == "orders/cancelled":
        yield _cancelled(parsed(_Order, body))
    else:
        yield UNKNOWN_TOPIC


def _order(order: _Order, *, is_paid: bool) -> Event:
    if order.test:
        return Ignored("test")
    if order.financial_status == "voided":
        return Ignored("voided")
    return Order(
        order_id=order.id,
        amount=_amount(order),
        currency=order.subtotal_price_set.shop_money.currency_code if order.subtotal_price_set else order.currency,
        occurred_at=order.created_at,
        is_paid=is_paid or order.financial_status in _PAID,
        codes=[discount.code for discount in order.discount_codes or ()],
        click=_click(order),
        customer_id=order.customer.id if order.customer else None,
        email=order.email or (order.customer.email if order.customer else None),
    ).reported()


def _amount(order: _Order) -> Decimal:
    """The amount after discounts, before shipping; if prices include tax, without the tax of the lines."""
    subtotal = order.subtotal_price_set.shop_money.amount if order.subtotal_price_set else order.subtotal_price
    if subtotal is None:
        raise Invalid("invalid_request", "an order has a subtotal", "/subtotal_price")
    inside = sum((line.tax for line in order.line_items or ()), Decimal(0)) if order.taxes_included else Decimal(0)
    return subtotal - inside


def _click(order: _Order) -> Any:
    noted = [note.value for note in order.note_attributes or () if note.name == CLICK_PARAMETER]
    landed = parse_qsl((order.landing_site or "").partition("?")[2].partition("#")[0])
    return next(iter([*noted, *(value for name, value in landed if name == CLICK_PARAMETER)]), None)


def _cancelled(order: _Order) -> Event:
    return Ignored("test") if order.test else RefundReported(order.id, f"cancelled:{order.id}", None)


def _refund(refund: _Refund, currency: str) -> Event:
    lines = refund.refund_line_items or ()
    if lines and all(_subtotal(line) is not None for line in lines):
        amount, named = sum((_without_tax(line) for line in lines), Decimal(0)), _currency_of(lines)
    else:
        amount, named = (
            _sent_back(refund),
            next((transaction.currency for transaction in refund.transactions or ()), None),
        )
    code = (named or currency).upper()
    if code not in EXPONENTS:
        return Ignored("unknown_currency")
    minor = minor_units(amount, code)
    return RefundReported(refund.order_id, refund.id, minor) if minor > 0 else Ignored("nothing_refunded")


def _subtotal(line: _RefundLine) -> Decimal | None:
    return line.subtotal_set.shop_money.amount if line.subtotal_set else line.subtotal


def _currency_of(lines: tuple[_RefundLine, ...]) -> str | None:
    return next((line.subtotal_set.shop_money.currency_code for line in lines if line.subtotal_set), None)


def _without_tax(line: _RefundLine) -> Decimal:
    """The line without tax. Its tax shows whether its price includes it: of 119.00 at 19 % it is 19.00, or 22.61."""
    subtotal, tax = _subtotal(line) or Decimal(0), line.total_tax or Decimal(0)
    rate = line.line_item.rate if line.line_item else Decimal(0)
    added = subtotal * rate
    return subtotal - tax if abs(tax * (1 + rate) - added) < abs(tax - added) else subtotal


def _sent_back(refund: _Refund) -> Decimal:
    """The money that the customer got, without shipping, which earned nothing."""
    transactions = refund.transactions or ()
    paid = (sent.amount for sent in transactions if (sent.kind, sent.status) == ("refund", "success"))
    shipping = (
        adjustment.amount + (adjustment.tax_amount or 0)  # negative
        for adjustment in refund.order_adjustments or ()
        if adjustment.kind == "shipping_refund"
    )
    return sum(paid, Decimal(0)) + sum(shipping, Decimal(0))
