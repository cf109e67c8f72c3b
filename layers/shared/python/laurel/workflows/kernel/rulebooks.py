"""A program with its rules, parsed once per version of either."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Final

from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.values.errors import Absent
from laurel.store import items, keys
from laurel.store.table import Table
from laurel.store.values import Item

_MOST_KEPT: Final = 100


class Rulebooks:
    """Keeps the rulebooks of the programs seen last; the program's item shows whether a kept one is still current.

    Threads may share it.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[tuple[int, int], Rulebook]] = OrderedDict()
        self._lock = Lock()

    def current(self, table: Table, program_id: str) -> Rulebook:
        """The rules as of now. Raises Absent for an unknown program, ValidationError for a rule that does not parse."""
        return self.as_of(table, table.get(keys.program(program_id)))

    def as_of(self, table: Table, item: Item | None) -> Rulebook:
        """The rules as of the moment when `item`, the program's, was read. Raises as `current` does."""
        if item is None:
            raise Absent("program_not_found", "no such program")
        return self.of(table, items.parse_program(item))

    def of(self, table: Table, program: Program) -> Rulebook:
        """The rules as of the moment when `program` was read. Raises ValidationError for one that does not parse."""
        program_id = program.program_id
        versions = (program.version, program.rules_version)
        kept = self._kept.get(program_id)
        if kept is None or kept[0] != versions:
            rules = [items.parse(Rule, rule) for rule in table.query(keys.rule(program_id, "").pk)]
            kept = (versions, Rulebook.of(program, rules, links(table, program_id, rules)))
        with self._lock:
            self._kept[program_id] = kept
            self._kept.move_to_end(program_id)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return kept[1]


def links(table: Table, program_id: str, rules: Iterable[Rule]) -> frozenset[str]:
    """The program's offers by link, if one of `rules` looks at them; one more makes another version of the rules."""
    if not any(rule.looks_at_links for rule in rules):
        return frozenset()
    return items.links(table.query(keys.offer(program_id, "").pk))
