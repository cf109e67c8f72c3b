"""Mail templates with their previews, and the mails that were sent."""

from typing import Final

from laurel.pages.answers import Answer
from laurel.pages.site import Section
from laurel.pages.visits import Visit

pages: Final = Section("Mail", "/mail")


@pages.get("/mail", "viewer")
def listed(visit: Visit) -> Answer:
    """The section's first page."""
    return visit.show("mail/list.html")
