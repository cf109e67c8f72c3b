"""How a member does: sums, and what to do next."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Overview", "")


@pages.get("", "member")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("overview/list.html")
