"""Limits on how often something is done within any hour: the instants of the past one are noted at one item."""

from datetime import datetime
from typing import Final

from laurel.domain.values.hourly import HOUR, free_at, within_the_hour
from laurel.store import keys
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import ABSENT, Update
from laurel.store.table import Table

NOTED: Final = "sent"
"""Attribute of such an item: the instants."""


def one_more(table: Table, key: Key, kind: str, most: int, now: datetime) -> tuple[datetime, Update]:
    """The instant from which it may be done again, `now` if it may; and the write that counts it.

    The write fails if somebody else was counted meanwhile.
    """
    noted = (table.get(key) or {}).get(NOTED, [])
    past = within_the_hour(map(datetime.fromisoformat, noted), now)
    counted = {
        "kind": kind,
        NOTED: [*map(keys.instant, past), keys.instant(now)],
        TTL_ATTRIBUTE: int((now + HOUR).timestamp()),
    }
    return free_at(past, now, most), Update(key, set=counted, expect={NOTED: noted or ABSENT}, exists=False)
