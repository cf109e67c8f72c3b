"""How the program does, and what needs a person."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Overview", "")


@pages.get("", "viewer")
def overview(visit: Visit) -> Answer:
    """The first page after signing in."""
    return visit.show("overview/overview.html")
