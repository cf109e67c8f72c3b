"""Lists, newest first, in pages; a list kept in several partitions reads as one."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from pydantic import BaseModel

from laurel.domain.errors import Invalid
from laurel.store.indexes import Index
from laurel.store.table import Table
from laurel.store.values import Item

DEFAULT_LIMIT: Final = 25
MOST_ITEMS: Final = 100
_READ_FOR_FILTER: Final = 250  # items a partition: bounds what a filter that matches little can cost
_READ_AT_ONCE: Final = 50  # of those, unless the page is larger: most filters match most items
_LARGEST_PAGE: Final = 2_000_000  # characters of JSON; Lambda answers up to 6 MB
_LONGEST_PLACE: Final = 1024

Listed = TypeVar("Listed")
Allowed: TypeAlias = str | bool | frozenset[str] | None
"""The value that something must have, or all those it may have; None does not narrow."""
Where: TypeAlias = Mapping[str, Allowed]
"""By dotted path into an item."""
Shown = TypeVar("Shown", bound=BaseModel)


class Page(BaseModel, Generic[Listed]):
    """One page of a list. It may hold fewer items than asked for; only `next_cursor` null means that this was all."""

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

    between: both ends included, on the sort key.
    Raises Invalid `invalid_cursor`.
    """
    before = None if cursor is None else place_of(cursor)
    merged = _Merged(table, partitions, index, between, before)
    narrows = {path: allowed for path, allowed in (where or {}).items() if allowed is not None}
    at_once = min(max(limit + 1, _READ_AT_ONCE), _READ_FOR_FILTER) if narrows else limit + 1
    items = merged.read(at_once, times=_READ_FOR_FILTER // at_once if narrows else 1)
    taken = list(_taken(items, limit, narrows))
    is_over = merged.given is (taken[-1] if taken else None) and next(items, None) is None and merged.is_over
    shown = [parse(item) for item in taken if _matches(item, narrows)]
    return Page(items=shown, next_cursor=None if is_over else cursor_at(taken[-1][merged.sort_key]))


@dataclass(slots=True)
class _Merged:
    """The items of all partitions as one list. `given`: the last so far; `is_over`: there are no more."""

    table: Table
    partitions: Sequence[str]
    index: Index | None
    between: tuple[str, str] | None
    before: str | None
    given: Item | None = None
    is_over: bool = False

    @property
    def sort_key(self) -> str:
        return "sk" if self.index is None else self.index.sk

    def read(self, at_once: int, times: int) -> Iterator[Item]:
        """Newest first, reading on as they are taken: `at_once` items a partition, so many `times` at most."""
        for _ in range(times):
            found = self._found(at_once)
            # below the floor a partition has items that were not read
            floor = max((items[-1][self.sort_key] for items in found if len(items) == at_once), default="")
            known = (item for items in found for item in items if item[self.sort_key] >= floor)
            for item in sorted(known, key=lambda item: str(item[self.sort_key]), reverse=True):
                self.given = item
                yield item
            if not floor:
                self.is_over = True
                return
            self.before = floor

    def _found(self, limit: int) -> list[list[Item]]:
        return [
            self.table.query(
                partition, between=self.between, before=self.before, limit=limit, newest_first=True, index=self.index
            )
            for partition in self.partitions
        ]


def cursor_at(place: str) -> str:
    """A sort key as a cursor. It says nothing of the partition, so it cannot lead out of its list."""
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def place_of(cursor: str) -> str:
    """The inverse of `cursor_at`. Raises Invalid `invalid_cursor`."""
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise bad_cursor() from error
    if not 0 < len(place.encode()) <= _LONGEST_PLACE:
        raise bad_cursor()
    return place


def bad_cursor(pointer: str = "?cursor") -> Invalid:
    """The refusal of a cursor that nobody was given."""
    return Invalid("invalid_cursor", "take the cursor from next_cursor of the page before", pointer)


def _taken(items: Iterable[Item], limit: int, where: Where) -> Iterator[Item]:
    """The items of the page and those passed over between them, until it is full."""
    count = size = 0
    for item in items:
        matches = _matches(item, where)
        size += len(json.dumps(item["body"], default=str)) if matches else 0
        if count and size > _LARGEST_PAGE:
            return
        yield item
        count += matches
        if count == limit:
            return


def _matches(item: Item, where: Where) -> bool:
    return all(_is_allowed(allowed, _at(item, path)) for path, allowed in where.items())


def _is_allowed(allowed: Allowed, value: Any) -> bool:
    return value in allowed if isinstance(allowed, frozenset) else bool(value == allowed)


def _at(item: Item, path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
