"""Doors of a site: the page that asks for an address, the link that signs in once, and the way out."""

from collections.abc import Callable
from secrets import token_bytes
from typing import Final

from laurel.domain.people.people import User
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Refusal
from laurel.domain.values.model import Email, Frozen
from laurel.pages import answers, forms, sessions
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.visits import Visit
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.people import signing_in
from laurel.workflows.people.sessions import SignedIn, end

AT_ONCE: Final = "now"
"""The parameter that signs in without a press of the button; in a local environment alone, where nobody mails links."""


class Address(Frozen):
    """An address to mail a link to."""

    email: Email


def asking(visit: Visit, form: Form | None = None, program: Program | None = None) -> Answer:
    """The page that asks for an address. `program`: the one that is signed in to, if that is known."""
    return visit.show("sign_in.html", form=form or Form(), program=program)


def asked(visit: Visit, ask: Callable[[str], None], program: Program | None = None) -> Answer:
    """Has a link mailed by `ask`, if the address is known; the answer is the same if it is not."""
    return visit.save(
        lambda: ask(forms.model(Address, visit.entered.new()).email),
        done=lambda _: visit.show("asked.html"),
        again=lambda form: asking(visit, form, program),
    )


def shown(visit: Visit, token: str) -> Answer:
    """The page that a link leads to. Looking uses nothing up: mail scanners look."""
    if AT_ONCE in visit.query and settings().allow_loopback:
        return used(visit, token)
    try:
        found = signing_in.look(table(), token, visit.now)
        require_here(visit, found)
    except Refusal as refusal:
        return over(visit, refusal)
    return visit.show("link.html", name=found.program.name, person=found.person.name)


def used(visit: Visit, token: str) -> Answer:
    """Signs in by a link, once."""
    try:
        require_here(visit, signing_in.look(table(), token, visit.now))
        _, session = signing_in.use(table(), token, visit.now, token_bytes)
    except Refusal as refusal:
        return over(visit, refusal)
    return answers.redirect(visit.link(), (sessions.kept(visit.site.cookie, session.text, visit.cookie_path),))


def left(visit: Visit) -> Answer:
    """Ends the session at once."""
    end(table(), visit.session)
    return answers.redirect(visit.link("/sign-in"), (sessions.ended(visit.site.cookie, visit.cookie_path),))


def require_here(visit: Visit, found: SignedIn) -> None:
    """Raises Absent for a link into another site, or into another program's portal."""
    is_here = isinstance(found.who, User) == ("program_id" not in visit.parts)
    if not is_here or visit.parts.get("program_id", found.program.program_id) != found.program.program_id:
        raise signing_in.unknown()


def over(visit: Visit, refusal: Refusal) -> Answer:
    """The page of a link that does nothing any more, and why."""
    status = visit.status_of(refusal)
    page = visit.show("link_over.html", status=status, detail=refusal.detail)
    return answers.html(page.body, status, reason=refusal.code)
