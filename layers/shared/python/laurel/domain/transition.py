"""The account transition: (account, changes in order, rules) -> (new totals, effects). Pure; written in one commit.

A local midnight sets off rules in the same way, without a change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from laurel.domain.accounts import Account, Change
from laurel.domain.claims import Claim, claims_of
from laurel.domain.commissions import Commission, Contribution
from laurel.domain.effects import Fold, MarkersNeeded, Transition
from laurel.domain.firings import (
    Bonus,
    Firing,
    Move,
    can_be_carried_out,
    changes_state,
    closed_by,
    enters,
    marker_of,
    markers_of,
    subject_of,
)
from laurel.domain.mails import Mail
from laurel.domain.members import with_fields
from laurel.domain.model import MOST_OPERATIONS
from laurel.domain.plans import Plan, PlannedRule, Subject
from laurel.domain.recurrences import Recurrence, started, starts
from laurel.domain.rulebook import Rulebook
from laurel.domain.rules import Rule
from laurel.domain.schedule import Midnight, Occasion, concerns
from laurel.domain.tiers import TierRow, rates, tier_rows
from laurel.domain.totals import NO_OFFER, Totals, TotalsRow, rows_of

_ROWS_PER_STEP: Final = 3
_ITEMS_PER_MARKER: Final = 2
"""The marker itself, and the note in the account that it exists."""
_ITEMS_PER_MOVE: Final = 2
"""The enrollment, and the line of history."""


def transition(
    account: Account,
    changes: Sequence[Change],
    rulebook: Rulebook,
    markers: Mapping[str, bool],
    now: datetime,
    room: int = MOST_OPERATIONS,
) -> Transition | MarkersNeeded:
    """Folds `changes` into the account and fires the rules that then hold and have no marker.

    `markers`: whether the row of that id exists, for as many as were read. `now` stamps what is made.
    `room`: how many items the transaction may write; what does not fit is left in `rest`.
    """
    run = Run.begin(account, rulebook.plan(change.commission.day for change in changes), markers, now, room)
    done = 0
    while done < len(changes) and run.has_room_for(changes[done]):
        run.step(changes[done])
        done += 1
    if run.needed:
        return MarkersNeeded(frozenset(run.needed))
    if run.is_full and done > 1:
        # a commission whose rules do not all fit is left whole for the next transaction, so that its pass stays one
        fitting = transition(account, changes[: done - 1], rulebook, markers, now, room)
        rest = tuple(changes[done - 1 :])
        return fitting if isinstance(fitting, MarkersNeeded) else replace(fitting, rest=(*fitting.rest, *rest))
    return run.result(changes[done:])


def at_midnight(
    account: Account,
    midnight: Midnight,
    rulebook: Rulebook,
    markers: Mapping[str, bool],
    now: datetime,
    room: int = MOST_OPERATIONS,
) -> Transition | MarkersNeeded:
    """Fires the rules that this midnight decides, hold, and have no marker. Once: not if it did something before."""
    run = Run.begin(account, rulebook.plan_at_midnight(midnight.day), markers, now, room)
    if account.head.midnight is None or account.head.midnight < midnight.day:
        asked = run.plan.rules[midnight.day]
        run.evaluate([planned for planned in asked if concerns(planned.rule, account, midnight)], midnight)
    if run.needed:
        return MarkersNeeded(frozenset(run.needed))
    done, is_partial = run.result(()), run.is_full
    return replace(done, is_partial=is_partial, midnight=None if is_partial else midnight.day)


@dataclass(slots=True)
class Run:
    """One pass: what it has read, and what it makes so far."""

    account: Account
    plan: Plan
    markers: Mapping[str, bool]
    now: datetime
    room: int
    totals: Totals
    subject: Subject
    fields: dict[str, str]
    balances: dict[str, int]
    needed: set[str] = field(default_factory=set)
    folds: list[Fold] = field(default_factory=list)
    touched: set[TotalsRow] = field(default_factory=set)
    bonuses: list[Bonus] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    claims: dict[Claim, Commission] = field(default_factory=dict)
    recurrences: dict[str, Recurrence] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    tier_rows: list[TierRow] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    is_full: bool = False

    @staticmethod
    def begin(account: Account, plan: Plan, markers: Mapping[str, bool], now: datetime, room: int) -> "Run":
        """A pass over `account` under the rules of `plan`."""
        subject = subject_of(account, plan.program, plan.values(account.totals))
        balances = dict(account.head.balances)
        run = Run(account, plan, markers, now, room, account.totals.copy(), subject, subject.fields, balances)
        run.settled = _noted(account, plan)
        return run

    @property
    def operations(self) -> int:
        """How many items it writes, so far."""
        made = _ITEMS_PER_MARKER * len(self.bonuses) + len(self.mails) + self.sets_fields
        won = len(self.claims) + len(self.recurrences) + len(self.tier_rows)
        moved = _ITEMS_PER_MOVE * len(self.moves)
        return 1 + len(self.folds) + len(self.touched) + made + won + moved  # 1: the account's head

    @property
    def sets_fields(self) -> bool:
        """Whether the member's fields are others than before."""
        return self.fields != self.account.member.fields

    def has_room_for(self, change: Change) -> bool:
        """Whether one more change is sure to fit."""
        return not self.is_full and self.operations + _cost_of_step(change) <= self.room

    def count_in(self, change: Change) -> None:
        """Counts a changed row, and asks no rules."""
        commission = change.commission
        counted = commission.contribution()
        if counted != change.counted:
            self._count(commission.day, commission.offer_id, change.counted, -1)
            self._count(commission.day, commission.offer_id, counted, 1)
        self.folds.append(Fold(change, commission, counted))

    def step(self, change: Change) -> None:
        """Counts a changed row, makes what follows from it, and asks the rules that it concerns."""
        commission = change.commission
        self.count_in(change)
        for claim in claims_of(change):
            self.claims.setdefault(claim, commission)
        if starts(change):
            recurrence = started(self.plan.program, commission, self.now)
            self.recurrences.setdefault(recurrence.recurrence_id, recurrence)
        self.tier_rows.extend(tier_rows(self.plan.program.program_id, self.account, change, self.now))
        self.evaluate(self.plan.concerned(commission.day, commission.offer_id), change)
        if self.is_full:
            self.folds[-1] = self.folds[-1].left_over()

    def _count(self, day: date, offer_id: str | None, contribution: Contribution | None, sign: int) -> None:
        if contribution is None:
            return
        offer = offer_id or NO_OFFER
        self.totals.count(day, offer, contribution, sign)
        self.touched.update(rows_of(day, offer))
        state = contribution.bucket.state
        self.balances[state] = self.balances.get(state, 0) + sign * contribution.commission
        numbers = contribution[1:]
        values = self.subject.values
        for gauge, position in self.plan.moved(day, offer, contribution.bucket):
            values[gauge] += sign * numbers[position]

    def evaluate(self, rules: Sequence[PlannedRule], cause: Change | Occasion) -> None:
        """Fires those that hold and have not fired yet."""
        values = self.subject.values
        for planned in rules:
            if id(planned) in self.settled:  # its marker exists: nothing in this pass can make it fire
                continue
            leading = planned.leading
            # the hot line: most rules end here, so a plain counter is compared without a call
            value = values[leading.gauge] if leading.is_counter else leading.value(self.subject)
            if leading.compare(value, leading.threshold):
                self._consider(planned, cause)

    def _consider(self, planned: PlannedRule, cause: Change | Occasion) -> None:
        rule, enrollments = planned.rule, self.subject.enrollments
        if self.is_full or not can_be_carried_out(rule, self.plan.program, self.account.member, enrollments):
            return
        if not all(test.holds(self.subject) for test in planned.further):
            return
        proofs = self._open_proofs(planned, cause) if planned.needs_marker else ()
        if not proofs and (planned.needs_marker or not changes_state(rule, self.fields, enrollments)):
            return
        if self.operations + _cost(planned, len(proofs)) > self.room:
            self.is_full = True
            return
        self._fire(planned, cause if isinstance(cause, Occasion) else cause.commission, proofs)

    def _open_proofs(self, planned: PlannedRule, cause: Change | Occasion) -> tuple[Commission | None, ...]:
        """What the rule has not fired for yet: the period (None), the sale that is the cause, or both."""
        rule = planned.rule
        if not rule.pays_every_sale or isinstance(cause, Occasion):
            return (None,) if self._is_open(planned, None) else ()
        of_period = (None,) if rule.mails and self._is_open(planned, None) else ()
        sale = cause.commission
        is_due = enters(cause, planned) and self._is_open(planned, sale.commission_id)
        return (*of_period, sale) if is_due else of_period

    def _is_open(self, planned: PlannedRule, sale: str | None) -> bool:
        account, program = self.account, self.plan.program
        proofs = {marker_of(planned, account, program, sale)} if sale else markers_of(planned, account, program)
        if any(marker in self.fired or self.markers.get(marker, False) for marker in proofs):
            if planned.is_noted:
                self.settled.add(id(planned))
            return False
        unknown = proofs - self.markers.keys()
        self.needed |= unknown
        return not unknown

    def _fire(self, planned: PlannedRule, trigger: Commission | Occasion, proofs: Sequence[Commission | None]) -> None:
        # the rows first: their evidence is what the rule saw, not what it sets
        firing = Firing(planned, trigger, self.account, self.subject, self.plan.program, self.now)
        for sale in proofs:
            self._prove(firing, firing.per_period() if sale is None else firing.per_sale(sale))
        updated = with_fields(self.fields, planned.rule.updates)
        self.fields.clear()  # in place: later rules of the pass look at this very dict
        self.fields.update(updated)
        self._move(planned.rule)

    def _prove(self, firing: Firing, bonus: Bonus) -> None:
        row = bonus.commission
        self.fired.add(row.commission_id)
        self.bonuses.append(bonus)
        self._count(row.day, row.offer_id, bonus.counted, 1)
        if not bonus.is_per_sale:
            self.mails.extend(firing.mails(row))

    def _move(self, rule: Rule) -> None:
        for action in rule.moves:
            before = self.subject.enrollments[action.offer_id]
            if before.payout_option_id != action.payout_option_id:
                after = before.moved(action.payout_option_id, self.now)
                self.subject.enrollments[action.offer_id] = after
                self.moves.append(Move(before, after, rule.rule_id))

    def result(self, unfolded: Sequence[Change]) -> Transition:
        """What it made; `unfolded` did not fit."""
        leftover = self.folds[-1:] if self.folds and self.folds[-1].again else []
        again = [Change(fold.commission, fold.counted) for fold in leftover]
        return Transition(
            folds=tuple(self.folds),
            rows={row: self.totals.rows[row] for row in self.touched},
            balances=self.balances,
            bonuses=tuple(self.bonuses),
            mails=tuple(self.mails),
            fields=dict(self.fields) if self.sets_fields else None,
            claims=dict(self.claims),
            recurrences=tuple(self.recurrences.values()),
            moves=tuple(self.moves),
            tier_rows=tuple(self.tier_rows),
            rest=(*again, *unfolded),
            at=self.now,
        )


def _cost_of_step(change: Change) -> int:
    won = len(claims_of(change)) + starts(change)
    return 1 + _ROWS_PER_STEP + won + len(rates(change.commission))


def _noted(account: Account, plan: Plan) -> set[int]:
    """The rules at each day of `plan` whose marker the account notes; found before the pass, which then skips them."""
    fired, head = account.fired, account.head
    if not fired:
        return set()
    every = (planned for rules in plan.rules.values() for planned in rules if planned.is_noted)
    return {id(planned) for planned in every if fired.get(planned.rule_id) in closed_by(planned, head)}


def _cost(planned: PlannedRule, proofs: int) -> int:
    rule = planned.rule
    made = proofs * (_ITEMS_PER_MARKER + _ROWS_PER_STEP) + len(rule.mails) + bool(rule.updates)
    return made + _ITEMS_PER_MOVE * len(rule.moves)
