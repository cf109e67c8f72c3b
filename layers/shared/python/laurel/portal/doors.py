"""Signing in and out of the portal."""

from typing import Final

from laurel.pages import answers, sessions
from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.people.sessions import end

pages: Final = Section()


@pages.get("/sign-in", "public")
def sign_in(visit: Visit) -> Answer:
    """Asks for the address that a link is mailed to."""
    return visit.show("doors/sign_in.html")


@pages.post("/sign-out", "member")
def sign_out(visit: Visit) -> Answer:
    """Ends the session at once."""
    end(table(), visit.session)
    gone = sessions.ended(visit.site.cookie, visit.cookie_path)
    return answers.redirect(visit.link("/sign-in"), (gone,))
