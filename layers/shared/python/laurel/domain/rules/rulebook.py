"""The enabled rules of a program in the order of a pass; plans made of them are kept, since days repeat."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from laurel.domain.program.programs import Program
from laurel.domain.rules.plans import Plan
from laurel.domain.rules.rules import Rule
from laurel.domain.values.periods import DayRange

_MOST_PLANS: Final = 64


@dataclass(slots=True)
class Rulebook:
    """Made once per version of a program and its rules."""

    program: Program
    rules: tuple[Rule, ...]
    _plans: dict[frozenset[date], Plan] = field(default_factory=dict)
    _midnights: dict[date, Plan] = field(default_factory=dict)
    _paydays: dict[date, Plan] = field(default_factory=dict)

    @staticmethod
    def of(program: Program, rules: Iterable[Rule]) -> "Rulebook":
        """The enabled of `rules` that no feature switched off stops, by priority (lower first) and then age."""
        enabled = (rule for rule in rules if rule.enabled and not rule.features_off(program))
        ordered = sorted(enabled, key=lambda rule: (rule.priority, rule.created_at, rule.rule_id))
        return Rulebook(program, tuple(ordered))

    def plan(self, days: Iterable[date]) -> Plan:
        """The rules bound to `days`."""
        key = frozenset(days)
        if key not in self._plans:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[key] = Plan.of(self.program, self.rules, sorted(key))
        return self._plans[key]

    def plan_at_midnight(self, begun: date) -> Plan:
        """The rules that the beginning of `begun` asks."""
        if begun not in self._midnights:
            self._midnights.clear()  # days are closed one after the other
            self._midnights[begun] = Plan.at_midnight(self.program, self.rules, begun)
        return self._midnights[begun]

    def plan_at_payday(self, day: date) -> Plan:
        """The rules that paying a member on `day` asks."""
        if day not in self._paydays:
            self._paydays.clear()
            self._paydays[day] = Plan.at_payday(self.program, self.rules, day)
        return self._paydays[day]

    def ranges(self, days: Iterable[date]) -> set[DayRange]:
        """The ranges of days that the rules sum when they are evaluated for commissions of `days`."""
        return {gauge.days for gauge in self.plan(days).gauges}

    def ranges_at_payday(self, day: date) -> set[DayRange]:
        """The ranges of days that the rules sum when a member is paid on `day`."""
        return {gauge.days for gauge in self.plan_at_payday(day).gauges}

    def ranges_at_midnight(self, begun: date) -> set[DayRange]:
        """The ranges of days that the rules sum when `begun` begins."""
        return {gauge.days for gauge in self.plan_at_midnight(begun).gauges}
