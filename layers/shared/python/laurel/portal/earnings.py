"""Each row that a member earned, and why it is what it is."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Earnings", "/earnings")


@pages.get("/earnings", "member")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("earnings/list.html")
