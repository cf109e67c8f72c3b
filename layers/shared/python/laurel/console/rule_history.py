"""The history of a rule: its conditions and actions in words, as they were and as they became."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from laurel.console.rule_words import RuleWords, period_of
from laurel.domain.history import Edit, FieldChange
from laurel.domain.rules.actions import Action
from laurel.domain.rules.conditions import Condition
from laurel.domain.rules.rules import Rule
from laurel.domain.values.model import WHEN_NEEDED

_CONDITIONS: Final[TypeAdapter[tuple[Condition, ...]]] = TypeAdapter(tuple[Condition, ...], config=WHEN_NEEDED)
_ACTIONS: Final[TypeAdapter[tuple[Action, ...]]] = TypeAdapter(tuple[Action, ...], config=WHEN_NEEDED)


def in_words(edits: Iterable[Edit], rule: Rule, said: RuleWords) -> Iterator[Edit]:
    """Edits of a rule with what they name in words. `rule`: as it is now."""
    for edit in edits:
        yield edit.model_copy(update={"changes": tuple(_change(change, rule, said) for change in edit.changes)})


def _change(change: FieldChange, rule: Rule, said: RuleWords) -> FieldChange:
    by_field: Mapping[str, Callable[[Any], JsonValue]] = {
        "conditions": lambda value: [said.condition(each) for each in _CONDITIONS.validate_python(value)],
        "actions": lambda value: [said.effect(each.effect, rule) for each in _ACTIONS.validate_python(value)],
        "offers": lambda value: said.offers_named("all" if value == "all" else tuple(value)),
        "marker": lambda value: period_of(str(value).partition(",")[0], said.words),
    }
    say = by_field.get(change.field)
    if say is None:
        return change
    return change.model_copy(update={"before": _told(say, change.before), "after": _told(say, change.after)})


def _told(say: Callable[[Any], JsonValue], value: JsonValue) -> JsonValue:
    """A value in words; one of a time when rules had another form stays as it is."""
    try:
        return None if value is None else say(value)
    except ValidationError:
        return value
