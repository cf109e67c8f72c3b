"""Small pages for people who follow a link of ours: a few words and at most one button, without a script."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import problems
from laurel.api.call import call_of, origin
from laurel.api.documents import refusals
from laurel.domain.values.errors import Refusal
from laurel.store.operations import StoreError

_HTML: Final = "text/html"
_AS_PAGE: Final = {_HTML: {"schema": {"type": "string"}}}
_HEADINGS: Final = {404: "There is nothing here", 410: "This is over", 503: "Please try again"}
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto 2rem;padding:0 1.25rem;"
    "overflow-wrap:anywhere}"
    "h1{font-size:1.5rem;line-height:1.25}"
    "button{font:inherit;font-weight:600;padding:.6rem 1.4rem;border:0;border-radius:.4rem;cursor:pointer;"
    "color:#fff;background:#1d5c3a}button:focus-visible{outline:3px solid;outline-offset:3px}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A heading, paragraphs of plain text, and a button that posts to the page's own address."""

    heading: str
    paragraphs: tuple[str, ...]
    button: str | None = None


def shown(app: APIGatewayHttpResolver, page: Callable[[], Page]) -> Response[str]:
    """The page as an answer; browsers are told on a page, too, what is refused or cannot be done now."""
    try:
        return _answer(200, page())
    except (Refusal, StoreError) as error:
        return refused(app, error)


def refused(app: APIGatewayHttpResolver, error: Exception) -> Response[str]:
    """A refusal: as a page for browsers, as a problem for all others."""
    problem = problems.describe(error, origin(app))
    call = call_of(app)
    call.reason = problem["code"]
    if _HTML not in call.headers.get("accept", ""):
        return problems.respond(problem)
    return _answer(problem["status"], Page(_HEADINGS[problem["status"]], (problem["detail"],)))


def documented(*statuses: int) -> Any:
    """The responses of a page: itself, or a refusal."""
    told = refusals(*statuses)
    for refusal in told.values():
        refusal["content"] = {**refusal["content"], **_AS_PAGE}
    return {200: {"description": "A page", "content": _AS_PAGE}, **told}


def _answer(status: int, page: Page) -> Response[str]:
    return Response(status, f"{_HTML}; charset=utf-8", _html(page), dict(_HEADERS))


def _html(page: Page) -> str:
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in page.paragraphs)
    form = f'<form method="post"><button>{escape(page.button)}</button></form>' if page.button else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page.heading)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(page.heading)}</h1>{text}{form}</main></body></html>"
    )
