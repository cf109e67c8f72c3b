"""One pass over an account: rows are counted and rules evaluated, in order, on running totals; then what follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from laurel.domain.earnings.recurrences import Recurrence, started, starts
from laurel.domain.earnings.repricing import repriced
from laurel.domain.earnings.tiers import TierRow, tier_rows
from laurel.domain.kernel import firings
from laurel.domain.kernel.budget import ITEMS_PER_MARKER, cost_of_rule, cost_of_step
from laurel.domain.kernel.fields import Fields
from laurel.domain.kernel.firings import Bonus, Firing, Proof
from laurel.domain.kernel.moves import Move, all_may_recalculate, moves_back, moves_of, recalculation, undone_by
from laurel.domain.kernel.outcomes import Fold, Known, Transition, Wanted
from laurel.domain.kernel.places import Places
from laurel.domain.kernel.proofs import Proofs
from laurel.domain.ledger.adjustments import adjustment
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.recalculations import repriceable_in
from laurel.domain.ledger.totals import NO_OFFER, Totals, TotalsRow
from laurel.domain.mail.mails import Message
from laurel.domain.members.accounts import Account, Change, is_good_sale
from laurel.domain.rules.actions import MoveTo, Pay, Send, SetField
from laurel.domain.rules.compiled import CompiledRule, CompiledRules
from laurel.domain.rules.gauges import Subject
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Occasion
from laurel.domain.tracking.claims import Claim, claims_of


@dataclass(slots=True)
class Pass:
    """What has come of it so far; `chain`: rules that have moved the member before, in what led to this pass."""

    account: Account
    rules: CompiledRules
    known: Known
    now: datetime
    budget: int
    proofs: Proofs
    places: Places
    wanted: Wanted
    totals: Totals
    subject: Subject
    fields: Fields
    balances: dict[str, int]
    outstanding: dict[str, int]
    chain: tuple[str, ...] = ()
    folds: list[Fold] = field(default_factory=list)
    touched: set[TotalsRow] = field(default_factory=set)
    bonuses: list[Bonus] = field(default_factory=list)
    outbox: list[Message] = field(default_factory=list)
    claims: dict[Claim, Commission] = field(default_factory=dict)
    recurrences: dict[str, Recurrence] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    moved_before: int = 0
    tier_rows: list[TierRow] = field(default_factory=list)
    adjustments: list[Commission] = field(default_factory=list)
    is_full: bool = False

    @staticmethod
    def begin(account: Account, rules: CompiledRules, known: Known, now: datetime, budget: int) -> "Pass":
        """On the account as it was read."""
        subject = firings.subject_of(account, rules.program, rules.values(account.totals))
        wanted = Wanted()
        proofs = Proofs(account, rules.program, known, wanted)
        places = Places(known.places, wanted.payouts)
        head, totals = account.head, account.totals.copy()
        balances, outstanding = dict(head.balances), dict(head.outstanding)
        sums = totals, subject, Fields(subject.fields, account.member.fields), balances, outstanding
        return Pass(account, rules, known, now, budget, proofs, places, wanted, *sums)

    @property
    def operations(self) -> int:
        """How many items it writes so far, at most."""
        made = (
            ITEMS_PER_MARKER * len(self.bonuses)
            + len(self.outbox)
            + self.fields.operations
            + len(self.proofs.multiples)
        )
        won = len(self.claims) + len(self.recurrences) + len(self.tier_rows) + len(self.adjustments)
        moved = (
            1 + self.rules.program.features.events + MoveTo.items * len(self.moves) + self.places.operations
        )  # 1: its head
        return len(self.folds) + len(self.touched) + made + won + moved

    def has_budget_for(self, change: Change) -> bool:
        """Whether what counting it takes at most can still be written."""
        return not self.is_full and self.operations + cost_of_step(change) <= self.budget

    def settled(self, change: Change) -> Change:
        """With the row as its payout and the retroactive moves so far have it."""
        row = self.places.settled(change.commission, self.now)
        enrollment = self.subject.enrollments.get(row.offer_id or "")
        after = repriced(row, enrollment.recalculations, self.now) if enrollment else row
        return change if after is change.commission else replace(change, commission=after, stored=change.read)

    def step(self, change: Change) -> None:
        """Counts it, and evaluates the rules."""
        self.count(change)
        self.evaluate(self.rules.concerned(change.commission.day, change.commission.offer_id), change)
        if self.is_full:
            self.folds[-1] = self.folds[-1].left_over()

    def count(self, change: Change) -> None:
        """Brings the totals to what the row is worth now, with what it wins and what others earn of it."""
        if self.subject.first_sale is None and is_good_sale(change):
            self.subject.first_sale = change.commission.commission_id
        self.count_in(change)
        for claim in claims_of(change):
            self.claims.setdefault(claim, change.commission)
        if starts(change):
            recurrence = started(self.rules.program, change.commission, self.now)
            self.recurrences.setdefault(recurrence.recurrence_id, recurrence)
        self.tier_rows.extend(tier_rows(self.rules.program.program_id, self.account, change, self.now))

    def count_in(self, change: Change) -> None:
        """Brings the totals to what the row is worth now with its adjustments, and nothing else."""
        change = self._adjusted(change)
        commission = change.commission
        counted = commission.contribution()
        if counted != change.counted:
            self._count(commission.day, commission.offer_id, change.counted, -1)
            self._count(commission.day, commission.offer_id, counted, 1)
        self.folds.append(Fold(change, commission, counted))
        self.places.move(change.read, commission)
        self._tell_recalculations(self.folds[-1])

    def _adjusted(self, change: Change) -> Change:
        """A fixed row with what it is due more or less: both are one step, so that no rule comes between them."""
        row = change.commission
        needed = adjustment(self.rules.program.program_id, row, self.now)
        if needed is None:
            return change
        self.adjustments.append(needed.made)
        self._count(row.day, row.offer_id, needed.made.contribution(), 1)
        return replace(change, commission=needed.row, stored=change.read)

    def _tell_recalculations(self, fold: Fold) -> None:
        """What is outstanding falls by each row that is repriced, paid or declined. None comes to it."""
        enrollment = self.subject.enrollments.get(fold.commission.offer_id or "")
        for each in enrollment.recalculations if enrollment else ():
            if each.key in self.outstanding:
                self.outstanding[each.key] -= each.awaits(fold.change.read, fold.change.counted)
                self.outstanding[each.key] += each.awaits(fold.commission, fold.counted)

    def _count(self, day: date, offer_id: str | None, contribution: Contribution | None, sign: int) -> None:
        if contribution is None:
            return
        offer = offer_id or NO_OFFER
        self.touched.update(self.totals.count(day, offer, contribution, sign))
        state = contribution.bucket.state
        self.balances[state] = self.balances.get(state, 0) + sign * contribution.commission
        numbers = contribution[1:]
        values = self.subject.values
        for gauge, position in self.rules.moved(day, offer)[contribution.bucket]:
            values[gauge] += sign * numbers[position]

    def evaluate(self, rules: Sequence[CompiledRule], cause: Change | Occasion) -> None:
        """Fires those of `rules` that hold and have no marker, as far as they fit."""
        values, self.moved_before = self.subject.values, len(self.moves)
        self.subject.cause = None if isinstance(cause, Occasion) else cause.commission
        for compiled in self.proofs.unproven(rules):
            leading = compiled.leading
            # the hot line: most rules end here, so a plain number is compared without a call
            reading = leading.reading(self.subject) if leading.plain is None else values[leading.plain]
            if leading.compare(reading, leading.threshold):
                self._consider(compiled, cause)

    def _consider(self, compiled: CompiledRule, cause: Change | Occasion) -> None:
        rule, enrollments = compiled.rule, self.subject.enrollments
        if self.is_full or not firings.can_be_carried_out(rule, self.rules.program, self.account.member, enrollments):
            return
        if not all(test.holds(self.subject) for test in compiled.further):
            return
        for proofs in self._open(compiled, cause):
            moves = self._moves_of(rule)
            if not self._knows_enough(rule, moves) or not self._is_allowed(rule, moves):
                return
            if self.operations + cost_of_rule(compiled, len(proofs)) > self.budget:
                self.is_full = True
                return
            self._fire(compiled, cause if isinstance(cause, Occasion) else cause.commission, proofs)

    def _open(self, compiled: CompiledRule, cause: Change | Occasion) -> Iterable[tuple[Proof, ...]]:
        """Each time that it fires, with the rows that prove it: nothing but once where it only changes something."""
        if compiled.needs_marker:
            return self.proofs.open(compiled, cause, compiled.leading.times(self.subject) if compiled.repeats else 1)
        rule = compiled.rule
        return [()] if self._moves_of(rule) or firings.changes_fields(rule, self.fields.now) else []

    def _knows_enough(self, rule: Rule, moves: Sequence[MoveTo]) -> bool:
        """Whether the offers were read by whose terms it recalculates, or pays an action, and whom else it pays."""
        wanted = {move.offer_id for move in moves if move.retroactive}
        if rule.offer_of_action is not None and rule.offer_of_action in self.subject.enrollments:
            wanted.add(rule.offer_of_action)
        unknown = wanted - self.known.offers.keys()
        others = {*firings.others_paid(rule, self.account.member)} - self.known.approved.keys()
        self.wanted.offers |= unknown
        self.wanted.members |= others
        return not (unknown or others)

    def _is_allowed(self, rule: Rule, moves: Sequence[MoveTo]) -> bool:
        """Whether others whom it pays are approved, and what retroactive moves go by allows them."""
        known = self.known
        pays = all(known.approved[other] for other in firings.others_paid(rule, self.account.member))
        return pays and all_may_recalculate(moves, known.offers, self.subject.enrollments, self.outstanding)

    def _fire(self, compiled: CompiledRule, trigger: Commission | Occasion, proofs: Sequence[Proof]) -> None:
        firing = Firing(compiled, trigger, self.account, self.subject, self.rules.program, self.known.offers, self.now)
        # the rows first: their evidence is what the rule saw, not what it sets
        rows = [self._prove(compiled, firing.row(proof)) for proof in proofs]
        told = next((each.commission for each in rows if each.key or compiled.rule.fires_per_order), None)
        moves = self._moves_of(compiled.rule)
        for index, effect in enumerate(compiled.rule.effects):
            match effect:
                case Pay():
                    pass  # its row is the marker
                case Send():
                    if told is not None:
                        self.outbox.append(firing.message(effect, told, index))
                case SetField(field=name, value=value):
                    self.fields.set(name, value, compiled.rule_id)
                case MoveTo():
                    if effect in moves:
                        self._move(compiled, effect, trigger)
                case _:
                    assert_never(effect)

    def _prove(self, compiled: CompiledRule, bonus: Bonus) -> Bonus:
        row = bonus.commission
        self.proofs.add(compiled, bonus)
        self.bonuses.append(bonus)
        self._count(row.day, row.offer_id, bonus.counted, 1)
        return bonus

    def _move(self, compiled: CompiledRule, effect: MoveTo, trigger: Commission | Occasion) -> None:
        if undone := undone_by(effect, self.moves[self.moved_before :]):
            self._undo(undone)
            return
        before = self.subject.enrollments[effect.offer_id]
        after, begun = before.moved(effect.payout_option_id, self.now), None
        if effect.retroactive and (offer := self.known.offers[effect.offer_id]) is not None:
            begun = recalculation(compiled, after, offer, trigger, self._movers(), self.now)
            self.outstanding[begun.key] = repriceable_in(self.totals, after.offer_id, compiled.days)
            after = after.recalculating(begun, self.outstanding)
        self.subject.enrollments[effect.offer_id] = after
        self.moves.append(Move(before, after, compiled.rule_id, begun))

    def _undo(self, moves: Sequence[Move]) -> None:
        """Where one rule moves the member away and another one back, nobody was moved: groups of several levels."""
        self.subject.enrollments[moves[0].before.offer_id] = moves[0].before
        for move in moves:
            self.moves.remove(move)
            if move.recalculation is not None:
                del self.outstanding[move.recalculation.key]

    def _moves_of(self, rule: Rule) -> list[MoveTo]:
        """What it would change. A rule that moved the member in the chain may only undo what others do."""
        moves = moves_of(rule, self.subject.enrollments)
        return moves_back(moves, self.moves[self.moved_before :]) if rule.rule_id in self.chain else moves

    def _movers(self) -> tuple[str, ...]:
        """The rules that moved the member in the chain; outside of one, each move begins its own."""
        return (*self.chain, *(move.rule_id for move in self.moves)) if self.chain else ()

    def result(self, unfolded: Sequence[Change] = ()) -> Transition:
        """What is to be written. `unfolded`: changes that the pass did not come to."""
        leftover = self.folds[-1:] if self.folds and self.folds[-1].again else []
        again = [Change(fold.commission, fold.counted, is_left_over=True) for fold in leftover]
        return Transition(
            folds=tuple(self.folds),
            rows={row: self.totals.rows[row] for row in self.touched},
            balances=self.balances,
            outstanding=self.outstanding,
            bonuses=tuple(self.bonuses),
            outbox=tuple(self.outbox),
            fields=dict(self.fields.now) if self.fields.is_changed else None,
            fields_set=self.fields.sets,
            claims=dict(self.claims),
            recurrences=tuple(self.recurrences.values()),
            moves=tuple(self.moves),
            tier_rows=tuple(self.tier_rows),
            adjustments=tuple(self.adjustments),
            lines=tuple(self.places.moves.values()),
            drafts=self.account.head.without_drafts(self.places.left),
            rest=(*again, *unfolded),
            at=self.now,
            multiples=dict(self.proofs.multiples),
            first_sale=None if self.account.head.first_sale else self.subject.first_sale,
        )
