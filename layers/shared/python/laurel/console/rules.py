"""Performance rewards: built in sentences, tried on the past, applied."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Rules", "/rules")


@pages.get("/rules", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("rules/list.html")
