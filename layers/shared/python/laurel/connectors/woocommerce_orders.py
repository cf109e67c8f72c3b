"""WooCommerce's orders as it lists them: each is what its webhook would have sent.

Pages by number would skip some where others change meanwhile and move on. So each page begins with the second that the
one before has come to. Where a whole page is of one second, the next one leaves out those that were read.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from laurel.connectors import Change, Changes, Strange

Ask = Callable[[str], Any]
"""The answer to a GET of a path. Raises ShopError."""
_STATUSES: Final = ("any", "trash")
"""`any` leaves out the trash, where orders are that were cancelled by deleting them."""
_SECOND: Final = timedelta(seconds=1)
_MOST_OF_A_SECOND: Final = 600
"""Orders that are told apart within one second: an address holds no more ids."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The place that a look has come to: a list, a second, and the ids of the orders of that second that were read."""

    status: str
    since: datetime
    read: tuple[str, ...] = ()

    @staticmethod
    def of(page: str | None, since: datetime) -> "_Place":
        """The place that `page` names; the beginning where it names none."""
        try:
            status, second, read = (page or "").split(" ")
            return _Place(status, datetime.fromisoformat(second), tuple(filter(None, read.split(","))))
        except ValueError:
            return _Place(_STATUSES[0], since.replace(microsecond=0))

    def __str__(self) -> str:
        return f"{self.status} {self.since.isoformat()} {','.join(self.read)}"

    def query(self, most: int) -> str:
        """The parameters of its page: `modified_after` is exclusive, and reads no zone."""
        after = (self.since - _SECOND).replace(tzinfo=None).isoformat()
        asked = {
            "status": self.status,
            "modified_after": after,
            "dates_are_gmt": "true",
            "orderby": "modified",
            "order": "asc",
            "per_page": most,
        }
        return urlencode({**asked, "exclude": ",".join(self.read)} if self.read else asked)

    def following(self, told: Sequence[Mapping[str, Any]], since: datetime, most: int) -> "_Place | None":
        """The place after a page of orders."""
        last = _instant(told[-1].get("date_modified_gmt")) if told else None
        is_full, is_newer = len(told) >= most, last is not None and last > self.since
        if self.read and (is_newer or not is_full):
            return self._next_second()  # an order that was left out may have changed since
        if not is_full:
            return _Place(_STATUSES[-1], since.replace(microsecond=0)) if self.status == _STATUSES[0] else None
        return replace(self, since=last) if last is not None and is_newer else self._without(told)

    def _without(self, told: Sequence[Mapping[str, Any]]) -> "_Place":
        """The same second again, without the orders of a page that was all of it."""
        read = (*self.read, *(str(order.get("id")) for order in told))
        return self._next_second() if len(read) > _MOST_OF_A_SECOND else replace(self, read=read)

    def _next_second(self) -> "_Place":
        return replace(self, since=self.since + _SECOND, read=())


def changes(ask: Ask, since: datetime, page: str | None, most: int) -> Changes:
    """A page of orders, those that changed first before others."""
    place = _Place.of(page, since)
    listed = ask(f"/orders?{place.query(most)}")
    if not isinstance(listed, list):
        raise Strange("WooCommerce answers with no list of orders")
    told = [order for order in listed if isinstance(order, dict)]
    following = place.following(told, since, most)
    return Changes(tuple(map(_change, told)), None if following is None else str(following))


def _change(order: Mapping[str, Any]) -> Change:
    return Change("order.updated", _instant(order.get("date_modified_gmt")), lambda: json.dumps(order).encode())


def _instant(text: Any) -> datetime | None:
    """An instant of a field ending in `_gmt`, which names no zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return None
