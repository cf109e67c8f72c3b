"""Bodies of shops as they arrive: decimals stay exact, ids are text however long, unknown fields are passed over."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from laurel.domain.tracking.conversions import ConversionReport, CustomerEmail
from laurel.domain.tracking.webhooks.events import Ignored, OrderReported
from laurel.domain.values import json_text, patches
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import MAX_AMOUNT, ExternalId, Identifier
from laurel.domain.values.money import EXPONENTS, minor_units

_MOST_CODES: Final = 10
_MAJOR: Final = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


class Wire(BaseModel):
    """The fields of a part of a shop's body that Laurel reads."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


Body = TypeVar("Body", bound=Wire)


def _major(value: Any) -> Decimal:
    text = str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _MAJOR.fullmatch(text):
        raise ValueError('an amount is a decimal such as "12.50"')
    return Decimal(text)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Major = Annotated[Decimal, BeforeValidator(_major)]
"""An amount in major units, as text or as a number: never a float."""
Id = Annotated[ExternalId, BeforeValidator(_text)]
"""An id, which platforms write as a number of any length or as text."""
Flag = bool | None
"""Absent or null means no."""


def read(raw: bytes) -> Mapping[str, Any]:
    """The JSON object of a verified body. Raises Malformed, Invalid for JSON that is no object."""
    value = json_text.parse(raw, _exact)
    if not isinstance(value, dict):
        raise Invalid("invalid_request", "the body is a JSON object")
    return value


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("a number beyond measure") from error


def parsed(model: type[Body], body: Mapping[str, Any]) -> Body:
    """The fields of `body` that Laurel reads. Raises Invalid with every culprit."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise patches.invalid(error.errors(include_url=False, include_input=False), body) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order in its shop's words. `amount`: major units. Fields that may lead to a member are not checked yet."""

    order_id: str
    amount: Decimal
    currency: str
    occurred_at: datetime | None
    is_paid: bool
    codes: Sequence[Any] = ()
    click: Any = None
    customer_id: Any = None
    email: Any = None
    subscription_id: Any = None
    payment: str | None = None

    def reported(self) -> OrderReported | Ignored:
        """The order in our words. Values that cannot match (a code of 100 letters) are left out; below zero is zero.

        Amounts too large and currencies without an ISO code are ignored: if refused, they would only be sent again.
        """
        currency = self.currency.upper()
        if currency not in EXPONENTS:
            return Ignored("unknown_currency")
        amount = max(0, minor_units(self.amount, currency))
        if amount > MAX_AMOUNT:
            return Ignored("amount_too_large")
        report = ConversionReport(
            order_id=self.order_id,
            amount=amount,
            currency=currency,
            occurred_at=self.occurred_at,
            click_id=_fitting(_CLICK, self.click),
            customer_id=_fitting(_CUSTOMER, _text(self.customer_id)),
            customer_email=_fitting(_EMAIL, self.email),
            subscription_id=_fitting(_CUSTOMER, self.subscription_id),
        )
        return OrderReported(report, self._known_codes(), self.is_paid, self.payment)

    def _known_codes(self) -> tuple[str, ...]:
        fitting = (_fitting(_CODE, code) for code in self.codes)
        return tuple(dict.fromkeys(code for code in fitting if code is not None))[:_MOST_CODES]


_CLICK: Final[TypeAdapter[Any]] = TypeAdapter(Identifier)
_CUSTOMER: Final[TypeAdapter[Any]] = TypeAdapter(ExternalId)
_EMAIL: Final[TypeAdapter[Any]] = TypeAdapter(CustomerEmail)
_CODE: Final[TypeAdapter[Any]] = TypeAdapter(PromoCode)


def _fitting(kind: TypeAdapter[Any], value: Any) -> Any:
    """`value` if it is a valid `kind`, else None: no order is lost over one of its lesser fields."""
    try:
        return None if value is None else kind.validate_python(value)
    except ValidationError:
        return None
