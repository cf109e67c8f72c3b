"""Stripe's checkouts, invoices and payment intents: what was sold, to whom, and what was collected for it.

Amounts are in Stripe's units. Where versions of its API differ, all places are read.
"""

from typing import Any, Final

from laurel.domain.tracking.webhooks.stripe_fields import (
    Discount,
    Flag,
    Maybe,
    Metadata,
    Part,
    Ref,
    Seconds,
    Several,
    Text,
    Units,
    known,
)
from laurel.domain.values.money import share

_NO_INTERVALS: Final = frozenset({"manual", "automatic_pending_invoice_item_invoice", "subscription_threshold"})
"""The reasons of invoices that bill something else of a subscription than its interval."""
_BEGINNINGS: Final = frozenset({None, "subscription", "subscription_create", "quote_accept"})


class _ShippingCost(Part):
    amount_tax: Units = None
    amount_total: Units = None


def _shipping(told: int | None, cost: _ShippingCost | None) -> int:
    """Shipping without its tax, which `told` has in it where prices include tax."""
    if cost is None or cost.amount_total is None:
        return told or 0
    net = cost.amount_total - (cost.amount_tax or 0)
    return net if net >= 0 and (told is None or net <= told) else told or 0


class _Totals(Part):
    amount_shipping: Units = None
    amount_tax: Units = None


class _Person(Part):
    email: Any = None


class Session(Part):
    """A checkout."""

    id: Ref = None
    mode: Text = None
    created: Seconds = None
    currency: Text = None
    payment_status: Text = None
    amount_total: Units = None
    total_details: Maybe[_Totals] = None
    shipping_cost: Maybe[_ShippingCost] = None
    invoice: Ref = None
    payment_intent: Ref = None
    subscription: Ref = None
    customer: Ref = None
    customer_account: Ref = None
    customer_details: Maybe[_Person] = None
    customer_email: Any = None
    client_reference_id: Any = None
    discounts: Several[Discount] = None
    metadata: Metadata = None

    @property
    def order_id(self) -> str | None:
        """The name of the order: its invoice, if it has one."""
        return self.invoice or self.id

    @property
    def goods(self) -> int | None:
        """The sum without tax and shipping, whether prices include tax or not; None where it is not told."""
        if self.amount_total is None:
            return None
        totals = self.total_details or _Totals()
        return self.amount_total - (totals.amount_tax or 0) - _shipping(totals.amount_shipping, self.shipping_cost)


class _Subscribed(Part):
    subscription: Ref = None
    metadata: Metadata = None


class _Parent(Part):
    subscription_details: Maybe[_Subscribed] = None


class _Item(Part):
    proration: Flag = None


class _LineParent(Part):
    subscription_item_details: Maybe[_Item] = None
    invoice_item_details: Maybe[_Item] = None


class _Line(Part):
    type: Text = None
    proration: Flag = None
    parent: Maybe[_LineParent] = None

    @property
    def is_proration(self) -> bool:
        parent = self.parent or _LineParent()
        items = known((parent.subscription_item_details, parent.invoice_item_details))
        return bool(self.proration) or any(item.proration for item in items)

    @property
    def is_interval(self) -> bool:
        """True for an item of the subscription itself, over a whole interval of it."""
        is_item = self.type == "subscription" or bool(self.parent and self.parent.subscription_item_details)
        return is_item and not self.is_proration


class _Lines(Part):
    data: Several[_Line] = None
    has_more: Flag = None


class _Tax(Part):
    amount: Units = None


class _PaidBy(Part):
    payment_intent: Ref = None


class InvoicePayment(Part):
    """A payment of an invoice."""

    invoice: Ref = None
    currency: Text = None
    payment: Maybe[_PaidBy] = None


class _Payments(Part):
    data: Several[InvoicePayment] = None


