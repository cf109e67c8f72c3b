"""Signing in and out of the console."""

from typing import Final

from laurel.pages import doors
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.people import signing_in

pages: Final = Pages()


@pages.get("/sign-in", "public")
def sign_in(visit: Visit) -> Answer:
    """Asks for the address that a link is mailed to."""
    return doors.asking(visit)


@pages.post("/sign-in", "public")
def ask(visit: Visit) -> Answer:
    """Mails a link to an address that is a user's."""
    return doors.asked(visit, lambda address: signing_in.ask_user(table(), address, visit.origin, visit.now))


@pages.get("/sign-in/<token>", "public")
def look(visit: Visit, token: str) -> Answer:
    """The page that a mailed link leads to."""
    return doors.shown(visit, token)


@pages.post("/sign-in/<token>", "public")
def enter(visit: Visit, token: str) -> Answer:
    """Signs in."""
    return doors.used(visit, token)


@pages.post("/sign-out", "viewer")
def sign_out(visit: Visit) -> Answer:
    """Ends the session at once."""
    return doors.left(visit)
