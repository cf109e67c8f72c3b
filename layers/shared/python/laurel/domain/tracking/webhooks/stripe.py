"""Stripe: checkouts and invoices as orders; refunds and disputes, which name a payment.

An invoice names its payment by itself up to API version 2025-02-24 (`payment_intent`); later ones do in the event
`invoice_payment.paid`, or if an endpoint has `payments` expanded. A charge names neither invoice nor session.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from laurel.domain.tracking.clicks import CLICK_PARAMETER
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    Event,
    Ignored,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    RefundReported,
)
from laurel.domain.tracking.webhooks.wire import Id, Order, Wire, parsed
from laurel.domain.values.ids import ClickId
from laurel.domain.values.money import EXPONENTS, minor_units

_FIRST_SECOND, _LAST_SECOND = 946_684_800, 4_102_444_799  # the years 2000 to 2099
_OTHER_EXPONENTS: Final = {"ISK": 2, "UGX": 2, "MGA": 0}
"""The currencies whose units at Stripe differ from ISO 4217."""
_CHECKOUTS: Final = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})
_CLICK: Final[TypeAdapter[str]] = TypeAdapter(ClickId)


def _id_of(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value  # an object where it is expanded


Ref = Annotated[Id | None, BeforeValidator(_id_of)]
Units = Annotated[int, Field(strict=True, ge=-(10**15), le=10**15)]
Seconds = Annotated[int, Field(strict=True, ge=_FIRST_SECOND, le=_LAST_SECOND)]
Metadata = dict[str, Any] | None


class _Data(Wire):
    object: dict[str, Any]


class _Envelope(Wire):
    type: str
    data: _Data


class _Discount(Wire):
    amount: Units = 0


class _Totals(Wire):
    amount_discount: Units | None = None


class _Person(Wire):
    email: Any = None


class _Session(Wire):
    id: Id
    mode: str | None = None
    created: Seconds | None = None
    currency: str | None = None
    payment_status: str | None = None
    amount_subtotal: Units | None = None
    total_details: _Totals | None = None
    invoice: Ref = None
    payment_intent: Ref = None
    subscription: Ref = None
    customer: Ref = None
    customer_details: _Person | None = None
    customer_email: Any = None
    client_reference_id: Any = None
    metadata: Metadata = None

    @property
    def order_id(self) -> str:
        return self.invoice or self.id


class _Subscribed(Wire):
    subscription: Ref = None
    metadata: Metadata = None


class _Parent(Wire):
    subscription_details: _Subscribed | None = None


class _Paid(Wire):
    payment_intent: Ref = None


class _InvoicePayment(Wire):
    invoice: Ref = None
    payment: _Paid = _Paid()


class _Payments(Wire):
    data: tuple[_InvoicePayment, ...] = ()


class _Invoice(Wire):
    id: Id
    created: Seconds | None = None
    currency: str
    subtotal: Units
    total_discount_amounts: tuple[_Discount, ...] | None = None
    payment_intent: Ref = None
    payments: _Payments | None = None
    subscription: Ref = None
    parent: _Parent | None = None
    customer: Ref = None
    customer_email: Any = None
    metadata: Metadata = None

    @property
    def subscribed(self) -> _Subscribed:
        return (self.parent.subscription_details if self.parent else None) or _Subscribed(
            subscription=self.subscription
        )

    @property
    def paid_by(self) -> str | None:
        expanded = [paid.payment.payment_intent for paid in self.payments.data] if self.payments else []
        return next((payment for payment in [self.payment_intent, *expanded] if payment), None)


class _Charge(Wire):
    id: Id
    payment_intent: Ref = None
    amount_refunded: Annotated[Units, Field(ge=0)]
    currency: str


class _Dispute(Wire):
    id: Id
    payment_intent: Ref = None
    amount: Annotated[Units, Field(ge=0)]
    currency: str


def events(body: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a delivery. Raises Invalid."""
    envelope = parsed(_Envelope, body)
    subject = envelope.data.object
    if envelope.type in _CHECKOUTS:
        yield _checkout(parsed(_Session, subject))
    elif envelope.type == "checkout.session.async_payment_failed":
        failed = parsed(_Session, subject).order_id
        yield RefundReported(failed, f"failed:{failed}", None, waits=False)
    elif envelope.type == "invoice.paid":
        yield _invoice(parsed(_Invoice, subject))
    elif envelope.type == "invoice_payment.paid":
        yield _named(parsed(_InvoicePayment, subject))
    elif envelope.type == "charge.refunded":
        yield _refunded(parsed(_Charge, subject))
    elif envelope.type == "charge.dispute.created":
        yield _disputed(parsed(_Dispute, subject))
    else:
        yield UNKNOWN_TOPIC


