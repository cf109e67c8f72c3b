"""Commits in their order: each account transition compared with what it should have made."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Payday
from laurel.store import items, keys, mail_items, payout_keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import ledger, payouts
from tests.simulation.kit.judges.applies import Applies
from tests.simulation.kit.judges.closes import Closes
from tests.simulation.kit.judges.decisions import (
    MOST_FITTING,
    Outcome,
    State,
    decided,
    decided_at_midnight,
    decided_on_payday,
    in_order,
)
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit

Occasions = tuple[Closes, Applies]
_FOLDING: Final = ("fold", "tick", "job")
_OF_REFUNDS: Final = {"reason", "adjusted", "forgiven", "due", "first", "updated_at"}
_FACTS: Final = {
    "taken",
    "refunded_sale",
    "state",
    "money",
    "amount",
    "sale",
    "gross",
    "told_at",
    "amount_at",
    "state_at",
}


def wrongs(history: History) -> Iterator[str]:
    """Transitions that the rules do not make of the commits before them, and edits that lose others."""
    state = State()
    rules, closes, applies = _RuleHistory(), Closes(history, state), Applies()
    for commit in history.table.log:
        rules.note(commit)
        applies.note(commit)
        yield from closes.wrongs(commit)
        yield from _paid(commit)
        head = next((record for record in commit.records if record.key.sk == "head"), None)
        if head is not None and commit.by.startswith(_FOLDING):
            history.counts["transitions"] += 1
            history.counts["moves by rules"] += sum(r.key.sk.startswith("enrollment#") for r in commit.records)
            history.counts["midnights that set off something"] += "midnight" in _differing(head)
            made = [r._new["body"] for r in commit.records if r._new and is_marker(r._new) and r._old is None]
            history.counts["firings"] += len(made)
            history.counts["multiples"] += sum("multiple" in row["evidence"] for row in made)
            history.counts["firings for one order"] += sum("commission_id" in row["evidence"] for row in made)
            judged = _judge_of(commit)(state, (closes, applies), commit, head)
            yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in judged)
            yield from rules.wrongs(commit)
        elif commit.by.startswith(_FOLDING):
            yield from (f"{commit.by} writes {r.key}, not its own" for r in commit.records if r.key.sk == "member")
        for record in commit.records:
            state.apply(record)


def _judge_of(commit: Commit) -> Callable[[State, Occasions, Commit, Record], Iterator[str]]:
    """A draft takes rows, a confirmation pays them, and a failure takes them back; all else are folds and midnights."""
    if payouts.page_of(commit) is not None:
        return _judge_silence
    folds_none = all("pend" not in (r._old or {}) for r in commit.records if payouts.is_payment(r))
    line = payouts.line_of(commit)
    is_sent = line is not None and (line._new or {})["body"].get("state") == "sent"
    if is_sent or (folds_none and any(map(payouts.is_payment, commit.records))):
        return _judge_payment
    is_draft = line is not None and all(not _is_fold(r, head_of(commit)) for r in commit.records)
    return _judge_silence if is_draft else _judge


def head_of(commit: Commit) -> str:
    """The account that a commit moves on."""
    return next(record.key.pk for record in commit.records if record.key.sk == "head")


def _judge_silence(state: State, _: Occasions, commit: Commit, head: Record) -> Iterator[str]:
    """Rules are not asked: nothing is counted anew, or only as due again."""
    made = tuple(r for r in commit.records if r.key.sk != "commission" or r._old is None)
    actual = _actual(state, replace(commit, records=made), head.key.pk)
    if actual != Outcome(fields=state.fields(head.key.pk)):
        yield f"{head.key.pk}: a payout set off {actual}"


def _differing(record: Record) -> set[str]:
    old, new = record._old or {}, record._new or {}
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def _paid(commit: Commit) -> Iterator[str]:
    """A paid row never changes again, but for what is refunded of its order."""
    for record in commit.records:
        old, new = record._old or {}, record._new or {}
        is_paid = record.key.sk == "commission" and old.get("body", {}).get("payout") == "paid"
        if is_paid and not payouts.is_taken_back(record) and _final(old["body"]) != _final(new.get("body", {})):
            yield f"commit {commit.number} by {commit.by} changes what was paid: {old} -> {new}"


def _final(body: dict[str, Any]) -> dict[str, Any]:
    order = {name: value for name, value in body.get("order", {}).items() if name not in _FACTS}
    return {name: value for name, value in body.items() if name not in _OF_REFUNDS} | {"order": order}


def _judge(state: State, occasions: Occasions, commit: Commit, head: Record) -> Iterator[str]:
    account = head.key.pk
    folds = [record for record in commit.records if _is_fold(record, account)]
    order = [(items.parse(Commission, r._old or {}).updated_at, r.key.pk) for r in folds]
    if order != sorted(order):
        yield f"folds out of order: {order}"
    for record in folds:
        old, new = record._old or {}, record._new or {}
        if (
            old.get("pend") != 1
            or (_counted_only(old["body"]) and _counted_only(old["body"]) != new["body"])
            or len([r for r in folds if r.key == record.key]) > 1
        ):
            yield f"a fold of what was not pending: {old} -> {new}"
    actual = _actual(state, commit, account)
    overwritten = [r.key for r in commit.records if is_marker(r._new) and r._old is not None and r not in folds]
    if overwritten:
        yield f"markers written again: {overwritten}"
    if folds:
        possible = list(_expected(state, commit, account, folds))
    else:
        possible = [
            *_expected_without_folds(state, occasions, commit, head),
            *_expected_on_payday(state, commit, account),
        ]
    if actual not in possible:
        yield f"{account}: {actual}\n      should be {possible[-1:]}\n      rows {[*state.rows[account].values()]}"


def _counted_only(body: dict[str, Any]) -> dict[str, Any]:
    """What a fold leaves alone: a fixed row says beside that how it was adjusted, one of a draft takes its worth."""
    if body.get("payout") in {"paid", "in_payout"} or "adjusted" in body:
        return {}
    return body


def _adjusting(commit: Commit) -> dict[str, dict[str, ledger.Counted]]:
    """Key of each paid row -> the new rows that adjust it, which count in the same step."""
    made: dict[str, dict[str, ledger.Counted]] = defaultdict(dict)
    for record in commit.records:
        new = record._new or {}
        if record._old is None and "adjusts" in new.get("body", {}) and "counted" in new:
            program_id = record.key.pk.partition("#")[0]
            adjusted = keys.commission(program_id, new["body"]["adjusts"]["commission_id"]).pk
            made[adjusted][record.key.pk] = ledger.counted(items.parse(Commission, new))
    return made


def _judge_payment(state: State, __: Occasions, commit: Commit, head: Record) -> Iterator[str]:
    """Rules are asked with the last rows of a member; where they do not fit, the line stays open."""
    account, line = head.key.pk, payouts.line_of(commit)
    assert commit.rulebook is not None
    paid = [record for record in commit.records if payouts.is_payment(record)]
    program_id, program = account.partition("#")[0], commit.rulebook.program
    payout_id = line.key.pk.partition("#")[2] if line else (paid[0]._new or {})["body"]["payout_id"]
    payday = _payday(program, state.items[payout_keys.payout(program_id, payout_id)])
    ordered = in_order(commit.rulebook.rules)
    is_closed = line is not None
    cuts = [(ordered, None)] if is_closed else [*_cuts(ordered), (ordered, None)]
    possible = [decided_on_payday(state, program, account, paid, payday, last, most=most) for last, most in cuts]
    if (actual := _actual(state, commit, account)) not in possible:
        yield f"{account} was paid: {actual}\n      should be {possible[-1]}"
    if is_closed != ((head._new or {}).get("last_payout") != (head._old or {}).get("last_payout")):
        yield f"the line is sent or not, against the head: {line}, {head._new}"


def _payday(program: Program, payout: Item) -> Payday:
    begun = datetime.fromisoformat(payout["body"]["confirmed_at"])
    return Payday(ledger.day_of(begun, program.timezone), begun, payout["body"]["payout_id"])


def _expected_on_payday(state: State, commit: Commit, account: str) -> Iterator[Outcome]:
    """What some rules of a payday should have made, where they do not all fit: the rows came before, the end later."""
    assert commit.rulebook is not None
    program, ordered = commit.rulebook.program, in_order(commit.rulebook.rules)
    for key, item in state.items.items():
        if item.get("kind") == "payout" and item["state"] == "confirming" and key.pk.startswith(program.program_id):
            payday = _payday(program, item)
            for last, most in _cuts(ordered):
                yield decided_on_payday(state, program, account, [], payday, last, most=most)


def _is_fold(record: Record, account: str) -> bool:
    old, new = record._old, record._new
    if record.key.sk != "commission" or old is None or new is None:
        return False
    if not account.endswith(
        new.get("body", {}).get("member_id", "#")
    ):  # rows of others only become pending: `tiers` judges them
        return False
    return old.get("counted") != new.get("counted") or old.get("pend") != new.get("pend") or "pend" in new


def _actual(state: State, commit: Commit, account: str) -> Outcome:
    outcome = Outcome(fields=state.fields(account))
    for record in commit.records:
        new = record._new
        if new is None or _is_fold(record, account):
            continue
        if is_marker(new):
            row = items.parse(Commission, new)
            assert row.evidence is not None
            evidence = (row.evidence.base, row.evidence.rule_version)
            outcome.fired.append(
                (row.commission_id, row.period, row.amount, row.status, row.day, row.offer_id, *evidence)
            )
        elif new["kind"] == "mail":
            mail = new[mail_items.MESSAGE]
            about = (mail["marker_id"], mail["template_id"], mail["recipient"], mail["bonus"], mail["period"])
            outcome.mails.append(about)
        elif new["kind"] == "history" and "#history#off_" in record.key.pk:
            outcome.moves.append(_moved(record.key, new["body"]))
        elif record.key.sk == "member":
            outcome.fields = dict(new["body"].get("fields", {}))
            was, now = (record._old or {})["body"], new["body"]
            lost = {k for k in was.keys() | now.keys() if was.get(k) != now.get(k)} - {"fields", "updated_at"}
            if lost or not _is_noted(commit, was.get("fields"), now.get("fields")):
                outcome.fields = {"lost, or not in the history": f"{was} -> {now}"}
    return outcome


def _is_noted(commit: Commit, was: object, now: object) -> bool:
    """Whether lines of the member's history, one for each rule, lead from the fields before to those after."""
    lines = [record._new["body"] for record in commit.records if record._new and "#history#mem_" in record.key.pk]
    changes = [change for line in lines for change in line["changes"] if line["actor"].startswith("rule:")]
    befores, afters = ([change.get(when) or {} for change in changes] for when in ("before", "after"))
    return (was or {}) in befores and (now or {}) in afters


