"""Periods of a condition: the half-open range of local days that each means for one day, and its key."""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.model import Day, Frozen

LONGEST_READ_BY_DAY: Final = 62
"""Ranges up to this many days are summed from day totals, longer ones from months and the days at their edges."""
_DAYS_IN_WEEK: Final = 7
_MONTHS_IN_QUARTER: Final = 3
_MONTHS_IN_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class DayRange:
    """Local days from `first` (None: since ever) up to but not including `until` (None: without end)."""

    first: date | None = None
    until: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.until is None or day < self.until)

    @property
    def is_long(self) -> bool:
        """Whether it is summed from month totals rather than from days."""
        return self.first is None or self.until is None or (self.until - self.first).days > LONGEST_READ_BY_DAY


def first_of_week(day: date) -> date:
    """The Monday of `day`'s ISO week."""
    return day - timedelta(days=day.weekday())


def first_of_month(day: date) -> date:
    """The first day of `day`'s month."""
    return day.replace(day=1)


def months_later(day: date, months: int) -> date:
    """The first day of the month that lies `months` after `day`'s; negative goes back."""
    index = day.year * _MONTHS_IN_YEAR + day.month - 1 + months
    return date(index // _MONTHS_IN_YEAR, index % _MONTHS_IN_YEAR + 1, 1)


def later_day(day: date, months: int) -> date:
    """The same day of the month that lies `months` after `day`'s, or the last one where that month is shorter."""
    first = months_later(day, months)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def first_of_quarter(day: date) -> date:
    """The first day of `day`'s calendar quarter."""
    return months_later(day, -((day.month - 1) % _MONTHS_IN_QUARTER))


def first_of_year(day: date) -> date:
    """The first of January of `day`'s year."""
    return day.replace(month=1, day=1)


class CurrentDay(Frozen):
    """The local day."""

    type: Literal["current_day"] = "current_day"

    def range(self, day: date) -> DayRange:  # noqa: D102
        return DayRange(day, day + ONE_DAY)


class CurrentWeek(Frozen):
    """Monday to Sunday."""

    type: Literal["current_week"] = "current_week"

    def range(self, day: date) -> DayRange:  # noqa: D102
        first = first_of_week(day)
        return DayRange(first, first + timedelta(days=_DAYS_IN_WEEK))


class CurrentMonth(Frozen):
    """The calendar month."""

    type: Literal["current_month"] = "current_month"

    def range(self, day: date) -> DayRange:  # noqa: D102
        return DayRange(first_of_month(day), months_later(day, 1))


class CurrentQuarter(Frozen):
    """The calendar quarter."""

    type: Literal["current_quarter"] = "current_quarter"

    def range(self, day: date) -> DayRange:  # noqa: D102
        first = first_of_quarter(day)
        return DayRange(first, months_later(first, _MONTHS_IN_QUARTER))


class CurrentYear(Frozen):
    """The calendar year."""

    type: Literal["current_year"] = "current_year"

    def range(self, day: date) -> DayRange:  # noqa: D102
        first = first_of_year(day)
        return DayRange(first, months_later(first, _MONTHS_IN_YEAR))


class LastWeek(Frozen):
    """The ISO week before."""

    type: Literal["last_week"] = "last_week"

    def range(self, day: date) -> DayRange:  # noqa: D102
        return CurrentWeek().range(first_of_week(day) - ONE_DAY)


class LastMonth(Frozen):
    """The calendar month before."""

    type: Literal["last_month"] = "last_month"

    def range(self, day: date) -> DayRange:  # noqa: D102
        return CurrentMonth().range(first_of_month(day) - ONE_DAY)


class LastQuarter(Frozen):
    """The calendar quarter before."""

    type: Literal["last_quarter"] = "last_quarter"

    def range(self, day: date) -> DayRange:  # noqa: D102
        return CurrentQuarter().range(first_of_quarter(day) - ONE_DAY)


class LastYear(Frozen):
    """The calendar year before."""

    type: Literal["last_year"] = "last_year"

    def range(self, day: date) -> DayRange:  # noqa: D102
        return CurrentYear().range(first_of_year(day) - ONE_DAY)


class LastDays(Frozen):
    """`days` whole local days, today included."""

    type: Literal["last_n_days"] = "last_n_days"
    days: Annotated[int, Field(strict=True, ge=1, le=366)]

    def range(self, day: date) -> DayRange:  # noqa: D102
        return DayRange(day - timedelta(days=self.days - 1), day + ONE_DAY)


class Since(Frozen):
    """From `date` on, without end."""

    type: Literal["since"] = "since"
    date: Day

    def range(self, day: dt.date) -> DayRange:  # noqa: D102, ARG002
        return DayRange(self.date)


class AllTime(Frozen):
    """Everything ever."""

    type: Literal["all_time"] = "all_time"

    def range(self, day: date) -> DayRange:  # noqa: D102, ARG002
        return DayRange()


class AllUnpaid(Frozen):
    """Everything that is not paid. A payout of the member takes its rows out of the count and begins another period."""

    type: Literal["all_unpaid"] = "all_unpaid"

    def range(self, day: date) -> DayRange:  # noqa: D102, ARG002
        return DayRange()


Current: TypeAlias = CurrentDay | CurrentWeek | CurrentMonth | CurrentQuarter | CurrentYear
Last: TypeAlias = LastWeek | LastMonth | LastQuarter | LastYear
Period: TypeAlias = Current | Last | LastDays | Since | AllTime | AllUnpaid


def period_key(period: Period, days: DayRange) -> str:
    """The period's name in a marker: `current_week:2026-11-16` (type and first day), `all_time` or `all_unpaid`."""
    return period.type if days.first is None else f"{period.type}:{days.first.isoformat()}"


def marker_key(period: Period, days: DayRange) -> str:
    """The key of the marker of `days`: the period, or the last day of a rolling window.

    So the marker is still found after a rule's window was edited to another length.
    """
    if not isinstance(period, LastDays) or days.until is None:
        return period_key(period, days)
    return _key_of_window(days.until - ONE_DAY)


def closing_keys(period: Period, days: DayRange) -> frozenset[str]:
    """The keys of markers that close `days`: its own, or of a rolling window those of all windows that overlap it."""
    if not isinstance(period, LastDays) or days.until is None:
        return frozenset({period_key(period, days)})
    last = days.until - ONE_DAY
    return frozenset(_key_of_window(last + timedelta(days=shift)) for shift in range(1 - period.days, period.days))


def _key_of_window(last: date) -> str:
    return f"last_n_days..{last.isoformat()}"
