"""Cookies of a site's visitors, and the proof that a form was made for the session that sends it."""

import hashlib
import hmac
from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote

TOAST: Final = "laurel_toast"
_LONGEST_TOAST: Final = 300
_KEPT: Final = timedelta(days=400)
"""As long as browsers keep a cookie at all: a session in use goes on, and one that is over ends where it is stored."""


def kept(name: str, value: str, path: str, seconds: int = int(_KEPT.total_seconds())) -> str:
    """A cookie that only we read, sent to `path` and below. No script sees it, and no other site's form sends it."""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"


def ended(name: str, path: str) -> str:
    """The end of a cookie."""
    return kept(name, "", path, 0)


def form_token(session: str) -> str:
    """The text that every form of a session carries: nobody else's page can know it."""
    return hmac.new(session.encode(), b"form", hashlib.sha256).hexdigest()[:32]


def is_ours(token: str, session: str) -> bool:
    """Whether a form's token is the session's."""
    return hmac.compare_digest(token.encode(), form_token(session).encode())


def toast(text: str, path: str) -> str:
    """The cookie that carries one sentence over a redirect."""
    return kept(TOAST, quote(text[:_LONGEST_TOAST]), path, 60)


def toast_of(cookie: str) -> str:
    """The sentence of a cookie."""
    return unquote(cookie)[:_LONGEST_TOAST]
