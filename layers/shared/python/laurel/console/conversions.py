"""Orders that shops reported, each with its facts, its commission and why."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Conversions", "/conversions")


@pages.get("/conversions", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("conversions/list.html")