class Invoice(Part):
    """An invoice that was paid."""

    id: Ref = None
    created: Seconds = None
    currency: Text = None
    billing_reason: Text = None
    total: Units = None
    total_excluding_tax: Units = None
    tax: Units = None
    total_taxes: Several[_Tax] = None
    amount_shipping: Units = None
    shipping_cost: Maybe[_ShippingCost] = None
    amount_due: Units = None
    amount_paid: Units = None
    paid_out_of_band: Flag = None
    lines: Maybe[_Lines] = None
    payment_intent: Ref = None
    payments: Maybe[_Payments] = None
    subscription: Ref = None
    parent: Maybe[_Parent] = None
    customer: Ref = None
    customer_account: Ref = None
    customer_email: Any = None
    discounts: Several[Discount] = None
    metadata: Metadata = None

    @property
    def subscribed(self) -> _Subscribed:
        """The subscription that it is for, if any."""
        told = self.parent.subscription_details if self.parent else None
        return told or _Subscribed(subscription=self.subscription)

    @property
    def collected(self) -> int | None:
        """The money that came in for it: not what the customer's credit settled. None where it is not told."""
        return self.amount_due if self.paid_out_of_band else self.amount_paid

    @property
    def goods(self) -> int | None:
        """The sum without tax and shipping; of a part that was collected its share. None where it is not told."""
        net = self.total_excluding_tax
        if net is None and self.total is not None:
            net = self.total - (self.tax or sum(tax.amount or 0 for tax in known(self.total_taxes)))
        if net is None:
            return None
        sold = net - _shipping(self.amount_shipping, self.shipping_cost)
        if self.collected is None or sold <= 0:
            return sold
        return min(sold, share(self.collected, sold, self.total))

    @property
    def gross(self) -> int | None:
        """Goods, shipping and tax, at most what was collected: a refund of all that was paid is one of the whole."""
        if self.total is None or self.collected is None:
            return self.total
        return min(self.total, self.collected)

    @property
    def begins_subscription(self) -> bool:
        """True for the first invoice of a subscription: one of 0 is a trial."""
        is_first = self.billing_reason in _BEGINNINGS and self.subscribed.subscription is not None
        return is_first and (self.total is None or self.total >= 0)

    @property
    def is_interval(self) -> bool:
        """True unless it bills only something between two intervals of a subscription."""
        lines = known(self.lines.data if self.lines else None)
        if self.subscribed.subscription is None:
            return True
        if self.billing_reason in _NO_INTERVALS:
            return False
        if self.billing_reason == "subscription_update":  # with a new interval where that begins anew
            return any(line.is_interval for line in lines)
        is_all = bool(self.lines and not self.lines.has_more)
        return not (lines and is_all and all(line.is_proration for line in lines))

    @property
    def paid_by(self) -> list[str]:
        """The payment intents that paid it, as far as it names them."""
        listed = known(self.payments.data if self.payments else None)
        named = (self.payment_intent, *(paid.payment.payment_intent for paid in listed if paid.payment))
        return list(dict.fromkeys(known(named)))


class _IntentTax(Part):
    total_tax_amount: Units = None


class _IntentShipping(Part):
    amount: Units = None


class _AmountDetails(Part):
    tax: Maybe[_IntentTax] = None
    shipping: Maybe[_IntentShipping] = None


class _PaymentDetails(Part):
    order_reference: Ref = None


class Intent(Part):
    """A payment intent; Stripe makes those of checkouts and invoices itself, and writes whose they are into them."""

    id: Ref = None
    created: Seconds = None
    currency: Text = None
    amount: Units = None
    amount_received: Units = None
    amount_details: Maybe[_AmountDetails] = None
    capture_method: Text = None
    latest_charge: Ref = None
    invoice: Ref = None
    payment_details: Maybe[_PaymentDetails] = None
    customer: Ref = None
    customer_account: Ref = None
    receipt_email: Any = None
    metadata: Metadata = None

    @property
    def collected(self) -> int | None:
        """The money that came in."""
        return self.amount if self.amount_received is None else self.amount_received

    @property
    def goods(self) -> int | None:
        """The money that came in, without tax and shipping where it tells them; None where it tells nothing."""
        if self.collected is None:
            return None
        details = self.amount_details or _AmountDetails()
        tax = details.tax.total_tax_amount if details.tax else None
        shipping = details.shipping.amount if details.shipping else None
        return self.collected - (tax or 0) - (shipping or 0)

    @property
    def paid_invoice(self) -> str | None:
        """The invoice that it paid, as versions up to 2025-02-24 tell it, and later ones again."""
        reference = self._reference
        return self.invoice or (reference if reference.startswith("in_") else None)

    @property
    def is_of_checkout(self) -> bool:
        """True where it says that a checkout made it; older versions do not say so."""
        return self._reference.startswith("cs_")

    @property
    def _reference(self) -> str:
        return (self.payment_details.order_reference if self.payment_details else None) or ""