def _checkout(session: _Session) -> Event:
    if session.mode == "setup" or session.currency is None or session.amount_subtotal is None:
        return Ignored("nothing_sold")
    metadata = session.metadata or {}
    discount = (session.total_details.amount_discount if session.total_details else None) or 0
    return Order(
        order_id=session.order_id,
        amount=_major(session.amount_subtotal - discount, session.currency),
        currency=session.currency,
        occurred_at=_instant(session.created),
        is_paid=session.payment_status != "unpaid",
        codes=[metadata.get("promo_code")],
        click=metadata.get(CLICK_PARAMETER) or _click_id(session.client_reference_id),
        customer_id=session.customer,
        email=(session.customer_details.email if session.customer_details else None) or session.customer_email,
        subscription_id=session.subscription,
        payment=session.payment_intent,
    ).reported()


def _invoice(invoice: _Invoice) -> Event:
    metadata = {**(invoice.subscribed.metadata or {}), **(invoice.metadata or {})}
    discount = sum(part.amount for part in invoice.total_discount_amounts or ())
    return Order(
        order_id=invoice.id,
        amount=_major(invoice.subtotal - discount, invoice.currency),
        currency=invoice.currency,
        occurred_at=_instant(invoice.created),
        is_paid=True,
        codes=[metadata.get("promo_code")],
        click=metadata.get(CLICK_PARAMETER),
        customer_id=invoice.customer,
        email=invoice.customer_email,
        subscription_id=invoice.subscribed.subscription,
        payment=invoice.paid_by,
    ).reported()


def _named(paid: _InvoicePayment) -> Event:
    if paid.invoice is None or paid.payment.payment_intent is None:
        return Ignored("no_payment_intent")
    return PaymentNamed(paid.payment.payment_intent, paid.invoice)


def _refunded(charge: _Charge) -> Event:
    if charge.payment_intent is None:
        return Ignored("no_payment_intent")
    total = _minor(charge.amount_refunded, charge.currency)
    return PaymentRefunded(charge.payment_intent, charge.id, total) if total else Ignored("nothing_refunded")


def _disputed(dispute: _Dispute) -> Event:
    if dispute.payment_intent is None:
        return Ignored("no_payment_intent")
    amount = _minor(dispute.amount, dispute.currency)
    return PaymentDisputed(dispute.payment_intent, dispute.id, amount) if amount else Ignored("nothing_refunded")


def _minor(units: int, currency: str) -> int:
    """Stripe's units in ours; 0 for a currency that no order can have."""
    code = currency.upper()
    return minor_units(_major(units, code), code) if code in EXPONENTS else 0


def _major(units: int, currency: str) -> Decimal:
    code = currency.upper()
    return Decimal(units).scaleb(-_OTHER_EXPONENTS.get(code, EXPONENTS.get(code, 2)))


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _click_id(reference: Any) -> str | None:
    """The click id in a shop's reference; None if the shop keeps something else there."""
    try:
        return _CLICK.validate_python(reference)
    except ValidationError:
        return None
