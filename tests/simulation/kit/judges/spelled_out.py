"""Rows as judges read them: with what the table leaves out of a row's body, since its keys or other fields say it."""

from datetime import datetime, timedelta
from typing import Any, Final

from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.whole_rows import whole_row

_BEGINNING: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")


def spell_out(history: History) -> dict[Key, Item]:
    """The table at the end of the history; its log, too, has rows spelled out from now on."""
    known: dict[int, tuple[Item, Item]] = {}  # by id, so that both must live as long as it does

    def spelled(item: Item | None) -> Item | None:
        if item is None or item["kind"] != "commission":
            return item
        return known.setdefault(id(item), (item, _whole(item)))[1]

    for commit in history.table.log:
        for record in commit.records:
            record._old, record._new = spelled(record._old), spelled(record._new)
    return {key: _whole(item) for key, item in history.table.contents().items()}


def _whole(item: Item) -> Item:
    if item["kind"] != "commission":
        return item
    body = whole_row(item)
    if "offer_id" in body:
        return {**item, "body": body}
    parts = str(item.get("member_pk", item.get("owner_pk", ""))).split("#")
    offers = [("offer_id", part) for part in parts if part.startswith("off")]
    return {**item, "body": {**body, **dict(offers)}}


def instant(stored: Any) -> datetime:
    """An instant as the table has it: rows count milliseconds, all else is text."""
    return _BEGINNING + timedelta(milliseconds=stored) if isinstance(stored, int) else datetime.fromisoformat(stored)
