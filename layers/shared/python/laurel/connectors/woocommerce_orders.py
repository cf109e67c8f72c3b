"""WooCommerce's orders as it lists them: each is what its webhook would have sent.

Pages by number would skip orders that change meanwhile and move on, so that each page begins where the one before has
come to; only where a whole page is of one second it counts on within that.
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


@dataclass(frozen=True, slots=True)
class _Place:
    """The place that a look has come to: a list, a second, and how many orders from there on were read."""

    status: str
    since: datetime
    offset: int = 0

    @staticmethod
    def of(page: str | None, since: datetime) -> "_Place":
        """The place that `page` names; the beginning where it names none."""
        try:
            status, second, offset = (page or "").split(" ")
            return _Place(status, datetime.fromisoformat(second), int(offset))
        except ValueError:
            return _Place(_STATUSES[0], since.replace(microsecond=0))

    def __str__(self) -> str:
        return f"{self.status} {self.since.isoformat()} {self.offset}"

    def query(self, most: int) -> str:
        """The parameters of its page: `modified_after` is exclusive, and reads no zone."""
        after = (self.since - _SECOND).replace(tzinfo=None).isoformat()
        return urlencode(
            {
                "status": self.status,
                "modified_after": after,
                "dates_are_gmt": "true",
                "orderby": "modified",
                "order": "asc",
                "per_page": most,
                "offset": self.offset,
            }
        )

    def following(self, times: Sequence[datetime | None], since: datetime, most: int) -> "_Place | None":
        """The place after a page of orders that changed at `times`."""
        if len(times) >= most:
            last = times[-1]
            return replace(self, since=last, offset=0) if last and last > self.since else self._on(len(times))
        if self.status == _STATUSES[-1]:
            return None
        return _Place(_STATUSES[-1], since.replace(microsecond=0))

    def _on(self, read: int) -> "_Place":
        return replace(self, offset=self.offset + read)


def changes(ask: Ask, since: datetime, page: str | None, most: int) -> Changes:
    """A page of orders, those that changed first before others."""
    place = _Place.of(page, since)
    listed = ask(f"/orders?{place.query(most)}")
    if not isinstance(listed, list):
        raise Strange("WooCommerce answers with no list of orders")
    found = tuple(_change(order) for order in listed if isinstance(order, dict))
    following = place.following([change.at for change in found], since, most)
    return Changes(found, None if following is None else str(following))


def _change(order: Mapping[str, Any]) -> Change:
    return Change("order.updated", _instant(order.get("date_modified_gmt")), lambda: json.dumps(order).encode())


def _instant(text: Any) -> datetime | None:
    """An instant of a field ending in `_gmt`, which names no zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return None
