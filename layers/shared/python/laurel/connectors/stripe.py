"""Stripe: a coupon for each set of terms, promotion codes of it, known by their metadata.

A promotion code's terms and end never change, so another one takes its place; it has no first instant; it is ended by
`active=false`, and a code that is not active stands in nobody's way.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode

from laurel.connectors import Busy, Changes, Denied, Refused, Taken, Unreachable, http, stripe_orders
from laurel.domain.program.shop_access import StripeAccess
from laurel.domain.shops.plans import Seen
from laurel.domain.shops.wanted import Wanted
from laurel.domain.tracking.webhooks.stripe_fields import OTHER_EXPONENTS
from laurel.domain.values.codes import are_same
from laurel.domain.values.money import EXPONENTS

API_VERSION: Final = "2025-03-31.basil"
MARK: Final = "laurel_code"
_MOST: Final = 100


class StripeShop:
    """One account, live or test."""

    def __init__(self, access: StripeAccess, line: http.Line) -> None:
        self._url = f"{access.base_url or 'https://api.stripe.com'}/v1"
        self._headers = {
            "Authorization": f"Bearer {access.api_key}",
            "Stripe-Version": API_VERSION,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._line = line

    def check(self) -> str | None:
        """Reads one promotion code; an account sells in many currencies."""
        listed = self._ask("GET", "/promotion_codes?limit=1")["data"]
        if not isinstance(listed, list):
            raise TypeError
        return None

    def find(self, code: str, shop_id: str | None) -> list[Seen]:
        """The promotion codes of that code and id: ours, and the merchant's that are active."""
        listed = self._ask("GET", f"/promotion_codes?{urlencode({'code': code, 'limit': _MOST})}")["data"]
        found = [each for each in listed if are_same(each["code"], code)]
        if shop_id is not None and shop_id not in {each["id"] for each in found}:
            other = self._ask("GET", f"/promotion_codes/{quote(shop_id, safe='')}", absent=None)
            found += [] if other is None else [other]
        return [_seen(each) for each in found if each["active"] or MARK in each["metadata"]]

    def create(self, wanted: Wanted, mark: str, attempt: str) -> Seen:
        """Makes the coupon of these terms unless it exists, and a promotion code of it."""
        fields = {"coupon": self._coupon(wanted), "code": wanted.code, f"metadata[{MARK}]": mark}
        if wanted.ends_at is not None:
            fields["expires_at"] = str(int(wanted.ends_at.timestamp()))
        return _seen(self._ask("POST", "/promotion_codes", fields, attempt))

    def change(self, shop_id: str, wanted: Wanted, now: datetime) -> Seen:  # noqa: ARG002
        """Never asked for: a plan for Stripe ends and makes."""
        raise Refused("a promotion code does not change")

    def end(self, shop_id: str, now: datetime) -> None:  # noqa: ARG002 - at once
        """Switches a promotion code off."""
        self._ask("POST", f"/promotion_codes/{quote(shop_id, safe='')}", {"active": "false"}, absent=None)

    def changes(self, since: datetime, page: str | None, most: int) -> Changes:
        """Events of payments, the newest first, of the last 30 days."""
        return stripe_orders.changes(lambda path: self._ask("GET", path), since, page, most)

    def _coupon(self, wanted: Wanted) -> str:
        """The coupon of the terms. Its id says which they are, so that it exists once."""
        terms = _terms(wanted)
        coupon = f"laurel-{sha256(urlencode(sorted(terms.items())).encode()).hexdigest()[:24]}"
        if self._ask("GET", f"/coupons/{coupon}", absent=None) is None:
            try:
                self._ask("POST", "/coupons", {**terms, "id": coupon, "duration": "once"})
            except Taken:
                return coupon  # somebody else needed the same terms just now
        return coupon

    def _ask(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, attempt: str = "", **absent: Any
    ) -> Any:
        """The body of a good answer; `absent` for 404, if it is given."""
        body = None if fields is None else urlencode(fields).encode()
        headers = {**self._headers, "Idempotency-Key": attempt} if attempt else self._headers
        answer = self._line.send(method, self._url + path, headers, body)
        if answer.status == 404 and "absent" in absent:
            return absent["absent"]
        _require_good(answer)
        return answer.body


def _terms(wanted: Wanted) -> dict[str, str]:
    if wanted.percent is not None:
        return {"percent_off": f"{wanted.percent:f}"}
    shift = OTHER_EXPONENTS.get(wanted.currency, EXPONENTS[wanted.currency]) - EXPONENTS[wanted.currency]
    amount = Decimal(wanted.amount or 0).scaleb(shift)
    return {"amount_off": str(int(amount)), "currency": wanted.currency.lower()}


def _seen(code: Mapping[str, Any]) -> Seen:
    ends = code.get("expires_at")
    return Seen(
        shop_id=code["id"],
        code=code["code"],
        mark=code["metadata"].get(MARK),
        ends_at=None if ends is None else datetime.fromtimestamp(ends, UTC),
        is_on=code["active"],
        **_value(code["coupon"]),
    )


def _value(coupon: Mapping[str, Any]) -> dict[str, Any]:
    if coupon.get("percent_off") is not None:
        return {"percent": round(Decimal(str(coupon["percent_off"])), 4).normalize()}
    currency = str(coupon.get("currency") or "").upper()
    if coupon.get("amount_off") is None or currency not in EXPONENTS:
        return {}
    shift = EXPONENTS[currency] - OTHER_EXPONENTS.get(currency, EXPONENTS[currency])
    return {"amount": int(Decimal(coupon["amount_off"]).scaleb(shift)), "currency": currency}


def _require_good(answer: http.Answer) -> None:
    """Raises for every other answer, by its status and Stripe's own words."""
    if answer.status == 200 and isinstance(answer.body, dict):
        return
    error = (answer.body.get("error") or {}) if isinstance(answer.body, dict) else {}
    message = str(error.get("message") or f"Stripe answers {answer.status}")[:200]
    if answer.status == 429:
        raise Busy(timedelta(seconds=2))
    if answer.status in {401, 403}:
        raise Denied("Stripe answers that the key, or its rights to coupons and promotion codes, are not right")
    if error.get("code") == "resource_already_exists" or "already exists" in message:
        raise Taken(message)
    if 400 <= answer.status < 500 and answer.status != 409:
        raise Refused(message)
    raise Unreachable(message)
