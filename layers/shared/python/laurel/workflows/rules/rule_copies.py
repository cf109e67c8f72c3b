"""Copying a rule: the copy has templates of its own, and is off until its merchant has looked at it."""

from dataclasses import replace
from functools import partial
from typing import Final

from laurel.domain.mail.templates import TemplateText
from laurel.domain.rules.rules import RuleSettings, SavedRule
from laurel.store.table import Table
from laurel.workflows.mail import templates
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.rules import rules

LONGEST_NAME: Final = 200
_SUFFIX: Final = " (copy)"


def copy(table: Table, request: Request, rule_id: str, randomness: Randomness) -> tuple[SavedRule, int]:
    """A new rule that does the same, not enabled, since both together would pay twice. Raises Absent, Conflict."""
    if (earlier := idempotency.find(table, request, SavedRule)) is not None:
        return earlier
    original = rules.get(table, request.program.program_id, rule_id)
    copied_template = partial(_template, table, request, randomness)
    actions = tuple(action.with_template(copied_template) for action in original.actions)
    settings = {name: getattr(original, name) for name in RuleSettings.model_fields}
    copied = RuleSettings(**{**settings, "name": _name(original.name), "enabled": False, "actions": actions})
    return rules.create(table, request, copied, randomness)


def _template(table: Table, request: Request, randomness: Randomness, template_id: str) -> str:
    """A template of the same text. If the copy dies after it, no rule uses it, and it can be deleted."""
    original = templates.get(table, request.program.program_id, template_id)
    text = TemplateText(
        **{**{n: getattr(original, n) for n in TemplateText.model_fields}, "name": _name(original.name)}
    )
    unkept = replace(request, answer_key=None)  # the kept answer is the rule's
    return templates.create(table, unkept, text, randomness)[0].template_id


def _name(name: str) -> str:
    return f"{name[: LONGEST_NAME - len(_SUFFIX)].rstrip()}{_SUFFIX}"
