"""A member's user fields during a pass: as rules left them so far, and which rule changed what."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from laurel.domain.members.members import with_fields


@dataclass(frozen=True, slots=True)
class FieldsSet:
    """All user fields of the member before and after a rule set some of them."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    rule_id: str


@dataclass(slots=True)
class Fields:
    """`now`: the very dict that later rules of the pass look at. `read`: as they were before the pass."""

    now: dict[str, str]
    read: Mapping[str, str]
    _by_rule: dict[str, FieldsSet] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """Whether a field is another than before."""
        return self.now != self.read

    @property
    def operations(self) -> int:
        """How many items they take: the profile, and a line of history for each rule."""
        return self.is_changed + len(self._by_rule)

    @property
    def sets(self) -> tuple[FieldsSet, ...]:
        """What rules changed, in their order; nothing if it came to nothing."""
        return tuple(self._by_rule.values()) if self.is_changed else ()

    def set(self, name: str, value: str, rule_id: str) -> None:
        """Sets a field for a rule; an empty value clears."""
        before, after = dict(self.now), with_fields(self.now, {name: value})
        if after != before:
            first = self._by_rule.get(rule_id)
            self._by_rule[rule_id] = FieldsSet(first.before if first else before, after, rule_id)
        self.now.clear()
        self.now.update(after)
