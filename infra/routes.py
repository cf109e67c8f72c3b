"""The HTTP routes: those in docs/openapi.json, whose first tag is their function's folder, and those of the pages."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PAGES: Final = ("console", "portal")
"""Folders of functions that answer all paths below one that is named as they are; what is there only they know."""
ELSEWHERE: Final = {"ANY /console/payouts/{payout_id}/file": "payouts"}
"""Pages that another function answers, by their keys: it alone may open what they show."""
METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")


@dataclass(frozen=True, slots=True)
class Route:
    """A route and its function's folder. `key`: as HTTP API writes it, `GET /v1/offers/{offer_id}`.

    `is_public`: it needs no key. An operation may be at further paths, which its document lists as `x-also-at`.
    """

    key: str
    folder: str
    is_public: bool = False


def routes(document: Path) -> tuple[Route, ...]:
    """All routes by key. Raises FileNotFoundError without the document, ValueError for an operation without a tag."""
    paths: dict[str, dict[str, Any]] = json.loads(document.read_text())["paths"]
    declared = [
        Route(f"{method.upper()} {place}", _folder(method, path, operation), operation.get("security") == [])
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS
        for place in (path, *operation.get("x-also-at", []))
    ]
    pages = [Route(f"ANY /{folder}{below}", folder, is_public=True) for folder in PAGES for below in ("", "/{proxy+}")]
    pages += [Route(key, folder, is_public=True) for key, folder in ELSEWHERE.items()]
    return tuple(sorted([*declared, *pages], key=lambda route: route.key))


def _folder(method: str, path: str, operation: dict[str, Any]) -> str:
    tags = operation.get("tags") or []
    if not tags:
        msg = f"{method.upper()} {path} has no tag: the first one names its function"
        raise ValueError(msg)
    return str(tags[0])
