"""What a local midnight sets off: rules that become known when a day or a longer period is over, without any order."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # payouts ask for midnights, and need no rules
    from laurel.domain.members.accounts import Account
    from laurel.domain.program.programs import Program
    from laurel.domain.rules.rules import RuleSettings
    from laurel.domain.values.calendar import Calendar

STARTS_AFTER = timedelta(minutes=15)
"""What was ordered before midnight is counted by then, as a rule."""
WAITS_UP_TO = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What sets off rules without being a commission: its local day, and its instant, which their rows have."""

    day: date
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Midnight(Occasion):
    """The instant at which the local day `day` begins, and the one before it is over."""

    @staticmethod
    def of(calendar: "Calendar", day: date) -> "Midnight":
        """The beginning of `day`."""
        return Midnight(day, calendar.start_of(day))


@dataclass(frozen=True, slots=True)
class Payday(Occasion):
    """The instant of the payout whose last row of a member is paid."""

    payout_id: str


@dataclass(frozen=True, slots=True)
class Applied(Occasion):
    """The instant at which a merchant began to apply a rule to every member, as if each had just sold something."""


def next_close(program: "Program") -> Midnight:
    """The first midnight of `program` that was not closed yet; days before the program was made need no close.

    A day that never was begins and ends at one instant, and has no close.
    """
    calendar = program.calendar
    closed = program.closed_until or calendar.day_of(program.created_at)
    return Midnight.of(calendar, calendar.day_after(closed))


def day_asked(rule: "RuleSettings", over: date, begun: date) -> date | None:
    """The day as of which `rule` is asked when `over` ends and `begun` begins; None if that midnight decides nothing.

    What leads with less than a current period, rolling windows and referred members look at the day that is over; what
    looks at last periods and at days since approval, at the day that begins.
    """
    if rule.needs_order:
        return None
    if rule.waits_for_close:
        until = rule.leading.period.range(over).until
        return over if until is not None and until <= begun else None
    asked = (condition.day_asked(over, begun) for condition in rule.conditions)
    return next((day for day in asked if day is not None), None)


def asked_on_payday(rule: "RuleSettings") -> bool:
    """Whether `rule` is asked when a member was paid: it looks at what is unpaid, and needs no sale and no close."""
    return rule.looks_at_unpaid and not rule.waits_for_close and not rule.needs_order


def why_not_applied(rule: "RuleSettings") -> str | None:
    """Why `rule` cannot be asked without a commission before its period is over; None if it can."""
    if rule.waits_for_close:
        return "a leading lt or lte is decided when its period closes, not before"
    if rule.needs_order:
        return "it looks at each order by itself, and applying it brings no order"
    return None


def concerns(rule: "RuleSettings", account: "Account", occasion: Occasion) -> bool:
    """Whether `account` is of an approved member who was in one of the rule's offers before the occasion."""
    joined = (e for e in account.enrollments.values() if e.created_at < occasion.occurred_at)
    return account.member.status == "approved" and any(
        rule.offers == "all" or e.offer_id in rule.offers for e in joined
    )
