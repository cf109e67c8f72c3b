"""Dates and times in forms: entered and shown in the program's zone, kept as instants."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.values.errors import Invalid
from laurel.pages.forms import Entered, Form

ZONE = "Europe/Berlin"


def entered(text: str, zone: str = ZONE) -> Entered:
    return Entered.read(urlencode({"until:instant": text}).encode(), "EUR", zone)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-24T18:00", "2026-12-24T18:00:00+01:00"),
        ("2026-07-01T00:00", "2026-07-01T00:00:00+02:00"),
        ("2026-07-01T00:00:30.5", "2026-07-01T00:00:30.500000+02:00"),
        ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),  # that hour is there twice: the first
    ],
)
def test_a_time_counts_in_the_programs_zone(text: str, instant: str):
    assert entered(text).patch() == {"until": instant}


def test_an_empty_time_clears_and_is_left_out_of_something_new():
    assert (entered(" ").patch(), entered("").new()) == ({"until": None}, {})


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-13-01T00:00", "2026-12-24", "0001-01-01T00:00", "2026-12-24T18:00Z"]
)
def test_what_is_no_time_is_told_beside_its_field(text: str):
    with pytest.raises(Invalid) as refused:
        entered(text).patch()
    assert refused.value.pointer == "/until"


@given(st.datetimes(), st.sampled_from(["UTC", ZONE, "Asia/Kathmandu", "America/New_York"]))
def test_a_time_that_is_shown_and_sent_back_is_the_same(at, zone):
    local = at.replace(year=2000 + at.year % 100, month=1, fold=0, microsecond=at.microsecond // 1000 * 1000)
    sent = entered(local.isoformat(timespec="milliseconds"), zone).new()["until"]
    shown = Form({"until": sent}).text("until", f"instant.{zone}")
    assert entered(shown, zone).new()["until"] == sent
