"""Deliveries as shops send them: bodies in each platform's own words, and its signature. Made up, not recorded."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

SECRET: Final = "whsec_fixed-for-tests"
Json = dict[str, Any]


def shopify_order(order_id: Any = 5_930_000_000_001, **changes: Any) -> Json:
    """Two articles with a discount, tax on top, shipping apart; as it was placed, unless `changes` say more."""
    body = {
        "id": order_id,
        "name": "#2041",
        "created_at": "2026-11-19T12:30:00-05:00",
        "updated_at": "2026-11-19T12:30:02-05:00",
        "cancelled_at": None,
        "currency": "EUR",
        "presentment_currency": "SEK",
        "email": "carla@example.net",
        "financial_status": "paid",
        "test": False,
        "taxes_included": False,
        "subtotal_price": "150.40",
        "subtotal_price_set": shopify_money("150.40"),
        "total_price": "185.98",
        "total_tax": "28.58",
        "landing_site": "/products/serum?utm_source=ada",
        "note_attributes": [{"name": "gift_wrap", "value": "no"}],
        "discount_codes": [{"code": "ADA10", "amount": "16.71", "type": "percentage"}],
        "customer": {"id": 7_210_000_000_003, "email": "carla@example.net"},
        "line_items": [
            {"id": 1, "price": "100.00", "quantity": 1, "tax_lines": [{"price": "17.10", "rate": 0.19}]},
            {"id": 2, "price": "67.11", "quantity": 1, "tax_lines": [{"price": "11.48", "rate": 0.19}]},
        ],
        "shipping_lines": [{"price": "7.00"}],
        **changes,
    }
    now = {"current_subtotal_price_set": body["subtotal_price_set"], "current_total_price": body["total_price"]}
    return {**now, **body}


def shopify_refund(refund_id: Any = 880_000_000_001, order_id: Any = 5_930_000_000_001, **changes: Any) -> Json:
    """One of the two articles."""
    return {
        "id": refund_id,
        "order_id": order_id,
        "created_at": "2026-11-21T09:00:00-05:00",
        "refund_line_items": [
            {
                "id": 31,
                "quantity": 1,
                "subtotal": 60.4,
                "total_tax": 11.48,
                "subtotal_set": shopify_money("60.40"),
                "line_item": {"id": 2, "tax_lines": [{"price": "11.48", "rate": 0.19}]},
            }
        ],
        "refund_shipping_lines": [],
        "transactions": [{"kind": "refund", "status": "success", "amount": "71.88", "currency": "EUR"}],
        "order_adjustments": [],
        **changes,
    }


def shopify_dispute(status: str = "needs_response", kind: str = "chargeback", **changes: Any) -> Json:
    """The whole of an order that the customer's bank has taken back, or asks about."""
    return {
        "id": 990_000_000_001,
        "order_id": 5_930_000_000_001,
        "type": kind,
        "status": status,
        "amount": "185.98",
        "currency": "EUR",
        "reason": "fraudulent",
        "initiated_at": "2026-11-25T10:00:00-05:00",
        "evidence_due_by": "2026-12-05T10:00:00-05:00",
        "evidence_sent_on": None,
        "finalized_on": None,
        **changes,
    }


def shopify_money(amount: str, currency: str = "EUR") -> Json:
    """An amount in the shop's money beside one in the customer's, which nobody reads."""
    customers = {"amount": "1703.20", "currency_code": "SEK"}
    return {"shop_money": {"amount": amount, "currency_code": currency}, "presentment_money": customers}


def woocommerce_order(order_id: Any = 4711, status: str = "processing", **changes: Any) -> Json:
    """Two lines with tax and shipping apart, and a coupon."""
    return {
        "id": order_id,
        "parent_id": 0,
        "status": status,
        "currency": "EUR",
        "date_created": "2026-11-19T18:30:00",
        "date_created_gmt": "2026-11-19T17:30:00",
        "date_modified_gmt": "2026-11-19T17:30:04",
        "date_paid_gmt": None,
        "total": "185.98",
        "total_tax": "28.58",
        "shipping_total": "7.00",
        "customer_id": 26,
        "billing": {"first_name": "Carla", "email": "carla@example.net"},
        "meta_data": [{"id": 1, "key": "_download_permissions_granted", "value": "yes"}],
        "line_items": [
            {"id": 11, "quantity": 1, "subtotal": "100.00", "total": "90.00", "total_tax": "17.10", "price": 90},
            {"id": 12, "quantity": 1, "subtotal": "67.11", "total": "60.40", "total_tax": "11.48", "price": 60.4},
        ],
        "shipping_lines": [{"id": 13, "method_id": "flat_rate", "total": "7.00", "total_tax": "0.00"}],
        "fee_lines": [],
        "coupon_lines": [{"id": 9, "code": "ada10", "discount": "16.71"}],
        "refunds": [],
        **changes,
    }


def woocommerce_subscription(subscription_id: int = 4720, order_id: int = 4711, **changes: Any) -> Json:
    """A subscription that an order began: an object like an order, with the order as its parent."""
    told = {"status": "active", "currency": "EUR", "total": "60.40", "billing_period": "month", "line_items": []}
    return {"id": subscription_id, "parent_id": order_id, **told, **changes}


