"""Payees: the account at which a member is paid. It is kept encrypted, and shown masked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter

from laurel.domain.history import Author, Edit, FieldChange
from laurel.domain.values.bank_accounts import Bic, Iban, masked_email, masked_iban
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import WHEN_NEEDED, Email, Frozen, Instant, Label, printable

Method = Literal["paypal", "iban", "other"]
_LONGEST_PAYPAL: Final = 127
_LONGEST_TEXT: Final = 500
"""KMS encrypts 4 KB at a time."""
_FIRST_CHARACTERS: Final = 1
WARY: Final = timedelta(days=30)
"""How long after another e-mail address a new payee is worth a look."""


def _single_bytes(value: str) -> str:
    if not value.isascii() or len(value) > _LONGEST_PAYPAL:
        raise ValueError(f"PayPal pays to addresses of at most {_LONGEST_PAYPAL} characters without accents")
    return value


class Masked(Frozen):
    """A payee as it is shown: the method in full, the account not. `holder` and `bic` do not draw money, so they are.

    It also says all that a rail must know to tell whether it can pay: an IBAN keeps its country.
    """

    method: Method
    email: str | None = None
    holder: str | None = None
    iban: str | None = None
    bic: str | None = None
    text: str | None = None

    @property
    def label(self) -> str:
        """The masked account in one line, for mails."""
        match self.method:
            case "paypal":
                return f"PayPal {self.email}"
            case "iban":
                return f"{self.iban} ({self.holder})"
            case "other":
                return str(self.text)


class PaypalAccount(Frozen):
    """The account at PayPal that an e-mail address names."""

    method: Literal["paypal"]
    email: Annotated[Email, AfterValidator(_single_bytes)]

    @property
    def masked(self) -> Masked:
        """As it is shown."""
        return Masked(method="paypal", email=masked_email(self.email))


class BankAccount(Frozen):
    """A bank account."""

    method: Literal["iban"]
    holder: Annotated[Label, Field(max_length=140)]
    iban: Iban
    bic: Bic | None = None

    @property
    def masked(self) -> Masked:
        """As it is shown."""
        return Masked(method="iban", holder=self.holder, iban=masked_iban(self.iban), bic=self.bic)


class OtherWay(Frozen):
    """Any other way to pay, in the words of whoever is to do it."""

    method: Literal["other"]
    text: Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT), AfterValidator(printable)]

    @property
    def masked(self) -> Masked:
        """As it is shown."""
        return Masked(method="other", text=f"{self.text[:_FIRST_CHARACTERS]}***")


def _tag(value: Any) -> str | None:
    """The name of the class, which no field has: errors are told by pointers without it."""
    method = value.get("method") if isinstance(value, Mapping) else getattr(value, "method", None)
    return f"<{method}>" if isinstance(method, str) else None


Payee: TypeAlias = Annotated[
    Annotated[PaypalAccount, Tag("<paypal>")]
    | Annotated[BankAccount, Tag("<iban>")]
    | Annotated[OtherWay, Tag("<other>")],
    Discriminator(_tag, custom_error_type="payee_method", custom_error_message="give a method: paypal, iban or other"),
]
"""The closed union of ways to pay a member."""
_PAYEE: Final[TypeAdapter[PaypalAccount | BankAccount | OtherWay]] = TypeAdapter(
    Payee, config=ConfigDict(hide_input_in_errors=True, **WHEN_NEEDED)
)


def as_text(payee: Payee) -> str:
    """The payee as it is encrypted: equal payees are equal texts."""
    return payee.model_dump_json(exclude_none=True)


def from_text(text: str) -> Payee:
    """The inverse of `as_text`."""
    return _PAYEE.validate_json(text)


class Kept(Frozen):
    """The part of a member's payee that is not encrypted; `masked` None: it was removed."""

    member_id: MemberId
    masked: Masked | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1


class Sealed(Frozen):
    """A payee as drafts and files need it: what is shown, and the ciphertext that only the export opens."""

    masked: Masked
    sealed: str


class PayeeView(Masked):
    """A member's payee as it is shown: the parts of its method, masked, all others null."""

    member_id: MemberId
    created_at: Instant
    updated_at: Instant
    version: int

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """The view of a payee that was not removed."""
        assert kept.masked is not None, "there is a payee"  # noqa: S101
        return cls(**dict(kept.masked), **kept.model_dump(exclude={"masked"}))


def is_worth_a_look(paid_there_since: datetime, address_since: datetime | None) -> bool:
    """Whether a payee was named soon after another e-mail address: a stranger who changed that one could sign in."""
    return address_since is not None and timedelta(0) <= paid_there_since - address_since <= WARY


def payee_edit(before: Masked | None, after: Masked | None, author: Author) -> Edit:
    """The line in a member's history for a payee that was set, changed or removed: masked before and after."""
    action = "payee_removed" if after is None else "payee_changed" if before else "payee_set"
    change = FieldChange(field="payee", before=_json(before), after=_json(after))
    return Edit(at=author.at, actor=author.actor, action=action, changes=(change,))


def _json(model: BaseModel | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(mode="json", exclude_none=True)
