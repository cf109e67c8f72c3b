"""One request of a person: what a page asks of it, and how it answers."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from laurel import clock
from laurel.api import problems
from laurel.domain.history import Author
from laurel.domain.members.members import Member
from laurel.domain.people.people import Role, User, includes
from laurel.domain.program.programs import Program
from laurel.domain.values import json_text
from laurel.domain.values.errors import Absent, Forbidden, Refusal, Unauthenticated
from laurel.pages import answers, assets, rendering, sessions
from laurel.pages.answers import Answer
from laurel.pages.forms import TOKEN, Entered, Form
from laurel.pages.words import Words
from laurel.workflows.people.sessions import SignedIn
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.idempotency import Request

if TYPE_CHECKING:
    from laurel.pages.site import Site

Saved = TypeVar("Saved")
_THROUGH: Final = (Absent, Unauthenticated, Forbidden)
"""Refusals that no form can mend."""


@dataclass
class Visit:
    """A request, and who makes it once that is known. `path`: below the API's address; `origin`: what comes before it.

    `query`: the parameters, the first of each name. `parts`: the ids in the path.
    """

    site: "Site"
    method: str
    path: str
    origin: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    parts: Mapping[str, str] = field(default_factory=dict)
    signed_in: SignedIn | None = None
    session: str = ""
    section: str = ""
    route: str = "-"

    @cached_property
    def now(self) -> datetime:
        """The instant of the request."""
        return clock.now()

    @property
    def program(self) -> Program:
        """The program of whoever is signed in."""
        assert self.signed_in is not None, "the page is public"  # noqa: S101
        return self.signed_in.program

    @property
    def program_id(self) -> str:
        """Its id, for workflows."""
        return self.program.program_id

    @property
    def user(self) -> User:
        """The user who is signed in to the console."""
        assert self.signed_in is not None and isinstance(self.signed_in.who, User)  # noqa: S101, PT018
        return self.signed_in.who

    @property
    def member(self) -> Member:
        """The member who is signed in to the portal."""
        assert self.signed_in is not None and isinstance(self.signed_in.who, Member)  # noqa: S101, PT018
        return self.signed_in.who

    def may(self, least: Role) -> bool:
        """Whether the user's role includes `least`: buttons that would be refused are not shown."""
        return includes(self.user.role, least)

    @property
    def author(self) -> Author:
        """The author of what the request changes."""
        assert self.signed_in is not None  # noqa: S101
        return Author(self.signed_in.person.actor, self.now)

    @cached_property
    def words(self) -> Words:
        """Values in the reader's own way of writing."""
        program = self.signed_in.program if self.signed_in else None
        return Words.of(self.headers.get("accept-language", ""), program)

    @cached_property
    def entered(self) -> Entered:
        """The form that was sent. Raises Malformed."""
        kind = self.headers.get("content-type", "")
        return Entered.read(self.body, self.words.currency, self.words.zone, kind)

    def request(self) -> Request:
        """The request of a form that makes something: sent twice, it makes one."""
        assert self.signed_in is not None  # noqa: S101
        body_hash = json_text.digest(self.entered.new())
        once, person = self.entered.once, self.signed_in.person
        return idempotency.request_of(person, self.program, self.path, once, body_hash=body_hash, at=self.now)

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks for a part of the page, to put it in place."""
        return "hx-request" in self.headers

    def link(self, path: str = "", /, **query: Any) -> str:
        """The address of a page of this site, behind whatever base path; without parameters that are None or empty."""
        asked = urlencode({name: value for name, value in query.items() if value not in {None, ""}})
        return self.cookie_path + quote(path) + (f"?{asked}" if asked else "")

    def here(self, /, **query: Any) -> str:
        """The address of this page with other parameters: those that are None are left out."""
        return (
            f"{self.base}{self.path}?{urlencode({k: v for k, v in {**self.query, **query}.items() if v is not None})}"
        )

    def asset(self, name: str) -> str:
        """The address of a file of `pages/assets`."""
        return self.base + assets.named()[name].path

    @property
    def cookie_path(self) -> str:
        """The path that this site's cookies are sent to."""
        return self.base + self.site.prefix(self)

    @property
    def base(self) -> str:
        """The part of an address before the paths of the API; empty where it has a host of its own."""
        return urlsplit(self.origin).path

    @cached_property
    def form_token(self) -> str:
        """The proof that a form is ours."""
        return sessions.form_token(self.session) if self.session else ""

    def once(self, form: Form) -> str:
        """The name of a form, which stays as it is while it is corrected."""
        return form.entered.once if form.entered else secrets.token_hex(12)

    @property
    def has_token(self) -> bool:
        """Whether the form that was sent is one that was made for this session."""
        return sessions.is_ours(self.entered.text(TOKEN), self.session)

    def show(self, template: str, *, part: str | None = None, status: int = 200, **values: Any) -> Answer:
        """A page. `part`: the block that htmx is given when it asks for a part."""
        toast = sessions.toast_of(self.cookies.get(sessions.TOAST, ""))
        shown = {**values, "visit": self, "words": self.words, "toast": toast}
        block = part if self.is_partial else None
        text = rendering.rendered(self.site.templates, template, shown, block)
        return answers.html(text, status, (sessions.ended(sessions.TOAST, self.cookie_path),) if toast else ())

    def go(self, path: str, toast: str = "", **query: Any) -> Answer:
        """The way on to another page of this site. `toast`: a sentence that is shown there once."""
        cookies = (sessions.toast(toast, self.cookie_path),) if toast else ()
        return answers.redirect(self.link(path, **query), cookies)

    def save(
        self, work: Callable[[], Saved], done: Callable[[Saved], Answer], again: Callable[[Form], Answer]
    ) -> Answer:
        """Does the work of a form: `done` answers with what came of it, `again` shows the form with the refusal."""
        try:
            saved = work()
        except _THROUGH:
            raise
        except Refusal as refusal:
            answer = again(Form.again(self.entered, refusal))
            status = answer.status if "Location" in answer.headers else self.status_of(refusal)  # it leads on
            return replace(answer, status=status, reason=refusal.code)
        return done(saved)

    def status_of(self, refusal: Exception) -> int:
        """The status that a refusal is told by, as the API tells it."""
        status: int = problems.describe(refusal, self.origin)["status"]
        return status
