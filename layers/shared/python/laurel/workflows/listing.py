"""Lists, newest first, in pages; a list kept in several partitions reads as one."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from laurel.domain.errors import Invalid
from laurel.store.indexes import Index
from laurel.store.table import Table
from laurel.store.values import Item, Value

DEFAULT_LIMIT: Final = 25
MOST_ITEMS: Final = 100
_READ_FOR_FILTER: Final = 250  # items a partition: bounds what a filter that matches little can cost
_LARGEST_PAGE: Final = 2_000_000  # characters of JSON; Lambda answers up to 6 MB
_LONGEST_PLACE: Final = 1024

Listed = TypeVar("Listed")
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
    where: Mapping[str, Value] | None = None,
) -> Page[Shown]:
    """The page after `cursor` of all items of `partitions`, by sort key, newest (greatest) first.

    between: both ends included, on the sort key. where: dotted path -> the value it must equal.
    Raises Invalid `invalid_cursor`.
    """
    most = _READ_FOR_FILTER if where else limit + 1
    before = None if cursor is None else place_of(cursor)
    sort_key = "sk" if index is None else index.sk
    found = [
        table.query(partition, between=between, before=before, limit=most, newest_first=True, index=index)
        for partition in partitions
    ]
    # below the floor a partition has items that were not read
    floor = max((items[-1][sort_key] for items in found if len(items) == most), default=None)
    merged = sorted((item for items in found for item in items), key=lambda item: str(item[sort_key]), reverse=True)
    known = [item for item in merged if floor is None or item[sort_key] >= floor]
    taken = list(_taken(known, limit, where or {}))
    last = taken[-1] if taken else None
    is_over = floor is None and (last is None or last is known[-1])
    shown = [parse(item) for item in taken if _matches(item, where or {})]
    return Page(items=shown, next_cursor=None if is_over or last is None else cursor_at(last[sort_key]))


def cursor_at(place: str) -> str:
    """A sort key as a cursor. It says nothing of the partition, so it cannot lead out of its list."""
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def place_of(cursor: str) -> str:
    """The inverse of `cursor_at`. Raises Invalid `invalid_cursor`."""
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise _bad_cursor() from error
    if not 0 < len(place.encode()) <= _LONGEST_PLACE:
        raise _bad_cursor()
    return place


def _bad_cursor() -> Invalid:
    return Invalid("invalid_cursor", "take the cursor from next_cursor of the page before", "?cursor")


def _taken(known: Sequence[Item], limit: int, where: Mapping[str, Value]) -> Iterator[Item]:
    """The items of the page and those passed over between them, until it is full."""
    count = size = 0
    for item in known:
        matches = _matches(item, where)
        size += len(json.dumps(item["body"], default=str)) if matches else 0
        if count and size > _LARGEST_PAGE:
            return
        yield item
        count += matches
        if count == limit:
            return


def _matches(item: Item, where: Mapping[str, Value]) -> bool:
    return all(_at(item, path) == value for path, value in where.items())


def _at(item: Item, path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
