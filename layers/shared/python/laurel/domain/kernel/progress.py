"""How far a member is towards each reward that may still fire; nothing is done by asking.

A reward is a rule that pays the member or moves them to other terms. Those that hang on a field or a group which the
member has not are left out: nothing that the member does brings them nearer, and they are the merchant's own notes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from laurel.domain.kernel import firings
from laurel.domain.kernel.outcomes import NOTHING, Known, Needed
from laurel.domain.kernel.proofs import multiples_of
from laurel.domain.ledger.multiples import MOST_MULTIPLES, Multiples
from laurel.domain.members.accounts import Account
from laurel.domain.rules.compiled import CompiledRule, Test
from laurel.domain.rules.conditions import Condition, FieldCondition, GroupCondition
from laurel.domain.rules.gauges import Subject
from laurel.domain.rules.order_conditions import FirstOrderCondition
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.values.periods import (
    Current,
    CurrentMonth,
    CurrentQuarter,
    CurrentWeek,
    CurrentYear,
    DayRange,
    Last,
)

_RUNNING: Final[Mapping[str, Current]] = {
    "last_week": CurrentWeek(),
    "last_month": CurrentMonth(),
    "last_quarter": CurrentQuarter(),
    "last_year": CurrentYear(),
}
"""Last period -> the one that is the last once it is over."""
_UPWARDS: Final = frozenset({"gt", "gte"})
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Step:
    """A condition on the member's way. `reading`: a count, minor units or a percentage; None where nothing is known.

    `goal`: what it is compared with, of a rule that repeats the next multiple; None where it is no number.
    """

    condition: Condition
    reading: int | Decimal | None
    goal: int | Decimal | None
    holds: bool

    @property
    def done(self) -> Decimal | None:
        """The part of the way that is gone, from 0 to 1; None where there is no way to go."""
        if self.goal is None or self.condition.operator not in _UPWARDS or self.goal <= 0:
            return None
        return min(max(Decimal(self.reading or 0) / Decimal(self.goal), Decimal(0)), _ONE)


@dataclass(frozen=True, slots=True)
class Progress:
    """A reward and how far the member is. `days`: of its leading condition; `is_reached`: it has fired for them."""

    rule: Rule
    days: DayRange
    steps: tuple[Step, ...]
    is_reached: bool

    @property
    def done(self) -> Decimal:
        """The part of the way that is gone: that of the condition which is farthest."""
        parts = [step.done for step in self.steps if step.done is not None]
        return min(parts, default=Decimal(0))


@dataclass(frozen=True, slots=True)
class Rewards:
    """The rules that reward a member if they fire, and the day on which that is asked."""

    rulebook: Rulebook
    account: Account
    today: date

    @staticmethod
    def of(rulebook: Rulebook, account: Account, today: date) -> "Rewards":
        """The rules of a program that are rewards to this member."""
        rules = tuple(rule for rule in rulebook.rules if _is_reward(rule, account))
        return Rewards(Rulebook(rulebook.program, rules, rulebook.links), account, today)

    def needed(self) -> Needed:
        """The reading beside the account that tells which have fired already."""
        compiled = list(self._compiled())
        asked = [each for each in compiled if each.is_noted and not self._is_noted(each)]
        markers = (firings.markers_of(each, self.account, self.rulebook.program) for each in asked)
        stretches = (firings.stretch_of(each, self.account.head) for each in compiled if each.repeats)
        return Needed(marker_ids=frozenset().union(*markers), stretches=frozenset(stretches))

    def progress(self, known: Known = NOTHING) -> list[Progress]:
        """The rewards that may still fire, the nearest first, and behind them those that have.

        `known`: what was `needed`; without it, only what the account itself notes counts as fired.
        """
        values = self.rulebook.on(days_of(self.rulebook, self.today)).values(self.account.totals)
        subject = firings.subject_of(self.account, self.rulebook.program, values)
        found = [
            self._progress(compiled, subject, known)
            for compiled in self._compiled()
            if all(self._can_hold(test, subject) for test in compiled.tests)
        ]
        return sorted(found, key=lambda each: (each.is_reached, -each.done))

    def _compiled(self) -> Iterator[CompiledRule]:
        rules = self.rulebook.on(days_of(self.rulebook, self.today))
        for index, rule in enumerate(self.rulebook.rules):
            yield rules.by_day[_looked_at(rule, self.today)][index]

    def _can_hold(self, test: Test, subject: Subject) -> bool:
        match test.condition:
            case FieldCondition() | GroupCondition():
                return test.holds(subject)
            case FirstOrderCondition(value=True):
                return self.account.head.first_sale is None
            case _:
                return True

    def _progress(self, compiled: CompiledRule, subject: Subject, known: Known) -> Progress:
        tests = (test for test in compiled.tests if not isinstance(test.condition, FieldCondition | GroupCondition))
        number = self._following(compiled, known) if compiled.repeats else 1
        steps = tuple(_step(test, subject, number if test is compiled.leading else 1) for test in tests)
        return Progress(compiled.rule, compiled.days, steps, self._has_fired(compiled, known))

    def _has_fired(self, compiled: CompiledRule, known: Known) -> bool:
        if not compiled.is_noted:
            return False
        markers = firings.markers_of(compiled, self.account, self.rulebook.program)
        return self._is_noted(compiled) or any(known.markers.get(marker, False) for marker in markers)

    def _is_noted(self, compiled: CompiledRule) -> bool:
        return self.account.fired.get(compiled.rule_id) in firings.closed_by(compiled, self.account.head)

    def _following(self, compiled: CompiledRule, known: Known) -> int:
        """The first multiple that a rule has not fired for."""
        proven, noted = multiples_of(compiled, self.account.head, known), self.account.reached.get(compiled.rule_id)
        if noted is not None and noted.key in firings.closed_by(compiled, self.account.head):
            proven = proven.joined(Multiples(((1, noted.through),)))
        return next(proven.missing(MOST_MULTIPLES), MOST_MULTIPLES)


def days_of(rulebook: Rulebook, today: date) -> frozenset[date]:
    """The days as of which the rules are looked at, of which today is always one."""
    return frozenset({today, *(_looked_at(rule, today) for rule in rulebook.rules)})


def _looked_at(rule: Rule, today: date) -> date:
    """Today; for what looks at the period before, the day on which the one that runs is that."""
    period = rule.leading.period
    until = _RUNNING[period.type].range(today).until if isinstance(period, Last) else None
    return until or today


def _is_reward(rule: Rule, account: Account) -> bool:
    is_in = rule.offers == "all" or not account.enrollments.keys().isdisjoint(rule.offers)
    pays = rule.paying is not None and not rule.pays_referrer
    places = [(account.enrollments.get(move.offer_id), move.payout_option_id) for move in rule.moves]
    can_move = all(place is not None and not (place.fixed and place.payout_option_id != to) for place, to in places)
    moves = any(place is not None and place.payout_option_id != to for place, to in places)
    return is_in and can_move and (pays or moves)


def _step(test: Test, subject: Subject, number: int) -> Step:
    reading, goal = test.reading(subject), test.threshold
    if number > 1:
        goal = test.multiple(number)
    return Step(
        test.condition,
        reading if isinstance(reading, int | Decimal) and not isinstance(reading, bool) else None,
        goal if isinstance(goal, int | Decimal) and not isinstance(goal, bool) else None,
        test.holds(subject) and number == 1,
    )
