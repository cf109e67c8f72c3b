"""What an account transition should make of the commits before it, decided by hand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from laurel.domain.commissions import Commission, marker_id
from laurel.domain.programs import Program
from laurel.domain.rules import Rule
from laurel.domain.schedule import Payday
from laurel.store import items
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation import ledger
from tests.simulation.fake_table import Record
from tests.simulation.ledger import Counted


@dataclass
class Outcome:
    """What a transition makes beside the totals: firings, mails, and the member's fields after it."""

    fired: list[tuple[Any, ...]] = field(default_factory=list)
    mails: list[tuple[Any, ...]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


class State:
    """The table as of one commit, as far as rules look at it."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.rows: dict[str, dict[str, Counted]] = defaultdict(dict)  # account -> row -> as counted

    def apply(self, record: Record) -> None:
        new, key = record._new, record.key
        if new is None:
            del self.items[key]
        else:
            self.items[key] = new
        old_body = (record._old or record._new or {}).get("body", {})
        if key.sk == "commission" and "member_id" in old_body:
            account = f"{key.pk.partition('#')[0]}#{old_body['member_id']}"
            if new is None:
                self.rows[account].pop(key.pk, None)
            elif "counted" in new and (record._old is None or record._old.get("counted") != new["counted"]):
                self.rows[account][key.pk] = ledger.counted(items.parse(Commission, new))

    def fields(self, account: str) -> dict[str, str]:
        return dict(self.items[Key(account, "member")]["body"].get("fields", {}))

    def last_payout(self, account: str) -> str | None:
        return self.items.get(Key(account, "head"), {}).get("last_payout")

    def options(self, account: str) -> dict[str, str]:
        return {
            item["body"]["offer_id"]: item["body"]["payout_option_id"]
            for key, item in self.items.items()
            if key.pk == account and key.sk.startswith("enrollment#")
        }


class _Seen(NamedTuple):
    """What conditions look at beside the fields: the member's rows, its options by offer, all markers, its payout."""

    rows: list[Counted]
    options: dict[str, str]
    markers: set[str]
    last_payout: str | None


def decided(
    state: State, program: Program, account: str, folds: Sequence[Record], rules: tuple[Sequence[Rule], Sequence[Rule]]
) -> Outcome:
    """What folding these commissions makes, in order. `rules`: of each step, and of the last one."""
    outcome = Outcome(fields=state.fields(account))
    rows, markers = dict(state.rows[account]), {key.pk.partition("#")[2] for key in state.items}
    everything, last = rules
    for number, record in enumerate(folds, 1):
        row = items.parse(Commission, record._new or {})
        rows[record.key.pk] = ledger.counted(row)
        seen = _Seen([*rows.values()], state.options(account), markers, state.last_payout(account))
        for rule in last if number == len(folds) else everything:
            _apply(rule, row, program, seen, outcome)
    return outcome


def decided_on_payday(
    state: State, program: Program, account: str, paid: Sequence[Record], payday: Payday, rules: Sequence[Rule]
) -> Outcome:
    """What paying the last rows of a member makes, of the rules that look at what is unpaid."""
    outcome = Outcome(fields=state.fields(account))
    rows, markers = dict(state.rows[account]), {key.pk.partition("#")[2] for key in state.items}
    rows |= {record.key.pk: ledger.counted(items.parse(Commission, record._new or {})) for record in paid}
    seen = _Seen([*rows.values()], state.options(account), markers, payday.payout_id)
    for rule in rules:
        if any(condition.period.type == "all_unpaid" for condition in rule.conditions):
            _apply(rule, _Trigger(payday.day, account.partition("#")[2]), program, seen, outcome)
    return outcome


class _Trigger(NamedTuple):
    """A payday, as rules of any offers look at it."""

    day: Any
    member_id: str
    offer_id: None = None


def _apply(rule: Rule, trigger: Commission | _Trigger, program: Program, seen: _Seen, outcome: Outcome) -> None:
    if not _applies(rule, trigger, program, seen, outcome.fields):
        return
    leading, day = rule.conditions[0], trigger.day
    period = ledger.period_key(leading.period.type, ledger.days_of(leading.period.type, day))
    if leading.period.type == "all_unpaid" and seen.last_payout is not None:
        period = f"{period}:{seen.last_payout}"
    marker = marker_id(program.program_id, rule.rule_id, trigger.member_id or "", period)
    actions = [action.model_dump() for action in rule.actions]
    needs_marker = any(action["type"] != "update_user_field" for action in actions)
    if needs_marker and marker in seen.markers:
        return
    for action in actions:
        if action["type"] == "update_user_field":
            outcome.fields.pop(action["field"], None)
            if action["value"]:
                outcome.fields[action["field"]] = action["value"]
    if not needs_marker:
        return
    seen.markers.add(marker)
    base = ledger.base(seen.rows, rule, day)
    amount = sum(_bonus(action, base) for action in actions if action["type"] == "add_bonus_commission")
    offer = rule.offers[0] if rule.offers != "all" and len(rule.offers) == 1 else None
    outcome.fired.append((marker, period, amount, program.bonus_status, day, offer, base, rule.version))
    mails = [action for action in actions if action["type"] == "send_mail"]
    outcome.mails.extend((marker, mail["template_id"], mail["to"], amount, period) for mail in mails)


def _applies(
    rule: Rule, trigger: Commission | _Trigger, program: Program, seen: _Seen, fields: Mapping[str, str]
) -> bool:
    day = trigger.day
    if rule.offers != "all" and not isinstance(trigger, _Trigger) and trigger.offer_id not in rule.offers:
        return False
    if ledger.had_ended(ledger.days_of(rule.conditions[0].period.type, day), program.timezone, rule.created_at):
        return False
    recipients = {action.to for action in rule.actions if action.type == "send_mail"}
    if program.merchant_email is None and "merchant" in recipients:
        return False
    return all(ledger.holds(each, rule, day, seen.rows, fields, seen.options) for each in rule.conditions)


def _bonus(action: dict[str, Any], base: int) -> int:
    if action["amount"] is not None:
        return int(action["amount"])
    return ledger.half_up(base * Fraction(action["percent"]) / 100)
