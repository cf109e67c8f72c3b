"""Payouts to a member, and the rows behind each."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Payouts", "/payouts")


@pages.get("/payouts", "member")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("payouts/list.html")
