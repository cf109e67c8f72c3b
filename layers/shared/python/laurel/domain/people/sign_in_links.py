"""Links that sign in: mailed to whoever asks, or is invited; good once, and for a while."""

from datetime import timedelta
from typing import Final, Literal

LinkKind = Literal["sign_in", "invitation"]
LINK_LIVES: Final[dict[LinkKind, timedelta]] = {"sign_in": timedelta(minutes=15), "invitation": timedelta(days=7)}
"""How long a link is good, from the instant at which it was mailed."""


def path_of(person_id: str, program_id: str, token: str) -> str:
    """The page that a link leads to, below the API's address: in the console for a user, in the portal for a member."""
    site = "/console" if person_id.startswith("usr_") else f"/portal/{program_id}"
    return f"{site}/sign-in/{token}"
