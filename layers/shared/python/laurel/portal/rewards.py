"""Rewards: how far a member is, and what they got."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Rewards", "/rewards")


@pages.get("/rewards", "member")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("rewards/list.html")
