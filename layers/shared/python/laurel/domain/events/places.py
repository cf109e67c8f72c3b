"""Places in the feed: how far a reader is, though pages of one moment may appear a little after those behind them.

A page is named by the instant at which its transaction began, and appears when that is over. So a reader remembers all
pages that it has read of the last minutes, and looks for others beside them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import Field

from laurel.domain.events.events import Event, EventPage, beginning
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import Frozen

SETTLES_WITHIN: Final = timedelta(minutes=2)
"""Longer than any function lives: no page appears with a name older than that."""
MOST_REMEMBERED: Final = 150
"""Pages that a reader remembers: more of the last minutes wait until they are settled."""
_CURSOR = re.compile(r"[0-9a-z]{10,22}(\.[0-9a-z]{22}(-\d{1,4})?){0,200}")


class FeedPlace(Frozen):
    """`settled`: pages named before it are read. `seen`: those after it that are, too. `within`: of one, so many."""

    settled: str
    seen: tuple[str, ...] = ()
    within: tuple[str, Annotated[int, Field(ge=1)]] | None = None

    @classmethod
    def at(cls, instant: datetime) -> Self:
        """The place before all that happened at `instant` or later."""
        return cls(settled=beginning(instant))

    @property
    def cursor(self) -> str:
        """The place as text."""
        within = [f"{self.within[0]}-{self.within[1]}"] if self.within else []
        return ".".join([self.settled, *self.seen, *within])

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """The inverse of `cursor`. Raises Invalid `invalid_cursor`."""
        if not _CURSOR.fullmatch(cursor):
            raise Invalid("invalid_cursor", "send `next_cursor` of an earlier answer as it is", "?after")
        settled, *rest = cursor.split(".")
        begun = [part.split("-") for part in rest if "-" in part]
        within = (begun[0][0], max(1, int(begun[0][1]))) if begun else None
        return cls(settled=settled, seen=tuple(part for part in rest if "-" not in part), within=within)

    def is_read(self, name: str) -> bool:
        """Whether a page is behind."""
        return name < self.settled or name in self.seen

    def past(self, step: "Step") -> Self:
        """After one event."""
        if not step.is_last:
            return self.model_copy(update={"within": (step.page, step.number + 1)})
        within = None if self.within and self.within[0] == step.page else self.within
        return self.model_copy(update={"seen": (*self.seen, step.page), "within": within})

    def settling(self, unread: str | None, now: datetime) -> Self:
        """The same place, with less to remember. `unread`: the first page known that is not read."""
        settled = max(self.settled, min(beginning(now - SETTLES_WITHIN), unread or "~"))
        return self.model_copy(update={"settled": settled, "seen": tuple(n for n in self.seen if n >= settled)})


@dataclass(frozen=True, slots=True)
class Step:
    """One event on a reader's way: number `number` of its page."""

    page: str
    number: int
    is_last: bool
    event: Event


def steps(place: FeedPlace, pages: Sequence[EventPage]) -> list[Step]:
    """The events of `pages` (oldest first) that are not behind `place`."""
    ahead = []
    for page in pages:
        first = place.within[1] if place.within and place.within[0] == page.name else 0
        last = len(page.events) - 1
        ahead += [Step(page.name, n, n == last, event) for n, event in enumerate(page.events) if n >= first]
    return ahead
