"""Numbers that rules look at: which commissions each sums, and the member whose they are."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple, TypeAlias

from laurel.domain.ledger.commissions import Bucket, Commission
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.values.calendar import Calendar
from laurel.domain.values.model import decimal_text
from laurel.domain.values.money import money_text
from laurel.domain.values.periods import DayRange

Reading: TypeAlias = bool | int | Decimal | str | frozenset[str] | None
"""A condition looks at a yes or no, a count or minor units, a rate, a field, or payout options; None is unknown."""
Unit = Literal["count", "money", "percent", "days", "text"]
"""What a reading is told as."""


class Scope(NamedTuple):
    """The commissions that are counted: tier and offers (None: every one), states, and one action code or any."""

    tier: int | None
    states: frozenset[str]
    offers: frozenset[str] | None
    action_code: str | None = None

    def counts(self, offer_id: str, bucket: Bucket) -> bool:
        """True if a counter of `offer_id` lies in this scope."""
        return (
            bucket.state in self.states
            and (self.tier is None or bucket.tier == self.tier)
            and (self.offers is None or offer_id in self.offers)
            and (self.action_code is None or bucket.action_code == self.action_code)
        )


class Metric(NamedTuple):
    """A sum: the commission types that it is taken over, and the position in their counters that it sums."""

    types: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number: one metric over one scope and range of days."""

    metric: Metric
    scope: Scope
    days: DayRange

    def counts(self, offer_id: str, bucket: Bucket) -> bool:
        """True if counters of that offer and bucket are part of it."""
        return bucket.type in self.metric.types and self.scope.counts(offer_id, bucket)

    @property
    def position(self) -> int:
        """The number of a counter that it sums."""
        return self.metric.position


@dataclass(slots=True)
class Subject:
    """The member whom rules look at: one value per gauge, and state that a pass changes as it goes.

    `first_sale`: the id of the member's first sale, if there was any; `cause`: the commission that rules are asked for.
    """

    values: list[int]
    fields: dict[str, str]
    enrollments: MutableMapping[str, Enrollment]
    approved_at: datetime | None
    calendar: Calendar
    first_sale: str | None = None
    cause: Commission | None = None

    @property
    def approved_on(self) -> date | None:
        """The local day on which the member was approved; reckoned when asked for, since few rules do."""
        return None if self.approved_at is None else self.calendar.day_of(self.approved_at)


class View(NamedTuple):
    """The subject as one condition sees it at `day`: the numbers of its own gauges, in their order, and its scope."""

    numbers: tuple[int, ...]
    scope: Scope
    day: date
    subject: Subject


def reading_text(reading: Reading) -> str:
    """A reading as it is kept: a count or minor units, a rate with 2 decimals, a field, payout options; or nothing."""
    match reading:
        case None:
            return ""
        case bool():
            return str(reading).lower()
        case Decimal():
            return decimal_text(round(reading, 2))
        case frozenset():
            return ", ".join(sorted(reading))
        case _:
            return str(reading)


def reading_for_people(reading: Reading, unit: Unit, currency: str) -> str:
    """A reading as it is kept, but money with its currency."""
    if unit == "money" and isinstance(reading, int | Decimal):
        return money_text(int(Decimal(reading).quantize(Decimal(1), ROUND_HALF_UP)), currency)
    return reading_text(reading)
