"""Objects of Stripe as libraries and applications have recorded them, of versions from 2019 to 2025."""

from typing import Any, Final

from laurel.domain.tracking.webhooks.events import (
    Ignored,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
)
from tests.kit.public_orders import Case, Json, Sale
from tests.kit.shop_bodies import (
    stripe_charge,
    stripe_dispute,
    stripe_event,
    stripe_intent,
    stripe_invoice,
    stripe_session,
)


def session(session_id: str, amount: int | None, **changes: Any) -> Json:
    """A checkout of dollars without tax, shipping and discounts."""
    nothing = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
    plain = {"currency": "usd", "metadata": {}, "amount_subtotal": amount, "total_details": nothing}
    return stripe_session(session_id, **{**plain, "amount_total": amount, **changes})


def invoice(invoice_id: str, total: int, **changes: Any) -> Json:
    """An invoice of dollars, all paid, of no subscription."""
    plain = {
        "currency": "usd",
        "billing_reason": "manual",
        "subtotal": total,
        "total": total,
        "total_excluding_tax": total,
        "total_taxes": [],
        "total_discount_amounts": [],
        "amount_due": total,
        "amount_paid": total,
        "parent": None,
    }
    return stripe_invoice(invoice_id, **{**plain, **changes})


def old_invoice(invoice_id: str, total: int, **changes: Any) -> Json:
    """The same as versions before 2022-08-01 told it."""
    gone = ("total_excluding_tax", "total_taxes", "parent")
    return {name: value for name, value in invoice(invoice_id, total, **changes).items() if name not in gone}


def proration_free(amount: int) -> Json:
    return {"data": [{"amount": amount, "type": "subscription", "proration": False}], "has_more": False}


