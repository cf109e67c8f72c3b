"""Lists, newest first, in pages; several partitions are read as one list."""

import base64
import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from laurel.domain.values.errors import Invalid
from laurel.store.indexes import Index
from laurel.store.table import Table
from laurel.store.values import Item

DEFAULT_LIMIT: Final = 25
MOST_ITEMS: Final = 100
_READ_FOR_FILTER: Final = 250  # items a partition: bounds the cost of a filter that matches little
_BESIDE_SHARE: Final = 4  # items a partition beyond its share of the page: so many small items cost as much as one
_LARGEST_PAGE: Final = 2_000_000  # characters of JSON; Lambda answers up to 6 MB
_LONGEST_PLACE: Final = 1024

Listed = TypeVar("Listed")
Allowed: TypeAlias = str | bool | frozenset[str] | Callable[[str], bool] | None
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
) -> Page[Shown]:
    """The page after `cursor` of all items of `partitions`, by sort key, newest (greatest) first.

    `between`: sort keys, both ends included.
    Raises Invalid `invalid_cursor`.
    """
    before = None if cursor is None else place_of(cursor)
    narrows = {path: allowed for path, allowed in (where or {}).items() if allowed is not None}
    most = _READ_FOR_FILTER if narrows else limit + 1
    at_first = limit // len(partitions) + _BESIDE_SHARE
    parts = [_Part(table, partition, index, between, before, at_first, most) for partition in partitions]
    taken, is_over = _taken(parts, limit, narrows)
    shown = [parse(item) for item in taken if matches(item, narrows)]
    return Page(items=shown, next_cursor=None if is_over else cursor_at(parts[0].sort_key(taken[-1])))


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

    def read(self) -> Iterator[tuple[str, Item | None]]:
        """The items with their sort keys, read as they are used; None at the end if there may be more than `most`."""
        before, at_once, left = self.before, self.at_first, self.most
        while left:
            asked = min(at_once, left)
            read = self._query(before, asked)
            for item in read:
                before = self.sort_key(item)
                yield before, item
            if len(read) < asked:
                return
            at_once, left = 2 * at_once, left - asked
        yield before or "", None

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


def _taken(parts: Iterable[_Part], limit: int, where: Where) -> tuple[list[Item], bool]:
    """The items of the page with those passed over between them, and whether the list ends there."""
    taken: list[Item] = []
    count = size = 0
    for _, item in heapq.merge(*(part.read() for part in parts), key=itemgetter(0), reverse=True):
        if item is None or count == limit:
            return taken, False
        is_wanted = matches(item, where)
        size += len(json.dumps(item["body"], default=str)) if is_wanted else 0
        if count and size > _LARGEST_PAGE:
            return taken, False
        taken.append(item)
        count += is_wanted
    return taken, True


def matches(item: Item, where: Where) -> bool:
    """Whether an item has what is allowed everywhere that `where` names; None does not narrow."""
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
