"""Mail templates that are written inside a rule: made with it, or the new text of those that the rule has."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from laurel.domain.mail.templates import Template, TemplateText
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Action, SendMail
from laurel.domain.rules.rules import Rule, RuleSettings
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.mail import templates
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import revised, settings_of
from laurel.workflows.requests.idempotency import Request


class Written(NamedTuple):
    """A rule whose mails are all from templates with an identity, and the writes of those that it brought along."""

    settings: RuleSettings
    puts: list[Put]

    @property
    def template_ids(self) -> frozenset[str]:
        """The templates that are written with the rule."""
        return frozenset(str(put.item["sk"]) for put in self.puts)


def written(
    table: Table, request: Request, settings: RuleSettings, randomness: Randomness, before: Rule | None = None
) -> Written:
    """`settings` with a template for each text. `before`: the rule that is edited; a text replaces that of its template.

    One that other rules mail from, too, is left to them. Raises Invalid and TooLarge for a text that no mail could be.
    """
    inside = list(_inside(settings.actions))
    if not inside:
        return Written(settings, [])
    program, actions, puts = request.program, list(settings.actions), list[Put]()
    own = [] if before is None else _own(table, program, before)
    for index, action in inside:
        text = _text(program, settings, action, index)
        at = next((each for each in own if each[0] == action.to), None)
        if at is None:
            template = templates.new(text, request.at, randomness)
            puts.append(Put(items.template(program.program_id, template), new=True))
        else:
            own.remove(at)
            template, put = _replaced(table, request, at[1], text)
            puts += put
        actions[index] = action.from_template(template.template_id)
    return Written(settings.model_copy(update={"actions": tuple(actions)}), puts)


def _inside(actions: Sequence[Action]) -> Iterator[tuple[int, SendMail]]:
    for index, action in enumerate(actions):
        if isinstance(action, SendMail) and action.template is not None:
            yield index, action


def _text(program: Program, settings: RuleSettings, action: SendMail, index: int) -> TemplateText:
    assert action.template is not None, "it was asked for"  # noqa: S101 -- for the type checker
    templates.require_sound(program, action.template, f"/actions/{index}/template")
    return TemplateText(name=settings.name, **settings_of(action.template))


def _own(table: Table, program: Program, rule: Rule) -> list[tuple[str, str]]:
    """The rule's mails in their order, those that no other rule sends: to whom, from which template."""
    stored = table.query(keys.rule(program.program_id, "").pk)
    others = (items.parse(Rule, item) for item in stored if item["sk"] != rule.rule_id)
    shared = {send.template_id for other in others for send in other.sends}
    mails = (action for action in rule.actions if isinstance(action, SendMail))
    return [(mail.to, mail.template_id) for mail in mails if mail.template_id and mail.template_id not in shared]


def _replaced(table: Table, request: Request, template_id: str, text: TemplateText) -> tuple[Template, list[Put]]:
    current = templates.get(table, request.program.program_id, template_id)
    changed = revised(current, current.model_copy(update=settings_of(text)), request.at)
    if changed is current:
        return current, []
    put = Put(items.template(request.program.program_id, changed), expect={"version": current.version})
    return changed, [put]
