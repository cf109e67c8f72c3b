"""An order of the shop as Shopify's webhook orders/create tells it, and the signature that Laurel asks for."""

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tools.shop.carts import ARTICLES, Cart, Discount

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
CURRENCY: Final = "USD"
SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the shop sends its webhooks, and the secret with which it signs them."""

    url: str
    secret: str

    def tell(self, topic: str, order: Mapping[str, Any]) -> bool:
        """Sends a webhook, once; whether it was taken."""
        body = json.dumps(order).encode()
        digest = hmac.digest(self.secret.encode(), body, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        }
        try:
            with _DIRECT.open(urllib.request.Request(self.url, body, headers), timeout=SECONDS) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError):
            return False


def order_of(cart: Cart, discount: Discount | None, email: str, number: int, now: datetime) -> dict[str, Any]:
    """The order that a cart becomes, paid."""
    off = 0 if discount is None else discount.off(cart.subtotal)
    goods, at = money(cart.subtotal - off), now.astimezone(UTC).isoformat(timespec="seconds")
    return {
        "id": number,
        "name": f"#{number}",
        "created_at": at,
        "updated_at": at,
        "cancelled_at": None,
        "currency": CURRENCY,
        "email": email,
        "financial_status": "paid",
        "test": False,
        "taxes_included": False,
        "current_subtotal_price_set": _set(goods),
        "subtotal_price_set": _set(goods),
        "subtotal_price": goods,
        "total_price": goods,
        "total_price_set": _set(goods),
        "current_total_price": goods,
        "current_total_price_set": _set(goods),
        "landing_site": cart.landing_site or None,
        "note_attributes": [{"name": name, "value": value} for name, value in cart.attributes.items()],
        "discount_codes": [] if discount is None else [{"code": discount.code, "amount": money(off)}],
        "customer": None,
        "line_items": [
            {"title": ARTICLES[handle].name, "price": money(ARTICLES[handle].price), "quantity": quantity}
            for handle, quantity in cart.lines.items()
        ],
        "refunds": [],
    }


def money(cents: int) -> str:
    """An amount as Shopify and people write it."""
    return f"{cents // 100}.{cents % 100:02}"


def _set(amount: str) -> dict[str, dict[str, str]]:
    told = {"amount": amount, "currency_code": CURRENCY}
    return {"shop_money": told, "presentment_money": told}
