"""The rules of a program compiled for a set of days: which numbers they look at, and what moves each number.

Compiled rules know no member, so they are made once and serve every account that has changes on those days. A member's
numbers are a plain list beside them, one per gauge.
"""

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from laurel.domain.ledger.commissions import Bucket
from laurel.domain.ledger.totals import COUNT, Totals, TotalsRow, is_part
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.program.programs import Program
from laurel.domain.rules.conditions import (
    COMPARE,
    COMPARE_GROUPS,
    COMPARE_IF_KNOWN,
    METRICS,
    ApprovalAgeCondition,
    Condition,
    CounterCondition,
    FieldCondition,
    GroupCondition,
    RateCondition,
    Scope,
    rate,
)
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import asked_on_payday, day_asked
from laurel.domain.values.calendar import Calendar
from laurel.domain.values.model import decimal_text
from laurel.domain.values.money import money_text
from laurel.domain.values.periods import DayRange, closing_keys, marker_key, period_key

_NO_GAUGE: Final = -1


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number: one metric over one scope and range of days."""

    metric: str
    scope: Scope
    days: DayRange

    def counts(self, offer_id: str, bucket: Bucket) -> bool:
        """Whether counters of that offer and bucket are part of it."""
        return bucket.type in METRICS[self.metric][0] and self.scope.counts(offer_id, bucket)

    @property
    def position(self) -> int:
        """Which number of a counter it sums."""
        return METRICS[self.metric][1]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose numbers the rules look at: one value per gauge, and state that a pass changes as it goes."""

    values: list[int]
    fields: dict[str, str]
    enrollments: MutableMapping[str, Enrollment]
    approved_at: datetime | None
    calendar: Calendar

    @property
    def approved_on(self) -> date | None:
        """The local day on which the member was approved; reckoned when asked for, since few rules do."""
        return None if self.approved_at is None else self.calendar.day_of(self.approved_at)


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a rule at `day`; `gauge` and `per` index a subject's values (`per`: the clicks of a rate)."""

    condition: Condition
    day: date
    scope: Scope
    compare: Callable[[Any, Any], bool]
    threshold: Any
    gauge: int = _NO_GAUGE
    per: int = _NO_GAUGE

    @property
    def is_counter(self) -> bool:
        """Whether the value is that of `gauge` as it stands."""
        return self.gauge != _NO_GAUGE and self.per == _NO_GAUGE

    def value(self, subject: Subject) -> int | Decimal | str | frozenset[str] | None:
        """What the condition looks at, as of now."""
        match self.condition:
            case CounterCondition():
                return subject.values[self.gauge]
            case RateCondition():
                return rate(subject.values[self.gauge], subject.values[self.per])
            case ApprovalAgeCondition():
                approved_on = subject.approved_on
                return None if approved_on is None else (self.day - approved_on).days
            case FieldCondition(field=name):
                return subject.fields.get(name)
            case GroupCondition():
                offers = self.scope.offers
                enrolled = subject.enrollments.items()
                return frozenset(e.payout_option_id for offer, e in enrolled if offers is None or offer in offers)

    def holds(self, subject: Subject) -> bool:
        """Whether the condition holds now."""
        return self.compare(self.value(subject), self.threshold)

    def evidence(self, subject: Subject) -> str | None:
        """The value as it is kept: minor units or a count, a rate with 2 decimals, a field, payout options."""
        value = self.value(subject)
        return None if value is None else _text(value)

    def value_text(self, subject: Subject, currency: str) -> str:
        """The value for people: as it is kept, but money with its currency."""
        match value := self.value(subject):
            case None:
                return ""
            case int() if self.is_counter and METRICS[self.condition.metric][1] != COUNT:
                return money_text(value, currency)
            case _:
                return _text(value)


