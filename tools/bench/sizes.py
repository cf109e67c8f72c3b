"""Bytes of an item as DynamoDB counts them for throughput."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Attribute: TypeAlias = Mapping[str, Any]
StoredItem: TypeAlias = Mapping[str, Attribute]
"""Attribute name -> typed value, as it goes over the wire."""

_DOCUMENT: Final = 3  # a list or map itself
_ELEMENT: Final = 1  # each of its elements


def item_bytes(item: StoredItem) -> int:
    """The bytes of names (UTF-8) and values of all attributes."""
    return sum(_text(name) + value_bytes(value) for name, value in item.items())


def value_bytes(attribute: Attribute) -> int:
    """The bytes of one value without its name. Raises TypeError for sets and binaries, which Laurel does not store."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return _text(value)
        case "N":
            return _number(value)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return _DOCUMENT + sum(_ELEMENT + value_bytes(element) for element in value)
        case "M":
            return _DOCUMENT + sum(_ELEMENT + _text(name) + value_bytes(element) for name, element in value.items())
    raise TypeError(f"no size is known for an attribute of type {kind}")


def _text(text: str) -> int:
    return len(text.encode())


def _number(text: str) -> int:
    """The bytes of a number: one for two significant digits and one more; another for the sign."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return -(-len(digits) // 2) + 1 + text.startswith("-")
