"""The rows due to a member: the totals of months show where to look, so that no history of paid rows is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Final, NamedTuple

from laurel.domain.ledger.commissions import TALLY, Commission
from laurel.domain.ledger.totals import COMMISSION, NO_OFFER, REFERRALS, Counters, MonthRow, TotalsRow
from laurel.domain.payouts.lines import Place
from laurel.domain.payouts.payouts import Payout
from laurel.domain.values.calendar import Calendar
from laurel.domain.values.periods import first_of_month, months_later
from laurel.store import indexes, items, keys, ledger, payouts, totals_keys
from laurel.store.indexes import BY_MEMBER
from laurel.store.keys import LAST, Key
from laurel.store.table import Table

_READ_AT_ONCE: Final = 500


class Position(NamedTuple):
    """The position of a row among its member's: by month, offer, and time within both."""

    month: str
    offer_id: str
    sk: str


@dataclass(frozen=True, slots=True)
class DueRow:
    """A row that is due according to the index, which lags."""

    position: Position
    key: Key
    amount: int


@dataclass(frozen=True, slots=True)
class Dues:
    """The rows that are due to one member in `payout`, and that no other payout holds."""

    table: Table
    program_id: str
    calendar: Calendar
    member_id: str
    payout: Payout
    holding: dict[str, bool] = field(default_factory=dict)

    def after(self, position: Position | None) -> Iterator[DueRow]:
        """The rows after `position` that seem due, month by month, read as they are used."""
        for month, _ in self._months():
            named = month.month.isoformat(), month.offer_id
            if position is None or position[:2] < named:
                yield from self._rows(month.offer_id, named[0], self._begin(month.month), self._end(month.month))
            elif position[:2] == named:
                yield from self._rows(month.offer_id, named[0], position.sk + LAST, self._end(month.month))

    def total(self) -> int:
        """Minor units due by the totals, with those that other payouts hold; only rows of the last month are read."""
        day = self.calendar.day_of(self.payout.before)
        first, start = first_of_month(day), keys.instant(self.calendar.start_of(day))
        days = self._totals((totals_keys.day_totals(first, ""), totals_keys.day_totals(day, "")))
        due = self._months()
        months = [counters for month, counters in due if month.month < first]
        cut = (self._rows(m.offer_id, "", start, self._end(m.month)) for m, _ in due if m.month == first)
        before = sum(map(_due, [*months, *days.values()])) - self._of_growing_clicks(day)
        return before + sum(row.amount for rows in cut for row in rows)

    def _of_growing_clicks(self, until: date) -> int:
        """Minor units of clicks on days before its end that the payout does not take, since their day was not over."""
        begun = min(self.calendar.day_of(self.payout.created_at), until)
        days = self._totals((totals_keys.day_totals(begun, ""), totals_keys.day_totals(until, "")))
        return sum(_due({b: of for b, of in counters.items() if b.type == "click"}) for counters in days.values())

    def _is_held(self, row: Commission) -> bool:
        """As `is_held`; each payout is read once. One that lets go meanwhile keeps its rows for the next."""
        if row.payout_id is None:
            return False
        if row.payout_id not in self.holding:
            places = payouts.places(self.table, self.program_id, self.member_id, [row.payout_id])
            self.holding[row.payout_id] = is_held(row, places)
        return self.holding[row.payout_id]

    def _months(self) -> list[tuple[MonthRow, Counters]]:
        """The months of offers that hold something due, oldest first."""
        last = first_of_month(self.calendar.day_of(self.payout.before))
        totals = self._totals(totals_keys.MONTHS)
        months = [(row, of) for row, of in totals.items() if isinstance(row, MonthRow) and row.month <= last]
        due = (month for month in months if month[0].offer_id != REFERRALS and _has_due(month[1]))
        return sorted(due, key=itemgetter(0))

    def _totals(self, between: tuple[str, str]) -> dict[TotalsRow | None, Counters]:
        totals = self.table.query(keys.account(self.program_id, self.member_id), between=between)
        return {ledger.totals_row(item["sk"]): ledger.counters(item) for item in totals}

    def _begin(self, month: date) -> str:
        return keys.instant(self.calendar.start_of(month))

    def _end(self, month: date) -> str:
        # an instant alone sorts before every row of that instant
        return keys.instant(min(self.calendar.start_of(months_later(month, 1)), self.payout.before))

    def _rows(self, offer_id: str, month: str, low: str, high: str) -> Iterator[DueRow]:
        partition = indexes.member_commissions(
            self.program_id, self.member_id, None if offer_id == NO_OFFER else offer_id
        )
        while low <= high:
            entries = self.table.query(partition, between=(low, high), limit=_READ_AT_ONCE, index=BY_MEMBER)
            for item in entries:
                row = items.parse(Commission, item)
                if self.payout.is_due(row, self.calendar) and not self._is_held(row):
                    yield DueRow(Position(month, offer_id, item[BY_MEMBER.sk]), Key(item["pk"], item["sk"]), row.amount)
            if len(entries) < _READ_AT_ONCE:
                return
            low = entries[-1][BY_MEMBER.sk] + LAST


def is_held(row: Commission, places: Mapping[str, Place]) -> bool:
    """Whether a payout has the row; a line that left, and a payout that was cancelled, hold nothing."""
    return row.payout == "in_payout" and row.payout_id is not None and places[row.payout_id].holds


def _has_due(counters: Counters) -> bool:
    # clicks that earn nothing are approved too, but pay nobody
    approved = ((bucket, counter) for bucket, counter in counters.items() if bucket.state == "approved")
    return any(bucket.type not in {"click", TALLY} or counter[COMMISSION] for bucket, counter in approved)


def _due(counters: Counters) -> int:
    return sum(counter[COMMISSION] for bucket, counter in counters.items() if bucket.state == "approved")
