"""Performance-reward rules: saved only if the program can carry them out, tried without doing anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from laurel.concurrency import side_by_side, together
from laurel.domain.history import Author, Edit, rule_edit
from laurel.domain.kernel.dry_run import DryRun, DryRunRequest, dry_run, needed, sole_rulebook
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import MoveTo, Send
from laurel.domain.rules.rules import Rule, RuleSettings, SavedRule
from laurel.domain.values.errors import Absent, Conflict, Invalid
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.store import accounts, items, keys
from laurel.store.keys import Key
from laurel.store.operations import Check, Delete, Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel.rulebooks import links
from laurel.workflows.kernel.transitions import read_account, read_needed
from laurel.workflows.people import naming
from laurel.workflows.program import programs
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version, revised, settings_of
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.rules import action_codes, rule_templates
from laurel.workflows.rules.rule_templates import Written

MOST_RULES: Final = 200
HoldsNow = Callable[[Program, Rule], int | None]
"""Counts the members whom a rule would fire for now; None: too many to count."""


def _nobody_asks(_: Program, __: Rule) -> None:
    return None


def create(
    table: Table, request: Request, settings: RuleSettings, randomness: Randomness, holds_now: HoldsNow = _nobody_asks
) -> tuple[SavedRule, int]:
    """A new rule of the request's program.

    Raises Invalid and Conflict for what the program cannot carry out, Conflict `too_many_rules`.
    """
    if (told := idempotency.find(table, request, SavedRule)) is not None:
        return told
    stamps = {"created_at": request.at, "updated_at": request.at}
    rule_id = new_id("rul", request.at, randomness(10))

    def attempt() -> tuple[SavedRule, int]:
        program = programs.get(table, request.program.program_id)
        _require_room(table, program)
        made = rule_templates.written(table, program, settings, request.at, rule_id)
        rule = Rule(rule_id=rule_id, **settings_of(made.settings), **stamps)
        ops = _saved(table, program, Put(items.rule(program.program_id, rule), new=True), made)
        ops.append(_noted(program.program_id, None, rule, request.author))
        saved = SavedRule(**dict(rule), holds_now=holds_now(program, rule))
        with racing():
            return idempotency.commit(table, request, ops, saved)

    return redo(attempt)


def page(
    table: Table,
    program_id: str,
    limit: int,
    cursor: str | None,
    enabled: bool | None = None,
    beginning: str | None = None,
) -> Page[Rule]:
    """The program's rules. `beginning`: of a word of the name, in any letters; None does not narrow."""
    wanted = None if beginning is None else partial(_begins, beginning.casefold())
    where: listing.Where = {"body.enabled": enabled, "body.name": wanted}
    return listing.page(table, [keys.rule(program_id, "").pk], _parse, limit=limit, cursor=cursor, where=where)


def get(table: Table, program_id: str, rule_id: str) -> Rule:
    """Raises Absent."""
    return edits.get(table, keys.rule(program_id, rule_id), Rule, "rule_not_found", "rule")


def edit(
    table: Table, program_id: str, rule_id: str, patch: Mapping[str, Any], if_match: int | None, author: Author
) -> Rule:
    """A rule after a merge patch. What it has paid stays, and it pays no period twice.

    Raises Absent, Invalid, Stale, Conflict.
    """

    def attempt() -> Rule:
        program = programs.get(table, program_id)
        current = get(table, program_id, rule_id)
        require_version(current, if_match)
        settings, identity = patched(RuleSettings, current, patch), f"{rule_id}#{current.version}"
        current.require_same_multiples(settings)
        made = rule_templates.written(table, program, settings, author.at, identity, current)
        changed = revised(current, current.model_copy(update=settings_of(made.settings)), author.at)
        if changed is not current:
            put = Put(items.rule(program_id, changed), expect={"version": current.version})
            ops = _saved(table, program, put, made, current)
            with racing():
                table.transact([*ops, _noted(program_id, current, changed, author)])
        elif made.puts:
            with racing():
                table.transact([Check(keys.program(program_id), expect=_as_read(program)), *made.puts])
        return changed

    return redo(attempt)


def delete(table: Table, program_id: str, rule_id: str, author: Author, if_match: int | None = None) -> None:
    """The rule fires no more; what it made stays. Raises Absent, Stale."""

    def attempt() -> None:
        current = get(table, program_id, rule_id)
        require_version(current, if_match)
        gone = Delete(keys.rule(program_id, rule_id), expect={"version": current.version})
        told = Update(keys.program(program_id), add={"rules_version": 1})
        with racing():
            table.transact([gone, told, _noted(program_id, current, None, author)])

    redo(attempt)


def try_out(table: Table, program: Program, rule_id: str, asked: DryRunRequest, now: datetime) -> DryRun:
    """What the rule would do for a member; nothing is written. Raises Absent, Invalid `unknown_member`."""
    program_id = program.program_id
    rule, head = together(
        lambda: get(table, program_id, rule_id),
        lambda: accounts.head(table.get(keys.head(program_id, asked.member_id))),
    )
    rulebook = sole_rulebook(program, rule, links(table, program_id, [rule]))
    day = program.calendar.day_of(asked.at or now)
    try:
        account = read_account(table, rulebook, asked.member_id, {day}, now, head, side_by_side)
    except Absent as absent:
        raise Invalid("unknown_member", absent.detail, "/member_id") from absent
    known = read_needed(table, program_id, account, needed(rulebook, account, day), side_by_side)
    return dry_run(account, rulebook, day, known)


