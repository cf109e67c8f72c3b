"""Stripe's events as it lists them, for 30 days: each is what its webhook would have sent."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from laurel.connectors import Change, Changes, Strange
from laurel.domain.tracking.webhooks.stripe import ORDER_TYPES

Ask = Callable[[str], Any]
"""The answer to a GET of a path. Raises ShopError."""


def changes(ask: Ask, since: datetime, page: str | None, most: int) -> Changes:
    """A page of events, the newest first. `page`: the id of the last event of the one before."""
    query = [
        ("created[gte]", str(int(since.timestamp()))),
        ("limit", str(most)),
        *(("types[]", kind) for kind in ORDER_TYPES),
    ]
    after = [] if page is None else [("starting_after", page)]
    listed = ask(f"/events?{urlencode([*query, *after])}")
    events = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(events, list):
        raise Strange("Stripe answers with no list of events")
    known = [event for event in events if isinstance(event, dict) and isinstance(event.get("id"), str)]
    has_more = listed.get("has_more") is True and bool(known)
    return Changes(tuple(map(_change, known)), known[-1]["id"] if has_more else None)


def _change(event: Mapping[str, Any]) -> Change:
    return Change(str(event.get("type")), _instant(event.get("created")), lambda: json.dumps(event).encode())


def _instant(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
