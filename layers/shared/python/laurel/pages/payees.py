"""The ways to be paid, as forms name them: what a member and an owner choose from."""

from collections.abc import Mapping
from typing import Any, Final

from laurel.domain.payouts.payees import BankAccount, OtherWay, PaypalAccount
from laurel.domain.values.errors import Invalid

WAYS: Final = (("paypal", "PayPal"), ("iban", "Bank account"), ("other", "Another way"))
SHAPES: Final[Mapping[str, type[PaypalAccount | BankAccount | OtherWay]]] = {
    "paypal": PaypalAccount,
    "iban": BankAccount,
    "other": OtherWay,
}


def shape_of(entered: Mapping[str, Any]) -> type[PaypalAccount | BankAccount | OtherWay]:
    """The payee that a form is about. Raises Invalid for none of the ways."""
    shape = SHAPES.get(str(entered.get("method")))
    if shape is None:
        raise Invalid("invalid_request", "choose one of the ways", "/method")
    return shape