def history(table: Table, program_id: str, rule_id: str, limit: int, cursor: str | None) -> Page[Edit]:
    """What happened to a rule, also to a deleted one. Raises Absent for one that never was."""
    told = listing.page(table, [keys.histories(program_id, rule_id)], _parse_edit, limit=limit, cursor=cursor)
    if not told.items and cursor is None:
        get(table, program_id, rule_id)
    return naming.signed(table, program_id, told)


def _begins(wanted: str, name: str) -> bool:
    return f" {wanted}" in f" {name.casefold()}"


def _noted(program_id: str, before: Rule | None, after: Rule | None, author: Author) -> Put:
    rule = after or before
    assert rule is not None, "an edit has one side"  # noqa: S101 -- for the type checker
    version = rule.version if after else rule.version + 1
    return Put(items.rule_history(program_id, rule.rule_id, rule_edit(before, after, author), version), new=True)


def _require_room(table: Table, program: Program) -> None:
    if len(table.query(keys.rule(program.program_id, "").pk, limit=MOST_RULES)) >= MOST_RULES:
        raise Conflict("too_many_rules", f"a program has at most {MOST_RULES} rules")


def _saved(table: Table, program: Program, put: Put, made: Written, before: RuleSettings | None = None) -> list[Op]:
    """Writes a rule that fits the program as it was read, and tells everybody that the rules have changed."""
    templates = require_fit(table, program, made, before)
    changed = {"rules_version": program.rules_version + 1}
    told = Update(keys.program(program.program_id), set=changed, expect=_as_read(program))
    return [put, told, *made.puts, *(Check(key, exists=True) for key in templates)]


def _as_read(program: Program) -> dict[str, Any]:
    return {"version": program.version, "rules_version": program.rules_version}


def require_fit(table: Table, program: Program, made: Written, before: RuleSettings | None = None) -> list[Key]:
    """Raises Invalid and Conflict for what the program cannot carry out; gives the templates that are mailed from."""
    settings = made.settings
    settings.require_fit_for(program, before)
    _require_offers(table, program.program_id, settings)
    action_codes.require_known(table, program, settings, before)
    return _templates(table, program.program_id, settings, made.template_ids)


def _require_offers(table: Table, program_id: str, settings: RuleSettings) -> None:
    """Raises Invalid `unknown_offer`, `unknown_payout_option`."""
    named = dict(_offers(settings))
    wanted = {offer_id: keys.offer(program_id, offer_id) for offer_id in named}
    found = table.batch_get(wanted.values())
    for offer_id, pointer in named.items():
        if wanted[offer_id] not in found:
            raise Invalid("unknown_offer", f"there is no offer {offer_id}", pointer)
    known = [items.parse(Offer, item) for item in found.values()]
    for index, condition in enumerate(settings.conditions):
        if condition.payout_option is not None:
            _require_option(table, program_id, known, settings, index)
    offered = {option.payout_option_id: offer.offer_id for offer in known for option in offer.payout_options}
    for index, effect in enumerate(settings.effects):
        if isinstance(effect, MoveTo) and offered.get(effect.payout_option_id) != effect.offer_id:
            pointer = f"/actions/{index}/payout_option_id"
            raise Invalid("unknown_payout_option", "the offer has no such payout option", pointer)


def _offers(settings: RuleSettings) -> Iterator[tuple[str, str]]:
    """Each offer that is named, and where."""
    named = [("", settings.offers), *((f"/conditions/{i}", c.offers) for i, c in enumerate(settings.conditions))]
    for pointer, offers in named:
        if offers is not None and offers != "all":
            yield from ((offer_id, f"{pointer}/offers/{index}") for index, offer_id in enumerate(offers))
    for index, effect in enumerate(settings.effects):
        if isinstance(effect, MoveTo):
            yield effect.offer_id, f"/actions/{index}/offer_id"


def _require_option(table: Table, program_id: str, named: Sequence[Offer], settings: RuleSettings, index: int) -> None:
    condition = settings.conditions[index]
    offers = settings.offers if condition.offers is None else condition.offers
    among: Iterable[Offer]
    if offers == "all":
        among = (items.parse(Offer, item) for item in table.query(keys.offer(program_id, "").pk))
    else:
        among = (offer for offer in named if offer.offer_id in offers)
    if condition.payout_option not in {option.payout_option_id for offer in among for option in offer.payout_options}:
        raise Invalid(
            "unknown_payout_option", "no offer of this condition has that option", f"/conditions/{index}/value"
        )


def _templates(table: Table, program_id: str, settings: RuleSettings, made: frozenset[str]) -> list[Key]:
    """The templates that are mailed from, but those `made` with the rule. Raises Invalid `unknown_template`."""
    used = [send.template_id for send in settings.sends if send.template_id and send.template_id not in made]
    named = {template_id: keys.template(program_id, template_id) for template_id in used}
    found = table.batch_get(named.values()) if named else {}
    for template_id, key in named.items():
        if key not in found:
            raise Invalid("unknown_template", "there is no such mail template", _mention(settings, template_id))
    return list(named.values())


def _mention(settings: RuleSettings, template_id: str) -> str:
    uses = (isinstance(effect, Send) and effect.template_id == template_id for effect in settings.effects)
    return f"/actions/{list(uses).index(True)}/template_id"


def _parse(item: Item) -> Rule:
    return items.parse(Rule, item)


def _parse_edit(item: Item) -> Edit:
    return items.parse(Edit, item)
