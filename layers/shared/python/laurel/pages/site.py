"""A site of pages: its routes, each with the least role that may, and the way from an event to an answer."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

from laurel.api import bodies, problems
from laurel.api.call import cookies_of, origin_of
from laurel.domain.members.members import Member
from laurel.domain.people.people import Role, User, includes
from laurel.domain.values.errors import Absent, Forbidden, Refusal, Unauthenticated
from laurel.log import logger
from laurel.pages import answers, refusals
from laurel.pages.answers import Answer
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.people import sessions

Event = Mapping[str, Any]
Least = Role | Literal["member", "public"]
"""The least that somebody must be to get an answer; `public`: anybody."""
Answering = Callable[..., Answer]
"""(visit, the ids in its path) -> answer."""
_PART: Final = re.compile(r"<(\w+)>")
_ID: Final = r"[a-z]{2,3}_[0-9a-hjkmnp-tv-z]{26}"
_OTHER: Final = r"[^/]{1,300}"
_IDS: Final = re.compile(rf"(?<=/){_ID}(?=/|$)")
_HEADINGS: Final = {
    HTTPStatus.FORBIDDEN: "Not for this role",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.GONE: "This is over",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This went wrong",
    HTTPStatus.SERVICE_UNAVAILABLE: "Please try again",
}


@dataclass(frozen=True, slots=True)
class Route:
    """A page or a form. `path`: below the site's own, with `<offer_id>` for what varies."""

    method: Literal["GET", "POST"]
    path: str
    least: Least
    answer: Answering

    def parts(self, base: str, path: str) -> dict[str, str] | None:
        """The varying parts of `path`; None if it is another one's. What cannot be an id is no path of ours."""
        found = re.fullmatch(_PART.sub(_group, base + self.path), path)
        return None if found is None else found.groupdict()


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a module."""

    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, least: Least) -> Callable[[Answering], Answering]:
        """A page, for whoever is at least `least`."""
        return self._route("GET", path, least)

    def post(self, path: str, least: Least) -> Callable[[Answering], Answering]:
        """The place that a form is sent to, by whoever is at least `least`."""
        return self._route("POST", path, least)

    def _route(self, method: Literal["GET", "POST"], path: str, least: Least) -> Callable[[Answering], Answering]:
        def kept(answer: Answering) -> Answering:
            self.routes.append(Route(method, path, least, answer))
            return answer

        return kept


@dataclass(frozen=True)
class Section:
    """A subject, whose modules are loaded when one of its pages is first asked for: one answer needs no others.

    `title`: as the site's navigation has it; "" if it has not. `parts`: the first part of each of its paths, `.csv` and
    the like left out; its own address comes first. `modules`: by their names in the site's package.
    """

    title: str
    parts: tuple[str, ...]
    package: str
    modules: tuple[str, ...]

    @property
    def path(self) -> str:
        """Its own address, below the site's."""
        return f"/{self.parts[0]}".rstrip("/")

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Its routes; those without ids come first, so that `/members/new` is no member's."""
        loaded = [import_module(f"{self.package}.{module}") for module in self.modules]
        return tuple(sorted((route for module in loaded for route in module.pages.routes), key=_ids_in))