CASES: Final = tuple(
    Case("stripe", name, None, stripe_event(kind, about), reads, why)
    for name, kind, about, reads, why in (
        (
            "a checkout of 30.00",
            "checkout.session.completed",
            session("cs_test_01", 3_000, payment_intent="pi_01"),
            Sale("cs_test_01", 3_000, payment="pi_01", left=3_000),
            "no tax, no shipping",
        ),
        (
            "a checkout that begins a subscription, told before its invoice",
            "checkout.session.completed",
            session("cs_test_02", 1_900, mode="subscription", payment_intent=None, subscription="sub_02"),
            Sale("cs_test_02", 1_900, subscription="sub_02", left=1_900),
            "19.00 for the first interval",
        ),
        (
            "a checkout that only keeps a card",
            "checkout.session.completed",
            session("cs_test_03", None, mode="setup", currency=None, payment_status="no_payment_required"),
            Ignored("nothing_sold"),
            "nothing is sold",
        ),
        (
            "a checkout that the manual shows",
            "checkout.session.completed",
            session("cs_test_04", None, currency=None, total_details=None, payment_status="unpaid"),
            Ignored("nothing_sold"),
            "it has no amount and no currency",
        ),
        (
            "an invoice of 2020, written by hand",
            "invoice.paid",
            old_invoice("in_05", 2_000, payment_intent="pi_05"),
            Sale("in_05", 2_000, payment="pi_05", left=2_000),
            "a total without tax",
        ),
        (
            "an invoice of 2019 with tax in its price",
            "invoice.paid",
            old_invoice(
                "in_06",
                2_000,
                tax=261,
                billing_reason="subscription_create",
                subscription="sub_06",
                payment_intent="pi_06",
                lines=[],
            ),
            Sale("in_06", 1_739, subscription="sub_06", payment="pi_06", left=1_739),
            "subtotal and total are both 20.00, so that the 2.61 of tax are inside",
        ),
        (
            "an invoice of 2019 for two seats with tax in their price",
            "invoice.paid",
            old_invoice(
                "in_07",
                4_000,
                tax=522,
                billing_reason="subscription_create",
                subscription="sub_07",
                payment_intent="pi_07",
                lines=proration_free(4_000),
            ),
            Sale("in_07", 3_478, subscription="sub_07", payment="pi_07", left=3_478),
            "40.00 - 5.22",
        ),
        (
            "an invoice with a discount of a line, one of all lines, and tax on top",
            "invoice.paid",
            invoice(
                "in_08",
                24_512,
                subtotal=25_230,
                subtotal_excluding_tax=25_230,
                total_excluding_tax=22_707,
                tax=1_805,
                total_discount_amounts=[{"amount": 2_523, "discount": "di_1"}, {"amount": 870, "discount": "di_2"}],
                discounts=["di_1"],
                payment_intent="pi_08",
            ),
            Sale("in_08", 22_707, payment="pi_08", left=22_707),
            "174.00 + 87.00 - 8.70 - 25.23 = 227.07; the subtotal has the discount of the line in it already",
        ),
        (
            "an invoice of six licences, of the version of April 2025",
            "invoice.paid",
            invoice(
                "in_09",
                48_000,
                lines={
                    "data": [
                        {
                            "amount": 48_000,
                            "quantity": 6,
                            "parent": {"type": "invoice_item_details", "invoice_item_details": {"proration": False}},
                        }
                    ]
                },
                metadata={"licenses": "6", "on_free_trial": "False"},
            ),
            Sale("in_09", 48_000, left=48_000),
            "6 x 80.00, and it does not say which payment paid it",
        ),
        (
            "an invoice of six licences at a price agreed with that customer",
            "invoice.paid",
            invoice(
                "in_10",
                7_200,
                tax=None,
                total_tax_amounts=[],
                payment_intent="pi_10",
                subscription_details={"metadata": None},
            ),
            Sale("in_10", 7_200, payment="pi_10", left=7_200),
            "6 x 12.00",
        ),
        (
            "an invoice that is not paid yet",
            "invoice.paid",
            invoice("in_11", 1_000, amount_paid=0),
            Ignored("nothing_paid"),
            "no money came",
        ),
        (
            "a payment of a shop without checkouts",
            "payment_intent.succeeded",
            stripe_intent("pi_12", amount=190_200, amount_received=190_200, currency="usd", metadata={}),
            Sale("pi_12", 190_200, payment="pi_12", left=190_200),
            "1902.00 came in",
        ),
        (
            "the payment of an invoice",
            "payment_intent.succeeded",
            stripe_intent("pi_06", amount=2_000, amount_received=2_000, currency="usd", invoice="in_06"),
            PaymentNamed("pi_06", "in_06", "USD"),
            "the invoice is the order",
        ),
        (
            "a payment that was given up",
            "payment_intent.canceled",
            stripe_intent("pi_14", amount=2_000, amount_received=0, currency="usd", latest_charge=None),
            Ignored("nothing_paid"),
            "nothing was authorised either",
        ),
        (
            "a third of a payment goes back",
            "charge.refunded",
            stripe_charge(500, "ch_15", "pi_15", amount=1_500, amount_captured=1_500, currency="usd"),
            PaymentRefunded("pi_15", "ch_15", 500, "USD", None),
            "5.00 of 15.00 by now",
        ),
        (
            "a refund of a charge without a payment intent",
            "charge.refunded",
            stripe_charge(100, "ch_16", None, amount=100, amount_captured=100, currency="usd"),
            Ignored("no_payment_intent"),
            "such charges belong to no checkout and no invoice",
        ),
        (
            "a dispute that waits for an answer",
            "charge.dispute.created",
            stripe_dispute(
                1_000, "pi_17", currency="usd", balance_transactions=[{"amount": -1_000, "currency": "usd"}]
            ),
            PaymentDisputed("pi_17", "dp_1", 1_000, "USD", "open", None, (("USD", 1_000),)),
            "the bank has taken 10.00",
        ),
        (
            "the money of a dispute comes back before it is closed",
            "charge.dispute.funds_reinstated",
            stripe_dispute(
                1_000,
                "pi_17",
                currency="usd",
                status="under_review",
                balance_transactions=[{"amount": -1_000, "currency": "usd"}, {"amount": 1_000, "currency": "usd"}],
            ),
            PaymentDisputed("pi_17", "dp_1", 1_000, "USD", "won", None, (("USD", 1_000),)),
            "10.00 were taken and 10.00 given back",
        ),
        (
            "a question of a bank",
            "charge.dispute.created",
            stripe_dispute(
                100,
                "pi_19",
                currency="usd",
                status="warning_needs_response",
                is_charge_refundable=True,
                balance_transactions=[],
            ),
            PaymentDisputed("pi_19", "dp_1", 100, "USD", "inquiry", None),
            "no money has moved",
        ),
    )
)
