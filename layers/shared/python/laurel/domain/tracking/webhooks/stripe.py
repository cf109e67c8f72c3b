"""Stripe: checkouts, invoices and payments as orders; captures, refunds and disputes, which name a payment.

The clock of all news is the event's own `created`. One payment is one order, by whatever names it is told:

- A checkout has the name of its invoice where it has one, and so both are one; else its own id.
- A payment intent is an order only where nothing says that a checkout or an invoice made it. Versions before the end of
  2025 do not say so of checkouts; then the checkout's name replaces the intent's (`payments`).

An invoice names its payment itself up to version 2025-02-24 (`payment_intent`); later ones do so in the event
`invoice_payment.paid`, or with `payments` expanded. Charges, refunds and disputes name neither invoice nor checkout.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from laurel.domain.ledger.orders import OrderMoney
from laurel.domain.tracking.conversions import ConversionReport, CustomerEmail
from laurel.domain.tracking.landing_pages import CLICK_PARAMETER
from laurel.domain.tracking.webhooks import wire
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    Event,
    Ignored,
    OrderTold,
    PaymentCaptured,
    PaymentNamed,
    Refused,
    StateTold,
    code_told,
)
from laurel.domain.tracking.webhooks.stripe_fields import Discount, StripeEvent, iso, known, minor
from laurel.domain.tracking.webhooks.stripe_moves import (
    NO_PAYMENT,
    UNKNOWN_CURRENCY,
    captured,
    disputed,
    refund_told,
    refunded,
)
from laurel.domain.tracking.webhooks.stripe_sales import Intent, Invoice, InvoicePayment, Session
from laurel.domain.tracking.webhooks.wire import NO_ORDER, NOT_UNDERSTOOD, fitting
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.ids import ClickId
from laurel.domain.values.model import MAX_AMOUNT, WHEN_NEEDED, Identifier

_MOST_CODES, _MOST_PAYMENTS = 10, 10
_NOTHING_PAID, _NO_ID = Ignored("nothing_paid"), Refused("id_not_understood")


def events(body: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a delivery, at least one. Whatever the body is, it never raises."""
    news = StripeEvent.of(body)
    teller = _TELLERS.get(news.type or "")
    if teller is None:
        yield UNKNOWN_TOPIC
    elif news.subject is None:
        yield NO_ORDER
    else:
        yield from teller(news)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sale:
    """An order in Stripe's words and units. Fields that may lead to a member are not checked yet."""

    order_id: str | None
    currency: str | None
    amount: int | None
    gross: int | None
    occurred_at: datetime | None
    codes: Iterable[Any] = ()
    click: Any = None
    customer_id: str | None = None
    email: Any = None
    subscription_id: str | None = None

    def told(self, at: datetime | None, **more: Any) -> OrderTold | Refused:
        """The order in our words. Values that cannot match (a code of 100 letters) are left out; below zero is zero."""
        code = iso(self.currency)
        if self.order_id is None:
            return _NO_ID
        if code is None:
            return UNKNOWN_CURRENCY
        if self.amount is None:
            return NOT_UNDERSTOOD
        amount = minor(max(0, self.amount), code)
        gross = None if self.gross is None else minor(max(0, self.gross), code)
        if max(amount, gross or 0) > MAX_AMOUNT:
            return Refused("amount_too_large")
        report = ConversionReport(
            order_id=self.order_id,
            amount=amount,
            currency=code,
            occurred_at=self.occurred_at,
            click_id=fitting(_IDENTIFIER, self.click),
            customer_id=self.customer_id,
            customer_email=fitting(_EMAIL, self.email),
            subscription_id=self.subscription_id,
        )
        return OrderTold(report, _known_codes(self.codes), at, gross=gross, **more)


def _checked_out(news: StripeEvent) -> Iterator[Event]:
    session = Session.of(news.subject)
    if session.mode == "setup" or session.currency is None:
        yield Ignored("nothing_sold")
        return
    money: OrderMoney = "awaiting" if session.payment_status == "unpaid" else "collected"
    # an invoice knows the amount better, so what its session tells of it is as old as the session
    at = news.created if session.invoice is None else session.created or news.created
    told = _sold_in(session).told(at, money=money, payment=session.payment_intent)
    yield told
    if session.invoice is not None and isinstance(told, OrderTold):
        yield StateTold(session.invoice, "standing", money, news.created)


def _sold_in(session: Session) -> _Sale:
    metadata = session.metadata or {}
    return _Sale(
        order_id=session.order_id,
        currency=session.currency,
        amount=session.goods,
        gross=session.amount_total,
        occurred_at=session.created,
        codes=(metadata.get("promo_code"), *_typed_in(session.discounts)),
        click=metadata.get(CLICK_PARAMETER) or fitting(_CLICK, session.client_reference_id),
        customer_id=session.customer or session.customer_account,
        email=(session.customer_details.email if session.customer_details else None) or session.customer_email,
        subscription_id=session.subscription,
    )


def _payment_failed(news: StripeEvent) -> Iterator[Event]:
    order_id = Session.of(news.subject).order_id
    yield _NO_ID if order_id is None else StateTold(order_id, "standing", "void", news.created)


