"""What can go wrong at a call to the world outside, and how often it does."""

from dataclasses import dataclass
from random import Random
from typing import Final

READING: Final = ("crash before", "crash after", "throttled", "no answer, not done")
WRITING: Final = (
    "crash before",
    "crash after",
    "throttled",
    "conflict",
    "no answer, not done",
    "no answer, done",
    "throttled, done",
    "sent twice",
)
SENDING: Final = ("crash before", "crash after", "refused", "no answer, not done", "no answer, done")
QUEUEING: Final = ("crash before", "crash after", "no answer, not done", "no answer, done")
SEVERITIES: Final = (0.0, 0.01, 0.03, 0.08, 0.2)


@dataclass
class Faults:
    """`likely`: of a fault at one call. `torn`: of others writing in the middle of a read of several items.

    `lagging`: of an index that has not caught up. `lost`: of a stream record that nobody ever reads. `again`: of
    records that the stream hands out once more. `losing`: whether what is left in the stream at the end is lost.
    """

    likely: float
    torn: float
    lagging: float
    lost: float
    again: float
    losing: bool

    @staticmethod
    def drawn(rng: Random) -> "Faults":
        """A profile for one history; some have no faults at all, only interleavings."""
        return Faults(
            likely=rng.choice(SEVERITIES),
            torn=rng.choice((0.0, 0.2, 0.5)),
            lagging=rng.choice((0.0, 0.3, 0.8)),
            lost=rng.choice((0.0, 0.0, 0.1, 0.5)),
            again=rng.choice((0.0, 0.05, 0.2)),
            losing=rng.random() < 0.3,
        )

    def cease(self) -> None:
        """From now on everything works."""
        self.likely = self.torn = self.lagging = self.lost = self.again = 0.0

    def draw(self, rng: Random, kinds: tuple[str, ...], times: int = 1) -> str | None:
        """The fault of one call, mostly none. `times`: more likely for calls that are rare."""
        return rng.choice(kinds) if self.likely and rng.random() < times * self.likely else None
