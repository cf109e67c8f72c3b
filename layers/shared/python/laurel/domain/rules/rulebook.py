"""The enabled rules of a program in the order of a pass; what is compiled of them is kept, since days repeat."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from laurel.domain.program.programs import Program
from laurel.domain.rules.compiled import CompiledRules
from laurel.domain.rules.rules import Rule
from laurel.domain.values.periods import DayRange

_MOST_KEPT: Final = 64


@dataclass(slots=True)
class Rulebook:
    """Made once per version of a program and its rules.

    `links`: the offers that members promote by link, as far as it matters to a rule.
    """

    program: Program
    rules: tuple[Rule, ...]
    links: frozenset[str] = frozenset()
    _days: dict[frozenset[date], CompiledRules] = field(default_factory=dict)
    _midnights: dict[date, CompiledRules] = field(default_factory=dict)
    _paydays: dict[date, CompiledRules] = field(default_factory=dict)
    _applied: dict[date, CompiledRules] = field(default_factory=dict)

    @staticmethod
    def of(program: Program, rules: Iterable[Rule], links: frozenset[str] = frozenset()) -> "Rulebook":
        """The enabled of `rules` that no feature switched off stops, by priority (lower first) and then age."""
        enabled = (rule for rule in rules if rule.enabled and not rule.features_off(program))
        ordered = sorted(enabled, key=lambda rule: (rule.priority, rule.created_at, rule.rule_id))
        return Rulebook(program, tuple(ordered), links)

    def alone(self, rule_id: str) -> "Rulebook":
        """The one rule of that id, if it is among them."""
        return Rulebook(self.program, tuple(rule for rule in self.rules if rule.rule_id == rule_id), self.links)

    def on(self, days: Iterable[date]) -> CompiledRules:
        """The rules bound to `days`."""
        key = frozenset(days)
        compiled = self._days.get(key)
        if compiled is None:  # two threads may both compile them; neither looks again at what the other may clear
            if len(self._days) >= _MOST_KEPT:
                self._days.clear()
            compiled = self._days[key] = CompiledRules.of(self.program, self.links, self.rules, sorted(key))
        return compiled

    def at_midnight(self, begun: date) -> CompiledRules:
        """The rules that the beginning of `begun` asks."""
        if begun not in self._midnights:
            self._midnights.clear()  # days are closed one after the other
            self._midnights[begun] = CompiledRules.at_midnight(self.program, self.links, self.rules, begun)
        return self._midnights[begun]

    def at_payday(self, day: date) -> CompiledRules:
        """The rules that paying a member on `day` asks."""
        if day not in self._paydays:
            self._paydays.clear()
            self._paydays[day] = CompiledRules.at_payday(self.program, self.links, self.rules, day)
        return self._paydays[day]

    def applied(self, day: date) -> CompiledRules:
        """The rules that can be applied to a member on `day`."""
        if day not in self._applied:
            self._applied.clear()
            self._applied[day] = CompiledRules.applied(self.program, self.links, self.rules, day)
        return self._applied[day]

    def ranges(self, days: Iterable[date]) -> set[DayRange]:
        """The ranges of days that the rules sum when they are evaluated for commissions of `days`."""
        return {gauge.days for gauge in self.on(days).gauges}

    def ranges_at_payday(self, day: date) -> set[DayRange]:
        """The ranges of days that the rules sum when a member is paid on `day`."""
        return {gauge.days for gauge in self.at_payday(day).gauges}

    def ranges_at_midnight(self, begun: date) -> set[DayRange]:
        """The ranges of days that the rules sum when `begun` begins."""
        return {gauge.days for gauge in self.at_midnight(begun).gauges}

    def ranges_applied(self, day: date) -> set[DayRange]:
        """The ranges of days that the rules sum when they are applied on `day`."""
        return {gauge.days for gauge in self.applied(day).gauges}
