"""Bodies of shops as they arrive: decimals stay exact, ids are text however long, and only what is asked for is read.

A field that nobody asks for may say anything. One that may lead to a member is left out where it says nothing that
could; an amount that is needed and not understood makes the delivery `Untold`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError

from laurel.domain.ledger.orders import OrderMoney, OrderState
from laurel.domain.tracking.conversions import ConversionReport, CustomerEmail
from laurel.domain.tracking.landing_pages import CLICK_PARAMETER
from laurel.domain.tracking.webhooks import lenient
from laurel.domain.tracking.webhooks.events import Event, Ignored, OrderTold, RefundTold, Refused
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import MAX_AMOUNT, WHEN_NEEDED, ExternalId, Identifier, Instant
from laurel.domain.values.money import EXPONENTS, minor_units

NO_ORDER: Final = Ignored("no_order")
NOT_UNDERSTOOD: Final = Refused("amount_not_understood")
_TOO_LARGE: Final = Refused("amount_too_large")
_MOST_CODES: Final = 10
_MOST_DIGITS: Final = 15  # of an amount in major units, before its point
_EXACT: Final = Context(prec=60, rounding=ROUND_DOWN)
_FINEST: Final = Decimal("1e-12")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST_NUMBER: Final = 400


class Untold(Exception):
    """A delivery that tells nothing to count; `event` says why."""

    def __init__(self, event: Ignored | Refused) -> None:
        super().__init__(event.reason)
        self.event = event


def told(events: Iterable[Event]) -> Iterator[Event]:
    """`events`, and in the place of the one that is Untold the reason."""
    try:
        yield from events
    except Untold as untold:
        yield untold.event


def read(raw: bytes) -> Mapping[str, Any]:
    """The JSON object of a verified body. Raises Malformed, Invalid for JSON that is no object."""
    value = lenient.parse(raw)
    if not isinstance(value, dict):
        raise Invalid("not_an_object", "the body is a JSON object")
    return value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(frozen=True, slots=True)
class Part:
    """An object of a shop's body; where something else stands, it has no fields."""

    fields: Mapping[str, Any]

    @staticmethod
    def of(value: Any) -> "Part":
        """The object that `value` is."""
        return Part(value if isinstance(value, Mapping) else {})

    def get(self, name: str) -> Any:
        """The field as it came."""
        return self.fields.get(name)

    def part(self, *path: str) -> "Part":
        """The object at the end of `path`."""
        inner = self
        for name in path:
            inner = Part.of(inner.get(name))
        return inner

    def lists(self, name: str) -> bool:
        """Whether the field is a list, or the object that PHP makes of a list from which something was taken out."""
        return isinstance(self.get(name), list | Mapping)

    def parts(self, name: str) -> list["Part"]:
        """The objects of a list."""
        value = self.get(name)
        members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return [Part(member) for member in members if isinstance(member, Mapping)]

    def says(self, name: str) -> bool:
        """Whether the field is true."""
        return self.get(name) in (True, "true")

    def text(self, name: str) -> str | None:
        """The text or whole number, without blanks around it; None where nothing is left."""
        value = self.get(name)
        if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS and value == value.to_integral_value():
            value = int(value)  # PHP makes a float of what is too long for its integers
        text: Any = _text(value)
        return (text.strip() or None) if isinstance(text, str) else None

    def id(self, name: str) -> str | None:
        """The id, as text."""
        found: str | None = fitting(_CUSTOMER, self.text(name))
        return found

    def named(self, name: str) -> str:
        """The id of an order or refund, which has one. Raises Untold."""
        found = self.id(name)
        if found is None:
            raise Untold(Refused("id_not_understood"))
        return found

    def tells(self, *names: str) -> bool:
        """Whether it says anything in one of the fields."""
        return any(self.get(name) is not None for name in names)

    def amount(self, name: str) -> Decimal | None:
        """The amount in major units, None for an empty field. Raises Untold for what is not understood."""
        value = self.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return _amount(value)

    def instant(self, name: str) -> datetime | None:
        """The instant; None for dates of zeros and all that has no offset from UTC."""
        return instant(self.get(name))


