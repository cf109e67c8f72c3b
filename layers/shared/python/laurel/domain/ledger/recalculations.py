"""Recalculations: a retroactive move reprices the commissions that were earned before it."""

from typing import Final

from laurel.domain.ledger.commissions import RECURRENCE, Bucket, Commission, Contribution
from laurel.domain.ledger.totals import COUNT, Totals, is_part
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.values.ids import (
    CommissionId,
    JobId,
    MemberId,
    OfferId,
    PayoutId,
    PayoutOptionId,
    RuleId,
    derived_id,
)
from laurel.domain.values.model import Day, Frozen, Instant
from laurel.domain.values.periods import DayRange

MOST_KEPT: Final = 10
"""Recalculations that an enrollment keeps for rows that count again late, such as declined ones approved."""
MOST_AT_WORK: Final = 10
"""While so many of an enrollment are at work, no rule begins another; it can with a later commission."""
RECALCULATED: Final = frozenset({"sale", "action", "recurring", RECURRENCE, "click"})
"""The types that commissions by payout terms are counted as; bonuses, adjustments and tallies have others."""
UNPAID: Final = frozenset({"pending", "approved"})


class Recalculation(Frozen):
    """A retroactive move of an enrollment, its `number`-th: rows priced under a lower number are to be repriced.

    `payout_option_id`, `option_version`, `terms`: as the option was at that instant. `first`, `until`: the local days
    that it concerns, half-open, None without end; `period` names them. `trigger`: the commission that set it off, or
    `payout_id`: the payout that did, or `applied_at`: the instant from which a merchant applied the rule; none of them
    for the midnight at which `day` began. `chain`: the rules that moved the member in what led here, its own the last.
    """

    member_id: MemberId
    offer_id: OfferId
    number: int
    payout_option_id: PayoutOptionId
    option_version: int
    terms: PayoutTerms
    period: str
    first: Day | None = None
    until: Day | None = None
    trigger: CommissionId | None = None
    payout_id: PayoutId | None = None
    applied_at: Instant | None = None
    day: Day
    chain: tuple[RuleId, ...]
    at: Instant

    @property
    def key(self) -> str:
        """Its name in the member's account."""
        return f"{self.offer_id}#{self.number}"

    @property
    def actor(self) -> str:
        """The actor who began it, as the history names it: the rule."""
        return f"rule:{self.chain[-1]}"

    @property
    def days(self) -> DayRange:
        """The local days whose rows it concerns."""
        return DayRange(self.first, self.until)

    def job_id(self, program_id: str) -> JobId:
        """The job that walks over its rows."""
        return derived_id("job", program_id, "recalculate", self.member_id, self.key)

    def concerns(self, row: Commission) -> bool:
        """Whether it reprices `row`, provided that the row can be repriced at all."""
        return row.move < self.number and row.day in self.days

    def awaits(self, row: Commission, counted: Contribution | None) -> int:
        """The count of `row` (clicks each by itself) among the rows still to be repriced; 0 if it is none of them."""
        return counted.quantity if counted and is_repriceable(counted.bucket) and self.concerns(row) else 0


def is_repriceable(bucket: Bucket) -> bool:
    """Whether the rows that are counted in `bucket` can be repriced."""
    return (
        bucket.state in UNPAID
        and bucket.tier == 1
        and bucket.type in RECALCULATED
        and bucket.payout_option_id != ""  # bonuses of rules belong to no option
        and not bucket.own_terms
    )


def repriceable_in(totals: Totals, offer_id: str, days: DayRange) -> int:
    """The number of rows (clicks each by itself) in `totals` that can be repriced in an offer on `days`."""
    rows = (counters for row, counters in totals.rows.items() if row.offer_id == offer_id and is_part(row, days))
    return sum(counter[COUNT] for counters in rows for bucket, counter in counters.items() if is_repriceable(bucket))
