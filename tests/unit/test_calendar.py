"""Local days: half-open, contiguous, and every instant in exactly one, in every zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.values.calendar import ONE_DAY, Calendar, Zone
from tests.unit.kit.builders import INSTANTS, at, steady
from tests.unit.kit.zones import DAYS, ZONES

HOUR = timedelta(hours=1)
ODD_DAYS = [
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight is skipped
    ("America/Sao_Paulo", date(2018, 2, 17)),  # midnight comes an hour late: 23:00 twice
    ("Pacific/Apia", date(2011, 12, 30)),  # the whole day is skipped
    ("America/St_Johns", date(2010, 11, 6)),  # at 00:01 back to 23:01 of the day before
    ("America/St_Johns", date(2010, 3, 14)),  # at 00:01 on to 01:01
    ("America/Havana", date(2026, 11, 1)),  # at 01:00 back to midnight: two midnights
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Pyongyang", date(2018, 5, 4)),  # 23:30 becomes midnight
    ("America/Nuuk", date(2024, 3, 30)),  # 23:00 becomes midnight
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
]
NEAR_MIDNIGHT = st.integers(-3 * 3600, 3 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def holds(calendar: Calendar, day: date, instant: datetime) -> bool:
    return calendar.start_of(day) <= instant < calendar.start_of(day + ONE_DAY)


def require_in_exactly_one_day(calendar: Calendar, instant: datetime) -> None:
    day = calendar.day_of(instant)
    near = [day + n * ONE_DAY for n in range(-3, 4)]
    assert [each for each in near if holds(calendar, each, instant)] == [day]


@steady
@given(ZONES, INSTANTS)
def test_every_instant_lies_in_exactly_one_day(zone: str, instant: datetime) -> None:
    require_in_exactly_one_day(Calendar(zone), instant)


@steady
@given(ZONES, DAYS, NEAR_MIDNIGHT)
def test_every_instant_near_a_midnight_lies_in_exactly_one_day(zone: str, day: date, off: timedelta) -> None:
    require_in_exactly_one_day(Calendar(zone), Calendar(zone).start_of(day) + off)


@pytest.mark.parametrize(("zone", "day"), ODD_DAYS)
def test_every_minute_around_an_odd_midnight_lies_in_exactly_one_day(zone: str, day: date) -> None:
    calendar = Calendar(zone)
    start = calendar.start_of(day) - 2 * HOUR
    for minute in range(0, 30 * 60):
        require_in_exactly_one_day(calendar, start + timedelta(minutes=minute))


@steady
@given(ZONES, DAYS)
def test_days_follow_each_other_without_gap(zone: str, day: date) -> None:
    calendar = Calendar(zone)
    start, end = calendar.start_of(day), calendar.start_of(day + ONE_DAY)
    assert timedelta(0) <= end - start <= 27 * HOUR
    if start < end:
        assert calendar.day_of(start) == day
        assert calendar.day_of(end - timedelta(microseconds=1)) == day


@steady
@given(ZONES, DAYS)
def test_a_day_begins_when_the_clock_first_shows_it(zone: str, day: date) -> None:
    start = Calendar(zone).start_of(day)
    if start < Calendar(zone).start_of(day + ONE_DAY):
        assert start.astimezone(ZoneInfo(zone)).date() == day
        assert (start - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date() < day


def test_an_order_late_in_the_evening_counts_for_the_merchants_day() -> None:
    late = at("2026-11-21 03:30")
    assert Calendar("UTC").day_of(late) == date(2026, 11, 21)
    assert Calendar("America/New_York").day_of(late) == date(2026, 11, 20)
    assert Calendar("Asia/Tokyo").day_of(at("2026-11-21 15:00")) == date(2026, 11, 22)


def test_a_skipped_midnight_begins_its_day_after_the_gap() -> None:
    sao_paulo = Calendar("America/Sao_Paulo")
    assert sao_paulo.start_of(date(2018, 11, 4)) == at("2018-11-04 03:00")
    assert sao_paulo.day_of(at("2018-11-04 03:00")) == date(2018, 11, 4)
    assert sao_paulo.day_of(at("2018-11-04 02:59")) == date(2018, 11, 3)
    assert sao_paulo.start_of(date(2018, 11, 5)) - sao_paulo.start_of(date(2018, 11, 4)) == 23 * HOUR


def test_samoas_skipped_day_holds_nothing() -> None:
    samoa = Calendar("Pacific/Apia")
    skipped = date(2011, 12, 30)
    assert samoa.start_of(skipped) == samoa.start_of(skipped + ONE_DAY) == at("2011-12-30 10:00")
    assert samoa.day_of(at("2011-12-30 09:59")) == date(2011, 12, 29)
    assert samoa.day_of(at("2011-12-30 10:00")) == date(2011, 12, 31)


@pytest.mark.parametrize(
    ("zone", "skipped"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
        ("Pacific/Kanton", date(1994, 12, 31)),
    ],
)
def test_who_changes_sides_of_the_date_line_has_a_day_less(zone: str, skipped: date) -> None:
    calendar, before, after = Calendar(zone), skipped - ONE_DAY, skipped + ONE_DAY
    assert [calendar.has(day) for day in (before, skipped, after)] == [True, False, True]
    assert (calendar.day_after(before), calendar.day_before(after)) == (after, before)


@steady
@given(ZONES, DAYS)
def test_every_day_that_there_was_follows_the_one_before_it(zone: str, day: date) -> None:
    calendar = Calendar(zone)
    following = calendar.day_after(day)
    assert calendar.day_of(calendar.start_of(following)) == following
    assert calendar.day_before(following) == (day if calendar.has(day) else calendar.day_before(day))
    assert calendar.has(day) == (calendar.day_of(calendar.start_of(day)) == day)


def test_a_clock_set_back_over_midnight_does_not_bring_the_old_day_back() -> None:
    newfoundland = Calendar("America/St_Johns")
    midnight = newfoundland.start_of(date(2010, 11, 7))
    assert midnight == at("2010-11-07 02:30")
    again_yesterday = midnight + timedelta(minutes=5)  # the clock shows 23:06 of 6 November once more
    assert again_yesterday.astimezone(ZoneInfo("America/St_Johns")).date() == date(2010, 11, 6)
    assert newfoundland.day_of(again_yesterday) == date(2010, 11, 7)
    assert newfoundland.start_of(date(2010, 11, 8)) - midnight == 25 * HOUR


def test_of_two_midnights_the_first_begins_the_day() -> None:
    havana = Calendar("America/Havana")
    assert havana.start_of(date(2026, 11, 1)) == at("2026-11-01 04:00")
    assert havana.start_of(date(2026, 11, 2)) == at("2026-11-02 05:00")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Base",
        "america/new york",
        "../etc/passwd",
        "/etc/localtime",
        "America",
        "America/",
        "a" * 65,
        "UTC\0",
        "leapseconds",
        "zone.tab",
        "Europe/../UTC",
        "UTC\n",
        "+05:00",
        "É/Paris",
    ],
)
def test_what_is_no_iana_zone_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Zone).validate_python(name)


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "GB-Eire"])
def test_iana_zones_are_known_without_the_machines_own_data(name: str) -> None:
    assert TypeAdapter(Zone).validate_python(name) == name