@dataclass(frozen=True)
class Site:
    """A site. `path`: what all of its paths begin with; `templates`: its folder of them; `cookie`: of its sessions."""

    name: str
    path: str
    cookie: str
    templates: Path
    sections: tuple[Section, ...]

    @property
    def routes(self) -> tuple[Route, ...]:
        """All routes, which loads all sections."""
        return tuple(route for section in self.sections for route in section.routes)

    @property
    def navigation(self) -> list[Section]:
        """The sections that are led to from every page."""
        return [section for section in self.sections if section.title]

    def prefix(self, visit: Visit) -> str:
        """The beginning of this site's paths for a visit: those of a portal name its program."""
        return _PART.sub(lambda part: visit.parts.get(part[1], ""), self.path)

    def answer(self, event: Event) -> dict[str, Any]:
        """Lambda's answer to an HTTP API event (payload 2.0); raises nothing for any input."""
        began = time.perf_counter()
        visit = _visit(self, event)
        answer = self._answered(visit, event)
        _log(visit, event, answer, began)
        return answer.sent(visit.headers.get("accept-encoding", ""))

    def _answered(self, visit: Visit, event: Event) -> Answer:
        try:
            route = self._found(visit)
            visit.route = self.path + route.path
            self._admit(visit, route, event)
            return route.answer(visit, **{name: visit.parts[name] for name in _PART.findall(route.path)})
        except Unauthenticated as error:
            return self._to_sign_in(visit, error)
        except Exception as error:
            return self._refused(visit, error)

    def _found(self, visit: Visit) -> Route:
        section = self._section(visit.path)
        for route in section.routes:
            parts = route.parts(self.path, visit.path) if route.method == visit.method else None
            if parts is not None:
                visit.parts, visit.section = parts, section.title
                return route
        raise problems.NOTHING_HERE

    def _section(self, path: str) -> Section:
        """The section of a path. Raises Absent if it is of none."""
        found = re.fullmatch(rf"{_PART.sub(_group, self.path)}(?:/(?P<part>[^/.]*).*)?", path, re.DOTALL)
        for section in self.sections:
            if found and (found["part"] or "") in section.parts:
                return section
        raise problems.NOTHING_HERE

    def _admit(self, visit: Visit, route: Route, event: Event) -> None:
        """Raises Unauthenticated, Forbidden, and what is wrong with the body as such."""
        if visit.method == "POST":
            _require_own_page(visit)
            visit.body = bodies.raw(event)
        if route.least == "public":
            return
        visit.signed_in = sessions.identify(table(), visit.session, visit.now)
        _require(visit, route.least)
        if visit.method == "POST" and not visit.has_token:
            raise Forbidden(
                "form_expired", "this form is of another session: go back, load the page again and repeat it"
            )

    def _to_sign_in(self, visit: Visit, error: Unauthenticated) -> Answer:
        if "program_id" in self.path and "program_id" not in visit.parts:
            return self._refused(visit, error)
        back = visit.path.removeprefix(self.prefix(visit)) if visit.method == "GET" else ""
        address = visit.link("/sign-in", to=back)
        if visit.is_partial:
            return Answer(HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address}, reason=error.code)
        return answers.redirect(address)

    def _refused(self, visit: Visit, error: Exception) -> Answer:
        problem = problems.describe(error, visit.origin)
        status = problem["status"]
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("failed", exc_info=error, method=visit.method, route=visit.route)
        heading = _HEADINGS.get(HTTPStatus(status), "This cannot be done")
        detail = (
            "Perhaps it was removed, or the address is incomplete."
            if isinstance(error, Absent)
            else refusals.said(problem["detail"])
        )
        page = visit.show("refused.html", status=status, heading=heading, detail=detail)
        return Answer(status, page.body, page.headers, page.cookies, problem["code"])


def _ids_in(route: Route) -> int:
    return route.path.count("<")


def _group(part: re.Match[str]) -> str:
    return f"(?P<{part[1]}>{_ID if part[1].endswith('_id') else _OTHER})"


def _visit(site: Site, event: Event) -> Visit:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    context, path = event["requestContext"], event["rawPath"]
    cookies = cookies_of(event, headers)
    visit = Visit(
        site=site,
        method=context["http"]["method"].upper(),
        path=_decoded(path),
        origin=origin_of(path, context.get("domainName", ""), context.get("stage", "")),
        headers=headers,
        cookies=cookies,
        query=dict(event.get("queryStringParameters") or {}),
        session=cookies.get(site.cookie, ""),
    )
    if visit.method == "HEAD":
        visit.method = "GET"
    return visit


def _decoded(path: str) -> str:
    """The path without a slash at its end; HTTP API gives it as it came."""
    return unquote(path).rstrip("/") or "/"


def _require_own_page(visit: Visit) -> None:
    """Raises Forbidden `cross_site` for a form that another site's page has sent; browsers say which page it was."""
    site = visit.headers.get("sec-fetch-site")
    page = visit.headers.get("origin")
    own = urlsplit(visit.origin)
    if site is not None and site != "same-origin":
        raise _foreign()
    if site is None and page is not None and page != f"{own.scheme}://{own.netloc}":
        raise _foreign()


def _foreign() -> Refusal:
    return Forbidden("cross_site", "this form was sent by a page of another site")


def _require(visit: Visit, least: Least) -> None:
    """Raises Unauthenticated for a session of another kind or program, Forbidden for a role that lacks the right."""
    assert visit.signed_in is not None  # noqa: S101
    who = visit.signed_in.who
    match least:
        case "member":
            if not isinstance(who, Member) or visit.parts.get("program_id") != visit.program_id:
                raise sessions.signed_out()
        case "public":
            pass
        case _:
            if not isinstance(who, User):
                raise sessions.signed_out()
            if not includes(who.role, least):
                raise Forbidden("role_missing", f"this is for the role {least} and above; you are a {who.role}")


def _log(visit: Visit, event: Event, answer: Answer, began: float) -> None:
    """One line: the outcome, the reason of a refusal, in which program, by whom, of what, and the request's id."""
    told = {
        "reason": answer.reason,
        "in": visit.signed_in and visit.program_id,
        "by": visit.signed_in and visit.signed_in.person.actor,
        "of": " ".join(_IDS.findall(visit.path)),
        "ms": round((time.perf_counter() - began) * 1000),
        "request": event["requestContext"].get("requestId"),
    }
    logger.info(
        f"{visit.method} {_PART.sub('*', visit.route)} {answer.status}",
        **{name: value for name, value in told.items() if value},
    )
