"""Settings of how a program deals with its members: applications, statements, the look of their portal."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from laurel.domain.values.model import Flag, Frozen, Url

_COLOUR: Final = "^#[0-9A-Fa-f]{6}$"


def _written(value: str) -> str:
    if not re.fullmatch(_COLOUR, value):
        raise ValueError("a colour is # and six digits or letters a to f, such as #0b6b45")
    return value.lower()


Colour = Annotated[str, AfterValidator(_written), WithJsonSchema({"type": "string", "pattern": _COLOUR})]
"""A colour as pages write it."""

MOST_APPLICATIONS: Final = 100
"""Applications for one program within any hour: each makes a member who waits, and mails an address a link."""


class Applications(Frozen):
    """Whether anybody may apply to become a member, and the page of terms that they must agree to."""

    open: Flag = False
    terms_url: Url | None = None


class Statements(Frozen):
    """Whether a member is mailed what a payout paid them, once it is confirmed."""

    mail_members: Flag = False
