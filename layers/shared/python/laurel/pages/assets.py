"""Style and scripts of the pages, each under a name that never means anything else: it is kept for ever.

`assets/htmx.min.js` is htmx 2.0.8 as npm has it, `htmx.org` (0BSD), integrity of the package
sha512-fm297iru0iWsNJlBrjvtN7V9zjaxd+69Oqjh4F/Vq9Wwi2kFisLcrLCiv5oBX0KLfOX/zG8AUo9ROMU5XUB44Q==.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from aws_lambda_powertools.event_handler import Response

from laurel.pages.answers import FOR_EVER

FOLDER: Final = Path(__file__).with_name("assets")
PATH: Final = "/assets"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. `path`: below the API's address, `/assets/laurel.1f2e3d4c5b6a.css`."""

    path: str
    kind: str
    text: str


@cache
def named() -> Mapping[str, Asset]:
    """All assets by the names of their files."""
    return {file.name: _asset(file) for file in sorted(FOLDER.iterdir()) if file.suffix in _KINDS}


def served(path: str) -> Response[str] | None:
    """The asset at a path, good for ever; None if there is none."""
    found = _by_path().get(path)
    return None if found is None else Response(200, found.kind, found.text, {"Cache-Control": FOR_EVER}, compress=True)


@cache
def _by_path() -> Mapping[str, Asset]:
    return {asset.path: asset for asset in named().values()}


def _asset(file: Path) -> Asset:
    text = file.read_text()
    told = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Asset(f"{PATH}/{file.stem}.{told}{file.suffix}", f"{_KINDS[file.suffix]}; charset=utf-8", text)
