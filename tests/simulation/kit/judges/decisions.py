"""What an account transition should make of the commits before it, decided by hand."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple

from laurel.domain.ledger.commissions import Commission, marker_id
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Payday
from laurel.store import items
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.judges.ledger import Counted, Person
from tests.simulation.kit.table.fake_table import Record

_STATE_ONLY: Final = {"update_user_field", "put_into_commission_group"}
Rules = Sequence[Rule]
MOST_FITTING: Final = 50
"""More multiples of one rule than fit into a transaction: each may be two of its hundred items, beside others."""


@dataclass
class Outcome:
    """What a transition makes beside the totals: firings, mails, moves, and the member's fields after it.

    A move is an offer, the payout option before and after, and the rule.
    """

    fired: list[tuple[Any, ...]] = field(default_factory=list)
    mails: list[tuple[Any, ...]] = field(default_factory=list)
    moves: list[tuple[str, str, str, str]] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


class State:
    """The table as of one commit, as far as rules look at it."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.rows: dict[str, dict[str, Counted]] = defaultdict(dict)  # account -> row -> as counted
        self._enrolled: dict[str, dict[str, Item]] = defaultdict(dict)  # account -> offer -> enrollment
        self._links: dict[str, set[str]] = defaultdict(set)  # program -> its offers by link
        self._markers: dict[str, set[str]] = defaultdict(set)  # program -> rows that rules made
        self.first: dict[str, str] = {}  # account -> its first sale

    def apply(self, record: Record) -> None:
        new, key = record._new, record.key
        if new is None:
            del self.items[key]
        else:
            self.items[key] = new
        if key.sk.startswith("enrollment#"):
            assert new is not None
            self._enrolled[key.pk][new["body"]["offer_id"]] = new["body"]
        elif key.sk == "commission":
            self._apply_row(record)
        elif key.pk.endswith("#offers") and new is not None and new["body"]["kind"] == "link":
            self._links[key.pk.partition("#")[0]].add(key.sk)

    def _apply_row(self, record: Record) -> None:
        new, key = record._new, record.key
        body = (record._old or {}).get("body") or (new or {}).get("body", {})
        program_id, _, row_id = key.pk.partition("#")
        if "member_id" in body:
            rows = self.rows[f"{program_id}#{body['member_id']}"]
            if new is None:
                rows.pop(key.pk, None)
            elif "counted" in new and (record._old is None or record._old.get("counted") != new["counted"]):
                row = items.parse(Commission, new)
                rows[key.pk] = ledger.counted(row)
                if ledger.is_good_sale(row):
                    self.first.setdefault(f"{program_id}#{row.member_id}", row.commission_id)
        if body.get("origin") == "rule":
            (self._markers[program_id].add if new else self._markers[program_id].discard)(row_id)

    def member(self, account: str) -> dict[str, Any]:
        body: dict[str, Any] = self.items[Key(account, "member")]["body"]
        return body

    def fields(self, account: str) -> dict[str, str]:
        return dict(self.member(account).get("fields", {}))

    def last_payout(self, account: str) -> str | None:
        return self.items.get(Key(account, "head"), {}).get("last_payout")

    def enrolled(self, account: str) -> dict[str, Item]:
        """Offer -> the enrollment in it."""
        return self._enrolled[account]

    def links(self, program_id: str) -> set[str]:
        """The program's offers by link."""
        return self._links[program_id]

    def markers(self, program_id: str) -> set[str]:
        """The ids of all rows that rules made."""
        return set(self._markers[program_id])


class Cause(NamedTuple):
    """What rules are asked for: a commission of `day` in an offer, the beginning of `day`, or a payday."""

    day: date
    offer_id: str | None = None
    is_midnight: bool = False
    is_payday: bool = False
    row: Commission | None = None
    is_applied: bool = False

    def asks(self, rule: Rule, zone: str) -> date | None:
        """The day as of which; None if the rule is not concerned."""
        if self.is_midnight:
            return ledger.asked_on(rule, self.day, zone)
        concerned = rule.offers == "all" or self.offer_id in rule.offers
        if self.is_payday:
            concerned = any(condition.period.type == "all_unpaid" for condition in rule.conditions)
            concerned = concerned and not any(condition.metric in ledger.OF_ORDER for condition in rule.conditions)
        concerned = concerned or (
            self.is_applied and not any(each.metric in ledger.OF_ORDER for each in rule.conditions)
        )
        return self.day if concerned and not ledger.waits_for_close(rule) else None


