"""Multiples: for which multiples of a value a rule that repeats has fired, as ranges, however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

MOST_MULTIPLES: Final = 10_000
"""The most firings of a rule in one period: a value that is too small by mistake ends somewhere."""


class Repeats(NamedTuple):
    """The owner of multiples: a rule, and what the period is known by."""

    rule_id: str
    key: str


class Stretch(NamedTuple):
    """The periods that count for a rule at one day: one, or the rolling windows that share a day with its own."""

    rule_id: str
    first: str
    last: str

    def covers(self, where: Repeats) -> bool:
        """Whether it is one of these periods of this rule."""
        return where.rule_id == self.rule_id and self.first <= where.key <= self.last


@dataclass(frozen=True, slots=True)
class Multiples:
    """Numbers from 1, as ranges (first, last) in their order that neither touch nor overlap."""

    ranges: tuple[tuple[int, int], ...] = ()

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.ranges)

    @property
    def through(self) -> int:
        """The last of those that follow each other from 1; 0 if 1 is not among them."""
        return self.ranges[0][1] if self.ranges and self.ranges[0][0] == 1 else 0

    def joined(self, other: "Multiples") -> "Multiples":
        """With those of `other`."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted((*self.ranges, *other.ranges)):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = merged[-1][0], max(merged[-1][1], last)
            else:
                merged.append((first, last))
        return Multiples(tuple(merged))

    def having(self, number: int) -> "Multiples":
        """With one more."""
        return self.joined(Multiples(((number, number),)))

    def without(self, number: int) -> "Multiples":
        """With one less."""
        parts = (
            part
            for first, last in self.ranges
            for part in ((first, min(last, number - 1)), (max(first, number + 1), last))
        )
        return Multiples(tuple(sorted({(first, last) for first, last in parts if first <= last})))

    def missing(self, until: int) -> Iterator[int]:
        """The numbers up to `until` that are not among them, from the lowest on."""
        following = 1
        for first, last in self.ranges:
            yield from range(following, min(first - 1, until) + 1)
            following = last + 1
        yield from range(following, until + 1)

    def text(self) -> str:
        """As it is stored: `1-7,9-9`."""
        return ",".join(f"{first}-{last}" for first, last in self.ranges)

    @staticmethod
    def parsed(text: str) -> "Multiples":
        """The inverse of `text`."""
        parts = (part.split("-") for part in text.split(",") if part)
        return Multiples(tuple((int(first), int(last)) for first, last in parts))
