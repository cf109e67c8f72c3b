"""Periods: half-open ranges of local days, and what a marker calls them."""

from datetime import date, timedelta
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from laurel.domain.values.calendar import ONE_DAY, Calendar
from laurel.domain.values.periods import (
    AllTime,
    CurrentDay,
    CurrentMonth,
    CurrentQuarter,
    CurrentWeek,
    CurrentYear,
    DayRange,
    LastDays,
    LastMonth,
    LastQuarter,
    LastWeek,
    LastYear,
    Period,
    Since,
    closing_keys,
    marker_key,
    months_later,
    period_key,
)
from tests.unit.kit.builders import steady

RulePeriods = Annotated[Period, Field(discriminator="type")]
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 30))
CURRENT = [CurrentDay(), CurrentWeek(), CurrentMonth(), CurrentQuarter(), CurrentYear()]
LAST = [
    (LastWeek(), CurrentWeek()),
    (LastMonth(), CurrentMonth()),
    (LastQuarter(), CurrentQuarter()),
    (LastYear(), CurrentYear()),
]


def days(first: str, last: str) -> DayRange:
    """Both included."""
    return DayRange(date.fromisoformat(first), date.fromisoformat(last) + ONE_DAY)


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        (CurrentDay(), "2026-11-21", days("2026-11-21", "2026-11-21")),
        (CurrentWeek(), "2026-11-21", days("2026-11-16", "2026-11-22")),
        (CurrentWeek(), "2026-11-22", days("2026-11-16", "2026-11-22")),
        (CurrentWeek(), "2026-11-23", days("2026-11-23", "2026-11-29")),
        (CurrentWeek(), "2024-12-30", days("2024-12-30", "2025-01-05")),
        (CurrentMonth(), "2024-02-29", days("2024-02-01", "2024-02-29")),
        (CurrentMonth(), "2026-12-31", days("2026-12-01", "2026-12-31")),
        (CurrentQuarter(), "2026-03-31", days("2026-01-01", "2026-03-31")),
        (CurrentQuarter(), "2026-04-01", days("2026-04-01", "2026-06-30")),
        (CurrentQuarter(), "2026-12-01", days("2026-10-01", "2026-12-31")),
        (CurrentYear(), "2024-06-15", days("2024-01-01", "2024-12-31")),
        (LastWeek(), "2026-11-16", days("2026-11-09", "2026-11-15")),
        (LastMonth(), "2026-03-31", days("2026-02-01", "2026-02-28")),
        (LastMonth(), "2026-01-05", days("2025-12-01", "2025-12-31")),
        (LastQuarter(), "2026-02-01", days("2025-10-01", "2025-12-31")),
        (LastYear(), "2026-01-01", days("2025-01-01", "2025-12-31")),
        (LastDays(days=1), "2026-11-21", days("2026-11-21", "2026-11-21")),
        (LastDays(days=30), "2026-03-01", days("2026-01-31", "2026-03-01")),
        (Since(date=date(2026, 1, 1)), "2026-11-21", DayRange(date(2026, 1, 1))),
        (AllTime(), "2026-11-21", DayRange()),
    ],
)
def test_a_period_is_a_half_open_range_of_local_days(period: Period, day: str, expected: DayRange) -> None:
    assert period.range(date.fromisoformat(day)) == expected


def test_the_30th_of_december_2024_lies_in_the_first_week_of_2025() -> None:
    first = CurrentWeek().range(date(2024, 12, 30)).first
    assert first is not None
    assert first.isocalendar()[:2] == (2025, 1)
    assert date(2025, 1, 5) in CurrentWeek().range(date(2024, 12, 30))
    assert date(2024, 12, 29) not in CurrentWeek().range(date(2024, 12, 30))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 167), ("2026-11-01", 169), ("2026-11-21", 168)])
def test_a_new_york_week_can_have_167_or_169_hours(day: str, hours: int) -> None:
    week = CurrentWeek().range(date.fromisoformat(day))
    assert week.first is not None
    assert week.until is not None
    new_york = Calendar("America/New_York")
    assert new_york.start_of(week.until) - new_york.start_of(week.first) == timedelta(hours=hours)


@steady
@given(st.sampled_from(CURRENT), DAYS)
def test_a_current_period_is_the_same_on_each_of_its_days_and_none_other(period: Period, day: date) -> None:
    here = period.range(day)
    assert day in here
    assert here.first is not None
    assert here.until is not None
    assert period.range(here.first) == here == period.range(here.until - ONE_DAY)
    following = period.range(here.until)
    assert following.first == here.until