def _text(value: int | Decimal | str | frozenset[str]) -> str:
    match value:
        case Decimal():
            return decimal_text(round(value, 2))
        case frozenset():
            return ", ".join(sorted(value))
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule at one day: its tests, the range and key of its leading period, and the gauge of its base.

    `is_noted`: one marker closes the whole period, so that the account can note it.
    `key`: what the marker of the period is known by; `closed_by`: keys of markers that say that it has fired for it.
    """

    rule: Rule
    rule_id: str
    needs_marker: bool
    is_noted: bool
    days: DayRange
    period: str
    key: str
    closed_by: frozenset[str]
    leading: Test
    further: tuple[Test, ...]
    base: int

    @property
    def tests(self) -> tuple[Test, ...]:
        """All conditions, the leading one first."""
        return self.leading, *self.further


@dataclass(slots=True)
class CompiledRules:
    """Rules in the order of a pass, at each of a set of days."""

    program: Program
    gauges: list[Gauge] = field(default_factory=list)
    by_day: dict[date, list[CompiledRule]] = field(default_factory=dict)
    _indexes: dict[Gauge, int] = field(default_factory=dict)
    _concerned: dict[tuple[date, str | None], list[CompiledRule]] = field(default_factory=dict)
    _moved: dict[tuple[date, str, Bucket], list[tuple[int, int]]] = field(default_factory=dict)
    _held: dict[tuple[TotalsRow, Bucket], list[tuple[int, int]]] = field(default_factory=dict)

    @staticmethod
    def of(program: Program, rules: Sequence[Rule], days: Iterable[date]) -> "CompiledRules":
        """`rules` in the order of the pass, bound to each of `days`."""
        compiled = CompiledRules(program)
        for day in days:
            compiled.by_day[day] = [compiled._compiled(rule, day) for rule in rules]
        return compiled

    @staticmethod
    def at_midnight(program: Program, rules: Sequence[Rule], begun: date) -> "CompiledRules":
        """Those of `rules` that the beginning of `begun` asks, listed under it, each bound to the day it looks at."""
        compiled = CompiledRules(program)
        asked = ((rule, day_asked(rule, begun)) for rule in rules)
        bound = (compiled._compiled(rule, day) for rule, day in asked if day is not None)
        compiled.by_day[begun] = [rule for rule in bound if compiled.is_open(rule)]
        return compiled

    @staticmethod
    def at_payday(program: Program, rules: Sequence[Rule], day: date) -> "CompiledRules":
        """Those of `rules` that paying a member on `day` asks, whatever offers its rows were of."""
        compiled = CompiledRules.of(program, [rule for rule in rules if asked_on_payday(rule)], [day])
        compiled.by_day[day] = [rule for rule in compiled.by_day[day] if compiled.is_open(rule)]
        return compiled

    def concerned(self, day: date, offer_id: str | None) -> list[CompiledRule]:
        """The rules to evaluate for a commission of `day` in `offer_id`."""
        key = (day, offer_id)
        if key not in self._concerned:
            self._concerned[key] = [compiled for compiled in self.by_day[day] if self._concerns(compiled, offer_id)]
        return self._concerned[key]

    def moved(self, day: date, offer_id: str, bucket: Bucket) -> list[tuple[int, int]]:
        """(gauge, position in a counter) of each number that a commission of that day, offer and bucket moves."""
        key = (day, offer_id, bucket)
        found = self._moved.get(key)
        if found is None:
            found = self._moved[key] = self._matching(offer_id, bucket, lambda days: day in days)
        return found

    def values(self, totals: Totals) -> list[int]:
        """What each gauge reads on `totals`."""
        values = [0] * len(self.gauges)
        for row, counters in totals.rows.items():
            for bucket, counter in counters.items():
                for gauge, position in self._held_in(row, bucket):
                    values[gauge] += counter[position]
        return values

    def _held_in(self, row: TotalsRow, bucket: Bucket) -> list[tuple[int, int]]:
        key = (row, bucket)
        found = self._held.get(key)
        if found is None:
            found = self._held[key] = self._matching(row.offer_id, bucket, lambda days: is_part(row, days))
        return found

    def _matching(self, offer_id: str, bucket: Bucket, on: Callable[[DayRange], bool]) -> list[tuple[int, int]]:
        return [
            (index, gauge.position)
            for index, gauge in enumerate(self.gauges)
            if on(gauge.days) and gauge.counts(offer_id, bucket)
        ]

    def is_open(self, compiled: CompiledRule) -> bool:
        """Whether its period had not ended when the rule was made."""
        until = compiled.days.until
        return until is None or self.program.calendar.start_of(until) > compiled.rule.created_at

    def _concerns(self, compiled: CompiledRule, offer_id: str | None) -> bool:
        rule = compiled.rule
        if rule.waits_for_close or (rule.offers != "all" and offer_id not in rule.offers):
            return False
        return self.is_open(compiled)

    def _compiled(self, rule: Rule, day: date) -> CompiledRule:
        days = rule.leading.period.range(day)
        tests = [self._test(condition, condition.scope(rule.offers), day) for condition in rule.conditions]
        base = Gauge("commission_value", tests[0].scope._replace(action_code=None), days)
        return CompiledRule(
            rule=rule,
            rule_id=rule.rule_id,
            needs_marker=not rule.is_state_only,
            is_noted=not rule.is_state_only and not rule.pays_every_sale,
            days=days,
            period=period_key(rule.leading.period, days),
            key=marker_key(rule.leading.period, days),
            closed_by=closing_keys(rule.leading.period, days),
            leading=tests[0],
            further=tuple(tests[1:]),
            base=self._index(base),
        )

    def _test(self, condition: Condition, scope: Scope, day: date) -> Test:
        days = condition.period.range(day)
        match condition:
            case CounterCondition(metric=metric):
                gauge = self._index(Gauge(metric, condition.counted(scope), days))
                return Test(condition, day, scope, COMPARE[condition.operator], condition.value, gauge)
            case RateCondition():
                conversions = self._index(Gauge("conversions_count", scope, days))
                clicks = self._index(Gauge("clicks_count", scope._replace(tier=1, action_code=None), days))
                return Test(condition, day, scope, COMPARE[condition.operator], condition.value, conversions, clicks)
            case ApprovalAgeCondition():
                return Test(condition, day, scope, COMPARE_IF_KNOWN[condition.operator], condition.value)
            case FieldCondition():
                return Test(condition, day, scope, COMPARE[condition.operator], condition.value)
            case GroupCondition():
                return Test(condition, day, scope, COMPARE_GROUPS[condition.operator], condition.value)

    def _index(self, gauge: Gauge) -> int:
        if gauge not in self._indexes:
            self._indexes[gauge] = len(self.gauges)
            self.gauges.append(gauge)
        return self._indexes[gauge]
