"""Slugs: the short names of members' links, good over all programs, because a link's address names no program."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from laurel.domain.values.ids import base32

LONGEST: Final = 64
_GENERATED_LENGTH: Final = 10
_PATTERN: Final = "^[0-9a-z]+(-[0-9a-z]+)*$"
_WRITTEN: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
# fmt: off
_RESERVED: Final = frozenset({
    "about", "account", "admin", "api", "app", "billing", "blog", "console", "contact", "dashboard", "docs",
    "download", "help", "home", "index", "info", "join", "laurel", "legal", "login", "logout", "mail", "mcp", "null",
    "official", "password", "pay", "payment", "payout", "portal", "privacy", "root", "security", "settings", "shop",
    "sign-in", "sign-out", "sign-up", "signin", "signout", "signup", "status", "store", "support", "system", "terms",
    "undefined", "unsubscribe", "webhooks", "webmaster", "www",
})
# fmt: on
"""Names that a stranger would take for somebody else's than the member's."""


def _trimmed(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _free(slug: str) -> str:
    if slug in _RESERVED:
        raise ValueError("this name is reserved")
    return slug


def _written(slug: str) -> str:
    if not re.fullmatch(_PATTERN, slug):
        raise ValueError(
            "a link's name is letters a to z and digits, with single hyphens between them, such as ada-2026"
        )
    return slug


def as_found(value: Any) -> Any:
    """A slug out of whatever somebody typed or copied for it; case and signs after it make no difference."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    end = next((n for n in range(len(text), 0, -1) if text[n - 1] in _WRITTEN), 0)
    return text[:end]


OwnSlug = Annotated[
    str,
    Field(min_length=3, max_length=LONGEST),
    BeforeValidator(_trimmed),
    AfterValidator(_written),
    AfterValidator(_free),
    WithJsonSchema(
        {"type": "string", "minLength": 3, "maxLength": LONGEST, "pattern": _PATTERN.replace("a-z", "A-Za-z")}
    ),
]
"""A slug as somebody chooses it: it survives in an address and when it is read out."""

Slug = Annotated[
    str,
    Field(max_length=LONGEST, pattern=_PATTERN),
    BeforeValidator(as_found),
    WithJsonSchema({"type": "string", "pattern": "^[0-9A-Za-z]", "maxLength": LONGEST}),
]
"""A slug as somebody follows it."""


TypedSlug = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^/]+$"})]
"""Whatever somebody typed for a slug: what is none is told on a page, too."""


def is_slug(text: str) -> bool:
    """Whether a link can have this slug."""
    return len(text) <= LONGEST and re.fullmatch(_PATTERN, text) is not None


def generated_slug(randomness: bytes) -> str:
    """A slug nobody chose: 10 characters from `randomness` (7 bytes or more)."""
    return base32(int.from_bytes(randomness), _GENERATED_LENGTH)
