"""The words all entities are built from: frozen models and the scalar types of the HTTP contract."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    model_validator,
)
from pydantic import WithJsonSchema as Schema

from laurel.domain.values.urls import web_address

T = TypeVar("T")
MAX_AMOUNT: Final = 10**12
MOST_OPERATIONS: Final = 100
"""The most writes that DynamoDB takes in one transaction."""
MOST_TIERS: Final = 20
"""The most tiers above the first that terms can pay."""
FIRST_YEAR, _LAST_YEAR = 2000, 2100
_FIRST_DAYS_YEAR, _LAST_DAYS_YEAR = 1990, 2110  # wider: the local days and periods of an instant reach beyond its year
_ADDRESSES_KEPT: Final = 128
"""The answers about addresses that are kept: those of a program and its members are asked about by every request."""
AHEAD_ALLOWED: Final = timedelta(minutes=5)
"""The most that a shop's clock may be ahead."""
_NEXT: Final = timedelta(milliseconds=1)
"""The smallest difference between two instants."""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,12})?", re.ASCII)
_PLAIN_ADDRESS: Final = re.compile(
    r"(?=.{6,254}\Z)(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:(?=[^.]{1,63}\.)[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!arpa|invalid|local|onion)[a-z]{2,63}"
)
"""Addresses as most are: each has one spelling, and nothing in it is left to the library to judge."""


WHEN_NEEDED: Final = ConfigDict(defer_build=True)
"""A validator is made when something is first validated: a function needs few of those that it imports."""


class Open(BaseModel):
    """Every model's base: alone, of what is shown, and of what others tell, of which a part is read."""

    model_config = WHEN_NEEDED


class Frozen(Open):
    """A value: immutable, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OneOf(Frozen):
    """A value with alternatives, of which exactly one is given. In a merge patch one replaces another."""

    ALTERNATIVES: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(getattr(self, name) is not None for name in self.ALTERNATIVES) != 1:
            raise ValueError(f"give exactly one of {', '.join(sorted(self.ALTERNATIVES))}")
        return self


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        value = _parsed(value.upper(), datetime.fromisoformat) if _RFC3339.fullmatch(value) else None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("an instant is RFC 3339 with an offset, such as 2026-11-21T10:00:00Z")
    _require_year(value, FIRST_YEAR, _LAST_YEAR)  # before the conversion, which overflows at the calendar's ends
    at = value.astimezone(UTC)
    _require_year(at, FIRST_YEAR, _LAST_YEAR)  # and after it, or an accepted instant could not be read again
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC; milliseconds only where there are any."""
    return at.isoformat()[:19] + (f".{at.microsecond // 1000:03d}Z" if at.microsecond else "Z")


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """An instant as a number, of a third of its text's length: milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def at_milliseconds(number: int) -> datetime:
    """The inverse of `milliseconds`."""
    return _EPOCH + timedelta(milliseconds=number)


def instant_after(previous: datetime, at: datetime) -> datetime:
    """`at`, or the first instant after `previous` if that is later, so that the second of two events is the later."""
    return max(at, previous + _NEXT)


def _day(value: Any) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        value = _parsed(value, date.fromisoformat)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("a day is written 2026-11-21")
    _require_year(value, _FIRST_DAYS_YEAR, _LAST_DAYS_YEAR)
    return value


def _parsed(text: str, parse: Callable[[str], T]) -> T | None:
    """None where the calendar has no such day, or the clock no such hour."""
    try:
        return parse(text)
    except ValueError:
        return None


def _require_year(value: date, first: int, last: int) -> None:
    if not first <= value.year <= last:
        raise ValueError(f"the year must lie between {first} and {last}")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError('a decimal is a string such as "12.5"')
    text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
    if not _DECIMAL.fullmatch(text):
        raise ValueError('a decimal is a string such as "12.5"')
    try:
        return Decimal(text)
    except InvalidOperation as error:  # pragma: no cover - the pattern admits nothing that Decimal refuses
        raise ValueError('a decimal is a string such as "12.5"') from error


def decimal_text(value: Decimal) -> str:
    """Plain digits without trailing zeros: 12.50 -> "12.5", 10 -> "10"."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(value: Decimal) -> Decimal:
    if value.is_signed() or value > 100:  # -0 is signed: it would be told as "-0"
        raise ValueError("a percent lies between 0 and 100")
    if value != round(value, 4):
        raise ValueError("a percent has at most 4 decimal places")
    return value


def _rate(value: Decimal) -> Decimal:
    if not 0 < value <= 10**9:
        raise ValueError("an exchange rate is above 0 and at most 10^9")
    return value


def printable(value: str) -> str:
    """`value` if it is one line of text. Raises ValueError for control characters."""
    if not value.isprintable() and any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValueError("control characters are not allowed")
    return value


@lru_cache(maxsize=_ADDRESSES_KEPT)
def email_address(value: str) -> str:
    """An address in one of its spellings: NFC, the domain in Unicode and lower case. Raises ValueError for none."""
    if _PLAIN_ADDRESS.fullmatch(value):
        return value
    from email_validator import EmailNotValidError, validate_email  # slow to load, and few addresses need it

    try:
        return validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError("not an e-mail address, such as ada@example.com") from error


def _identifier(value: str) -> str:
    if value != value.strip():
        raise ValueError("no spaces at either end")
    return printable(value)


def _multiline(value: str) -> str:
    printable(value.replace("\n", "").replace("\r", "").replace("\t", ""))
    return value


_INSTANT_SCHEMA = {"type": "string", "format": "date-time"}
_DECIMAL_SCHEMA = {"type": "string", "pattern": r"^\d{1,18}(\.\d{1,12})?$"}

Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
    Schema(_INSTANT_SCHEMA),
]
Day = Annotated[date, BeforeValidator(_day), Schema({"type": "string", "format": "date"})]
Percent = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_percent),
    PlainSerializer(decimal_text, return_type=str),
    Schema({"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})?$", "examples": ["12.5"]}),
]
ExchangeRate = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_rate),
    PlainSerializer(decimal_text, return_type=str),
    Schema(_DECIMAL_SCHEMA),
]
Number = Annotated[
    Decimal, BeforeValidator(_decimal), PlainSerializer(decimal_text, return_type=str), Schema(_DECIMAL_SCHEMA)
]
Amount = Annotated[int, Strict(), Field(ge=0, le=MAX_AMOUNT)]
"""Minor units of a currency, as reported or configured: 0 to 10^12."""
Money = Annotated[int, Strict()]
"""Minor units of a currency; may be negative (an adjustment)."""
Multiple = Annotated[int, Strict()] | Number
"""A multiple of a condition's value: a count, minor units, or a percentage."""
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=10**9)]
ResultStatus = Literal["changed", "unchanged", "error"]
"""The outcome for each of many that one request changes."""
Identifier = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_identifier)]
"""Our own codes and names of things."""
ExternalId = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_identifier)]
"""An id that a storefront gave: orders, refunds, customers."""
Label = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_identifier)]
Line = Annotated[str, Field(max_length=200), AfterValidator(printable)]
"""One line of text, possibly empty."""
Email = Annotated[
    str, Field(max_length=320), AfterValidator(email_address), Schema({"type": "string", "format": "email"})
]
"""An address that could be mailed to; the domains reserved for tests are addresses too."""
Text = Annotated[str, AfterValidator(_multiline)]
Url = Annotated[
    str,
    Field(max_length=2000),
    AfterValidator(web_address),
    Schema({"type": "string", "format": "uri", "maxLength": 2000}),
]
"""The address of a page, kept as it was given but for capitals in its scheme."""