@dataclass
class _Pass:
    """The member while a transition goes on; `markers`: all of the program."""

    program: Program
    member_id: str
    rows: dict[str, Counted]
    enrolled: Mapping[str, Item]
    options: dict[str, str]
    markers: set[str]
    last_payout: str | None
    approved_on: date | None
    links: set[str]
    is_approved: bool
    is_erased: bool
    outcome: Outcome
    first: str | None = None
    order: Commission | None = None
    most: int | None = None  # of the last rule, as many multiples were fired as fitted

    @staticmethod
    def begin(state: State, program: Program, account: str) -> "_Pass":
        program_id, _, member_id = account.partition("#")
        enrolled, approved_at = state.enrolled(account), state.member(account).get("approved_at")
        return _Pass(
            program,
            member_id,
            dict(state.rows[account]),
            enrolled,
            {offer: body["payout_option_id"] for offer, body in enrolled.items()},
            state.markers(program_id),
            state.last_payout(account),
            approved_at and ledger.day_of(datetime.fromisoformat(approved_at), program.timezone),
            state.links(program_id),
            state.member(account)["status"] == "approved",
            "erased_at" in state.member(account),
            Outcome(fields=state.fields(account)),
            state.first.get(account),
        )

    @property
    def person(self) -> Person:
        return Person(self.outcome.fields, self.options, self.approved_on, self.links, self.order, self.first)

    def ask_all(self, rules: Rules, cause: Cause) -> None:
        """Each in turn; who was moved away and back again was not moved."""
        made = len(self.outcome.moves)
        self.order = cause.row
        for number, rule in enumerate(rules, 1):
            self._ask(rule, cause, self.most if number == len(rules) else None)
        self.outcome.moves[made:] = _without_circles(self.outcome.moves[made:])

    def _ask(self, rule: Rule, cause: Cause, most: int | None) -> None:
        day = cause.asks(rule, self.program.timezone)
        if day is None or not self._applies(rule, day):
            return
        leading = rule.conditions[0]
        if not getattr(leading, "every", False):
            self._fire(rule, cause, day, None)
            return
        fired = 0
        for multiple in range(1, ledger.times(rule, day, [*self.rows.values()]) + 1):
            if most is None or fired < most:
                fired += self._fire(rule, cause, day, multiple)

    def _fire(self, rule: Rule, cause: Cause, day: date, multiple: int | None) -> bool:
        """Whether it did, for the period, a multiple in it, or the order."""
        period = rule.conditions[0].period
        days = ledger.days_of(period, day)
        needs_marker = any(action.type not in _STATE_ONLY for action in rule.actions)
        if needs_marker:
            further = f"#{multiple}" if multiple is not None and multiple > 1 else ""
            closed_by = ledger.closing_keys(period, days, self.last_payout)
            key = ledger.marker_key(period, days, self.last_payout)
            if rule.conditions[0].metric in ledger.OF_ORDER and cause.row is not None:
                key, closed_by = cause.row.commission_id, {cause.row.commission_id}
            if any(self._marker(rule, each + further) in self.markers for each in closed_by):
                return False
            named = ledger.period_key(period, days, self.last_payout)
            self._pay(rule, day, cause.day, named, self._marker(rule, key + further))
        self._change_state(rule)
        return True

    def _applies(self, rule: Rule, day: date) -> bool:
        """Whether all that the rule does can be done, and its conditions hold."""
        had_ended = ledger.had_ended(
            ledger.days_of(rule.conditions[0].period, day), self.program.timezone, rule.created_at
        )
        recipients = {action.to for action in rule.actions if action.type == "send_mail"}
        if self.is_erased or had_ended or (self.program.merchant_email is None and "merchant" in recipients):
            return False
        if not self.is_approved and any(action.type == "add_bonus_commission" for action in rule.actions):
            return False
        moves = [action for action in rule.actions if action.type == "put_into_commission_group"]
        if not all(self._can_be_in(move.offer_id, move.payout_option_id) for move in moves):
            return False
        return all(ledger.holds(each, rule, day, [*self.rows.values()], self.person) for each in rule.conditions)

    def _can_be_in(self, offer_id: str, option: str) -> bool:
        enrollment = self.enrolled.get(offer_id)
        return enrollment is not None and (self.options[offer_id] == option or not enrollment.get("fixed", False))

    def _marker(self, rule: Rule, period: str) -> str:
        return marker_id(self.program.program_id, rule.rule_id, self.member_id, period)

    def _pay(self, rule: Rule, day: date, on: date, period: str, marker: str) -> None:
        is_one = rule.conditions[0].metric in ledger.OF_ORDER and self.order is not None
        base = self._worth() if is_one else ledger.base(self.rows.values(), rule, day)
        actions = [action.model_dump() for action in rule.actions]
        amount = sum(_bonus(action, base) for action in actions if action["type"] == "add_bonus_commission")
        offer = rule.offers[0] if rule.offers != "all" and len(rule.offers) == 1 else None
        self.markers.add(marker)
        self.outcome.fired.append((marker, period, amount, self.program.bonus_status, on, offer, base, rule.version))
        mails = [action for action in actions if action["type"] == "send_mail"]
        self.outcome.mails.extend((marker, mail["template_id"], mail["to"], amount, period) for mail in mails)

    def _worth(self) -> int:
        assert self.order is not None
        return self.order.amount + self.order.due.amount

    def _change_state(self, rule: Rule) -> None:
        for action in rule.actions:
            if action.type == "update_user_field":
                self.outcome.fields.pop(action.field, None)
                if action.value:
                    self.outcome.fields[action.field] = action.value
            elif action.type == "put_into_commission_group":
                before, after = self.options[action.offer_id], action.payout_option_id
                if before != after:
                    self.outcome.moves.append((action.offer_id, before, after, rule.rule_id))
                    self.options[action.offer_id] = after


