"""The mail that asks an address's owner whether a program may send from it, and how many of them an address gets."""

from typing import Final

from laurel.domain.mail.templates import Rendered
from laurel.domain.program.senders import LINK_LIVES

MOST_AN_HOUR: Final = 5
_LONGEST_NAME: Final = 60
"""Characters of a program's name: it is written by somebody whom the reader may not know."""


def confirmation(program_name: str, address: str, link: str) -> Rendered:
    """The mail to `address`; `link` leads to the page that confirms."""
    name = program_name if len(program_name) <= _LONGEST_NAME else f"{program_name[:_LONGEST_NAME]}…"
    return Rendered(
        subject=f"May “{name}” send mail from this address?",
        text=f"“{name}” wants the mail of its partner program to come from {address}.\n\n"
        f"If you agree, open this page and press the button:\n\n{link}\n\n"
        f"The link is good for {LINK_LIVES.days} days, once. If you do not agree, or do not know who this is, do "
        "nothing: without your answer no mail will come from your address.\n",
    )
