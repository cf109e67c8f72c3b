"""Lists, newest first, in pages; several partitions are read as one list."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel

from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import Open
from laurel.store.indexes import Index
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.merging import Part, merged

DEFAULT_LIMIT: Final = 25
MOST_ITEMS: Final = 100
MOST_LOOKED_AT: Final = 1_000
"""The most items that a page passes over: it bounds the cost of a filter that matches little."""
_READ_AT_ONCE: Final = 250
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


class Beside(Protocol):
    """Something that wants to know of what entries name: names, to be shown with them."""

    def named_by(self, entry: Item) -> Iterable[Key]:
        """The keys of what an entry names, as far as it is not known."""

    def learn_from(self, asked: Iterable[Key], stored: Mapping[Key, Item]) -> None:
        """Takes what was asked for, as far as it is there."""


class Page(Open, Generic[Listed]):
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
    as_listed: bool = False,
    in_one: bool = False,
    beside: Beside | None = None,
) -> Page[Shown]:
    """The page after `cursor` of all items of `partitions`, by sort key, newest (greatest) first.

    It passes over at most `MOST_LOOKED_AT` items, or `limit` if that is more: a filter that matches little gives short
    pages. It reads at most twice as many, and a few of each partition. `between`: sort keys, both ends included.
    `as_listed`: `parse` is content with what the entries of the index carry, so that no item is read beside them.
    `in_one`: each of the partitions is read at once as far as the page may reach, for people who wait: more units, one
    step. `beside`: is told of what is read along with the items.
    Raises Invalid `invalid_cursor`.
    """
    before = None if cursor is None else place_of(cursor)
    narrows = {path: allowed for path, allowed in (where or {}).items() if allowed is not None}
    passes = max(limit, MOST_LOOKED_AT) if narrows else limit
    at_first = _at_first(limit, len(partitions), in_one=in_one)
    parts = [Part(table, partition, index, between, before, at_first, passes + 1) for partition in partitions]
    carried = {path: allowed for path, allowed in narrows.items() if index is None or index.carries(path)}
    listed = merged(parts, limit + 1, passes + 1, lambda item: matches(item, carried))
    reader = None if as_listed or index is None else _Reader(table, index, carried, beside)
    at_once = limit + 1 if len(carried) == len(narrows) else max(limit + 1, _MOST_KEYS)
    whole = listed if reader is None else reader.whole(listed, at_once)
    taken, is_over = _taken(whole, limit, passes, narrows)
    shown = [parse(item) for item in taken if matches(item, narrows)]
    return Page(items=shown, next_cursor=None if is_over else cursor_at(str(taken[-1][parts[0].sort_key])))


def cut(listed: Iterable[Listed], sort_key: Callable[[Listed], str], limit: int, cursor: str | None) -> Page[Listed]:
    """The page after `cursor` of a list that was read whole, newest first (by the greatest sort key).

    Raises Invalid `invalid_cursor`.
    """
    before = None if cursor is None else place_of(cursor)
    left = [item for item in listed if before is None or sort_key(item) < before]
    taken = sorted(left, key=sort_key, reverse=True)[:limit]
    return Page(items=taken, next_cursor=cursor_at(sort_key(taken[-1])) if len(left) > limit else None)


def _at_first(limit: int, partitions: int, *, in_one: bool) -> int:
    """The items of each partition that are read first."""
    share = limit // max(partitions, 1) + _BESIDE_SHARE
    if in_one:
        at_least = max(limit + _BESIDE_SHARE, _MOST_KEYS // max(partitions, 1))
        share = max(share, min(at_least, MOST_LOOKED_AT // max(partitions, 1)))
    return min(share, _READ_AT_ONCE)


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


class _Reader:
    """Reads the items of entries that carry only a part, so many at once. `carried`: what the entries tell."""

    def __init__(self, table: Table, index: Index, carried: Where, beside: Beside | None) -> None:
        self._table = table
        self._index = index
        self._carried = carried
        self._beside = beside

    def whole(self, listed: Iterator[Item | None], at_once: int) -> Iterator[Item | None]:
        """The items in the places of their entries.

        An entry that tells already that it is not wanted stays as it is; one whose item is gone is left out.
        """
        while entries := list(self._next(listed, at_once)):
            wanted = {_key(entry): entry for entry in entries if entry is not None and self._is_read(entry)}
            stored = self._read(wanted)
            for entry in entries:
                if entry is None or _key(entry) not in wanted:
                    yield entry
                elif (item := stored.get(_key(entry))) is not None:
                    yield {**item, self._index.sk: entry[self._index.sk]}

    def _next(self, listed: Iterator[Item | None], at_once: int) -> Iterator[Item | None]:
        """The next entries, as far as so many of them may be wanted."""
        left = at_once
        for entry in listed:
            yield entry
            left -= entry is not None and matches(entry, self._carried)
            if not left:
                return

    def _is_read(self, entry: Item) -> bool:
        """Whether an entry is wanted and lacks something: whatever is whole has its version."""
        return "version" not in entry and matches(entry, self._carried)

    def _read(self, wanted: Mapping[Key, Item]) -> Mapping[Key, Item]:
        if self._beside is None or not wanted:
            return self._table.batch_get(wanted)
        named = {key for entry in wanted.values() for key in self._beside.named_by(entry)}
        stored = self._table.batch_get([*wanted, *named])
        self._beside.learn_from(named, stored)
        return stored


def _key(entry: Item) -> Key:
    return Key(entry["pk"], entry["sk"])


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
