"""A request's JSON: read strictly, once, before anything looks at it."""

import base64
import math
from collections.abc import Mapping
from typing import Any, Final

from laurel.domain.values import json_text
from laurel.domain.values.errors import Invalid, Malformed, TooLarge

LARGEST: Final = 256 * 1024
"""The most bytes of a body."""
LARGEST_SIGNED: Final = 6 * 1024 * 1024
"""The most bytes of a shop's body: more than Lambda takes of the request around it, so whatever arrives is read."""
_SHOWN: Final = 64
"""Characters of a key that are told."""


def read(event: Mapping[str, Any]) -> Any:
    """The body of an HTTP event; None if there is none.

    Raises TooLarge, Malformed if it is no JSON or says one thing twice, and Invalid for JSON that is no object.
    """
    data = raw(event)
    read = value(data) if data else None
    if read is not None and not isinstance(read, dict):
        raise Invalid("invalid_request", "the body is a JSON object")
    return read


def value(data: bytes) -> Any:
    """The JSON of a body. Raises Malformed if it is none or says one thing twice."""
    return json_text.parse(data, _finite, _once)


def within(data: bytes, largest: int = LARGEST) -> bytes:
    """A body as it came. Raises TooLarge."""
    if len(data) > largest:
        raise _too_large(largest)
    return data


def raw(event: Mapping[str, Any], largest: int = LARGEST) -> bytes:
    """The body of an HTTP event as it was sent. Raises TooLarge, Malformed if it is not the base64 it should be."""
    text = event.get("body") or ""
    if len(text) > largest * 4 // 3 + 4:
        raise _too_large(largest)
    try:
        data = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except ValueError as error:
        raise Malformed("malformed_json", "the body is not JSON in UTF-8") from error
    return within(data, largest)


def _too_large(largest: int) -> TooLarge:
    return TooLarge("body_too_large", f"a body goes to {largest // 1024} KB")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ: of two that are the same, readers would take either."""
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise Malformed("duplicate_key", f"an object of the body has the key {name[:_SHOWN]!r} more than once")
        read[name] = value
    return read


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond measure")
    return number