@steady
@given(st.sampled_from(LAST), DAYS)
def test_a_last_period_is_what_was_current_the_day_before_it_began(pair: tuple[Any, Any], day: date) -> None:
    last, current = pair
    here = current.range(day)
    assert last.range(day) == current.range(here.first - ONE_DAY)
    assert last.range(day).until == here.first


@steady
@given(st.integers(1, 366), DAYS)
def test_the_last_n_days_are_n_whole_days_today_included(n: int, day: date) -> None:
    window = LastDays(days=n).range(day)
    assert window.first is not None
    assert window.until == day + ONE_DAY
    assert (window.until - window.first).days == n
    assert day in window


@steady
@given(DAYS, st.integers(-60, 60))
def test_months_later_and_back_again_is_the_first_of_the_month(day: date, months: int) -> None:
    there = months_later(day, months)
    assert there.day == 1
    assert months_later(there, -months) == day.replace(day=1)
    assert (there.year - day.year) * 12 + there.month - day.month == months


@steady
@given(st.sampled_from(CURRENT), DAYS, DAYS)
def test_markers_name_a_period_alike_exactly_where_it_is_the_same(period: Period, one: date, other: date) -> None:
    names = [period_key(period, period.range(day)) for day in (one, other)]
    assert (names[0] == names[1]) == (period.range(one) == period.range(other))


def test_a_period_reads_type_and_first_day() -> None:
    day = date(2026, 11, 21)
    assert period_key(CurrentWeek(), CurrentWeek().range(day)) == "current_week:2026-11-16"
    assert period_key(CurrentQuarter(), CurrentQuarter().range(day)) == "current_quarter:2026-10-01"
    assert period_key(AllTime(), AllTime().range(day)) == "all_time"
    assert period_key(LastDays(days=3), LastDays(days=3).range(day)) == "last_n_days:2026-11-19"
    since = Since(date=date(2026, 1, 1))
    assert period_key(since, since.range(day)) == "since:2026-01-01"


def test_every_kind_of_period_has_its_spelling() -> None:
    day = date(2026, 11, 21)
    names = [period_key(period, period.range(day)) for period, _ in LAST]
    assert names == ["last_week:2026-11-09", "last_month:2026-10-01", "last_quarter:2026-07-01", "last_year:2025-01-01"]
    names = [period_key(period, period.range(day)) for period in CURRENT]
    assert names[0] == "current_day:2026-11-21"
    assert names[2:] == ["current_month:2026-11-01", "current_quarter:2026-10-01", "current_year:2026-01-01"]


@steady
@given(st.integers(1, 366), st.integers(1, 366), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-400, 400))
def test_a_rolling_window_is_closed_by_each_that_ended_so_near_that_days_are_shared(
    n: int, before: int, day: date, apart: int
) -> None:
    window, earlier = LastDays(days=n), LastDays(days=before)
    here, there = window.range(day), earlier.range(day + timedelta(days=apart))
    assert (marker_key(earlier, there) in closing_keys(window, here)) == (abs(apart) < n), "whatever its length was"


@pytest.mark.parametrize("period", [*CURRENT, *(last for last, _ in LAST), AllTime(), Since(date=date(2026, 1, 1))])
def test_any_other_period_is_closed_by_its_own_marker_alone(period: Period) -> None:
    days = period.range(date(2026, 11, 21))
    assert closing_keys(period, days) == {period_key(period, days)} == {marker_key(period, days)}


@pytest.mark.parametrize(
    ("period", "is_long"),
    [
        (LastDays(days=62), False),
        (LastDays(days=63), True),
        (CurrentQuarter(), True),
        (AllTime(), True),
        (Since(date=date(2026, 11, 20)), True),
        (CurrentMonth(), False),
    ],
)
def test_only_ranges_of_more_than_62_days_are_read_by_month(period: Period, is_long: bool) -> None:
    assert period.range(date(2026, 11, 21)).is_long is is_long


@pytest.mark.parametrize(
    "given_",
    [
        *({"type": "last_n_days", "days": n} for n in (0, 367, True, "3", 1.5, None)),
        {"type": "since", "date": "yesterday"},
        {"type": "current_fortnight"},
        {},
        {"type": "current_day", "days": 1},
    ],
)
def test_a_period_that_means_nothing_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(RulePeriods).validate_python(given_)
