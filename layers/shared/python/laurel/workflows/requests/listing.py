"""Lists, newest first, in pages; several partitions are read as one list."""

import base64
import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from laurel.concurrency import Run, in_turn
from laurel.domain.values.errors import Invalid
from laurel.store.indexes import Index
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item

DEFAULT_LIMIT: Final = 25
MOST_ITEMS: Final = 100
MOST_LOOKED_AT: Final = 1_000
"""The most items that a page passes over: it bounds the cost of a filter that matches little."""
_READ_AT_ONCE: Final = 250
_TOGETHER: Final = 10  # partitions that begin to be read at the same time; as many as a client has connections
_MOST_KEYS: Final = 100  # entries whose items are read together, where the items must tell whether they are wanted
_BESIDE_SHARE: Final = 4  # items a partition beyond its share of the page: so many small items cost as much as one
_LARGEST_PAGE: Final = 2_000_000  # characters of JSON; Lambda answers up to 6 MB
_LONGEST_PLACE: Final = 1024

Listed = TypeVar("Listed")
Allowed: TypeAlias = str | bool | frozenset[str | None] | Callable[[str], bool] | None
"""The value that an attribute must have, the values it may have, or what tells of a text; None does not narrow."""
Where: TypeAlias = Mapping[str, Allowed]
"""Dotted path into an item -> the values allowed there."""
Shown = TypeVar("Shown", bound=BaseModel)


class Page(BaseModel, Generic[Listed]):
    """One page of a list. It may hold fewer items than asked for; only `next_cursor` null means that it is the last."""

    items: list[Listed]
    next_cursor: str | None

    def of(self, shown: Callable[[Listed], Shown]) -> "Page[Shown]":
        """The same page with each item as it is `shown`."""
        return Page(items=[shown(item) for item in self.items], next_cursor=self.next_cursor)


