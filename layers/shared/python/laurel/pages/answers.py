"""Answers of pages: HTML that lets nothing foreign in and is kept nowhere, redirects, cookies, files."""

import base64
import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from laurel.api.tables import list_as_text
from laurel.domain.values import spreadsheets
from laurel.domain.values.spreadsheets import Layout
from laurel.workflows.requests.listing import Page

Row = TypeVar("Row", bound=BaseModel)

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""Headers of every page. A form of a page without a referrer would say that it comes from nowhere."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")
_WORTH_PACKING: Final = 1_000
"""Characters below which an answer is not compressed."""
_MORE: Final = "There are more rows than one file holds. Narrow the list or take them from the API page by page."


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a browser. `cookies`: as in Set-Cookie; `reason`: of a refusal, for the log; `data`: a picture."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    reason: str = ""
    data: bytes = b""

    def sent(self, accepted: str) -> dict[str, Any]:
        """The answer as Lambda gives it; compressed if the browser says that it can read that (`accepted`)."""
        told: dict[str, Any] = {"statusCode": self.status, "cookies": list(self.cookies)}
        headers = {**HEADERS, **self.headers, "Vary": "Accept-Encoding"}
        if self.data:
            return {**told, "headers": headers, "body": base64.b64encode(self.data).decode(), "isBase64Encoded": True}
        if "gzip" not in accepted or len(self.body) < _WORTH_PACKING:
            return {**told, "headers": headers, "body": self.body, "isBase64Encoded": False}
        packed = base64.b64encode(gzip.compress(self.body.encode(), mtime=0)).decode()
        return {**told, "headers": {**headers, "Content-Encoding": "gzip"}, "body": packed, "isBase64Encoded": True}


def html(text: str, status: int = HTTPStatus.OK, cookies: tuple[str, ...] = (), reason: str = "") -> Answer:
    """A page."""
    return Answer(status, text, {"Content-Type": "text/html; charset=utf-8"}, cookies, reason)


def redirect(address: str, cookies: tuple[str, ...] = ()) -> Answer:
    """The way on after a form: the browser asks for `address`, so that reloading sends nothing again."""
    return Answer(HTTPStatus.SEE_OTHER, "", {"Location": address}, cookies)


def reload() -> Answer:
    """The answer to a part of a page that has more to show by now than that part: htmx loads the page anew."""
    return Answer(HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})


def picture(kind: str, data: bytes) -> Answer:
    """A picture under a name that means no other: it is kept for ever."""
    return Answer(HTTPStatus.OK, headers={"Content-Type": kind, "Cache-Control": FOR_EVER}, data=data)


def style(text: str) -> Answer:
    """A stylesheet under a name that means no other: it is kept for ever."""
    return Answer(HTTPStatus.OK, text, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": FOR_EVER})


def file(name: str, kind: str, text: str) -> Answer:
    """A file to be kept by the reader, such as a CSV. `kind`: its media type; `name`: may be of what people entered."""
    plain = _ODD.sub("-", name)
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Disposition": f'attachment; filename="{plain}"'}
    return Answer(HTTPStatus.OK, text, headers)


def sheet(
    layout: Layout[Row], read: Callable[[int, str | None], Page[Row]], cursor: str | None = None, name: str = ""
) -> Answer:
    """A list from `cursor` on as a CSV, whose last line tells if there are rows beyond it. `read`: a page of the list,
    of a length, after a cursor; `name`: of the file, if it is not that of the layout."""
    text, rest = list_as_text(layout, read, None, cursor)
    told = text if rest is None else text + spreadsheets.lines([[_MORE]])
    return file(f"{name or layout.name}.csv", "text/csv", told)