def decided(
    state: State,
    program: Program,
    account: str,
    folds: Sequence[Record],
    rules: tuple[Rules, Rules],
    adjusting: Mapping[str, Mapping[str, Counted]],
    *,
    most: int | None = None,
) -> Outcome:
    """What folding these commissions makes, in order. `rules`: of each step, and of the last one.

    `most`: as many multiples of the last rule of the last step fitted.
    `adjusting`: the rows that adjust each of them, which are part of its step.
    """
    going = _Pass.begin(state, program, account)
    everything, last = rules
    for number, record in enumerate(folds, 1):
        row = items.parse(Commission, record._new or {})
        going.rows |= {record.key.pk: ledger.counted(row), **adjusting.get(record.key.pk, {})}
        if ledger.is_good_sale(row):
            going.first = going.first or row.commission_id
        is_last = number == len(folds)
        going.most = most if is_last else None
        going.ask_all(last if is_last else everything, Cause(row.day, row.offer_id, row=row))
    return going.outcome


def decided_on_payday(
    state: State,
    program: Program,
    account: str,
    paid: Sequence[Record],
    payday: Payday,
    rules: Rules,
    *,
    most: int | None = None,
) -> Outcome:
    """What paying the last rows of a member makes, of the rules that look at what is unpaid."""
    going = _Pass.begin(state, program, account)
    going.last_payout, going.most = payday.payout_id, most
    going.rows |= {record.key.pk: ledger.counted(items.parse(Commission, record._new or {})) for record in paid}
    going.ask_all(rules, Cause(payday.day, is_payday=True))
    return going.outcome


def decided_at_midnight(
    state: State, program: Program, account: str, day: date, rules: Rules, most: int | None = None
) -> Outcome:
    """What the beginning of `day` makes of an account."""
    going = _Pass.begin(state, program, account)
    going.most = most
    if state.member(account)["status"] == "approved":
        start = ledger.start_of(day, program.timezone)
        asked = [rule for rule in rules if any(_joined(going.enrolled, rule, start))]
        going.ask_all(asked, Cause(day, is_midnight=True))
    return going.outcome


def decided_when_applied(  # noqa: PLR0917 - what a fold is decided by, and when
    state: State, program: Program, account: str, day: date, at: datetime, rule: Rule, most: int | None = None
) -> Outcome:
    """What a merchant makes of an account who applies a rule from `at` on; `most`: as many multiples as fitted."""
    going = _Pass.begin(state, program, account)
    going.most = most
    if state.member(account)["status"] == "approved" and any(_joined(going.enrolled, rule, at)):
        going.ask_all([rule], Cause(day, is_applied=True))
    return going.outcome


def _joined(enrolled: Mapping[str, Item], rule: Rule, before: datetime) -> Iterator[bool]:
    for offer_id, body in enrolled.items():
        yield (rule.offers == "all" or offer_id in rule.offers) and datetime.fromisoformat(body["created_at"]) < before


def in_order(rules: Rules) -> list[Rule]:
    """Rules as a pass asks them."""
    return sorted(rules, key=lambda rule: (rule.priority, rule.created_at, rule.rule_id))


def _without_circles(moves: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """What is left when each way that led back to where it began is taken out."""
    left: list[tuple[str, str, str, str]] = []
    for move in moves:
        offer, _, after, _ = move
        left.append(move)
        began = next((n for n, (of, before, *_) in enumerate(left) if (of, before) == (offer, after)), len(left))
        left = [other for n, other in enumerate(left) if n < began or other[0] != offer]
    return left


def _bonus(action: dict[str, Any], base: int) -> int:
    if action["amount"] is not None:
        return int(action["amount"])
    return max(0, ledger.half_up(base * Fraction(action["percent"]) / 100))
