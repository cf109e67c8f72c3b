"""How Stripe's objects are read: a field that is absent, null or odd is None, so that reading never raises."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from laurel.domain.tracking.webhooks.events import Sums
from laurel.domain.values.model import ExternalId, Open
from laurel.domain.values.money import EXPONENTS, quotient

OTHER_EXPONENTS: Final = {"ISK": 2, "UGX": 2, "MGA": 0}
"""The currencies whose units at Stripe differ from ISO 4217."""
_FIRST_SECOND, _LAST_SECOND = 946_684_800, 4_102_444_799  # the years 2000 to 2099
_BEYOND_MEASURE: Final = 10**15
"""More than any amount that counts."""
_BASIL: Final = "2025-03-31"
"""The version since which a capture of a part is no refund of the rest."""


def _else_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _id_of(value: Any) -> Any:
    named = value.get("id") if isinstance(value, dict) else value  # an object where it is expanded
    return str(named) if isinstance(named, int) and not isinstance(named, bool) else named


def _whole(value: Any) -> Any:
    if isinstance(value, Decimal):
        is_whole = value.is_finite() and value.adjusted() < 16 and value == value.to_integral_value()
        return int(value) if is_whole else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return max(-_BEYOND_MEASURE, min(_BEYOND_MEASURE, value))


def _instant(value: Any) -> Any:
    seconds = _whole(value)
    is_near = isinstance(seconds, int) and _FIRST_SECOND <= seconds <= _LAST_SECOND
    return datetime.fromtimestamp(seconds, UTC) if is_near else None


_Lenient: Final = WrapValidator(_else_none)
Ref = Annotated[ExternalId | None, BeforeValidator(_id_of), _Lenient]
Text = Annotated[str | None, _Lenient]
Units = Annotated[int | None, BeforeValidator(_whole), _Lenient]
Seconds = Annotated[datetime | None, BeforeValidator(_instant), _Lenient]
Flag = Annotated[bool | None, _Lenient]
Metadata = Annotated[dict[str, Any] | None, _Lenient]
Kind = TypeVar("Kind")
Maybe = Annotated[Kind | None, _Lenient]
Several = Annotated[tuple[Maybe[Kind], ...] | None, _Lenient]
"""A list without its odd elements, once `known` has read it."""


def known(elements: Iterable[Kind | None] | None) -> list[Kind]:
    """The elements that could be read."""
    return [element for element in elements or () if element is not None]


class Part(Open):
    """The fields of an object of Stripe that are read."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def of(cls, value: Any) -> Self:
        """Of any value; of what is no object, nothing is known."""
        return cls.model_validate(value if isinstance(value, dict) else {})


class _Data(Part):
    object: Metadata = None


class StripeEvent(Part):
    """An event, which is around every object. `created`: the clock of its news."""

    type: Text = None
    created: Seconds = None
    api_version: Text = None
    data: Maybe[_Data] = None

    @property
    def subject(self) -> dict[str, Any] | None:
        """The object that the event is about; a thin event has none."""
        return self.data.object if self.data else None

    @property
    def refunds_what_is_left(self) -> bool:
        """True where what a capture leaves of a charge is among its refunds."""
        return self.api_version is not None and self.api_version < _BASIL


class _PromotionCode(Part):
    code: Any = None


class Discount(Part):
    """A discount; its promotion code is an id unless it is expanded."""

    promotion_code: Maybe[_PromotionCode] = None


def iso(currency: str | None) -> str | None:
    """The code of a currency that an order can have; None for any other."""
    code = (currency or "").upper()
    return code if code in EXPONENTS else None


def minor(units: int, code: str) -> int:
    """Stripe's units in ours."""
    return quotient(units * 10 ** EXPONENTS[code], 10 ** OTHER_EXPONENTS.get(code, EXPONENTS[code]))


def sums(told: Iterable[tuple[int | None, str | None]]) -> Sums:
    """Amounts of Stripe's units with their currencies, without those that cannot be read."""
    read = ((iso(currency), units) for units, currency in told)
    return tuple((code, minor(units, code)) for code, units in read if code is not None and units is not None)
