"""Bank accounts by IBAN and BIC: checked where they are given, masked where they are shown, spelled as banks read."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic import WithJsonSchema as Schema

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_SHOWN: Final = 4
"""Characters at the end of an IBAN that are shown."""
_NOT_SEPA: Final = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")
_SEPA: Final = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE "
    "SI SK SM VA"
)
SEPA_COUNTRIES: Final = frozenset(_SEPA.split())
"""The first letters of IBANs that a SEPA credit transfer reaches (EPC list of scheme countries)."""


def _iban(value: str) -> str:
    from stdnum import iban  # slow to load, and few requests have an account
    from stdnum.exceptions import InvalidChecksum, ValidationError

    try:
        compact = iban.validate(value)
    except InvalidChecksum:
        raise ValueError("the check digits of this IBAN are wrong: compare it with the account's papers") from None
    except (ValidationError, ValueError):
        compact = ""
    if not _IBAN.fullmatch(compact):
        raise ValueError("this is not the IBAN of any country, such as DE89 3704 0044 0532 0130 00") from None
    return compact


def _bic(value: str) -> str:
    from stdnum import bic
    from stdnum.exceptions import ValidationError

    try:
        compact = bic.validate(value)
    except ValidationError:
        compact = ""
    if not _BIC.fullmatch(compact):
        raise ValueError("a BIC has 8 or 11 letters and digits, such as COBADEFFXXX") from None
    return compact


Iban = Annotated[
    str,
    Field(min_length=5, max_length=50),
    AfterValidator(_iban),
    Schema({"type": "string", "minLength": 5, "maxLength": 50, "examples": ["DE89 3704 0044 0532 0130 00"]}),
]
"""An IBAN, with or without blanks, kept without. Its check digits and the form of its country are checked."""
Bic = Annotated[
    str,
    Field(min_length=8, max_length=20),
    AfterValidator(_bic),
    Schema({"type": "string", "minLength": 8, "maxLength": 20, "examples": ["COBADEFFXXX"]}),
]


def masked_iban(iban: str) -> str:
    """Country and the last four characters, in groups as people write it: `DE** **** **** **** **30 00`."""
    hidden = f"{iban[:2]}{'*' * (len(iban) - 2 - _SHOWN)}{iban[-_SHOWN:]}"
    return " ".join(hidden[at : at + 4] for at in range(0, len(hidden), 4))


def masked_email(email: str) -> str:
    """The first character and the domain: `a***@example.com`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"


def sepa_text(text: str, longest: int) -> str:
    """`text` in the characters that all banks of the SEPA read; empty if nothing of it can be written so.

    Other scripts are transliterated, control characters are left out.
    """
    from anyascii import anyascii

    plain = _NOT_SEPA.sub(" ", anyascii(" ".join(text.split())))
    return " ".join(plain.split()).lstrip("/")[:longest].strip()