def stripe_session(session_id: Any = "cs_live_a1", **changes: Any) -> Json:
    """A checkout of one payment, with a discount, tax and shipping beside it."""
    return {
        "id": session_id,
        "object": "checkout.session",
        "mode": "payment",
        "created": 1_795_109_400,
        "currency": "eur",
        "payment_status": "paid",
        "amount_subtotal": 16_711,
        "amount_total": 18_598,
        "total_details": {"amount_discount": 1_671, "amount_shipping": 700, "amount_tax": 2_858},
        "invoice": None,
        "payment_intent": "pi_1",
        "subscription": None,
        "customer": "cus_1",
        "customer_details": {"email": "carla@example.net"},
        "client_reference_id": None,
        "metadata": {"promo_code": "ADA10"},
        **changes,
    }


def stripe_invoice(invoice_id: str = "in_1", **changes: Any) -> Json:
    """A paid invoice of a subscription, as versions since 2025-03-31 send it: without its payment."""
    return {
        "id": invoice_id,
        "object": "invoice",
        "billing_reason": "subscription_create",
        "created": 1_795_109_401,
        "currency": "eur",
        "customer": "cus_1",
        "customer_email": "carla@example.net",
        "subtotal": 16_711,
        "total_discount_amounts": [{"amount": 1_671, "discount": "di_1"}],
        "total_excluding_tax": 15_040,
        "total_taxes": [{"amount": 2_858, "tax_behavior": "exclusive"}],
        "total": 17_898,
        "amount_due": 17_898,
        "amount_paid": 17_898,
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1", "metadata": {}}},
        "metadata": {},
        **changes,
    }


def stripe_intent(intent_id: str = "pi_1", **changes: Any) -> Json:
    """A payment intent that a shop made itself, without a checkout and an invoice."""
    return {
        "id": intent_id,
        "object": "payment_intent",
        "created": 1_795_109_400,
        "currency": "eur",
        "amount": 12_500,
        "amount_received": 12_500,
        "capture_method": "automatic_async",
        "latest_charge": "ch_1",
        "customer": "cus_1",
        "receipt_email": "carla@example.net",
        "metadata": {"promo_code": "ADA10"},
        "payment_details": None,
        **changes,
    }


def stripe_charge(refunded: Any, charge_id: Any = "ch_1", payment: Any = "pi_1", **changes: Any) -> Json:
    """A charge of which `refunded` has gone back by now."""
    return {
        "id": charge_id,
        "object": "charge",
        "amount": 18_598,
        "amount_captured": 18_598,
        "amount_refunded": refunded,
        "captured": True,
        "currency": "eur",
        "payment_intent": payment,
        "refunded": refunded == 18_598,
        **changes,
    }


def stripe_refund(amount: Any, refund_id: Any = "re_1", payment: Any = "pi_1", **changes: Any) -> Json:
    """A refund of a charge."""
    return {
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "charge": "ch_1",
        "created": 1_795_109_401,
        "currency": "eur",
        "payment_intent": payment,
        "status": "succeeded",
        **changes,
    }


def stripe_dispute(amount: Any = 18_598, payment: Any = "pi_1", **changes: Any) -> Json:
    """A payment that its owner's bank took back."""
    told = {"id": "dp_1", "object": "dispute", "charge": "ch_1", "amount": amount, "currency": "eur"}
    return {**told, "payment_intent": payment, "reason": "fraudulent", "status": "needs_response", **changes}


def stripe_event(kind: str, about: Json, **changes: Any) -> Json:
    """What Stripe puts around an object."""
    told = {"id": f"evt_{about.get('id')}", "object": "event", "type": kind, "created": 1_795_109_402}
    return {**told, "livemode": True, "data": {"object": about}, **changes}


def as_sent(body: Json | str) -> str:
    """A body as text."""
    return body if isinstance(body, str) else json.dumps(body)


def signed(platform: str, topic: str, body: str | bytes, at: datetime, secret: str = SECRET) -> Mapping[str, str]:
    """The headers of a delivery. Stripe's topic is in its body."""
    raw = body.encode() if isinstance(body, str) else body
    match platform:
        case "shopify":
            return {"x-shopify-topic": topic, "x-shopify-hmac-sha256": _base64(secret, raw)}
        case "woocommerce":
            return {"x-wc-webhook-topic": topic, "x-wc-webhook-signature": _base64(secret, raw)}
        case _:
            stamp = str(int(at.timestamp()))
            mac = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
            return {"stripe-signature": f"t={stamp},v1={mac}"}


def dated(event: Mapping[str, Any], at: datetime) -> Json:
    """An event of events/ that Stripe signs `now`: its signatures hold for five minutes, files for years."""
    if event.get("headers", {}).get("stripe-signature") != "now":
        return dict(event)
    return {**event, "headers": {**event["headers"], **signed("stripe", "", event["body"], at)}}


def _base64(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