def _moved(key: Key, edit: Item) -> tuple[str, str, str, str]:
    """A line of history as a move by a rule; `changes` judges whether the enrollment became so."""
    change = edit["changes"][0]  # and what was agreed with the member ends
    return key.pk.rpartition("#")[2], change["before"], change["after"], edit["actor"].removeprefix("rule:")


def _expected(state: State, commit: Commit, account: str, folds: Sequence[Record]) -> Iterator[Outcome]:
    """What the transaction should have made; if it was cut short in its last step, after any number of rules."""
    assert commit.rulebook is not None
    ordered = in_order(commit.rulebook.rules)
    is_cut = bool(folds) and "pend" in (folds[-1]._new or {})
    for last, most in _cuts(ordered) if is_cut else [(ordered, None)]:
        yield decided(state, commit.rulebook.program, account, folds, (ordered, last), _adjusting(commit), most=most)


def _cuts(ordered: Sequence[Rule]) -> Iterator[tuple[Sequence[Rule], int | None]]:
    """The rules that may have fitted into a transaction that was cut short, and how many multiples of the last one."""
    for limit, rule in enumerate(ordered):
        yield ordered[:limit], None
        if getattr(rule.conditions[0], "every", False):
            yield from ((ordered[: limit + 1], most) for most in range(1, MOST_FITTING))


