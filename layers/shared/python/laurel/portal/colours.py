"""A merchant's one colour as those that pages need: what would be too faint is made darker, in the dark lighter."""

import re
from typing import Final, NamedTuple

from laurel.domain.values.errors import Absent

ENOUGH: Final = 4.5
"""Contrast that text needs against what is behind it (WCAG 2.2, AA)."""
_NAME: Final = re.compile(r"([0-9a-f]{6})\.css")
_STEPS: Final = 50


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255."""

    red: int
    green: int
    blue: int

    @staticmethod
    def of(text: str) -> "Colour":
        """The colour of six hexadecimal digits."""
        return Colour(*(int(text[at : at + 2], 16) for at in (0, 2, 4)))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def mixed(self, other: "Colour", part: float) -> "Colour":
        """With that part (0 to 1) of another."""
        return Colour(*(round(mine + (its - mine) * part) for mine, its in zip(self, other, strict=True)))

    @property
    def luminance(self) -> float:
        """How light it is, from 0 to 1."""
        red, green, blue = (_linear(part / 255) for part in self)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: "Colour") -> float:
        """From 1 to 21."""
        lighter, darker = sorted((self.luminance, other.luminance), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)
LIGHT: Final = (WHITE, Colour.of("f7f9f8"))
DARK: Final = (Colour.of("161c19"), Colour.of("0e1311"))
"""Panel and paper of the stylesheet of all pages."""


class Palette(NamedTuple):
    """`accent`: of links, marks and buttons; `on_accent`: of text on it; `tint`: behind what is chosen."""

    accent: Colour
    on_accent: Colour
    tint: Colour


def palette(colour: Colour, behind: tuple[Colour, ...], towards: Colour) -> Palette:
    """The colours on the panel and paper `behind`; `towards`: black or white, from where contrast comes."""
    tint = behind[0].mixed(colour, 0.1)
    tries = (colour.mixed(towards, step / _STEPS) for step in range(_STEPS + 1))
    accent = next(each for each in tries if all(each.contrast(back) >= ENOUGH for back in (*behind, tint)))
    return Palette(accent, max(BLACK, WHITE, key=accent.contrast), tint)


def stylesheet(name: str) -> str:
    """The stylesheet of a colour that is named `0b6b45.css`. Raises Absent."""
    named = _NAME.fullmatch(name)
    if named is None:
        raise Absent("color_not_found", "there is no such colour")
    colour = Colour.of(named[1])
    light, dark = palette(colour, LIGHT, BLACK), palette(colour, DARK, WHITE)
    return f":root {{{_told(light)}}}\n@media (prefers-color-scheme: dark) {{ :root {{{_told(dark)}}} }}\n"


def _told(of: Palette) -> str:
    return f" --accent: {of.accent}; --on-accent: {of.on_accent}; --tint: {of.tint}; "


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
