"""Backtests: a rule over a span of the past; whom it would have paid when and what, beside what really happened."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.jobs import JobStatus
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Action, PutIntoCommissionGroup, PutIntoCommissionGroupRetroactively
from laurel.domain.rules.rules import Rule, RuleSettings
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import JobId, MemberId, RuleId
from laurel.domain.values.model import Count, Day, Frozen, Instant, Money

LONGEST_SPAN: Final = 366
"""Days of one backtest."""
MOST_LISTED: Final = 1_000
"""Firings that are listed; those beyond are counted and summed all the same."""
MOST_MISSING: Final = 500
_OF_A_PIECE: Final = 100
UNSAVED: Final = f"rul_{'0' * 26}"
"""The id of a rule that is not saved."""


class BacktestRequest(Frozen):
    """A rule (as `POST /v1/rules` takes it, or the id of a saved one), and local days `from` to `to`, both included."""

    rule: RuleSettings | None = None
    rule_id: RuleId | None = None
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.rule is None) == (self.rule_id is None):
            raise ValueError("send either rule or rule_id")
        return self

    def require_past(self, today: date) -> None:
        """Raises Invalid `dates_out_of_order`, `future_day`, `range_too_large`."""
        if self.last < self.first:
            raise Invalid("dates_out_of_order", "`to` must not lie before `from`", "/to")
        if self.last > today:
            raise Invalid("future_day", f"the last day that can be tried is {today}, today", "/to")
        if (self.last - self.first).days >= LONGEST_SPAN:
            raise Invalid("range_too_large", f"a backtest covers at most {LONGEST_SPAN} days", "/from")


class Firing(Frozen):
    """The rule fired for a member: `at` the instant of what set it off, and `amount` minor units paid.

    `base`: minor units that a percentage is taken of; `value`: the reading of the leading condition.
    """

    member_id: MemberId
    period: str
    at: Instant
    base: Money | None = None
    value: str | None = None
    amount: Money

    @classmethod
    def of(cls, row: Commission) -> Self:
        """The firing that a marker proves."""
        base, value = (row.evidence.base, row.evidence.value) if row.evidence else (None, None)
        member_id = row.earned_by or row.member_id
        fields = {"member_id": member_id, "period": row.period, "at": row.occurred_at, "amount": row.amount}
        return cls(**fields, base=base, value=value)


class Sums(Frozen):
    """All firings of a backtest counted, and what they pay in minor units; `left_out`: members with too many rows."""

    fired: Count = 0
    paid: Money = 0
    really_fired: Count = 0
    really_paid: Money = 0
    only_here: Count = 0
    only_there: Count = 0
    left_out: Count = 0

    def with_more(self, more: "Sums") -> "Sums":
        """Both together."""
        return Sums(**{name: getattr(self, name) + getattr(more, name) for name in Sums.model_fields})


class Found(Frozen):
    """The firings of some members: those of the replay, which of them did not happen, and those that it has not.

    A firing that paid another amount is in both of the latter.
    """

    fired: tuple[Firing, ...] = ()
    only_here: tuple[Firing, ...] = ()
    only_there: tuple[Firing, ...] = ()

    def within(self, sums: Sums) -> "Found":
        """As many as may still be listed after those in `sums`."""
        return Found(
            fired=self.fired[: max(0, MOST_LISTED - sums.fired)],
            only_here=self.only_here[: max(0, MOST_MISSING - sums.only_here)],
            only_there=self.only_there[: max(0, MOST_MISSING - sums.only_there)],
        )

    def pieces(self) -> "Iterator[Found]":
        """All of them in their order, at most 100 of a list in each: what fits into one item."""
        longest = max(len(self.fired), len(self.only_here), len(self.only_there))
        for start in range(0, longest, _OF_A_PIECE):
            piece = slice(start, start + _OF_A_PIECE)
            yield Found(**{name: getattr(self, name)[piece] for name in Found.model_fields})


class Really(Frozen):
    """The firings that really happened in the span: markers that exist, and minor units that they pay."""

    fired: Count
    paid: Money


class Backtest(Frozen):
    """The rule that a job tries, as it is replayed, and the span."""

    rule: Rule
    first: Day
    last: Day

    @staticmethod
    def of(rule: Rule, asked: BacktestRequest, program: Program, before: datetime) -> "Backtest":
        """As if the rule had been made before the span, at `before`; one that really was is as old as it is."""
        is_active = rule.created_at < program.calendar.start_of(asked.first)
        made = rule.created_at if is_active else before
        kept = rule.model_copy(update={"enabled": True, "created_at": made, "actions": _replayed(rule.actions)})
        return Backtest(rule=kept, first=asked.first, last=asked.last)

    def covers(self, day: date) -> bool:
        """Whether a commission of that day is one that may trigger it."""
        return self.first <= day <= self.last


class BacktestView(Frozen):
    """How far a backtest is, and what it has found. `done`: members. Amounts are minor units of the program's currency.

    The lists hold the first 1,000 firings, and 500 each that differ from what really happened: one that paid another
    amount is in both. `fired_count`, `paid`, `really` and the other counts are of all. `left_out`: members whose rows
    are too many to be replayed, or take too long.
    """

    job_id: JobId
    status: JobStatus
    done: Count
    total: Count | None = None
    failure: str | None = None
    fired: tuple[Firing, ...]
    fired_count: Count
    paid: Money
    really: Really
    only_here: tuple[Firing, ...]
    only_here_count: Count
    only_there: tuple[Firing, ...]
    only_there_count: Count
    left_out: Count


def _replayed(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Nothing that was earned before is repriced in a replay: a retroactive move is an ordinary one."""
    return tuple(
        PutIntoCommissionGroup(
            type="put_into_commission_group", offer_id=action.offer_id, payout_option_id=action.payout_option_id
        )
        if isinstance(action, PutIntoCommissionGroupRetroactively)
        else action
        for action in actions
    )
