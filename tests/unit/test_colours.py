"""A merchant's colour in the portal: whatever it is, everybody can read what is written in it and on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.values.errors import Absent
from laurel.portal.colours import BLACK, DARK, ENOUGH, LIGHT, WHITE, Colour, palette, stylesheet

PART = st.integers(0, 255)


@given(st.builds(Colour, PART, PART, PART))
def test_every_colour_can_be_read_light_and_dark(colour: Colour):
    for behind, towards in ((LIGHT, BLACK), (DARK, WHITE)):
        made = palette(colour, behind, towards)
        assert min(made.accent.contrast(back) for back in (*behind, made.tint)) >= ENOUGH
        assert made.accent.contrast(made.on_accent) >= ENOUGH


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert "--accent: #0b6b45; --on-accent: #ffffff;" in stylesheet("0b6b45.css")


@pytest.mark.parametrize("name", ["", "red.css", "0b6b45", "0B6B45.css", "0b6b4.css", "0b6b45.css\n", "}body{.css"])
def test_what_is_no_colour_is_not_there(name: str):
    with pytest.raises(Absent):
        stylesheet(name)
