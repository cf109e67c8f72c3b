"""Capacity units of single reads and writes, from the items that they read or write: sizes rounded up, indexes too.

A transaction costs twice on the table and once on the indexes, which are written after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from laurel.store.indexes import INDEXES, Index
from tools.bench.sizes import StoredItem, item_bytes

WRITE_UNIT: Final = 1024
READ_UNIT: Final = 4096
_EVENTUALLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost: RRU, WRU on the table, WRU on its indexes, and round trips."""

    rru: float = 0
    wru: float = 0
    index_wru: float = 0
    trips: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.rru + other.rru, self.wru + other.wru, self.index_wru + other.index_wru, self.trips + other.trips
        )


def write_units(*images: StoredItem | None) -> int:
    """Units of writing an item, by the largest of its images (None: no item); 1 if there is none at all."""
    largest = max((item_bytes(image) for image in images if image is not None), default=0)
    return _rounded(largest, WRITE_UNIT)


def read_units(items: Iterable[StoredItem], *, consistent: bool) -> float:
    """Units of one read operation: a query's page is summed, then rounded; finding nothing costs the minimum."""
    units = _rounded(sum(map(item_bytes, items)), READ_UNIT)
    return units if consistent else units * _EVENTUALLY


def all_index_units(before: StoredItem | None, after: StoredItem | None) -> int:
    """Units that the write from `before` to `after` costs on all indexes of the table."""
    return sum(index_units(index, before, after) for index in INDEXES)


def index_units(index: Index, before: StoredItem | None, after: StoredItem | None) -> int:
    """Units on one index: an entry made, dropped or changed is one write; a changed key is two, since it moves."""
    was, becomes = entry(index, before), entry(index, after)
    if was == becomes:
        return 0
    if was is not None and becomes is not None and _place(index, was) != _place(index, becomes):
        return write_units(was) + write_units(becomes)
    return write_units(was, becomes)


def entry(index: Index, item: StoredItem | None) -> StoredItem | None:
    """The entry of `item` in `index`: the keys and the projected attributes; None if the item is not in it."""
    if item is None or index.pk not in item or index.sk not in item:
        return None
    names = ("pk", "sk", index.pk, index.sk, *index.projection)
    return {name: item[name] for name in names if name in item}


def _place(index: Index, held: StoredItem) -> tuple[object, object]:
    return held[index.pk], held[index.sk]


def _rounded(size: int, unit: int) -> int:
    return max(1, -(-size // unit))
