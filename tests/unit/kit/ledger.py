"""One member's account as the table would keep it: transitions read it through their reach, and write it whole."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from laurel.domain.kernel.firings import Bonus
from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.payday import Installment, paid_out
from laurel.domain.kernel.transition import at_midnight, transition
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.multiples import Multiples, Repeats, Stretch
from laurel.domain.ledger.payment import paid
from laurel.domain.ledger.totals import (
    REFERRALS,
    REFERRED,
    DayRow,
    MonthRow,
    Totals,
    TotalsRow,
    from_stored,
    rows_of,
    to_stored,
)
from laurel.domain.mail.mails import Mail
from laurel.domain.members.accounts import Account, Change, Head, Reach, Reached, reach
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Midnight, Payday
from laurel.domain.values.model import MOST_OPERATIONS
from laurel.domain.values.periods import DayRange
from tests.unit.kit.builders import LINKS, SATURDAY, member, program


def is_read(row: TotalsRow, wanted: Reach) -> bool:
    """Whether reading what `wanted` asks for brings `row`."""
    match row:
        case MonthRow(month, _):
            return month >= wanted.first_month
        case DayRow(day, _):
            return any(first <= day <= last for first, last in wanted.stretches)


@dataclass
class Ledger:
    """Folds commissions like the workflow does; remembers what rules made of them."""

    rules: Sequence[Rule] = ()
    program: Program = field(default_factory=program)
    member: Member = field(default_factory=member)
    enrollments: Mapping[str, Enrollment] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    suspended: frozenset[str] = frozenset()
    links: frozenset[str] = LINKS
    budget: int = MOST_OPERATIONS
    now: datetime = SATURDAY
    stored: dict[TotalsRow, dict[str, list[int]]] = field(default_factory=dict)
    head: Head = field(default_factory=Head)
    counted: dict[str, Contribution | None] = field(default_factory=dict)
    referred: Counter[TotalsRow] = field(default_factory=Counter)
    rows: dict[str, Commission] = field(default_factory=dict)
    fired: dict[str, str] = field(default_factory=dict)
    deleted: Counter[str] = field(default_factory=Counter)
    bonuses: list[Commission] = field(default_factory=list)
    reached: dict[str, Reached] = field(default_factory=dict)
    multiples: dict[Repeats, Multiples] = field(default_factory=dict)
    readings: int = 0
    mails: list[Mail] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)

    def fold(self, *commissions: Commission) -> list[int]:
        """Folds one batch, with as many transitions as its budget needs. The amounts of the bonuses that it earned."""
        known = len(self.bonuses)
        rulebook = Rulebook.of(self.program, self.rules, self.links)
        changes: Sequence[Change] = [Change(row, self.counted.get(row.commission_id)) for row in commissions]
        while changes:
            days = {change.commission.day for change in changes}
            account = self._read(days, rulebook.ranges(days))
            done = self._decide(lambda *known: transition(account, changes, rulebook, *known))  # noqa: B023
            self._write(done)
            changes = done.rest
        return [row.amount for row in self.bonuses[known:]]

    def begin(self, day: date) -> list[int]:
        """The local day begins, and the one before it is closed. The amounts of the bonuses that it earned."""
        known = len(self.bonuses)
        rulebook, midnight = Rulebook.of(self.program, self.rules, self.links), Midnight.of(self.program.calendar, day)
        is_partial = True
        while is_partial:
            account = self._read({day}, rulebook.ranges_at_midnight(day))
            done = self._decide(lambda *known: at_midnight(account, midnight, rulebook, *known))  # noqa: B023
            is_partial = done.is_partial
            if not done.does_nothing:
                self._write(done)
        return [row.amount for row in self.bonuses[known:]]

    def refer(self, *days: date) -> None:
        """The member brings others, who join on `days`."""
        self.referred.update(row for day in days for row in rows_of(day, REFERRALS))
        self.head = replace(self.head, version=self.head.version + len(days))

    def pay(self, payday: Payday) -> list[int]:
        """All that is due is paid. The amounts of the bonuses that it earned."""
        known, rulebook = len(self.bonuses), Rulebook.of(self.program, self.rules, self.links)
        changes: Sequence[Change] = [self._paid(row, payday) for row in self.due]
        is_left = True
        while is_left:
            account = self._read(
                {c.commission.day for c in changes} | {payday.day}, rulebook.ranges_at_payday(payday.day)
            )
            done = self._decide(lambda *known: paid_out(account, Installment(changes, payday), rulebook, *known))  # noqa: B023
            self._write(done)
            changes = done.rest
            is_left = done.last_payout is None
            assert is_left == (bool(changes) or done.is_partial)
        return [row.amount for row in self.bonuses[known:]]

    def _paid(self, row: Commission, payday: Payday) -> Change:
        after = paid(row, payday.payout_id)
        return Change(after, self.counted[row.commission_id], stored=row, is_pending=False)

    @property
    def due(self) -> list[Commission]:
        """What is approved and not paid, as it was counted last."""
        return [row for row in self.rows.values() if row.state == "approved"]

    def delete_marker(self, marker: Commission) -> None:
        """What deleting a marker does: its row goes, its contribution with it, and the account moves on."""
        self.bonuses.remove(marker)
        del self.rows[marker.commission_id]
        self.fired.pop(str(marker.rule_id), None)
        self.deleted[str(marker.rule_id)] += marker.version + 1
        self.reached.pop(str(marker.rule_id), None)
        if marker.evidence and marker.evidence.number and marker.evidence.key:
            where = Repeats(str(marker.rule_id), marker.evidence.key)
            self.multiples[where] = self.multiples[where].without(marker.evidence.number)
        self.head = replace(self.head, version=self.head.version + 1)

    @property
    def markers(self) -> set[str]:
        return {row.commission_id for row in self.bonuses}

    def _decide(self, ask: Callable[..., Transition | Needed]) -> Transition:
        markers: dict[str, bool] = {}
        offers: dict[str, Offer | None] = {}
        approved: dict[str, bool] = {}
        multiples: dict[Stretch, dict[Repeats, Multiples]] = {}
        while True:
            decided = ask(Known(markers, offers, approved, multiples=multiples), self.now, self.budget)
            if not isinstance(decided, Needed):
                return decided
            assert not decided.marker_ids & markers.keys(), "asked for what it was told"
            assert not decided.stretches & multiples.keys(), "asked for what it was told"
            self.readings += len(decided.marker_ids) + len(decided.stretches)
            multiples |= {stretch: self.multiples_in(stretch) for stretch in decided.stretches}
            markers |= {marker: marker in self.markers for marker in decided.marker_ids}
            offers |= {offer: self.offers.get(offer) for offer in decided.offer_ids}
            approved |= {other: other not in self.suspended for other in decided.member_ids}

    def multiples_in(self, stretch: Stretch) -> dict[Repeats, Multiples]:
        return {where: multiples for where, multiples in self.multiples.items() if stretch.covers(where)}

    def _read(self, days: set[date], ranges: Iterable[DayRange]) -> Account:
        wanted = reach(days, ranges)
        rows = {row: from_stored(stored) for row, stored in self.stored.items() if is_read(row, wanted)}
        rows |= {row: {REFERRED: [count, 0, 0]} for row, count in self.referred.items() if is_read(row, wanted)}
        notes = {"fired": dict(self.fired), "reached": dict(self.reached), "deleted": dict(self.deleted)}
        return Account(self.member, self.head, self.enrollments, Totals(rows), **notes)

    def _write(self, done: Transition) -> None:
        assert operations(done) <= self.budget
        self.transitions.append(done)
        self.stored |= {row: to_stored(counters) for row, counters in done.rows.items()}
        self.counted |= {fold.commission.commission_id: fold.counted for fold in done.folds}
        self.counted |= {made.commission.commission_id: made.counted for made in done.bonuses}
        self.rows |= {fold.commission.commission_id: fold.commission for fold in done.folds}
        self.rows |= {made.commission.commission_id: made.commission for made in done.bonuses}
        self.bonuses = [self.rows[row.commission_id] for row in self.bonuses]
        self.bonuses += [made.commission for made in done.bonuses]
        for made in done.bonuses:
            self._note(str(made.commission.rule_id), made)
        self.multiples |= done.multiples
        self.mails += done.outbox
        midnight, payout = done.midnight or self.head.midnight, done.last_payout or self.head.last_payout
        first = done.first_sale or self.head.first_sale
        self.head = Head(self.head.version + 1, done.balances, midnight, done.outstanding, payout, first_sale=first)
        self.enrollments = {**self.enrollments, **{move.after.offer_id: move.after for move in done.moves}}
        if done.fields is not None:
            self.member = self.member.model_copy(update={"fields": dict(done.fields)})

    def _note(self, rule_id: str, made: Bonus) -> None:
        """One note for each rule, of its last period."""
        if made.key is None:
            return
        self.fired.pop(rule_id, None)
        self.reached.pop(rule_id, None)
        if made.proof.number is None:
            self.fired[rule_id] = made.key
        else:
            self.reached[rule_id] = Reached(made.key, made.proof.through)


def operations(done: Transition) -> int:
    """How many items it writes."""
    notes = {made.commission.rule_id for made in done.bonuses}
    rows = len(done.folds) + len(done.rows) + len(done.bonuses) + len(notes) + len(done.outbox) + len(done.multiples)
    return 1 + rows + (done.fields is not None)


def folded(*rules: Rule, **changes: Any) -> Ledger:
    """An empty account under `rules`."""
    return Ledger(rules=rules, **changes)
