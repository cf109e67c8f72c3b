"""Mail templates: written with a look at the mail beside, and with what can be filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from secrets import token_bytes
from typing import Any, Final

from laurel.console import mail as section
from laurel.domain.mail.samples import sample_values
from laurel.domain.mail.templates import FIELD_PREFIX, Rendered, Template, TemplateText
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.values.errors import Invalid, Refusal
from laurel.domain.values.patches import sentences
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.mail import templates
from laurel.workflows.requests.listing import DEFAULT_LIMIT

pages: Final = Pages()
PATH: Final = "/mail/templates"
VARIABLES: Final[Mapping[str, str]] = {
    "member.first_name": "First name of the member",
    "member.last_name": "Last name of the member",
    "member.email": "Address of the member",
    "program.name": "Name of your program",
    "rule.name": "Name of the rule that fired",
    "period.start": "First day of the rule's period; empty if it has none",
    "period.end": "Last day of the period; empty if it has no end",
    "value": "What the rule's first condition stood at",
    "bonus": "What the rule pays",
}
"""Variable -> what is filled in, besides the user fields of a program."""
_BEGUN: Final[dict[str, Any]] = {"subject": "", "text": "Hello {{ member.first_name }},\n\n\n\n{{ program.name }}\n"}


@pages.get(PATH, "viewer")
def listed(visit: Visit) -> Answer:
    """The templates, and the rules that mail from each."""
    found = templates.page(table(), visit.program_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    uses = templates.uses(table(), visit.program_id)
    return visit.show("mail/templates.html", tabs=section.TABS, listed=found, uses=uses)


@pages.get(f"{PATH}/new", "manager")
def making(visit: Visit, form: Form | None = None) -> Answer:
    """The form for a new template."""
    return _shown(visit, form or Form.of(**_BEGUN))


@pages.post(f"{PATH}/new", "manager")
def make(visit: Visit) -> Answer:
    """Makes a template; or only looks at the mail."""
    if visit.entered.text("_do"):
        return making(visit, Form(entered=visit.entered))
    return visit.save(
        lambda: templates.create(table(), visit.request(), forms.model(TemplateText, visit.entered.new()), token_bytes),
        done=lambda made: visit.go(PATH, f"{made[0].name} is saved. A rule can mail from it now."),
        again=lambda form: making(visit, form),
    )


@pages.post(f"{PATH}/preview", "manager")
def preview(visit: Visit) -> Answer:
    """The mail of a text that is being written."""
    return _shown(visit, Form(entered=visit.entered), part="preview")


@pages.get(f"{PATH}/<template_id>", "viewer")
def template(visit: Visit, template_id: str, form: Form | None = None) -> Answer:
    """One template, which can be changed, with a look at its mail."""
    found = templates.get(table(), visit.program_id, template_id)
    uses = templates.uses(table(), visit.program_id).get(template_id, [])
    shown = (form or Form()).over(found)
    if form is not None and not form.is_stale and form.entered is not None:
        shown = replace(shown, version=form.entered.version)
    return _shown(visit, shown, found=found, uses=uses)


@pages.post(f"{PATH}/<template_id>", "manager")
def edit(visit: Visit, template_id: str) -> Answer:
    """Changes a template, and leads back to the rule that it was opened from; or only looks at the mail."""
    entered = visit.entered
    if entered.text("_do"):
        return template(visit, template_id, Form(entered=entered))
    return visit.save(
        lambda: templates.edit(table(), visit.program, template_id, entered.patch(), entered.version, visit.now),
        done=lambda saved: visit.go(_back(visit, template_id), f"{saved.name} is saved."),
        again=lambda form: template(visit, template_id, form),
    )


@pages.post(f"{PATH}/<template_id>/delete", "manager")
def delete(visit: Visit, template_id: str) -> Answer:
    """Deletes a template that no rule mails from."""
    return visit.save(
        lambda: templates.delete(table(), visit.program_id, template_id),
        done=lambda _: visit.go(PATH, "The template is deleted."),
        again=lambda form: template(visit, template_id, Form(trouble=form.trouble)),
    )


def variables(program: Program) -> list[tuple[str, str, str]]:
    """Each variable, what is filled in, and an example."""
    fields = {f"{FIELD_PREFIX}{each.name}": f"The member's {each.label}" for each in program.user_fields}
    samples = sample_values(program)
    return [(name, said, samples.get(name, "")) for name, said in {**VARIABLES, **fields}.items()]


def _shown(
    visit: Visit, form: Form, part: str | None = None, found: Template | None = None, uses: Sequence[Rule] = ()
) -> Answer:
    looked_at, trouble = _look(visit, form)
    opened_from = form.text("_rule_id") or visit.query.get("rule_id", "")
    return visit.show(
        "mail/template.html",
        part=part,
        form=form,
        preview=looked_at,
        trouble=trouble,
        variables=variables(visit.program),
        found=found,
        uses=uses,
        from_rule=next((rule for rule in uses if rule.rule_id == opened_from), None),
    )


def _back(visit: Visit, template_id: str) -> str:
    """The rule that a template was opened from, if that sends it; else the list."""
    users = {rule.rule_id for rule in templates.uses(table(), visit.program_id).get(template_id, [])}
    rule_id = visit.entered.text("_rule_id")
    return f"/rules/{rule_id}" if rule_id in users else PATH


def _look(visit: Visit, form: Form) -> tuple[Rendered | None, str]:
    """The mail with sample values; None, and why, while it is none."""
    written = {name: form.text(name) or None for name in TemplateText.model_fields}
    try:
        text = forms.model(TemplateText, {**written, "name": written["name"] or "-"})
        return templates.looked_at(visit.program, text), ""
    except Invalid as refusal:
        return None, sentences((pointer[1:], said) for pointer, said in refusal.errors)
    except Refusal as refusal:
        return None, refusal.detail
