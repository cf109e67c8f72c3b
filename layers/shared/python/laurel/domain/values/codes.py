"""Promo codes, and whatever else a shop takes for one: how they are written, and which spellings are the same code."""

import unicodedata
from typing import Annotated, Any, Final
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

LONGEST: Final = 64


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _written(code: str) -> str:
    if "/" in code:
        raise ValueError("a code has no / in it")
    if not _composed(code).isprintable():  # before that, only one of many blanks counts as one
        raise ValueError("a code is written in letters, digits, signs and blanks")
    return code


def _decoded(value: Any) -> Any:
    return unquote(value) if isinstance(value, str) else value


PromoCode = Annotated[
    str,
    BeforeValidator(_trimmed),
    Field(min_length=1, max_length=LONGEST),
    AfterValidator(_written),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[^/]+$"}),
]
"""Printable characters without `/`, as somebody wrote them; white space around them does not count."""
CodeInPath = Annotated[PromoCode, BeforeValidator(_decoded)]
"""A code as it stands in a path: some gateways hand on what was sent, others decode it first."""


def code_identity(code: str) -> str:
    """The form of a code by which two are the same: case, width and white space around it make no difference."""
    return _composed(_composed(code).casefold()).strip()


def are_same(code: str, other: str) -> bool:
    """Whether two are spellings of one code."""
    return code_identity(code) == code_identity(other)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
