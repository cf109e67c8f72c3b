"""Offers, who is in them, and edits of one member or of many."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Offers", "/offers")


@pages.get("/offers", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("offers/list.html")
