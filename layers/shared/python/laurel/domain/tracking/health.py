"""The health of a storefront: its orders by day and by who won them, and its deliveries by what became of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from laurel.domain.program.programs import AttributedBy
from laurel.domain.tracking.attribution import NO_MATCH
from laurel.domain.tracking.deliveries import OUTCOMES, Outcome
from laurel.domain.values.model import Count, Frozen

MOST_DAYS: Final = 92
DAYS_SHOWN: Final = 28
"""The days up to today that are shown if nobody says which."""
WEEKS_BEFORE: Final = 4
_DECIMALS: Final = 4


class OrderWon(NamedTuple):
    """An order of a local day with the way in which it was won, or the reason why nobody won it."""

    day: date
    by: AttributedBy | None
    reason: str | None


class WonBy(Frozen):
    """Orders by the way in which they were won."""

    promo_code: Count = 0
    click: Count = 0
    customer: Count = 0
    member: Count = 0


class HealthDay(Frozen):
    """A local day: the orders of that day, whoever won them; `nobody`: by the reason why nobody did.

    `deliveries`: those that arrived on that day, by outcome; empty once they are no longer kept.
    """

    day: date
    orders: Count
    by: WonBy
    nobody: dict[str, Count]
    deliveries: dict[str, Count]


class Health(Frozen):
    """`click_share`: the share of orders won by clicks, 0 to 1; `click_share_before`: in the 28 days before."""

    days: list[HealthDay]
    click_share: float | None
    click_share_before: float | None


def health_day(day: date, orders: Iterable[OrderWon], delivered: Sequence[Outcome] | None) -> HealthDay:
    """The figures of one day; `delivered`: None where nobody knows any more."""
    won = Counter((order.by, None if order.by else order.reason or NO_MATCH) for order in orders)
    counted = Counter(delivered or ())
    return HealthDay(
        day=day,
        orders=won.total(),
        by=WonBy(**{by: count for (by, _), count in won.items() if by}),
        nobody={reason: count for (by, reason), count in sorted(won.items(), key=str) if not by and reason},
        deliveries={} if delivered is None else {outcome: counted[outcome] for outcome in OUTCOMES},
    )


def click_share(orders: Sequence[OrderWon]) -> float | None:
    """The share of `orders` that clicks won; None of none."""
    clicks = sum(order.by == "click" for order in orders)
    return round(clicks / len(orders), _DECIMALS) if orders else None