def _invoiced(news: StripeEvent) -> Iterator[Event]:
    invoice = Invoice.of(news.subject)
    if invoice.goods is not None and invoice.goods <= 0 and not invoice.begins_subscription:
        yield _NOTHING_PAID
        return
    payments = invoice.paid_by[:_MOST_PAYMENTS]
    first = next(iter(payments), None)
    told = _billed_by(invoice).told(news.created, payment=first, is_interval=invoice.is_interval)
    yield told
    if isinstance(told, OrderTold):
        for payment in payments[1:]:
            yield PaymentNamed(payment, told.report.order_id, told.report.currency, news.created)


def _billed_by(invoice: Invoice) -> _Sale:
    metadata = {**(invoice.subscribed.metadata or {}), **(invoice.metadata or {})}
    return _Sale(
        order_id=invoice.id,
        currency=invoice.currency,
        amount=invoice.goods,
        gross=invoice.gross,
        occurred_at=invoice.created,
        codes=(metadata.get("promo_code"), *_typed_in(invoice.discounts)),
        click=metadata.get(CLICK_PARAMETER),
        customer_id=invoice.customer or invoice.customer_account,
        email=invoice.customer_email,
        subscription_id=invoice.subscribed.subscription,
    )


def _payment_named(news: StripeEvent) -> Iterator[Event]:
    paid = InvoicePayment.of(news.subject)
    payment = paid.payment.payment_intent if paid.payment else None
    if paid.invoice is None or payment is None:
        yield NO_PAYMENT
    else:
        yield PaymentNamed(payment, paid.invoice, iso(paid.currency), news.created)


def _paid(news: StripeEvent) -> Iterator[Event]:
    intent = Intent.of(news.subject)
    was_held = intent.capture_method == "manual"
    if intent.id is not None and intent.paid_invoice is not None:
        yield PaymentNamed(intent.id, intent.paid_invoice, iso(intent.currency), news.created)
        return
    if was_held:
        yield from _released(news)
    if intent.is_of_checkout:
        if not was_held:
            yield Ignored("told_by_checkout")
    elif intent.goods is not None and intent.goods <= 0:
        yield _NOTHING_PAID
    else:
        yield _paid_with(intent).told(news.created, payment=intent.id)


def _paid_with(intent: Intent) -> _Sale:
    metadata = intent.metadata or {}
    return _Sale(
        order_id=intent.id,
        currency=intent.currency,
        amount=intent.goods,
        gross=intent.collected,
        occurred_at=intent.created,
        codes=(metadata.get("promo_code"),),
        click=metadata.get(CLICK_PARAMETER),
        customer_id=intent.customer or intent.customer_account,
        email=intent.receipt_email,
    )


def _released(news: StripeEvent) -> Iterator[Event]:
    """The part that an intent which only held money has taken of it in the end, be it nothing."""
    intent = Intent.of(news.subject)
    code, taken = iso(intent.currency), intent.amount_received or 0
    if intent.id is None or intent.latest_charge is None:
        yield _NOTHING_PAID
    elif code is None:
        yield UNKNOWN_CURRENCY
    else:
        left = max(0, (intent.amount or 0) - taken)
        yield PaymentCaptured(
            intent.id, intent.latest_charge, minor(taken, code), minor(left, code), code, news.created
        )


def _code_changed(news: StripeEvent) -> Iterator[Event]:
    yield code_told(wire.Part.of(news.subject).id("id"), news.created)


_TELLERS: Final[Mapping[str, Callable[[StripeEvent], Iterator[Event]]]] = {
    "checkout.session.completed": _checked_out,
    "checkout.session.async_payment_succeeded": _checked_out,
    "checkout.session.async_payment_failed": _payment_failed,
    "invoice.paid": _invoiced,
    "invoice_payment.paid": _payment_named,
    "payment_intent.succeeded": _paid,
    "payment_intent.canceled": _released,
    "charge.captured": captured,
    "charge.expired": captured,
    "charge.refunded": refunded,
    "refund.created": refund_told,
    "refund.updated": refund_told,
    "refund.failed": refund_told,
    "charge.refund.updated": refund_told,
    "charge.dispute.created": disputed,
    "charge.dispute.updated": disputed,
    "charge.dispute.closed": disputed,
    "charge.dispute.funds_withdrawn": disputed,
    "charge.dispute.funds_reinstated": disputed,
    "promotion_code.updated": _code_changed,
}
ORDER_TYPES: Final = tuple(kind for kind in _TELLERS if kind != "promotion_code.updated")
"""The types of events that tell something of orders; Stripe lists at most 20 types at once."""
_IDENTIFIER: Final[TypeAdapter[Any]] = TypeAdapter(Identifier, config=WHEN_NEEDED)
_CLICK: Final[TypeAdapter[Any]] = TypeAdapter(ClickId, config=WHEN_NEEDED)
_EMAIL: Final[TypeAdapter[Any]] = TypeAdapter(CustomerEmail, config=WHEN_NEEDED)
_CODE: Final[TypeAdapter[Any]] = TypeAdapter(PromoCode, config=WHEN_NEEDED)


def _typed_in(discounts: Iterable[Discount | None] | None) -> list[Any]:
    """The promotion codes that were typed in, where the body has their text: it needs a look-up otherwise."""
    return [discount.promotion_code.code for discount in known(discounts) if discount.promotion_code]


def _known_codes(codes: Iterable[Any]) -> tuple[str, ...]:
    known = (fitting(_CODE, code) for code in codes)
    return tuple(dict.fromkeys(code for code in known if code is not None))[:_MOST_CODES]
