"""Stretches of items that are read whole, several side by side, and never many more than are allowed."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from laurel.concurrency import MOST_CALLS, side_by_side
from laurel.store.indexes import Index
from laurel.store.table import Table
from laurel.store.values import Item


class Stretch(NamedTuple):
    """Items that lie side by side in the table or an index; `before`: those after it have been read."""

    partition: str
    between: tuple[str, str] | None
    source: Index | None = None
    before: str | None = None

    def read(self, table: Table, limit: int) -> list[Item]:
        """The last of them, at most `limit`."""
        return table.query(
            self.partition,
            between=self.between,
            before=self.before,
            limit=limit,
            newest_first=True,
            index=self.source,
        )

    def after(self, entries: Sequence[Item], limit: int) -> Iterator["Stretch"]:
        """The rest of it, if there may be one."""
        if len(entries) == limit:
            yield self._replace(before=entries[-1]["sk" if self.source is None else self.source.sk])


def read(table: Table, stretches: Iterable[Stretch], most: int) -> list[Item] | None:
    """All of their items; None if they are more than `most`, of which at most one too many is read."""
    found: list[Item] = []
    left = list(stretches)
    while left:
        room = most + 1 - len(found)
        now, later = left[: min(MOST_CALLS, room)], left[min(MOST_CALLS, room) :]
        limit = room // len(now)
        entries = side_by_side(partial(Stretch.read, table=table, limit=limit), now)
        found += [item for each in entries for item in each]
        if len(found) > most:
            return None
        rest = [each for stretch, read in zip(now, entries, strict=True) for each in stretch.after(read, limit)]
        left = [*rest, *later]
    return found
