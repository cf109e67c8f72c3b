"""A row as its item holds it: the body, and beside it what a payout made of the row."""

from collections.abc import Mapping
from typing import Any

from laurel.store.indexes import OF_PAYOUT


def whole_row(item: Mapping[str, Any] | None) -> dict[str, Any]:
    """All that the item of a row tells; nothing of no item, and of a stub."""
    stored = item or {}
    return {**stored.get("body", {}), **{name: stored[name] for name in OF_PAYOUT if name in stored}}
