"""Signatures of shops: HMAC-SHA256 of the body as it came, compared in constant time."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import quote, urlencode

Scheme = Literal["shopify", "woocommerce", "stripe"]
FRESH_FOR: Final = timedelta(seconds=300)
"""The most that a timestamp may differ from our clock, either way."""
_HEADERS: Final = {"shopify": "x-shopify-hmac-sha256", "woocommerce": "x-wc-webhook-signature"}
_STRIPE: Final = "stripe-signature"
_TIMESTAMP: Final = re.compile(r"\d{1,12}", re.ASCII)


def is_signed(scheme: Scheme, body: bytes, headers: Mapping[str, str], secrets: Iterable[str], now: datetime) -> bool:
    """Whether one of `secrets` signed `body`. `headers`: names in lower case."""
    if scheme == "stripe":
        return _is_signed_by_stripe(body, headers.get(_STRIPE, ""), secrets, now)
    given = headers.get(_HEADERS[scheme], "")
    return _matches([given], [base64.b64encode(_mac(secret, body)).decode() for secret in secrets])


def is_signed_query(pairs: Iterable[tuple[str, str]], signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of `secrets` signed the parameters of a postback. `signature`: hex, in either case."""
    text = canonical_query(pairs).encode()
    return _matches([signature.lower()], [_mac(secret, text).hex() for secret in secrets])


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """The text that a postback's signature covers: `name=value` sorted, joined by `&`.

    Percent-encoded as RFC 3986 says, in UTF-8 and upper case: letters, digits and `-._~` stay, a space is `%20`.
    """
    return urlencode(sorted(pairs), quote_via=quote, safe="")


def _is_signed_by_stripe(body: bytes, header: str, secrets: Iterable[str], now: datetime) -> bool:
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    if len(stamps) != 1 or not _TIMESTAMP.fullmatch(stamps[0]):
        return False
    if abs(now.timestamp() - int(stamps[0])) > FRESH_FOR.total_seconds():
        return False
    signed = stamps[0].encode() + b"." + body
    return _matches([value for name, _, value in parts if name == "v1"], [_mac(s, signed).hex() for s in secrets])


def _mac(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, hashlib.sha256)


def _matches(given: Iterable[str], right: Iterable[str]) -> bool:
    """Whether any is right; all are compared, so that the time taken reveals nothing."""
    expected = list(right)
    return any([hmac.compare_digest(sent.encode(errors="replace"), one.encode()) for sent in given for one in expected])
