"""The form in which names are compared when somebody looks for one."""

import unicodedata
from typing import Final

_UNACCENTED: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"})
"""Letters that no accent can be taken from."""


def folded(text: str) -> str:
    """The form in which two texts are compared: small letters without accents, one blank between words, no commas."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_UNACCENTED)
    return " ".join(plain.replace(",", " ").split())
