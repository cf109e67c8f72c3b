"""Payouts: drafted, checked, confirmed; files and statements."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Payouts", "/payouts")


@pages.get("/payouts", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("payouts/list.html")