def _expected_without_folds(state: State, occasions: Occasions, commit: Commit, head: Record) -> Iterator[Outcome]:
    """What a midnight should have made; if the head does not tell which was done with, after any number of rules.

    Or what a merchant should have made who applied a rule.
    """
    closes, applies = occasions
    assert commit.rulebook is not None
    program, ordered = commit.rulebook.program, in_order(commit.rulebook.rules)
    before, after = ((item or {}).get("midnight") for item in (head._old, head._new))
    if before != after:
        yield decided_at_midnight(state, program, head.key.pk, date.fromisoformat(after or ""), ordered)
        return
    for day in closes.begun(program.program_id, since=before):
        for cut in _cuts(ordered):
            yield decided_at_midnight(state, program, head.key.pk, day, *cut)
    yield from applies.possible(state, program, head.key.pk, ordered)


def is_marker(item: Item | None) -> bool:
    """Whether it is a row that a rule made; not what adjusts one."""
    if item is None or item["kind"] != "commission":
        return False
    return item["body"].get("origin") == "rule" and "adjusts" not in item["body"]


class _RuleHistory:
    """Which version of each rule was stored and enabled, from which commit on."""

    def __init__(self) -> None:
        self.versions: dict[Key, list[tuple[int, int | None]]] = defaultdict(list)

    def note(self, commit: Commit) -> None:
        for record in commit.records:
            if record.key.pk.endswith("#rules"):
                new = record._new
                enabled = new is not None and new["body"].get("enabled", True)
                self.versions[record.key].append((commit.number, new["version"] if enabled and new else None))

    def wrongs(self, commit: Commit) -> Iterator[str]:
        """Rules that were applied although they were not in force at any time of the invocation, or left out."""
        assert commit.rulebook is not None
        used = {rule.rule_id: rule.version for rule in commit.rulebook.rules}
        program_id = commit.rulebook.program.program_id
        for key, versions in self.versions.items():
            if key.pk.startswith(program_id):
                before = [version for at, version in versions if at < commit.since][-1:] or [None]
                in_force = {*before, *(version for at, version in versions if at >= commit.since)}
                if used.get(key.sk) not in in_force:
                    yield f"{commit.by} used version {used.get(key.sk)} of {key.sk}, in force was {in_force}"
