"""Several partitions as one list, newest first: whatever must be read next is read of all of them side by side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from laurel.concurrency import side_by_side
from laurel.store.indexes import Index
from laurel.store.table import Table
from laurel.store.values import Item

MOST_AT_ONCE: Final = 1_000
_Placed = tuple[str, Item]
"""An item with its sort key."""


@dataclass(slots=True)
class Part:
    """A partition of a list, newest first: it reads `next` items before `edge`, and at most `left` in all.

    `edge`: the sort key down to which it is read; None before anything is. `unused`: what nobody has taken yet.
    """

    table: Table
    partition: str
    index: Index | None
    between: tuple[str, str] | None
    edge: str | None
    next: int
    left: int
    is_over: bool = False
    unused: list[_Placed] = field(default_factory=list)

    @property
    def sort_key(self) -> str:
        """The attribute by which the list is sorted."""
        return "sk" if self.index is None else self.index.sk

    def read(self) -> None:
        """Reads on."""
        asked = min(self.next, self.left)
        read = self.table.query(
            self.partition, between=self.between, before=self.edge, limit=asked, newest_first=True, index=self.index
        )
        self.unused += [(str(item[self.sort_key]), item) for item in read]
        self.is_over = len(read) < asked
        self.left -= asked
        self.edge = self.unused[-1][0] if read else self.edge

    def taken(self, edge: str) -> list[_Placed]:
        """The unused items from the newest to `edge`, which are used with that."""
        taken = [placed for placed in self.unused if placed[0] >= edge]
        self.unused = self.unused[len(taken) :]
        return taken


def merged(parts: Sequence[Part], wanted: int, most: int, is_wanted: Callable[[Item], bool]) -> Iterator[Item | None]:
    """The items of all parts, greatest sort key first: `most` of them, and None where there may be more.

    It reads ahead as far as `wanted` items that are wanted can reach, and no further.
    """
    goal, to_read = _Goal(wanted, most, is_wanted), list(parts)
    while to_read:
        side_by_side(Part.read, to_read)
        going_on = [part for part in parts if not part.is_over]
        edge = max((part.edge or "" for part in going_on), default="")
        for _, item in _newest_first(part.taken(edge) for part in parts):
            yield item
            goal.passed(item)
        if goal.is_over or any(part.edge == edge and not part.left for part in going_on):
            yield None
            return
        reach = goal.reach(_newest_first(part.unused for part in parts))
        to_read = [part for part in going_on if part.left and (part.edge or "") > reach]
        goal.share(to_read)


@dataclass(slots=True)
class _Goal:
    """So many that are wanted, or so many in all, whichever is reached first."""

    wanted: int
    most: int
    is_wanted: Callable[[Item], bool]
    seen: int = 0
    hits: int = 0

    def passed(self, item: Item) -> None:
        """Notes an item that the list has come to."""
        self.seen, self.hits = self.seen + 1, self.hits + self.is_wanted(item)

    @property
    def is_over(self) -> bool:
        """Whether the list may go no further."""
        return self.seen >= self.most

    def reach(self, known: Sequence[_Placed]) -> str:
        """The sort key down to which the known items reach the goal; empty if they do not."""
        wanted, most = self._left
        for number, (key, item) in enumerate(known, 1):
            wanted -= self.is_wanted(item)
            if not wanted or number == most:
                return key
        return ""

    def share(self, parts: Sequence[Part]) -> None:
        """Says how far each of the parts is to be read on: all the way, or if few are wanted, its share of that."""
        wanted, most = self._left
        if wanted < most:
            likely = 2 * wanted * self.seen // self.hits if self.hits else most
            most = -(-min(max(likely, wanted), most) // max(len(parts), 1))
        for part in parts:
            part.next = min(most, MOST_AT_ONCE)

    @property
    def _left(self) -> tuple[int, int]:
        return max(self.wanted - self.hits, 1), max(self.most - self.seen, 1)


def _newest_first(placed: Iterable[list[_Placed]]) -> list[_Placed]:
    return sorted((each for part in placed for each in part), key=itemgetter(0), reverse=True)
