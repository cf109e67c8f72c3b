"""Mail templates: checked when they are saved, previewed with sample values, kept while a rule needs them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from laurel.domain.mail.samples import sample_values
from laurel.domain.mail.templates import Rendered, Template, TemplateParts, TemplateText, render
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.values.errors import Conflict, TooLarge
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.store import items, keys
from laurel.store.operations import Check, Delete, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version, revised, settings_of
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo

LARGEST: Final = 256 * 1024
"""Bytes of subject, text and HTML together; an item holds 400 KB."""


def create(table: Table, request: Request, text: TemplateText, randomness: Randomness) -> tuple[Template, int]:
    """A new template of the request's program. Raises Invalid for variables that no mail could fill."""
    if (earlier := idempotency.find(table, request, Template)) is not None:
        return earlier
    require_sound(request.program, text)
    template_id = new_id("tpl", request.at, randomness(10))
    stamps = {"created_at": request.at, "updated_at": request.at}
    template = Template(template_id=template_id, **settings_of(text), **stamps)
    put = Put(items.template(request.program.program_id, template), new=True)
    return idempotency.commit(table, request, [put], template)


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[Template]:
    """The program's templates."""
    partition = keys.template(program_id, "").pk
    return listing.page(table, [partition], _parse, limit=limit, cursor=cursor)


def get(table: Table, program_id: str, template_id: str) -> Template:
    """A template of the program. Raises Absent."""
    return edits.get(table, keys.template(program_id, template_id), Template, "template_not_found", "mail template")


def edit(
    table: Table, program: Program, template_id: str, patch: Mapping[str, Any], if_match: int | None, now: datetime
) -> Template:
    """A template after a merge patch. Raises Absent, Invalid, Stale."""

    def attempt() -> Template:
        current = get(table, program.program_id, template_id)
        require_version(current, if_match)
        text = patched(TemplateText, current, patch)
        require_sound(program, text)
        changed = revised(current, current.model_copy(update=settings_of(text)), now)
        if changed is not current:
            with racing():
                table.write(Put(items.template(program.program_id, changed), expect={"version": current.version}))
        return changed

    return redo(attempt)


def delete(table: Table, program_id: str, template_id: str, if_match: int | None = None) -> None:
    """Deletes a template. Raises Absent, Stale, and Conflict `template_in_use` while a rule mails from it."""
    redo(lambda: _delete(table, program_id, template_id, if_match))


def preview(table: Table, program: Program, template_id: str) -> Rendered:
    """The mail as a member would get it, with sample values. Raises Absent."""
    return render(get(table, program.program_id, template_id), sample_values(program))


def looked_at(program: Program, text: TemplateText) -> Rendered:
    """The mail of a text that is not saved, with sample values. Raises TooLarge, Invalid as saving it does."""
    require_sound(program, text)
    return render(text, sample_values(program))


def uses(table: Table, program_id: str) -> dict[str, list[Rule]]:
    """The rules that mail from each template, by its id."""
    used: dict[str, list[Rule]] = {}
    for rule in (items.parse(Rule, item) for item in table.query(keys.rule(program_id, "").pk)):
        for template_id in {send.template_id for send in rule.sends if send.template_id is not None}:
            used.setdefault(template_id, []).append(rule)
    return used


def _parse(item: Item) -> Template:
    return items.parse(Template, item)


def require_sound(program: Program, text: TemplateParts, at: str = "") -> None:
    """Raises TooLarge, and Invalid for variables that no mail could fill. `at`: the pointer to the text."""
    if sum(len(part.encode()) for part in (text.subject, text.text, text.html or "")) > LARGEST:
        raise TooLarge("template_too_large", f"a template goes to {LARGEST // 1024} KB")
    text.require_known_variables(program.field_names, at)


def _delete(table: Table, program_id: str, template_id: str, if_match: int | None) -> None:
    # The rules' version is read first: a rule that begins to use the template meanwhile increases it.
    program = table.get(keys.program(program_id))
    version = program["rules_version"] if program else 0
    current = get(table, program_id, template_id)
    require_version(current, if_match)
    users = uses(table, program_id).get(template_id, [])
    if users:
        raise Conflict(
            "template_in_use", f"rules mail from this template: {', '.join(rule.rule_id for rule in users[:5])}"
        )
    key = keys.template(program_id, template_id)
    unchanged = Check(keys.program(program_id), expect={"rules_version": version})
    with racing():
        table.transact([unchanged, Delete(key, expect={"version": current.version}, exists=True)])
