"""Orders of shops in dollars, without tax, shipping and customers unless `changes` say more."""

from typing import Any

from tests.kit.shop_bodies import (
    Json,
    shopify_money,
    shopify_order,
    stripe_invoice,
    stripe_session,
    woocommerce_order,
)


def basket(order_id: int, code: str | None, total: str = "100.00", **changes: Any) -> Json:
    """An order of WooCommerce of one line."""
    told = {
        "currency": "USD",
        "coupon_lines": [{"code": code}] if code else [],
        "line_items": [{"total": total, "total_tax": "0.00"}],
        "shipping_lines": [],
        "total": total,
        "total_tax": "0.00",
        "customer_id": 0,
        "billing": {},
    }
    return woocommerce_order(order_id, **{**told, **changes})


def cart(order_id: int, goods: str, code: str, **changes: Any) -> Json:
    """An order of Shopify."""
    told = {
        "currency": "USD",
        "discount_codes": [{"code": code}],
        "subtotal_price_set": shopify_money(goods, "USD"),
        "total_price": goods,
        "line_items": [],
        "customer": None,
        "email": None,
    }
    return shopify_order(order_id, **{**told, **changes})


def changed(minute: int) -> dict[str, str]:
    """The time of a change, so many minutes after an order was placed, for either of these."""
    return {
        "date_modified_gmt": f"2026-11-19T17:{30 + minute}:04",
        "updated_at": f"2026-11-19T12:{30 + minute}:02-05:00",
    }


def checkout(number: int, code: str | None, amount: int = 10_000, **changes: Any) -> Json:
    """A checkout of Stripe, with a payment of its number."""
    told = {
        "amount_total": amount,
        "total_details": {},
        "currency": "usd",
        "payment_intent": f"pi_{number}",
        "metadata": {"promo_code": code},
        "customer": None,
        "customer_details": None,
    }
    return stripe_session(f"cs_{number}", **{**told, **changes})


def invoice(number: int, total: int, code: str | None = None, subscription: str | None = None, **changes: Any) -> Json:
    """An invoice of Stripe that is paid; where it names a subscription, for an interval of that."""
    details = {"type": "subscription_details", "subscription_details": {"subscription": subscription}}
    told = {
        "currency": "usd",
        "total": total,
        "total_excluding_tax": total,
        "amount_due": total,
        "amount_paid": total,
        "total_taxes": [],
        "metadata": {"promo_code": code},
        "customer": None,
        "customer_email": None,
        "parent": details if subscription else None,
        "billing_reason": "subscription_cycle" if subscription else "manual",
    }
    return stripe_invoice(f"in_{number}", **{**told, **changes})
