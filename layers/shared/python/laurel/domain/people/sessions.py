"""Sessions: how long one lasts, and the text by which a browser names it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

SESSION_LIVES: Final = timedelta(days=30)
"""How long a session lasts from its last use."""
_NAMED: Final = re.compile(r"((?:usr|mem)_[0-9a-z]{26})\.([0-9a-z]{26})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SessionText:
    """The text that a browser keeps: whose session it is, in which program, and 256 random bits.

    It names the program and the person, so that one read finds all three; the stored hash is of the whole.
    """

    text: str
    person_id: str
    program_id: str

    @staticmethod
    def read(text: str) -> "SessionText | None":
        """The session that `text` names; None for a text that is none of ours."""
        named = _NAMED.fullmatch(text)
        return None if named is None else SessionText(text, named[1], f"prg_{named[2]}")

    @staticmethod
    def of(person_id: str, token: str) -> "SessionText":
        """The text of a new session. `token`: as `access.new_token` makes it."""
        return SessionText(f"{person_id}.{token}", person_id, f"prg_{token.partition('_')[0]}")
