"""Days that a page looks at."""

from datetime import date

import pytest

from laurel.console import spans
from laurel.console.spans import Span
from laurel.domain.values.errors import Invalid

TODAY = date(2026, 11, 26)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        (None, None, ("2026-10-30", "2026-11-26")),
        ("2026-11-01", None, ("2026-11-01", "2026-11-26")),
        (None, "2026-01-31", ("2026-01-04", "2026-01-31")),
        ("2026-11-26", "2026-11-26", ("2026-11-26", "2026-11-26")),
        ("2027-01-01", None, ("2027-01-01", "2027-01-01")),
        ("2024-01-01", "2024-12-31", ("2024-01-01", "2024-12-31")),
    ],
)
def test_what_nobody_says_is_the_last_28_days(first: str | None, last: str | None, span: tuple[str, str]):
    asked = spans.asked(first and day(first), last and day(last), TODAY)  # type: ignore[arg-type]
    assert asked == Span(day(span[0]), day(span[1]))


@pytest.mark.parametrize(("first", "last"), [("2026-11-02", "2026-11-01"), ("2025-01-01", "2026-01-02")])
def test_days_out_of_order_and_more_than_a_year_are_refused(first: str, last: str):
    with pytest.raises(Invalid):
        spans.asked(day(first), day(last), TODAY)


def test_the_days_before_are_as_many_and_end_where_these_begin():
    span = Span(day("2026-11-01"), day("2026-11-30"))
    assert (span.before.days, span.before.last) == (30, day("2026-10-31"))


def test_parts_are_days_and_of_a_long_time_weeks_that_hold_them_all():
    assert len(Span(day("2026-01-01"), day("2026-03-03")).starts) == 62
    year = Span(day("2026-01-01"), day("2026-12-31"))
    assert (year.step, len(year.starts), len(year.before.starts)) == (7, 53, 53)


def test_every_preset_ends_today():
    assert {span.last for _, span in spans.presets(TODAY)} == {TODAY}
