"""WooCommerce: REST v3 coupons, each known by a mark in its meta data.

Codes come back in small letters; a coupon has no first instant; `date_expires_gmt` is not read on create, so that
`date_expires` is sent with its offset; a coupon is ended by a date in the past, and stays in the merchant's list.
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode

from laurel.connectors import Busy, Changes, Denied, Refused, Taken, Unreachable, http, woocommerce_orders
from laurel.connectors.understood import amount
from laurel.domain.program.shop_access import WooCommerceAccess
from laurel.domain.shops.plans import Seen
from laurel.domain.shops.wanted import Wanted
from laurel.domain.values.codes import are_same
from laurel.domain.values.model import instant_text
from laurel.domain.values.money import EXPONENTS, major_units

MARK: Final = "_laurel_code"
TAKEN: Final = "woocommerce_rest_coupon_code_already_exists"
_PAST: Final = timedelta(minutes=1)
_AT_ONCE: Final = timedelta(seconds=1)


class WooCommerceShop:
    """One shop. An amount is in the shop's own currency, which every answer about money rests on."""

    def __init__(self, access: WooCommerceAccess, line: http.Line) -> None:
        self._url = f"{access.base_url or access.url}/wp-json/wc/v3"
        pair = f"{access.consumer_key}:{access.consumer_secret}".encode()
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Content-Type": "application/json",
        }
        self._line = line
        self._currency: str | None = None

    def check(self) -> str | None:
        """Reads the currency and one coupon."""
        self._ask("GET", "/coupons?per_page=1")
        return self._own_currency()

    def find(self, code: str, shop_id: str | None) -> list[Seen]:
        """The coupon of that code, and the one of that id if it has another code by now."""
        listed = self._ask("GET", f"/coupons?{urlencode({'code': code})}")
        found = [coupon for coupon in listed if are_same(str(coupon["code"]), code)]
        if shop_id is not None and shop_id not in {str(coupon["id"]) for coupon in found}:
            other = self._ask("GET", f"/coupons/{quote(shop_id, safe='')}", absent=None)
            found += [] if other is None or other.get("status") == "trash" else [other]
        return [self._seen(coupon) for coupon in found]

    def create(self, wanted: Wanted, mark: str, attempt: str) -> Seen:  # noqa: ARG002 - codes are unique there
        """Makes a coupon on everything."""
        marked = {"code": wanted.code, "meta_data": [{"key": MARK, "value": mark}], "individual_use": False}
        return self._seen(self._ask("POST", "/coupons", {**_terms(wanted), **marked}))

    def change(self, shop_id: str, wanted: Wanted, now: datetime) -> Seen:  # noqa: ARG002 - dates say it all
        """Gives a coupon other terms and another end."""
        return self._seen(self._ask("PUT", f"/coupons/{quote(shop_id, safe='')}", _terms(wanted)))

    def end(self, shop_id: str, now: datetime) -> None:
        """Lets a coupon expire."""
        over = {"date_expires": instant_text((now - _PAST).replace(microsecond=0))}
        self._ask("PUT", f"/coupons/{quote(shop_id, safe='')}", over, absent=None)

    def changes(self, since: datetime, page: str | None, most: int) -> Changes:
        """Orders by the time of their last change, the oldest first; then those in the trash."""
        return woocommerce_orders.changes(lambda path: self._ask("GET", path), since, page, most)

    def _own_currency(self) -> str:
        if self._currency is None:
            self._currency = str(self._ask("GET", "/data/currencies/current")["code"])
        return self._currency

    def _seen(self, coupon: Mapping[str, Any]) -> Seen:
        marks = [str(each["value"]) for each in coupon.get("meta_data") or [] if each.get("key") == MARK]
        return Seen(
            shop_id=str(coupon["id"]),
            code=str(coupon["code"]),
            mark=next(iter(marks), None),
            ends_at=_instant(coupon.get("date_expires_gmt")),
            **self._value(coupon),
        )

    def _value(self, coupon: Mapping[str, Any]) -> dict[str, Any]:
        percent = Decimal(str(coupon["amount"])) if coupon["discount_type"] == "percent" else None
        if percent is not None:
            return {"percent": round(percent, 4).normalize()} if 0 <= percent <= 100 else {}
        if coupon["discount_type"] != "fixed_cart" or (currency := self._own_currency()) not in EXPONENTS:
            return {}
        return amount(coupon["amount"], currency)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **absent: Any) -> Any:
        """The body of a good answer; `absent` for 404, if it is given."""
        sent = None if body is None else json.dumps(body).encode()
        answer = self._line.send(method, self._url + path, self._headers, sent)
        if answer.status == 404 and "absent" in absent:
            return absent["absent"]
        _require_good(answer)
        return answer.body


def _terms(wanted: Wanted) -> dict[str, Any]:
    """`date_expires` with its offset: without one it would be read in the shop's own zone. An empty one clears it."""
    if wanted.percent is not None:
        value = {"discount_type": "percent", "amount": f"{wanted.percent:f}"}
    else:
        taken_off = f"{major_units(wanted.amount or 0, wanted.currency):f}"
        value = {"discount_type": "fixed_cart", "amount": taken_off}
    return {**value, "date_expires": None if wanted.ends_at is None else instant_text(wanted.ends_at)}


def _require_good(answer: http.Answer) -> None:
    """Raises for every other answer, by its status and WooCommerce's own code."""
    told = answer.body if isinstance(answer.body, dict) else {}
    if answer.status in {200, 201} and answer.body is not None:
        return
    if answer.status == 429:
        raise Busy(timedelta(seconds=_seconds(answer.headers.get("retry-after"))))
    if told.get("code") == TAKEN:
        raise Taken(TAKEN)
    if answer.status == 404 and str(told.get("code")).endswith("_invalid_id"):
        raise Busy(_AT_ONCE)  # deleted since it was found: whoever looks again makes it anew
    if answer.status in {401, 403, 404}:
        raise Denied(f"WooCommerce answers {answer.status}: key, its rights or the address are not right")
    if 400 <= answer.status < 500:
        raise Refused(str(told.get("message") or told.get("code") or f"WooCommerce answers {answer.status}")[:200])
    raise Unreachable(f"WooCommerce answers {answer.status}")


def _seconds(text: str | None) -> int:
    return min(int(text), 3600) if text is not None and text.isdecimal() else 60


def _instant(text: str | None) -> datetime | None:
    """An instant of WooCommerce's fields ending in `_gmt`, which name no zone."""
    return None if not text else datetime.fromisoformat(text).replace(tzinfo=UTC)
