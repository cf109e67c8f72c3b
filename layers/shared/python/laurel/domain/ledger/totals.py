"""A member's totals: counters by bucket per offer, by local day and by month."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

from laurel.domain.ledger.commissions import Bucket, Contribution
from laurel.domain.values.periods import DayRange, first_of_month, months_later

COUNT, COMMISSION, SALES = 0, 1, 2
"""Positions in a counter: rows, commission and sale amount (minor units)."""

NO_OFFER: Final = "-"
"""The offer of rows that have none: bonuses of a rule over several offers."""
REFERRALS: Final = "referrals"
"""The offer, as it were, under which a member's approved referrals are counted, by the day on which they joined."""
REFERRED: Final = Bucket("", REFERRALS, "", 1, "approved")
"""The bucket of each referral."""
_NOTHING = (0, 0, 0)
_OWN_TERMS: Final = "own:"
_PAIRS_KEPT: Final = 1024
"""Orders of a day and offer mostly come together, and each asks for its rows."""
Counters = dict[Bucket, list[int]]


class DayRow(NamedTuple):
    """The totals of one offer on one local day. Without `unit`, a month and its first day would be equal."""

    day: date
    offer_id: str
    unit: str = "day"


class MonthRow(NamedTuple):
    """The totals of one offer in one month, named by its first day."""

    month: date
    offer_id: str
    unit: str = "month"


TotalsRow = DayRow | MonthRow


def added(counters: Counters, contribution: Contribution, sign: int) -> Counters:
    """`counters` with `contribution` counted in (sign 1) or out (sign -1)."""
    quantity, commission, sales = counters.get(contribution.bucket, _NOTHING)
    counter = [
        quantity + sign * contribution.quantity,
        commission + sign * contribution.commission,
        sales + sign * contribution.sales,
    ]
    return {**counters, contribution.bucket: counter}


@dataclass(slots=True)
class Totals:
    """The rows that were read, by day, month and offer; a row that does not exist counts nothing."""

    rows: dict[TotalsRow, Counters] = field(default_factory=dict)

    def copy(self) -> "Totals":
        """A copy that can count without changing these: rows are replaced, not changed, so both may share them."""
        return Totals(dict(self.rows))

    def count(self, day: date, offer_id: str, contribution: Contribution, sign: int) -> tuple[DayRow, MonthRow]:
        """Counts `contribution` in both rows of `day` and `offer_id`, which it returns."""
        rows = rows_of(day, offer_id)
        for row in rows:
            self.rows[row] = added(self.rows.get(row, {}), contribution, sign)
        return rows


@lru_cache(maxsize=_PAIRS_KEPT)
def rows_of(day: date, offer_id: str) -> tuple[DayRow, MonthRow]:
    """The two rows that a commission of `day` and `offer_id` counts in."""
    return DayRow(day, offer_id), MonthRow(first_of_month(day), offer_id)


def is_part(row: TotalsRow, days: DayRange) -> bool:
    """Whether `row` is one of the fewest rows that together cover `days`."""
    match row:
        case MonthRow(month, _):
            return days.is_long and _is_whole_month_of(month, days)
        case DayRow(day, _):
            return day in days and not (days.is_long and _is_whole_month_of(first_of_month(day), days))


def _is_whole_month_of(month: date, days: DayRange) -> bool:
    following = months_later(month, 1)
    return (days.first is None or days.first <= month) and (days.until is None or following <= days.until)


def to_stored(counters: Mapping[Bucket, list[int]]) -> dict[str, list[int]]:
    """Counters as a map of text to [count, commission, sales]; empty ones are left out."""
    return {_text(bucket): list(counter) for bucket, counter in counters.items() if any(counter)}


def from_stored(stored: Mapping[str, Any]) -> Counters:
    """The inverse of `to_stored`."""
    return {_bucket(text): [int(number) for number in counter] for text, counter in stored.items()}


def _text(bucket: Bucket) -> str:
    # the action code stands last, because a merchant may have put the separator into it
    own = _OWN_TERMS if bucket.own_terms else ""
    return f"{own}{bucket.payout_option_id}|{bucket.type}|{bucket.tier}|{bucket.state}|{bucket.action_code}"


def _bucket(text: str) -> Bucket:
    option, kind, tier, state, action = text.split("|", 4)
    own = option.startswith(_OWN_TERMS)
    return Bucket(option.removeprefix(_OWN_TERMS), kind, action, int(tier), state, own)
