"""Storefronts: set up step by step, what they sent, how they are, their codes."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Shops", "/shops")


@pages.get("/shops", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("shops/list.html")
