"""The snippet for shops' pages, `/laurel.js`: as it is served, and under a name that never means anything else."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from aws_lambda_powertools.event_handler import Response

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_AN_HOUR: Final = "public, max-age=3600"
_FOR_ALL_PAGES: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A script as it is served. `name`: `laurel.<hash>.js`; `integrity`: what a page may demand of it."""

    text: str

    @property
    def name(self) -> str:
        """The name that only this text has."""
        return f"laurel.{hashlib.sha256(self.text.encode()).hexdigest()[:12]}.js"

    @property
    def integrity(self) -> str:
        """The value of the attribute `integrity`."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.text.encode()).digest()).decode()}"


@cache
def current(source: Path) -> Snippet:
    """The snippet of today: `source` without comments and indents."""
    lines = (line.strip() for line in source.read_text().splitlines())
    return Snippet("\n".join(line for line in lines if line and not line.startswith("//")) + "\n")


@cache
def pinned(released: Path) -> Mapping[str, Snippet]:
    """All snippets that pages may name, by name: each text that was ever served, as `released` keeps it."""
    return {file.name: Snippet(file.read_text()) for file in sorted(released.glob("laurel.*.js"))}


def latest(source: Path) -> Response[str]:
    """The snippet of today, to be asked for again after an hour."""
    return _served(current(source), _FOR_AN_HOUR)


def named(released: Path, name: str) -> Response[str] | None:
    """The snippet of that name, good for ever; None if there is none."""
    found = pinned(released).get(name)
    return None if found is None else _served(found, _FOR_EVER)


def _served(snippet: Snippet, kept: str) -> Response[str]:
    headers = {"Cache-Control": kept, **_FOR_ALL_PAGES}
    return Response(200, "text/javascript; charset=utf-8", snippet.text, dict(headers))
