"""A member's links and codes, to copy and to share."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Links and codes", "/links")


@pages.get("/links", "member")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("links/list.html")
