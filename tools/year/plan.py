"""The plan of a year: who joins when, who sells what on which day, what comes back."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final

FIRST: Final = ("Ada", "Ben", "Cleo", "Dario", "Elif", "Fynn", "Grace", "Hugo", "Ines", "Jonas", "Kaya", "Liam", "Mila")
LAST: Final = ("Lovelace", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Sato", "Tanaka", "Ueda", "Vidal", "Weiss")
DAYS: Final = 365
_SEED: Final = 1815
_JOINING: Final = 270
"""Days in which all join; the last ones have the rest of the year to sell."""
_BY_LINK: Final = 10
"""One member of so many shares a link; it sells a tenth of what a code does."""
_CLICKS: Final = 5
"""Visits for each sale by a link."""
_SEASON: Final = {5: 1.2, 10: 1.2, 11: 1.8, 12: 1.7, 2: 0.8}
"""Month -> how well it sells; others as 1."""
_BROUGHT: Final = 6
"""One member of so many was brought by another."""
_REFUNDED: Final = 0.03


@dataclass(frozen=True, slots=True)
class Sale:
    """An order. `back`: minor units that are sent back later, None for nothing; 0 for all of it."""

    order_id: str
    at: datetime
    amount: int
    back: int | None = None


@dataclass(slots=True)
class Seller:
    """A member. `brought_by`: the number of who brought them. `by_link`: they share a link, not a code."""

    number: int
    first_name: str
    last_name: str
    joined: date
    by_link: bool
    brought_by: int | None
    sales: list[Sale] = field(default_factory=list)

    @property
    def email(self) -> str:
        """Their address."""
        return f"{self.first_name}.{self.last_name}.{self.number}@example.com".lower()

    @property
    def code(self) -> str:
        """Their code."""
        return f"{self.first_name}{self.number}".upper()

    @property
    def clicks(self) -> list[datetime]:
        """Visits by their link: some before each sale."""
        if not self.by_link:
            return []
        return [sale.at - timedelta(minutes=7 * number + 3) for sale in self.sales for number in range(_CLICKS)]


def plan(today: date, members: int = 200, orders: int = 15_000) -> list[Seller]:
    """The sellers of the year before `today`, the earliest first, with their sales, the earliest first."""
    chance = random.Random(_SEED)
    begins = today - timedelta(days=DAYS)
    sellers = [_seller(number, members, begins) for number in range(members)]
    made: list[tuple[datetime, Seller]] = []
    for seller, count in zip(sellers, _counts(sellers, orders), strict=True):
        days = [seller.joined + timedelta(days=number) for number in range((today - seller.joined).days)]
        made += [(_instant(day, chance), seller) for day in chance.choices(days, _weights(days), k=count)]
    made.sort(key=lambda each: (each[0], each[1].number))
    for number, (at, seller) in enumerate(made):
        seller.sales.append(_sale(number, at, chance))
    return sellers


def _seller(number: int, members: int, begins: date) -> Seller:
    return Seller(
        number=number + 1,
        first_name=FIRST[number % len(FIRST)],
        last_name=LAST[number * 7 % len(LAST)],
        joined=begins + timedelta(days=number * _JOINING // members),
        by_link=number % _BY_LINK == 3,
        brought_by=number - 2 if number % _BROUGHT == 5 else None,
    )


def _counts(sellers: Sequence[Seller], orders: int) -> list[int]:
    """How many orders each brings: a few bring much, most a little; in all exactly `orders`."""
    weights = [(0.1 if seller.by_link else 1) / (seller.number % 37 + 4) for seller in sellers]
    upto = [round(orders * each / sum(weights)) for each in accumulate(weights)]
    return [end - begin for begin, end in zip([0, *upto], upto, strict=False)]


def _weights(days: Sequence[date]) -> list[float]:
    return [_SEASON.get(day.month, 1.0) * (1.3 if day.weekday() >= 5 else 1.0) for day in days]


def _instant(day: date, chance: random.Random) -> datetime:
    return datetime.combine(day, time(chance.randint(6, 19), chance.randint(0, 59), chance.randint(0, 59)), UTC)


def _sale(number: int, at: datetime, chance: random.Random) -> Sale:
    amount = round(min(2_000 + chance.expovariate(1 / 4_500), 60_000) / 50) * 50
    back = None if chance.random() >= _REFUNDED else 0 if chance.random() < 0.6 else amount // 2
    return Sale(str(100_001 + number), at, amount, back)
