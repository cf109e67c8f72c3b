"""Mail templates that are written inside a rule: made with it, or the new text of those that the rule has."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from laurel.domain.mail.templates import Template, TemplateText
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Action, SendMail
from laurel.domain.rules.rules import Rule, RuleSettings
from laurel.domain.values.ids import dated_id
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.mail import templates
from laurel.workflows.requests.edits import revised, settings_of


class Written(NamedTuple):
    """A rule whose mails are all from templates with an identity, and the writes of those that it brought along."""

    settings: RuleSettings
    puts: list[Put]

    @property
    def template_ids(self) -> frozenset[str]:
        """The templates that are written with the rule."""
        return frozenset(str(put.item["sk"]) for put in self.puts)


def written(
    table: Table, program: Program, settings: RuleSettings, at: datetime, identity: str, before: Rule | None = None
) -> Written:
    """`settings` with a template for each text. `before`: the rule that is edited; a text replaces its template's.

    One that other rules mail from, too, is left to them. `identity`: the rule's, as it will be written.
    Raises Invalid and TooLarge for a text that no mail could be.
    """
    inside = list(_inside(settings.actions))
    actions, puts = list(settings.actions), list[Put]()
    own = _own(table, program, before, settings) if inside and before is not None else []
    for index, action in inside:
        text = _text(program, settings, action, index)
        mine = next((each for each in own if each[0] == action.to), None)
        if mine is None:
            template_id = dated_id("tpl", at, identity, str(index))
            puts.append(_new(program, template_id, text, at))
        else:
            own.remove(mine)
            template_id = mine[1]
            puts += _replaced(table, program, template_id, text, at)
        actions[index] = action.from_template(template_id)
    return Written(settings.model_copy(update={"actions": tuple(actions)}) if inside else settings, puts)


def _inside(actions: Sequence[Action]) -> Iterator[tuple[int, SendMail]]:
    for index, action in enumerate(actions):
        if isinstance(action, SendMail) and action.template is not None:
            yield index, action


def _text(program: Program, settings: RuleSettings, action: SendMail, index: int) -> TemplateText:
    assert action.template is not None, "it was asked for"  # noqa: S101 -- for the type checker
    templates.require_sound(program, action.template, f"/actions/{index}/template")
    return TemplateText(name=settings.name, **settings_of(action.template))


def _own(table: Table, program: Program, rule: Rule, settings: RuleSettings) -> list[tuple[str, str]]:
    """The rule's mails in their order, those that nothing else sends: to whom, from which template.

    Nothing else: no other rule, and no mail of `settings`, which the rule becomes, that names the template.
    """
    stored = table.query(keys.rule(program.program_id, "").pk)
    others = (items.parse(Rule, item) for item in stored if item["sk"] != rule.rule_id)
    shared = {send.template_id for each in (settings, *others) for send in each.sends}
    mails = (action for action in rule.actions if isinstance(action, SendMail))
    return [(mail.to, mail.template_id) for mail in mails if mail.template_id and mail.template_id not in shared]


def _new(program: Program, template_id: str, text: TemplateText, at: datetime) -> Put:
    template = Template(template_id=template_id, **settings_of(text), created_at=at, updated_at=at)
    return Put(items.template(program.program_id, template), new=True)


def _replaced(table: Table, program: Program, template_id: str, text: TemplateText, at: datetime) -> list[Put]:
    current = templates.get(table, program.program_id, template_id)
    changed = revised(current, current.model_copy(update=settings_of(text)), at)
    if changed is current:
        return []
    return [Put(items.template(program.program_id, changed), expect={"version": current.version})]
