"""Joining a program, and signing in and out of its portal."""

from secrets import token_bytes
from typing import Final

from laurel.domain.members.members import Application
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Forbidden
from laurel.pages import answers, doors, forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.portal import colours
from laurel.store.table import table
from laurel.workflows.members import applying
from laurel.workflows.people import signing_in
from laurel.workflows.program import logos, programs

pages: Final = Pages()


@pages.get("/sign-in", "public")
def sign_in(visit: Visit) -> Answer:
    """Asks for the address that a link is mailed to."""
    return doors.asking(visit, program=_program(visit))


@pages.post("/sign-in", "public")
def ask(visit: Visit) -> Answer:
    """Mails a link to an address that is a member's."""
    program = _program(visit)

    def asked(address: str) -> None:
        signing_in.ask_member(table(), program.program_id, address, visit.origin, visit.now)

    return doors.asked(visit, asked, program)


@pages.get("/sign-in/<token>", "public")
def look(visit: Visit, token: str) -> Answer:
    """The page that a mailed link leads to."""
    return doors.shown(visit, token)


@pages.post("/sign-in/<token>", "public")
def enter(visit: Visit, token: str) -> Answer:
    """Signs in."""
    return doors.used(visit, token)


@pages.get("/logo/<name>", "public")
def logo(visit: Visit, name: str) -> Answer:
    """The program's picture, for every page that shows it."""
    found = logos.get(table(), visit.parts["program_id"], name)
    return answers.picture(found.media_type, found.data)


@pages.get("/color/<name>", "public")
def color(visit: Visit, name: str) -> Answer:  # noqa: ARG001 -- it is the same in every program
    """The merchant's colour as a stylesheet: contrast is kept, light and dark."""
    return answers.style(colours.stylesheet(name))


@pages.get("/join", "public")
def join(visit: Visit, form: Form | None = None) -> Answer:
    """The form for whoever wants to become a member."""
    program = _program(visit)
    return visit.show("doors/join.html", program=program, form=form or Form())


@pages.post("/join", "public")
def apply(visit: Visit) -> Answer:
    """Makes a member who waits for approval; the answer is the same for an address that is known already."""
    program = _program(visit)
    if not program.applications.open:
        raise Forbidden("applications_closed", "this program takes no applications at the moment")

    def work() -> None:
        wanted = forms.model(Application, visit.entered.new())
        applying.apply(table(), program, wanted, visit.origin, visit.now, token_bytes)

    return visit.save(
        work, done=lambda _: visit.show("doors/applied.html", program=program), again=lambda form: join(visit, form)
    )


@pages.post("/sign-out", "member")
def sign_out(visit: Visit) -> Answer:
    """Ends the session at once."""
    return doors.left(visit)


def _program(visit: Visit) -> Program:
    """The program of the portal's address. Raises Absent."""
    return programs.find(table(), visit.parts["program_id"])
