"""A program: created by an operator with its first admin key, set up by its merchant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from laurel import vault
from laurel.domain.program.programs import ApiKey, Program, ProgramEdit, ProgramSettings
from laurel.domain.program.senders import Asking
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.store import items, keys, lookups
from laurel.store.operations import ConditionFailed, Put, Update
from laurel.store.table import Table
from laurel.workflows.requests import access, edits
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version, revised, settings_of
from laurel.workflows.requests.optimistic import racing, redo

NOBODY_IS_ASKED: Final = Asking()
"""For edits that name no sender: one that does is refused."""


def create(table: Table, settings: ProgramSettings, now: datetime, randomness: Randomness) -> tuple[Program, str]:
    """A new program and the secret of its first admin key, which is stored nowhere."""
    program_id, key_id = new_id("prg", now, randomness(10)), new_id("key", now, randomness(10))
    secret = access.new_secret(program_id, randomness)
    key = ApiKey(key_id=key_id, program_id=program_id, scopes=("admin",), created_at=now, updated_at=now)
    program = Program(
        program_id=program_id,
        visitor_salt=randomness(16).hex(),
        created_at=now,
        updated_at=now,
        **settings_of(settings),
    )
    made = [items.program(program), lookups.registry(program.program_id), *items.api_key(key, access.digest(secret))]
    table.transact([Put(item, new=True) for item in made])
    return program, secret


def edit(
    table: Table,
    program: Program,
    patch: Mapping[str, Any],
    if_match: int | None,
    now: datetime,
    asking: Asking = NOBODY_IS_ASKED,
) -> Program:
    """The program after a merge patch of its settings; `program`: as it was read last. A new sender is asked for.

    Raises Invalid, Stale, VaultClosed, and Conflict: `program_in_use` for currency and time zone once a commission
    exists, `user_field_in_use` for a field that a rule or a template names, `action_code_in_use` for a code that a rule
    names.
    """
    known = [program]

    def attempt() -> Program:
        current = known.pop() if known else get(table, program.program_id)
        require_version(current, if_match)
        edit = patched(ProgramEdit, current.model_copy(update={"payer": None}), patch)
        changed = current.changed(edit)
        if changed.sender_email is not None and changed.sender_email != current.sender_email:
            changed = changed.asking(now)
        changed = revised(current, changed, now)
        secret = _secret(table, current, edit) if "payer" in patch else None
        if secret is not None:
            changed = changed.model_copy(update=_next(current, edit, now))
        if changed is not current:
            _require_fields_unused(table, program.program_id, current.field_names - changed.field_names)
            _require_codes_unused(table, program.program_id, _codes_dropped(current, changed))
            write(table, current, changed, asking, secret)
        return changed

    return redo(attempt)


def get(table: Table, program_id: str) -> Program:
    """A program that exists."""
    item = table.get(keys.program(program_id))
    assert item is not None, "programs are never deleted"  # noqa: S101
    return items.parse_program(item)


def find(table: Table, program_id: str) -> Program:
    """A program that somebody names. Raises Absent."""
    return items.parse_program(edits.get_item(table, keys.program(program_id), "program_not_found", "program"))


def mark_in_use(table: Table, program: Program) -> Program:
    """The program marked before its first row is written: from then on, currency and time zone are frozen."""
    while not program.in_use:
        key = keys.program(program.program_id)
        try:
            table.write(Update(key, set={"in_use": True}, expect={"version": program.version}))
            program = program.model_copy(update={"in_use": True})
        except ConditionFailed as changed:
            program = items.parse_program(changed.found[0] or {})
    return program


def _codes_dropped(current: Program, changed: Program) -> set[str]:
    return {*current.action_codes} - {*changed.action_codes}


def _require_codes_unused(table: Table, program_id: str, codes: set[str]) -> None:
    """Raises Conflict `action_code_in_use`."""
    if not codes:
        return
    from laurel.domain.rules.rules import Rule  # few edits drop anything

    rules = [items.parse(Rule, item) for item in table.query(keys.rule(program_id, "").pk)]
    for code in sorted(codes):
        named = [rule.name for rule in rules if any(code == each for each, _ in rule.named_codes.values())]
        if named:
            raise Conflict("action_code_in_use", f"{code} is used by {', '.join(named[:5])}")


def _require_fields_unused(table: Table, program_id: str, fields: frozenset[str]) -> None:
    """Raises Conflict `user_field_in_use`."""
    if not fields:
        return
    from laurel.domain.mail.templates import Template
    from laurel.domain.rules.rules import Rule

    users: list[Rule | Template] = [
        *(items.parse(Rule, item) for item in table.query(keys.rule(program_id, "").pk)),
        *(items.parse(Template, item) for item in table.query(keys.template(program_id, "").pk)),
    ]
    for name in sorted(fields):
        named = [user.name for user in users if name in user.field_names]
        if named:
            raise Conflict("user_field_in_use", f"{name} is used by {', '.join(named[:5])}")


def _secret(table: Table, current: Program, edit: ProgramEdit) -> dict[str, str] | None:
    """The payer as it is to be kept, empty for none; None if it is kept so already."""
    before = (table.get(keys.program(current.program_id)) or {}).get(items.PAYER, {})
    payer = edit.payer
    secret = {} if payer is None else vault.kept(payer.as_text, before, account_of=current.program_id)
    return None if secret == before else secret


def _next(current: Program, edit: ProgramEdit, now: datetime) -> dict[str, Any]:
    """Another payer may look the same when it is masked."""
    masked = edit.payer.masked if edit.payer else None
    return {"payer": masked, "updated_at": now, "version": current.version + 1}


def write(
    table: Table,
    current: Program,
    changed: Program,
    asking: Asking = NOBODY_IS_ASKED,
    payer: dict[str, str] | None = None,
) -> Program:
    """Writes the settings alone, as they are `changed`: rule edits and the first commission write other attributes.

    A sender that waits is asked for. `payer`: another one, as `vault.kept` gives it, empty for none.
    Raises LostRace, Invalid `sender_domain_refused`.
    """
    expect: dict[str, Any] = {"version": current.version}
    if (changed.currency, changed.timezone) != (current.currency, current.timezone):
        expect["in_use"] = False
    if current.field_names - changed.field_names or _codes_dropped(current, changed):
        expect["rules_version"] = current.rules_version  # no rule began to use one of them meanwhile
    body = items.program(changed)["body"]
    told = {"body": body, "version": changed.version, **({items.PAYER: payer} if payer else {})}
    gone = (items.PAYER,) if payer == {} else ()
    update = Update(keys.program(current.program_id), told, gone, expect=expect)
    with racing():
        if (changed.sender_email, changed.sender) == (current.sender_email, current.sender):
            table.write(update)
        else:
            from laurel.workflows.program import sender_links  # few edits send a mail

            table.transact(sender_links.followed(update, changed, asking))
    return changed
