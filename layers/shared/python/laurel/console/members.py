"""Members: found, approved, edited, and everything about one of them."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Members", "/members")


@pages.get("/members", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("members/list.html")
