"""JSON read strictly: a value that no store or mail could carry is refused."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from laurel.domain.values.errors import Malformed

DEEPEST: Final = 20
"""Levels of objects and arrays; the contract needs 8 at most, the bodies of shops 9."""


def parse(
    data: bytes, number: Callable[[str], Any], pairs: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """The value of a text in UTF-8; `number` reads numbers with a fraction or an exponent, and may raise ValueError.

    `pairs` makes an object of its pairs; without it, the last of those with one key holds.
    Raises Malformed if it is not JSON; NaN, infinite numbers and lone surrogates are not.
    """
    try:
        value = json.loads(data.decode(), parse_constant=_no_number, parse_float=number, object_pairs_hook=pairs)
        canonical(value)  # raises for a lone surrogate
    except (ValueError, RecursionError) as error:
        raise Malformed("malformed_json", "the body is not JSON in UTF-8") from error
    if _is_deeper(value, DEEPEST):
        raise Malformed("malformed_json", f"the body nests deeper than {DEEPEST} levels")
    return value


def canonical(value: Any) -> bytes:
    """A value as bytes that are the same for the same JSON, key order aside."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def digest(value: Any) -> str:
    """Hex SHA-256 of a value; two values have the same one if their JSON is the same, key order aside."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is not a JSON number")


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(element, levels - 1) for element in inner)
