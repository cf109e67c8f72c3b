"""The size of the year, and the number of orders of each of its days: it grows, has seasons and weekends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import Final

SEASONS: Final = (0.85, 0.9, 1.0, 1.0, 1.05, 0.95, 0.75, 0.75, 1.0, 1.1, 1.7, 1.5)
"""January first: a quiet summer, and presents."""
WEEKDAYS: Final = (1.05, 0.95, 0.9, 0.95, 1.0, 1.1, 1.25)
_GROWTH: Final = 1.4
"""The year's end sells so much more than its beginning than one."""
_OPENING: Final = timedelta(days=2)
"""The first days see members join, and no order."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a year; `days` before today."""

    members: int = 200
    orders: int = 15_000
    days: int = 365

    def first_day(self, today: date) -> date:
        """The day on which the program begins."""
        return today - timedelta(days=self.days)

    def orders_of_days(self, today: date) -> dict[date, int]:
        """Day -> its number of orders; they sum to `orders`."""
        first = self.first_day(today)
        days = [first + timedelta(days=number) for number in range(self.days + 1)]
        weights = [_weight(day, first, self.days) for day in days]
        return dict(zip(days, _shares(self.orders, weights), strict=True))


def _weight(day: date, first: date, days: int) -> float:
    if day < first + _OPENING:
        return 0.0
    grown = 1 + _GROWTH * (day - first).days / days
    return grown * SEASONS[day.month - 1] * WEEKDAYS[day.weekday()]


def _shares(whole: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to `weights`, which sum to `whole`."""
    total = sum(weights)
    marks = [round(whole * reached / total) for reached in accumulate(weights, initial=0.0)]
    return [after - before for before, after in pairwise(marks)]
