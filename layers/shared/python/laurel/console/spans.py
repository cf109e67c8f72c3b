"""Days that a page looks at: those that somebody asks for, those before them, and their parts in a chart."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.errors import Invalid
from laurel.domain.values.periods import first_of_month, first_of_year

_USUAL: Final = 28
_LATEST: Final = (7, 28, 90)
_LONGEST: Final = 366
_BY_DAY: Final = 62
"""Days up to which a chart has one of each; beyond, one of each week."""
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        """As many days as these, right before them."""
        return Span(self.first - timedelta(days=self.days), self.first - ONE_DAY)

    @property
    def step(self) -> int:
        """Days of a part: one, or if there are many a week."""
        return 1 if self.days <= _BY_DAY else _WEEK

    @property
    def starts(self) -> list[date]:
        """The first days of its parts."""
        return [self.first + timedelta(days=number) for number in range(0, self.days, self.step)]


def asked(first: date | None, last: date | None, today: date) -> Span:
    """The days that are asked for; up to today, and the last 28, if nobody says so. Raises Invalid `invalid_range`."""
    until = last or max(today, first or today)
    since = first or until - timedelta(days=_USUAL - 1)
    if until < since:
        raise Invalid("invalid_range", "the first day lies after the last one", "/from")
    if (until - since).days >= _LONGEST:
        raise Invalid("invalid_range", f"at most {_LONGEST} days can be looked at", "/from")
    return Span(since, until)


def presets(today: date) -> list[tuple[str, Span]]:
    """Spans that people ask for, by name."""
    latest = [(f"{days} days", Span(today - timedelta(days=days - 1), today)) for days in _LATEST]
    months = [("This month", Span(first_of_month(today), today)), ("This year", Span(first_of_year(today), today))]
    return [*latest, *months]
