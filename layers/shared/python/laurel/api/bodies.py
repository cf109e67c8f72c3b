"""A request's JSON: read strictly, once, before anything looks at it."""

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from laurel.domain.errors import Invalid, Malformed, TooLarge

LARGEST: Final = 256 * 1024
"""Bytes."""
DEEPEST: Final = 20
"""Objects and arrays in one another; the deepest of the contract is 8."""
_LARGEST_BASE64: Final = LARGEST * 4 // 3 + 4


def read(event: Mapping[str, Any]) -> Any:
    """The body of an HTTP event; None if there is none.

    Raises TooLarge, Malformed for what is no JSON (NaN and endless numbers are none, lone surrogates are no text), and
    Invalid for JSON that is no object.
    """
    raw = event.get("body")
    if not raw:
        return None
    if len(raw) > _LARGEST_BASE64:
        raise _too_large()
    try:
        value = _parsed(_bytes(raw, is_base64=bool(event.get("isBase64Encoded"))))
    except (ValueError, RecursionError) as error:
        raise Malformed("malformed_json", "the body is not JSON in UTF-8") from error
    if _is_deeper(value, DEEPEST):
        raise Malformed("malformed_json", f"the body nests deeper than {DEEPEST} levels")
    if value is not None and not isinstance(value, dict):
        raise Invalid("invalid_request", "the body is a JSON object")
    return value


def digest(body: Any) -> str:
    """Tells bodies apart: two are the same if their JSON is, key order aside."""
    return hashlib.sha256(_canonical(body)).hexdigest()


def _too_large() -> TooLarge:
    return TooLarge("body_too_large", f"a body goes to {LARGEST // 1024} KB")


def _bytes(raw: str, *, is_base64: bool) -> bytes:
    data = base64.b64decode(raw, validate=True) if is_base64 else raw.encode()
    if len(data) > LARGEST:
        raise _too_large()
    return data


def _parsed(data: bytes) -> Any:
    value = json.loads(data.decode(), parse_constant=_no_number, parse_float=_finite)
    _canonical(value)  # raises for a lone surrogate, which no store and no mail can carry
    return value


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond measure")
    return number


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)
