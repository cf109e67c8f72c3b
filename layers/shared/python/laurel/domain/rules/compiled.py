"""The rules of a program compiled for a set of days: which numbers they look at, and what moves each number.

Compiled rules know no member, so they are made once and serve every account that has changes on those days. A member's
numbers are a plain list beside them, one per gauge.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from laurel.domain.ledger.commissions import Bucket
from laurel.domain.ledger.totals import Totals, TotalsRow, is_part
from laurel.domain.program.programs import Program
from laurel.domain.rules.conditions import Condition, earned_in
from laurel.domain.rules.gauges import Gauge, Reading, Scope, Subject, View, reading_for_people, reading_text
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import asked_on_payday, day_asked, why_not_applied
from laurel.domain.values.model import Multiple
from laurel.domain.values.periods import AllUnpaid, DayRange, closing_keys, marker_key, period_key


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a rule at `day`. `gauges` index a subject's values; `plain`: the one that is the reading."""

    condition: Condition
    day: date
    scope: Scope
    compare: Callable[[Any, Any], bool]
    threshold: Any
    gauges: tuple[int, ...]
    plain: int | None = None

    def reading(self, subject: Subject) -> Reading:
        """What the condition looks at, as of now."""
        numbers = tuple(subject.values[gauge] for gauge in self.gauges)
        return self.condition.reading(View(numbers, self.scope, self.day, subject))

    def holds(self, subject: Subject) -> bool:
        """Whether the condition holds now."""
        return self.compare(self.reading(subject), self.threshold)

    def times(self, subject: Subject) -> int:
        """How many multiples of its value the reading comes to; 0 if it is unknown."""
        reading = self.reading(subject)
        return int(reading // self.threshold) if isinstance(reading, int | Decimal) else 0

    def multiple(self, number: int) -> Multiple:
        """The multiple of its value that is the `number`-th."""
        product: Multiple = number * self.threshold
        return product

    def evidence(self, subject: Subject) -> str | None:
        """The reading as it is kept; None if it is unknown."""
        reading = self.reading(subject)
        return None if reading is None else reading_text(reading)

    def for_people(self, subject: Subject, currency: str) -> str:
        """The reading as mails tell it."""
        return reading_for_people(self.reading(subject), self.condition.unit, currency)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule at one day: its tests, the range and key of its leading period, and the gauge of its base.

    `is_noted`: one marker closes the whole period, so that the account can note it; `repeats`: one for each multiple.
    `is_of_unpaid`: a payout of the member begins another period.
    `key`: what the marker of the period is known by; `closed_by`: keys of markers that say that it has fired for it.
    """

    rule: Rule
    rule_id: str
    needs_marker: bool
    is_noted: bool
    repeats: bool
    is_of_unpaid: bool
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


class Moved(dict[Bucket, list[tuple[int, int]]]):
    """By bucket: (gauge, position in a counter) of each number that rows of an offer move; found when asked for.

    `gauges`: those of the days in question, with their indexes.
    """

    def __init__(self, offer_id: str, gauges: Sequence[tuple[int, Gauge]]) -> None:
        super().__init__()
        self.offer_id, self.gauges = offer_id, gauges

    @staticmethod
    def of(gauges: Iterable[Gauge], offer_id: str, on: Callable[[DayRange], bool]) -> "Moved":
        """Of those among `gauges` whose days are meant."""
        return Moved(offer_id, [(index, gauge) for index, gauge in enumerate(gauges) if on(gauge.days)])

    def __missing__(self, bucket: Bucket) -> list[tuple[int, int]]:
        counted = (each for each in self.gauges if each[1].counts(self.offer_id, bucket))
        found = self[bucket] = [(index, gauge.position) for index, gauge in counted]
        return found


@dataclass(slots=True)
class CompiledRules:
    """Rules in the order of a pass, at each of a set of days; `links`: the offers that members promote by link."""

    program: Program
    links: frozenset[str]
    gauges: list[Gauge] = field(default_factory=list)
    by_day: dict[date, list[CompiledRule]] = field(default_factory=dict)
    _indexes: dict[Gauge, int] = field(default_factory=dict)
    _concerned: dict[tuple[date, str | None], list[CompiledRule]] = field(default_factory=dict)
    _moved: dict[tuple[date, str], Moved] = field(default_factory=dict)
    _held: dict[TotalsRow, Moved] = field(default_factory=dict)

    @staticmethod
    def of(program: Program, links: frozenset[str], rules: Sequence[Rule], days: Iterable[date]) -> "CompiledRules":
        """`rules` in the order of the pass, bound to each of `days`."""
        compiled = CompiledRules(program, links)
        for day in days:
            compiled.by_day[day] = [compiled._compiled(rule, day) for rule in rules]
        return compiled

    @staticmethod
    def at_midnight(program: Program, links: frozenset[str], rules: Sequence[Rule], begun: date) -> "CompiledRules":
        """The rules that the beginning of `begun` asks, listed under it, each compiled for the day it looks at."""
        compiled = CompiledRules(program, links)
        over = program.calendar.day_before(begun)
        asked = ((rule, day_asked(rule, over, begun)) for rule in rules)
        bound = (compiled._compiled(rule, day) for rule, day in asked if day is not None)
        compiled.by_day[begun] = [rule for rule in bound if compiled.is_open(rule)]
        return compiled

    @staticmethod
    def at_payday(program: Program, links: frozenset[str], rules: Sequence[Rule], day: date) -> "CompiledRules":
        """The rules that paying a member on `day` asks, whatever offers its rows were of."""
        compiled = CompiledRules.of(program, links, [rule for rule in rules if asked_on_payday(rule)], [day])
        compiled.by_day[day] = [rule for rule in compiled.by_day[day] if compiled.is_open(rule)]
        return compiled

    @staticmethod
    def applied(program: Program, links: frozenset[str], rules: Sequence[Rule], day: date) -> "CompiledRules":
        """The rules that can be applied to a member on `day`, without a commission."""
        compiled = CompiledRules.of(program, links, [rule for rule in rules if why_not_applied(rule) is None], [day])
        compiled.by_day[day] = [rule for rule in compiled.by_day[day] if compiled.is_open(rule)]
        return compiled

    def concerned(self, day: date, offer_id: str | None) -> list[CompiledRule]:
        """The rules to evaluate for a commission of `day` in `offer_id`."""
        key = (day, offer_id)
        if key not in self._concerned:
            self._concerned[key] = [compiled for compiled in self.by_day[day] if self._concerns(compiled, offer_id)]
        return self._concerned[key]

    def moved(self, day: date, offer_id: str) -> Moved:
        """The numbers that a commission of that day and offer moves."""
        key = (day, offer_id)
        found = self._moved.get(key)
        if found is None:
            found = self._moved[key] = Moved.of(self.gauges, offer_id, lambda days: day in days)
        return found

    def values(self, totals: Totals) -> list[int]:
        """What each gauge reads on `totals`."""
        values, known = [0] * len(self.gauges), self._held
        for row, counters in totals.rows.items():
            held = known.get(row)
            if held is None:
                held = known[row] = Moved.of(self.gauges, row.offer_id, partial(is_part, row))
            if held.gauges:  # many rows of an account were read for other days than the rules look at
                for bucket, counter in counters.items():
                    for gauge, position in held[bucket]:
                        values[gauge] += counter[position]
        return values

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
        return CompiledRule(
            rule=rule,
            rule_id=rule.rule_id,
            needs_marker=not rule.is_state_only,
            is_noted=not (rule.is_state_only or rule.pays_every_sale or rule.fires_per_order or rule.repeats),
            repeats=rule.repeats,
            is_of_unpaid=isinstance(rule.leading.period, AllUnpaid),
            days=days,
            period=period_key(rule.leading.period, days),
            key=marker_key(rule.leading.period, days),
            closed_by=closing_keys(rule.leading.period, days),
            leading=tests[0],
            further=tuple(tests[1:]),
            base=self._index(earned_in(tests[0].scope, days)),
        )

    def _test(self, condition: Condition, scope: Scope, day: date) -> Test:
        gauges = tuple(self._index(gauge) for gauge in condition.gauges(scope, condition.period.range(day), self.links))
        plain = gauges[0] if condition.is_plain else None
        compare = condition.comparisons[condition.operator]
        return Test(condition, day, scope, compare, condition.value, gauges, plain)

    def _index(self, gauge: Gauge) -> int:
        if gauge not in self._indexes:
            self._indexes[gauge] = len(self.gauges)
            self.gauges.append(gauge)
        return self._indexes[gauge]
