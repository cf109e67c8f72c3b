"""Local days of a program's time zone: where an instant falls, and when a day begins."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

ONE_DAY = timedelta(days=1)
_NOWHERE: Final = frozenset({"Factory", "localtime", "posixrules", "Etc/Unknown"})
"""Names that zone databases have for no place, or for wherever the machine happens to stand."""
_OTHER_CLOCKS: Final = ("posix/", "right/", "SystemV/")
"""Folders of the same zones, some of them with leap seconds in their clocks."""


def _zone(name: str) -> str:
    if name in _NOWHERE or name.startswith(_OTHER_CLOCKS):
        raise ValueError("not an IANA time zone of a place")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not an IANA time zone") from error
    return name


Zone = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$"), AfterValidator(_zone)]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days from local midnight to local midnight, half-open; every instant lies in exactly one."""

    zone: str

    def start_of(self, day: date) -> datetime:
        """The first instant (UTC) of `day`; where midnight is skipped, the instant after the gap."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return midnight.astimezone(UTC)

    def has(self, day: date) -> bool:
        """Whether there was such a day: a place that changes sides of the date line has skipped one."""
        return self.start_of(day) < self.start_of(day + ONE_DAY)

    def day_after(self, day: date) -> date:
        """The next day that there was."""
        following = day + ONE_DAY
        return following if self.has(following) else self.day_after(following)

    def day_before(self, day: date) -> date:
        """The last day before it that there was."""
        previous = day - ONE_DAY
        return previous if self.has(previous) else self.day_before(previous)

    def day_of(self, at: datetime) -> date:
        """The local day that `at` falls in. A clock set back over midnight does not bring the old day back."""
        day = at.astimezone(ZoneInfo(self.zone)).date()
        following = day + ONE_DAY
        return following if at >= self.start_of(following) else day