def _amount(value: Any) -> Decimal:
    text = str(value).strip() if isinstance(value, str | Decimal) else _text(value)
    if not isinstance(text, str) or len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise Untold(NOT_UNDERSTOOD)
    number = Decimal(text)
    if number and number.adjusted() >= _MOST_DIGITS:
        raise Untold(_TOO_LARGE)
    # towards zero, so that nothing reaches the half of a cent that it did not have
    return _EXACT.quantize(number, _FINEST)


def instant(value: Any) -> datetime | None:
    """The instant that `value` is, None for none."""
    found: datetime | None = fitting(_INSTANT, value) if isinstance(value, str) else None
    return found


def click_in(address: Any) -> str | None:
    """The click that an address of the shop carries."""
    query = address.partition("?")[2].partition("#")[0] if isinstance(address, str) else ""
    pairs = "&".join(pair for pair in query.split("&") if pair.startswith(CLICK_PARAMETER))
    return next((value for name, value in parse_qsl(pairs) if name == CLICK_PARAMETER), None)


def currency(code: str | None) -> str:
    """An ISO 4217 code. Raises Untold."""
    upper = (code or "").upper()
    if upper not in EXPONENTS:
        raise Untold(Refused("unknown_currency"))
    return upper


def minor(amount: Decimal, code: str) -> int:
    """An amount of an order in minor units; below zero is zero. Raises Untold for more than any order has."""
    units = max(0, minor_units(amount, code))
    if units > MAX_AMOUNT:
        raise Untold(_TOO_LARGE)
    return units


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The picture of an order in its shop's words; `amount`, `gross`: major units.

    Fields that may lead to a member are not checked yet.
    """

    order_id: str
    amount: Decimal
    currency: str
    occurred_at: datetime | None
    at: datetime | None = None
    state: OrderState = "standing"
    money: OrderMoney = "collected"
    gross: Decimal | None = None
    refunds: tuple[RefundTold, ...] | None = None
    codes: Sequence[Any] = ()
    click: Any = None
    customer_id: Any = None
    email: Any = None
    subscription_id: Any = None

    def reported(self) -> OrderTold | Refused:
        """The order in our words. Values that cannot match (a code of 100 letters) are left out."""
        try:
            code = currency(self.currency)
            report = ConversionReport(
                order_id=self.order_id,
                amount=minor(self.amount, code),
                currency=code,
                occurred_at=self.occurred_at,
                click_id=fitting(_CLICK, self.click),
                customer_id=fitting(_CUSTOMER, _text(self.customer_id)),
                customer_email=fitting(_EMAIL, self.email),
                subscription_id=fitting(_CUSTOMER, _text(self.subscription_id)),
            )
        except Untold as untold:
            return Refused(untold.event.reason)
        return OrderTold(
            report=report,
            codes=self._known_codes(),
            at=self.at,
            state=self.state,
            money=self.money,
            gross=None if self.gross is None else max(report.amount, minor_units(self.gross, code)),
            # one that is listed twice is one: what stands last is its latest
            refunds=None if self.refunds is None else tuple({each.refund_id: each for each in self.refunds}.values()),
        )

    def _known_codes(self) -> tuple[str, ...]:
        known: dict[str, None] = {}
        for code in self.codes:
            fit = fitting(_CODE, code)
            if fit is not None:
                known[fit] = None
            if len(known) == _MOST_CODES:
                break
        return tuple(known)


_CLICK: Final[TypeAdapter[Any]] = TypeAdapter(Identifier, config=WHEN_NEEDED)
_CUSTOMER: Final[TypeAdapter[Any]] = TypeAdapter(ExternalId, config=WHEN_NEEDED)
_EMAIL: Final[TypeAdapter[Any]] = TypeAdapter(CustomerEmail, config=WHEN_NEEDED)
_CODE: Final[TypeAdapter[Any]] = TypeAdapter(PromoCode, config=WHEN_NEEDED)
_INSTANT: Final[TypeAdapter[Any]] = TypeAdapter(Instant, config=WHEN_NEEDED)


def fitting(kind: TypeAdapter[Any], value: Any) -> Any:
    """`value` without blanks around it if it is a valid `kind`, else None: no order is lost over a lesser field."""
    try:
        return None if value is None else kind.validate_python(value.strip() if isinstance(value, str) else value)
    except ValidationError:
        return None
