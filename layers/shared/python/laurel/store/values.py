"""Plain values to DynamoDB's typed attributes and back.

An item holds str, int, Decimal, bool, None, lists and maps with str keys. Floats, bytes and sets are refused: a float
is not money, and the others have no JSON.
"""

from collections.abc import Mapping
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any, Final, TypeAlias

Value: TypeAlias = object
Item: TypeAlias = dict[str, Any]
Attribute: TypeAlias = dict[str, Any]

# DynamoDB keeps 38 digits; a longer number raises here instead of being rounded there.
_NUMBERS: Final = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])


def encode(value: Value) -> Attribute:
    """`value` as a typed attribute; raises TypeError if no item can hold it, ArithmeticError beyond 38 digits."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": _digits(value)}
        case dict():
            return {"M": encode_item(value)}
        case list() | tuple():
            return {"L": [encode(element) for element in value]}
    raise refused(value)


def decode(attribute: Mapping[str, Any]) -> Any:
    """The plain value of a typed attribute: integral numbers as int, others as Decimal."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return _number(value)
        case "M":
            return decode_item(value)
        case "L":
            return [decode(element) for element in value]
        case "NULL":
            return None
    raise TypeError(f"an attribute of type {kind} was not written by Laurel")


def encode_item(item: Mapping[str, Value]) -> dict[str, Attribute]:
    """Every value of `item` encoded, under its own name."""
    return {name: encode(value) for name, value in item.items()}


def decode_item(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """A stored item, or an image of a stream record, as plain values."""
    return {name: decode(attribute) for name, attribute in item.items()}


def refused(value: Value) -> TypeError:
    """The error for a value that an item cannot hold."""
    return TypeError(f"an item cannot hold a {type(value).__name__}")


def exact(number: Decimal | int) -> Decimal | int:
    """`number` as DynamoDB gives it back: int when integral; raises ArithmeticError beyond 38 digits."""
    decimal = _NUMBERS.create_decimal(number)
    if not decimal.is_finite():
        raise refused(number)
    return int(decimal) if decimal == decimal.to_integral_value() else decimal.normalize(_NUMBERS)


def _digits(number: Decimal | int) -> str:
    plain = exact(number)
    return f"{plain:d}" if isinstance(plain, int) else f"{plain:f}"


def _number(text: str) -> Decimal | int:
    try:
        return int(text)
    except ValueError:
        return exact(Decimal(text))
