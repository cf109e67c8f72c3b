"""The scalar types of the contract: what hostile input cannot get past them."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.values.model import (
    Amount,
    Count,
    Day,
    ExternalId,
    Flag,
    Identifier,
    Instant,
    Label,
    Line,
    Text,
    Url,
    instant_text,
)
from tests.unit.kit.builders import INSTANTS, steady

EDGE = datetime(2000, 1, 1, tzinfo=UTC)


def parse(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refuses(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        parse(kind, value)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
        ("2026-11-21t10:00:00z", "2026-11-21T10:00:00Z"),
        ("2026-11-21 10:00:00Z", "2026-11-21T10:00:00Z"),
        ("2026-11-21T10:00:00+05:30", "2026-11-21T04:30:00Z"),
        ("2026-11-21T10:00:00-00:00", "2026-11-21T10:00:00Z"),
        ("2026-11-21T10:00:00.5Z", "2026-11-21T10:00:00.500Z"),
        ("2026-11-21T10:00:00.123999999Z", "2026-11-21T10:00:00.123Z"),
        ("2026-11-21T10:00:00.000Z", "2026-11-21T10:00:00Z"),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ("2100-12-31T23:59:59.999Z", "2100-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_is_rfc_3339_kept_in_utc_to_the_millisecond(written: str, means: str) -> None:
    instant = parse(Instant, written)
    assert instant.tzinfo is UTC
    assert instant_text(instant) == means


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T10:00:00",
        "2026-11-21",
        "2026-11-21T10:00Z",
        "20261121T100000Z",
        "2026-W47-6T10:00:00Z",
        "now",
        "",
        "2026-02-30T10:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T10:00:60Z",
        "2026-11-21T10:00:00+24:00",
        "2026-11-21T10:00:00+23:60",
        " 2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00Z\n",
        "٢٠٢٦-11-21T10:00:00Z",
        "2026-11-21T10:00:00.Z",
        "2026-11-21T10:00:00.1234567890Z",
        1795255200,
        1.5,
        True,
        None,
        date(2026, 1, 1),
    ],
)
def test_what_names_no_instant_is_refused(value: object) -> None:
    refuses(Instant, value)


@pytest.mark.parametrize("year", ["0000", "0001", "1999", "2101", "9999"])
@pytest.mark.parametrize("offset", ["Z", "+23:59", "-23:59"])
@pytest.mark.parametrize("day", ["-01-01T00:00:00", "-12-31T23:59:59"])
def test_an_instant_at_the_ends_of_the_calendar_is_refused_without_overflow(year: str, day: str, offset: str) -> None:
    if (year, day, offset) not in {("1999", "-12-31T23:59:59", "-23:59"), ("2101", "-01-01T00:00:00", "+23:59")}:
        refuses(Instant, year + day + offset)


@pytest.mark.parametrize("value", ["2000-01-01T00:00:00+14:00", "2100-12-31T23:59:59-12:00"])
def test_an_offset_takes_no_instant_out_of_the_years_that_can_be_read_again(value: str) -> None:
    refuses(Instant, value)


@steady
@given(
    INSTANTS | st.integers(-(86400 * 2), 86400 * 2).map(lambda seconds: EDGE + timedelta(seconds=seconds)),
    st.timezones() | st.just(UTC),
    st.integers(0, 999),
)
def test_every_instant_that_is_accepted_reads_back_the_same(when: datetime, zone: tzinfo, micros: int) -> None:
    value = when.astimezone(zone) + timedelta(microseconds=micros)
    try:
        instant = parse(Instant, value)
    except ValidationError:
        return
    assert parse(Instant, instant_text(instant)) == instant
    assert timedelta(0) <= value.astimezone(UTC) - instant < timedelta(milliseconds=1)


@pytest.mark.parametrize("value", ["2026-11-21T00:00:00Z", "20261121", "2026-W47-6", "2026-02-30", "21.11.2026", ""])
def test_what_names_no_day_is_refused(value: str) -> None:
    refuses(Day, value)


@pytest.mark.parametrize("value", ["0001-01-01", "9999-12-31", datetime(2026, 1, 1, tzinfo=UTC), 20261121, None, True])
def test_a_day_out_of_reach_or_of_another_kind_is_refused(value: object) -> None:
    refuses(Day, value)


def test_a_day_is_a_plain_date() -> None:
    assert parse(Day, "2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("kind", [Identifier, ExternalId, Label, Line, Text])
@pytest.mark.parametrize("value", ["a\0b", "a\x1bb", "a\x85b", "a\x7fb", "a\ud800b", 5, None, ["a"]])
def test_no_text_holds_control_characters_or_half_characters(kind: Any, value: object) -> None:
    refuses(kind, value)


@pytest.mark.parametrize("kind", [Identifier, ExternalId, Label, Line])
def test_a_line_has_no_line_breaks(kind: Any) -> None:
    for value in ("a\nb", "a\rb", "a\tb"):
        refuses(kind, value)


def test_a_text_may_have_line_breaks_and_tabs() -> None:
    assert parse(Text, "Dear Anna,\r\n\twell done\n") == "Dear Anna,\r\n\twell done\n"


@pytest.mark.parametrize(("kind", "longest"), [(Identifier, 64), (ExternalId, 255), (Label, 200)])
def test_ids_have_1_to_their_most_characters_and_no_spaces_around(kind: Any, longest: int) -> None:
    assert parse(kind, "é" * longest) == "é" * longest
    assert parse(kind, "🎉 a") == "🎉 a"
    for value in ("", "a" * (longest + 1), " a", "a ", "\N{NO-BREAK SPACE}a"):
        refuses(kind, value)


@pytest.mark.parametrize("value", [-1, 10**12 + 1, 1.0, "1", True, None, 10**400, float("nan")])
def test_an_amount_is_a_whole_number_of_minor_units(value: object) -> None:
    refuses(Amount, value)


def test_amounts_go_from_0_to_10_to_the_12th() -> None:
    assert [parse(Amount, value) for value in (0, 10**12)] == [0, 10**12]


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_a_flag_is_true_or_false(value: object) -> None:
    refuses(Flag, value)


@pytest.mark.parametrize("value", [True, 1.0, "1", -1])
def test_a_count_is_a_whole_number(value: object) -> None:
    refuses(Count, value)


@pytest.mark.parametrize(
    "value",
    [
        "ftp://shop.example",
        "shop.example",
        "https://",
        "https:///path",
        "javascript:alert(1)",
        "https://a b",
        "x",
        "https://shop.example\n",
        "https://shop.example/\0",
        "https://shop.example/" + "a" * 2000,
        "https://shop.example:99999",
        "https://shop.example:port/",
        "https://[::1",
        "http://1.2.3.999",
        "http://%zz/",
    ],
)
def test_a_url_is_http_with_a_host_and_no_spaces(value: str) -> None:
    refuses(Url, value)
