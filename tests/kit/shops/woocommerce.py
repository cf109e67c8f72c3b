"""WooCommerce's coupons with their quirks: small letters, no double codes, dates in two spellings."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.kit.shops.order_books import WooCommerceOrders

KEY, SECRET = "ck_1", "cs_1"
CREDENTIALS = {"url": "https://shop.example", "consumer_key": KEY, "consumer_secret": SECRET}
KNOWN = {"code", "amount", "discount_type", "date_expires", "meta_data", "individual_use"}


class WooCommerce(WooCommerceOrders):
    def __init__(self) -> None:
        super().__init__()
        self.coupons: dict[int, dict[str, Any]] = {}

    def add(self, code: str, **fields: Any) -> int:
        """A coupon, such as the merchant makes by hand."""
        number = 100 + len(self.coupons)
        made = {"code": code.lower(), "amount": "5.00", "discount_type": "percent", "date_expires_gmt": None}
        self.coupons[number] = {"id": number, "status": "publish", "meta_data": [], **made, **fields}
        return number

    def live(self) -> dict[str, str]:
        """The codes that discount a cart now, with their amounts."""
        now = datetime.now(UTC).replace(tzinfo=None).isoformat()
        return {
            c["code"]: c["amount"]
            for c in self.coupons.values()
            if not c["date_expires_gmt"] or c["date_expires_gmt"] > now
        }

    def throttled(self) -> tuple[int, bytes]:
        return 429, b"{}"

    def answer(self, method: str, path: str, _: dict[str, str], body: bytes) -> tuple[int, bytes]:
        status, told = self._answer(method, urlsplit(path).path.removeprefix("/wp-json/wc/v3"), path, body)
        return status, json.dumps(told).encode()

    def _answer(self, method: str, path: str, url: str, body: bytes) -> tuple[int, Any]:
        if path == "/data/currencies/current":
            return 200, {"code": "EUR"}
        if path == "/orders":
            return 200, self.listed(url)
        if path == "/coupons" and method == "GET":
            code = parse_qs(urlsplit(url).query).get("code", [None])[0]
            return 200, [c for c in self.coupons.values() if code is None or c["code"] == code.lower()]
        if path == "/coupons":
            return self._create(json.loads(body))
        number = int(path.rpartition("/")[2])
        if number not in self.coupons:
            return 404, {"code": "woocommerce_rest_shop_coupon_invalid_id", "message": "Invalid ID."}
        if method == "PUT":
            self.coupons[number] |= self._stored(json.loads(body))
        return 200, self.coupons[number]

    def _create(self, sent: dict[str, Any]) -> tuple[int, Any]:
        if any(c["code"] == sent["code"].lower() for c in self.coupons.values()):
            return 400, {"code": "woocommerce_rest_coupon_code_already_exists", "message": "The code already exists"}
        number = self.add(sent["code"])
        self.coupons[number] |= {**self._stored(sent), "code": sent["code"].lower()}
        return 201, self.coupons[number]

    def _stored(self, sent: dict[str, Any]) -> dict[str, Any]:
        assert set(sent) <= KNOWN, sent
        stored = {name: value for name, value in sent.items() if name != "date_expires"}
        if "date_expires" in sent:
            ends = sent["date_expires"]
            at = None if ends is None else datetime.fromisoformat(ends).astimezone(UTC).replace(tzinfo=None)
            stored["date_expires_gmt"] = None if at is None else at.isoformat()
        return stored
