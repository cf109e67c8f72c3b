"""The account transition: (account, changes in order, rules) -> (new totals, effects). Pure; written in one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from laurel.domain.accounts import Account, Change
from laurel.domain.commissions import Commission, Contribution, customer_scope
from laurel.domain.firings import Bonus, Firing, marker_of
from laurel.domain.mails import Mail
from laurel.domain.members import with_fields
from laurel.domain.plans import Plan, PlannedRule, Subject
from laurel.domain.rulebook import Rulebook
from laurel.domain.totals import NO_OFFER, Counters, Totals, TotalsRow, rows_of

MOST_OPERATIONS: Final = 100
"""What DynamoDB writes in one transaction."""
_ROWS_PER_STEP: Final = 3
_ITEMS_PER_MARKER: Final = 2
"""The marker itself, and the note in the account that it exists."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A commission whose contribution is now in the totals; `again`: rules are left over for another pass."""

    commission: Commission
    counted: Contribution | None
    again: bool = False

    @property
    def next_commission(self) -> Commission:
        """The row as the transaction leaves it: one version on if rules are left over."""
        return self.commission.model_copy(update={"version": self.commission.version + self.again})


@dataclass(frozen=True, slots=True)
class MarkersNeeded:
    """The pass asked for markers that were not read: read these too and ask again."""

    marker_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Transition:
    """What one transaction writes. `rows` are whole and new; `fields` is None if unchanged; `rest` did not fit.

    `claims`: (customer, among whom) -> the order whose member has won the customer, unless somebody did before.
    """

    folds: tuple[Fold, ...]
    rows: Mapping[TotalsRow, Counters]
    balances: Mapping[str, int]
    bonuses: tuple[Bonus, ...]
    mails: tuple[Mail, ...]
    fields: Mapping[str, str] | None
    claims: Mapping[tuple[str, str], Commission]
    rest: tuple[Change, ...]
    at: datetime


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
    run = _Run.begin(account, rulebook.plan(change.commission.day for change in changes), markers, now, room)
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


@dataclass(slots=True)
class _Run:
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
    claims: dict[tuple[str, str], Commission] = field(default_factory=dict)
    fired: set[str] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    is_full: bool = False

    @staticmethod
    def begin(account: Account, plan: Plan, markers: Mapping[str, bool], now: datetime, room: int) -> "_Run":
        fields = dict(account.member.fields)
        subject = Subject(plan.values(account.totals), fields, account.enrollments)
        balances = dict(account.head.balances)
        run = _Run(account, plan, markers, now, room, account.totals.copy(), subject, fields, balances)
        run.settled = _noted(account.fired, plan)
        return run

    @property
    def operations(self) -> int:
        made = _ITEMS_PER_MARKER * len(self.bonuses) + len(self.mails) + len(self.claims) + self.sets_fields
        return 1 + len(self.folds) + len(self.touched) + made  # 1: the account's head

    @property
    def sets_fields(self) -> bool:
        return self.fields != self.account.member.fields

    def has_room_for(self, change: Change) -> bool:
        return not self.is_full and self.operations + 1 + _ROWS_PER_STEP + len(_claims(change)) <= self.room

    def step(self, change: Change) -> None:
        commission = change.commission
        counted = commission.contribution()
        if counted != change.counted:
            self._count(commission.day, commission.offer_id, change.counted, -1)
            self._count(commission.day, commission.offer_id, counted, 1)
        for claim in _claims(change):
            self.claims.setdefault(claim, commission)
        self.folds.append(Fold(commission, counted))
        self._evaluate(commission)
        if self.is_full:
            self.folds[-1] = replace(self.folds[-1], again=True)

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

    def _evaluate(self, trigger: Commission) -> None:
        values = self.subject.values
        for planned in self.plan.concerned(trigger.day, trigger.offer_id):
            if id(planned) in self.settled:  # its marker exists: nothing in this pass can make it fire
                continue
            leading = planned.leading
            # the hot line: most rules end here, so a plain counter is compared without a call
            value = values[leading.gauge] if leading.is_counter else leading.value(self.subject)
            if leading.compare(value, leading.threshold):
                self._consider(planned, trigger)

    def _consider(self, planned: PlannedRule, trigger: Commission) -> None:
        if self.is_full or not self._can_be_carried_out(planned):
            return
        if not all(test.holds(self.subject) for test in planned.further) or not self._is_due(planned):
            return
        if self.operations + _cost(planned) > self.room:
            self.is_full = True
            return
        self._fire(planned, trigger)

    def _is_due(self, planned: PlannedRule) -> bool:
        if not planned.needs_marker:
            return with_fields(self.fields, planned.rule.updates) != self.fields
        marker = marker_of(planned, self.account, self.plan.program)
        if marker in self.fired or self.markers.get(marker, False):
            self.settled.add(id(planned))
            return False
        if marker not in self.markers:
            self.needed.add(marker)
        return marker in self.markers

    def _can_be_carried_out(self, planned: PlannedRule) -> bool:
        return self.plan.program.merchant_email is not None or not planned.rule.mails_merchant

    def _fire(self, planned: PlannedRule, trigger: Commission) -> None:
        if planned.needs_marker:
            self._prove(planned, trigger)  # first: its evidence is what the rule saw, not what it sets
        updated = with_fields(self.fields, planned.rule.updates)
        self.fields.clear()  # in place: later rules of the pass look at this very dict
        self.fields.update(updated)

    def _prove(self, planned: PlannedRule, trigger: Commission) -> None:
        firing = Firing(planned, trigger, self.account, self.subject, self.plan.program, self.now)
        bonus = firing.bonus()
        row = bonus.commission
        self.fired.add(row.commission_id)
        self.bonuses.append(bonus)
        self._count(row.day, row.offer_id, bonus.counted, 1)
        self.mails.extend(firing.mails(row))

    def result(self, unfolded: Sequence[Change]) -> Transition:
        leftover = self.folds[-1:] if self.folds and self.folds[-1].again else []
        again = [
            Change(f.commission.model_copy(update={"version": f.commission.version + 1}), f.counted) for f in leftover
        ]
        return Transition(
            folds=tuple(self.folds),
            rows={row: self.totals.rows[row] for row in self.touched},
            balances=self.balances,
            bonuses=tuple(self.bonuses),
            mails=tuple(self.mails),
            fields=dict(self.fields) if self.sets_fields else None,
            claims=self.claims,
            rest=(*again, *unfolded),
            at=self.now,
        )


def _claims(change: Change) -> list[tuple[str, str]]:
    """The customers, and among whom, that counting it wins: the first time, and not if it was declined before."""
    row = change.commission
    if change.counted is not None or not row.claims_customer or row.order is None or row.status == "declined":
        return []
    return [(customer, customer_scope(customer, row.order.storefront_id)) for customer in row.order.customers]


def _noted(fired: Mapping[str, str], plan: Plan) -> set[int]:
    """The rules at each day of `plan` whose marker the account notes; found before the pass, which then skips them."""
    if not fired:
        return set()
    every = (planned for rules in plan.rules.values() for planned in rules)
    return {id(planned) for planned in every if planned.needs_marker and fired.get(planned.rule_id) == planned.period}


def _cost(planned: PlannedRule) -> int:
    marker = _ITEMS_PER_MARKER + _ROWS_PER_STEP if planned.needs_marker else 0
    return marker + len(planned.rule.mails) + bool(planned.rule.updates)
