"""A member's account: what one transition reads, and how far back it must read."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from laurel.domain.ledger.commissions import TRIAL, Commission, Contribution
from laurel.domain.ledger.totals import Totals
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.periods import DayRange, first_of_month, months_later

_MERGED_GAP_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class Head:
    """The account's balances and its version, which grows with every transition and every edit that one reads.

    `balances`: commission in minor units by state (pending, approved, paid, declined).
    `midnight`: the last day whose beginning set off something, so that a repeated close asks no rule again.
    `outstanding`: key of each recalculation that is not done -> how many of the rows that it is to reprice (clicks each
    by itself) are still counted by their old price.
    `last_payout`: the last payout that paid the member, unless it failed. `drafts`: the payouts with a line of the
    member's that may still leave; some of them may be over.
    `first_sale`: the row of the first sale that was counted while it was good, whatever became of it.
    """

    version: int = 0
    balances: Mapping[str, int] = field(default_factory=dict)
    midnight: date | None = None
    outstanding: Mapping[str, int] = field(default_factory=dict)
    last_payout: str | None = None
    drafts: tuple[str, ...] = ()
    first_sale: str | None = None

    def without_drafts(self, gone: Collection[str]) -> tuple[str, ...]:
        """Its drafts, but those."""
        return tuple(payout_id for payout_id in self.drafts if payout_id not in gone)


@dataclass(frozen=True, slots=True)
class Upline:
    """The members above a member, and their rows of its sales, as far as these were read; None: no row."""

    approved: frozenset[str] = frozenset()
    rows: Mapping[str, Commission | None] = field(default_factory=dict)


class Reached(NamedTuple):
    """The period that a rule which repeats fired for last, and how many multiples from the first it has fired for."""

    key: str
    through: int


@dataclass(frozen=True, slots=True)
class Account:
    """Everything of one member that a transition depends on, read at one version.

    `fired`: rule id -> the key of the period that it fired for last, for as long as that marker exists. `reached`: the
    same of rules that repeat, for as long as all those markers exist. `deleted`: rule id -> a version that no row which
    the rule made for the member, and which was deleted, has had; what it makes next begins above it.
    """

    member: Member
    head: Head
    enrollments: Mapping[str, Enrollment]
    totals: Totals
    fired: Mapping[str, str] = field(default_factory=dict)
    upline: Upline = Upline()
    reached: Mapping[str, Reached] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A commission that was created or changed, and how its member's totals count it so far.

    `stored`: the row as the table has it, if the transaction that counts it also turns it into `commission`; None if it
    is stored already. `is_pending`: the table's row waits to be counted. `is_left_over`: the row was counted, but
    not every rule that it set off fitted into that transaction.
    """

    commission: Commission
    counted: Contribution | None
    stored: Commission | None = None
    is_pending: bool = True
    is_left_over: bool = False

    @property
    def read(self) -> Commission:
        """The row as the table has it."""
        return self.commission if self.stored is None else self.stored

    @property
    def begins(self) -> bool:
        """Whether the row becomes good: it is not declined, and until now it was not counted, or counted as declined.

        So its effects do not depend on whether a decline was counted before the approval. They may have come before.
        """
        was_good = self.counted is not None and self.counted.bucket.state != "declined"
        return self.commission.status != "declined" and not was_good

    @property
    def begins_to_sell(self) -> bool:
        """Whether the row becomes good and is no trial: a trial is no sale, also if its order comes to more later."""
        was_trial = self.counted is not None and self.counted.bucket.type == TRIAL
        becomes_more = was_trial and self.commission.status != "declined"
        return (self.begins or becomes_more) and not self.commission.is_trial


def is_good_sale(change: Change) -> bool:
    """Whether it is a sale of the member's own that is not declined, as it is to be counted."""
    counted = change.commission.contribution()
    if counted is None:
        return False
    bucket = counted.bucket
    return bucket.type == "sale" and bucket.tier == 1 and bucket.state != "declined"


@dataclass(frozen=True, slots=True)
class Reach:
    """The totals that a transition needs: stretches of days (first, last), oldest first, and the oldest month."""

    stretches: tuple[tuple[date, date], ...]
    first_month: date


def reach(changed_days: Iterable[date], ranges: Iterable[DayRange]) -> Reach:
    """The totals to read to count on `changed_days` and to sum `ranges`; near stretches are read as one."""
    days = [(day, day) for day in changed_days]
    months = [first_of_month(day) for day, _ in days]
    for wanted in ranges:
        days.extend(_days_of(wanted))
        if wanted.is_long:
            months.append(date.min if wanted.first is None else _first_whole_month(wanted.first))
    return Reach(tuple(_merged(sorted(days))), min(months))


def _days_of(wanted: DayRange) -> list[tuple[date, date]]:
    if wanted.first is not None and wanted.until is not None and not wanted.is_long:
        return [(wanted.first, wanted.until - ONE_DAY)]
    edges = []
    if wanted.first is not None and (whole := _first_whole_month(wanted.first)) != wanted.first:
        edges.append((wanted.first, whole - ONE_DAY))
    if wanted.until is not None and (last := first_of_month(wanted.until)) != wanted.until:
        edges.append((last, wanted.until - ONE_DAY))
    return edges


def _first_whole_month(first: date) -> date:
    return first if first.day == 1 else months_later(first, 1)


def _merged(stretches: list[tuple[date, date]]) -> list[tuple[date, date]]:
    merged: list[tuple[date, date]] = []
    for first, last in stretches:
        if merged and (first - merged[-1][1]).days <= _MERGED_GAP_DAYS:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