def page(  # noqa: PLR0913 -- all of them narrow one question
    table: Table,
    partitions: Sequence[str],
    parse: Callable[[Item], Shown],
    *,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    index: Index | None = None,
    between: tuple[str, str] | None = None,
    where: Where | None = None,
    run: Run = in_turn,
    as_listed: bool = False,
) -> Page[Shown]:
    """The page after `cursor` of all items of `partitions`, by sort key, newest (greatest) first.

    It passes over at most `MOST_LOOKED_AT` items, or `limit` if that is more: a filter that matches little gives short
    pages. It reads at most twice as many, and a few of each partition. `between`: sort keys, both ends included.
    `run`: how the beginnings of a few partitions are read; those of many are always read side by side.
    `as_listed`: `parse` is content with what the entries of the index carry, so that no item is read beside them.
    Raises Invalid `invalid_cursor`.
    """
    before = None if cursor is None else place_of(cursor)
    narrows = {path: allowed for path, allowed in (where or {}).items() if allowed is not None}
    passes = max(limit, MOST_LOOKED_AT) if narrows else limit
    at_first = min(limit // max(len(partitions), 1) + _BESIDE_SHARE, _READ_AT_ONCE)
    parts = [_Part(table, partition, index, between, before, at_first, passes + 1) for partition in partitions]
    listed = heapq.merge(*_begun(parts, run), key=itemgetter(0), reverse=True)
    whole = _whole(table, listed, None if as_listed else index, narrows, limit + 1)
    taken, is_over = _taken(whole, limit, passes, narrows)
    shown = [parse(item) for item in taken if matches(item, narrows)]
    return Page(items=shown, next_cursor=None if is_over else cursor_at(parts[0].sort_key(taken[-1])))


def cut(listed: Iterable[Listed], sort_key: Callable[[Listed], str], limit: int, cursor: str | None) -> Page[Listed]:
    """The page after `cursor` of a list that was read whole, newest first (by the greatest sort key).

    Raises Invalid `invalid_cursor`.
    """
    before = None if cursor is None else place_of(cursor)
    left = [item for item in listed if before is None or sort_key(item) < before]
    taken = sorted(left, key=sort_key, reverse=True)[:limit]
    return Page(items=taken, next_cursor=cursor_at(sort_key(taken[-1])) if len(left) > limit else None)


@dataclass(frozen=True, slots=True)
class _Part:
    """A partition of a list, newest first: it reads `at_first` items, then twice as many each time, `most` in all."""

    table: Table
    partition: str
    index: Index | None
    between: tuple[str, str] | None
    before: str | None
    at_first: int
    most: int

    def sort_key(self, item: Item) -> str:
        """The sort key of an item in the list."""
        return str(item["sk" if self.index is None else self.index.sk])

    def first(self) -> list[Item]:
        """The items that it begins with."""
        return self._query(self.before, min(self.at_first, self.most))

    def read(self, first: list[Item]) -> Iterator[tuple[str, Item | None]]:
        """The items with their sort keys, the further ones read as they are used.

        None at the end if there may be more than `most`.
        """
        read, asked, left = first, min(self.at_first, self.most), self.most
        while True:
            yield from ((self.sort_key(item), item) for item in read)
            if len(read) < asked:
                return
            before, left = self.sort_key(read[-1]), left - asked
            if not left:
                break
            asked = min(2 * asked, left, MOST_LOOKED_AT)
            read = self._query(before, asked)
        yield before, None

    def _query(self, before: str | None, limit: int) -> list[Item]:
        return self.table.query(
            self.partition, between=self.between, before=before, limit=limit, newest_first=True, index=self.index
        )


def cursor_at(sort_key: str) -> str:
    """A sort key as a cursor. It does not name the partition, so it cannot lead out of its list."""
    return base64.urlsafe_b64encode(sort_key.encode()).rstrip(b"=").decode()


def place_of(cursor: str) -> str:
    """The inverse of `cursor_at`. Raises Invalid `invalid_cursor`."""
    try:
        sort_key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise bad_cursor() from error
    if not 0 < len(sort_key.encode()) <= _LONGEST_PLACE:
        raise bad_cursor()
    return sort_key


def bad_cursor(pointer: str = "?cursor") -> Invalid:
    """The refusal of a cursor that no answer contained."""
    return Invalid("invalid_cursor", "take the cursor from next_cursor of the page before", pointer)


def _whole(
    table: Table, listed: Iterator[tuple[str, Item | None]], index: Index | None, where: Where, at_once: int
) -> Iterator[Item | None]:
    """A list with the items of entries that carry only a part, each in the place of its entry.

    An entry that tells already that it is not wanted stays as it is; one whose item is gone is left out.
    """
    if index is None:
        yield from (item for _, item in listed)
        return
    carried = {path: allowed for path, allowed in where.items() if index.carries(path)}
    at_once = at_once if len(carried) == len(where) else max(at_once, _MOST_KEYS)
    while entries := [entry for _, entry in islice(listed, at_once)]:
        wanted = {_key(entry) for entry in entries if entry is not None and _is_part(entry) and matches(entry, carried)}
        stored = table.batch_get(wanted) if wanted else {}
        for entry in entries:
            if entry is None or _key(entry) not in wanted:
                yield entry
            elif (item := stored.get(_key(entry))) is not None:
                yield {**item, index.sk: entry[index.sk]}


def _key(entry: Item) -> Key:
    return Key(entry["pk"], entry["sk"])


def _is_part(entry: Item) -> bool:
    """Whether an entry of an index lacks something: whatever is whole has its version."""
    return "version" not in entry


def _taken(whole: Iterator[Item | None], limit: int, passes: int, where: Where) -> tuple[list[Item], bool]:
    """The items of the page with those passed over between them, and whether the list ends there."""
    taken: list[Item] = []
    count = size = 0
    for item in whole:
        if item is None or count == limit or len(taken) == passes:
            return taken, False
        is_wanted = matches(item, where)
        size += len(json.dumps(item, default=str)) if is_wanted else 0
        if count and size > _LARGEST_PAGE:
            return taken, False
        taken.append(item)
        count += is_wanted
    return taken, True


def _begun(parts: Sequence[_Part], run: Run) -> list[Iterator[tuple[str, Item | None]]]:
    """The partitions with their first items; of hundreds, several are read at a time."""
    if len(parts) <= _TOGETHER:
        return [part.read(first) for part, first in zip(parts, run(_Part.first, parts), strict=True)]
    with ThreadPoolExecutor(_TOGETHER) as readers:
        return [part.read(first) for part, first in zip(parts, readers.map(_Part.first, parts), strict=True)]


def matches(item: Item, where: Where) -> bool:
    """Whether an item has all that is asked for; None does not narrow."""
    return all(_is_allowed(allowed, _at(item, path)) for path, allowed in where.items() if allowed is not None)


def _is_allowed(allowed: Allowed, value: Any) -> bool:
    if callable(allowed):
        return isinstance(value, str) and allowed(value)
    return value in allowed if isinstance(allowed, frozenset) else bool(value == allowed)


def _at(item: Item, path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
