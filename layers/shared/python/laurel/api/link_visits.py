"""Visitors who follow a link: their requests, and the redirect that they get."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from laurel.api import pages
from laurel.api.call import call_of, origin
from laurel.domain.tracking.clicks import Visit, Visitor
from laurel.domain.values.errors import Absent
from laurel.log import logger
from laurel.store.operations import StoreError
from laurel.workflows.tracking.clicks import Followed

if TYPE_CHECKING:
    from crawlerdetect import CrawlerDetect

COOKIE: Final = "laurel_visitor"
_A_YEAR: Final = 365 * 24 * 3600
_LONGEST_AGENT: Final = 1000
_LOOKING_AHEAD: Final = ("prefetch", "prerender", "preview")
_SAYING_SO: Final = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def visit(app: APIGatewayHttpResolver) -> Visit:
    """The visit under way. HEAD, a prefetch, a crawler, and whoever names no browser is not human."""
    call, http = call_of(app), app.current_event.request_context.http
    return Visit(
        address=http.source_ip,
        user_agent=_user_agent(app),
        cookie=call.cookies.get(COOKIE, ""),
        is_human=call.method == "GET" and is_human(app),
        query=app.current_event.raw_query_string or "",
    )


def is_human(app: APIGatewayHttpResolver) -> bool:
    """Whether the request under way may be of a person who looks at a page now."""
    headers = call_of(app).headers
    looks_ahead = any(word in headers.get(name, "").lower() for name in _SAYING_SO for word in _LOOKING_AHEAD)
    return not looks_ahead and _is_browser(_user_agent(app))


def led(app: APIGatewayHttpResolver, follow: Callable[[Visit], Followed]) -> Response[str]:
    """The answer to a visit: a redirect, or a page that says that there is nothing."""
    try:
        followed = follow(visit(app))
    except (Absent, StoreError) as error:
        return pages.refused(app, error)
    return redirect(app, followed)


def redirect(app: APIGatewayHttpResolver, followed: Followed) -> Response[str]:
    """The redirect (302) of a visit. No cache keeps it: each visit must reach us."""
    if followed.lost is not None:
        logger.error("a click may be lost", exc_info=followed.lost)
    headers: dict[str, Any] = {"Location": followed.location, "Cache-Control": "no-store"}
    cookies = [] if followed.visitor is None else [_cookie(app, followed.visitor)]
    return Response(302, body="", headers=headers, cookies=cookies)


def _cookie(app: APIGatewayHttpResolver, visitor: Visitor) -> Cookie:
    return Cookie(
        COOKIE,
        visitor.text,
        path="/",
        secure=origin(app).startswith("https:"),
        http_only=True,
        max_age=_A_YEAR,
        same_site=SameSite.LAX_MODE,
    )


def _user_agent(app: APIGatewayHttpResolver) -> str:
    told = call_of(app).headers.get("user-agent") or app.current_event.request_context.http.user_agent
    return (told or "")[:_LONGEST_AGENT]


def _is_browser(user_agent: str) -> bool:
    """Whether it may be a person's: the list of crawlers knows command lines and libraries, too."""
    return user_agent.strip() != "" and not _crawlers().is_crawler(user_agent)


@cache
def _crawlers() -> "CrawlerDetect":
    from crawlerdetect import CrawlerDetect  # its pattern is large, and only this function needs it

    return CrawlerDetect()
