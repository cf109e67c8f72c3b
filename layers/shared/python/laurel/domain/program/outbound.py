"""Messages that leave the program: how one is claimed, leased and tried again, whatever it says."""

from typing import Annotated

from laurel.domain.values.model import Count, Frozen, Instant

MOST_ATTEMPTS = 8


class Outbound(Frozen):
    """A message of the outbox. `claim`: the attempt that holds it until `next_attempt_at`, or held it last.

    `attempts_before`: those before it was to be sent anew.
    """

    attempts: Annotated[int, Count] = 0
    attempts_before: Annotated[int, Count] = 0
    next_attempt_at: Instant
    claim: str | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def tries(self) -> int:
        """Attempts since it was created, or since it was last to be sent anew."""
        return self.attempts - self.attempts_before


def retry_seconds(attempts: int) -> int:
    """Seconds from refusal number `attempts` to the next attempt: 1 minute, doubling, at most 6 hours."""
    return min(60 << min(attempts - 1, 10), 6 * 3600)
