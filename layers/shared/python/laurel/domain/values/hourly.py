"""How often something may be done within any hour, told by the instants at which it was done."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)


def within_the_hour(done: Iterable[datetime], now: datetime) -> list[datetime]:
    """The instants, in their order, that are less than an hour ago."""
    return [at for at in done if now - at < HOUR]


def free_at(done: list[datetime], now: datetime, most: int) -> datetime:
    """When what was `done` at those instants of the past hour may be done again; `now` if it may."""
    return now if len(done) < most else done[-most] + HOUR
