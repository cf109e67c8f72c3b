"""The replay of a member's past: facts in the order in which they came, put to one rule by the account transition."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, TypeAlias, assert_never

from laurel.domain.kernel.backtests import Backtest, Firing
from laurel.domain.kernel.firings import Bonus
from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.pasts import Told
from laurel.domain.kernel.payday import Installment, paid_out
from laurel.domain.kernel.transition import at_midnight, transition
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.multiples import Multiples, Repeats, Stretch
from laurel.domain.ledger.totals import REFERRALS, REFERRED, Totals
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import STARTS_AFTER, Midnight, Payday
from laurel.domain.values.calendar import ONE_DAY, Calendar

_AT_ONCE: Final = 200
"""Facts of one pass."""
_UNLIMITED: Final = 10**9
_ONE_MORE: Final = Contribution(REFERRED, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Counted:
    """A row was told, or told anew."""

    at: datetime
    row: Commission


@dataclass(frozen=True, slots=True)
class Paid:
    """A payout paid these rows."""

    at: datetime
    payday: Payday
    rows: tuple[Commission, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A local day began."""

    at: datetime
    midnight: Midnight


@dataclass(frozen=True, slots=True)
class Joined:
    """Members whom this one brought joined on a day."""

    at: datetime
    day: date
    number: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The member came into another payout option of an offer, by a hand or by another rule."""

    at: datetime
    offer_id: str
    payout_option_id: str


Ask: TypeAlias = Callable[[Known], Transition | Needed]
Fact: TypeAlias = Counted | Paid | Closed | Joined | Moved


@dataclass(frozen=True, slots=True)
class PastMember:
    """A member as it is now, and what has happened. `rows`: the past of each row; `paydays`: by payout id.

    `moves`: moves of enrollments, which are given as they first were; `referred`: members brought, by the day.
    `approved`: whether others whom the rule pays are.
    """

    member: Member
    enrollments: Mapping[str, Enrollment]
    rows: Iterable[Sequence[Told]]
    paydays: Mapping[str, Payday]
    moves: Sequence[Moved]
    referred: Mapping[date, int]
    approved: Mapping[str, bool]


@dataclass(slots=True)
class Replay:
    """The account while its past goes on; `fired`: the rows that the rule made, `changed`: what it did without one."""

    backtest: Backtest
    program: Program
    account: Account
    enrollments: Mapping[str, Enrollment]
    approved: Mapping[str, bool]
    rulebook: Rulebook
    counted: dict[str, Contribution | None] = field(default_factory=dict)
    markers: set[str] = field(default_factory=set)
    multiples: dict[Repeats, Multiples] = field(default_factory=dict)
    fired: list[Commission] = field(default_factory=list)
    changed: list[Firing] = field(default_factory=list)

    def go_through(self, facts: Sequence[Fact]) -> None:
        """All of them, rows that follow each other in one pass."""
        waiting: list[Counted] = []
        for fact in facts:
            if not isinstance(fact, Counted):
                self._count(waiting)
                waiting = []
                self._take(fact)
                continue
            if waiting and (len(waiting) >= self._at_once or self._differ(waiting[-1].at, fact.at)):
                self._count(waiting)
                waiting = []
            waiting.append(fact)
        self._count(waiting)

    @property
    def _at_once(self) -> int:
        """Action bonuses count like any row, right after the pass that makes them."""
        paying = self.backtest.rule.paying
        return 1 if self.backtest.rule.is_state_only or (paying and paying.action_code) else _AT_ONCE

    def _differ(self, before: datetime, at: datetime) -> bool:
        """Whether the rule or the member was another by then."""
        moments = [self.backtest.rule.created_at, *(each.created_at for each in self.enrollments.values())]
        moments += [self.account.member.approved_at] if self.account.member.approved_at else []
        return any(before < moment <= at for moment in moments)

    def _count(self, waiting: Sequence[Counted]) -> None:
        if not waiting:
            return
        at, changes = waiting[-1].at, [self._change(each.row) for each in waiting]
        done = self._decided(
            lambda known: transition(self._as_of(at), changes, self._rules(at), known, at, budget=_UNLIMITED)
        )
        self._became(done, at, waiting[-1].row.day)

    def _take(self, fact: Paid | Closed | Joined | Moved) -> None:
        match fact:
            case Paid(at=at, payday=payday, rows=rows):
                installment = Installment([self._change(row) for row in rows], payday)
                account, rules = self._as_of(at), self._rules(at)
                done = self._decided(lambda known: paid_out(account, installment, rules, known, at, budget=_UNLIMITED))
                self._became(done, at, payday.day)
            case Closed(at=at, midnight=midnight):
                account, rules = self._as_of(at), self._rules(at)
                done = self._decided(lambda known: at_midnight(account, midnight, rules, known, at, budget=_UNLIMITED))
                self._became(done, at, midnight.day)
            case Joined(day=day, number=number):
                for _ in range(number):
                    self.account.totals.count(day, REFERRALS, _ONE_MORE, 1)
            case Moved(offer_id=offer_id, payout_option_id=option):
                place = self.account.enrollments.get(offer_id)
                if place is not None:
                    moved = place.model_copy(update={"payout_option_id": option})
                    self.account = replace(self.account, enrollments={**self.account.enrollments, offer_id: moved})
            case _:
                assert_never(fact)

    def _change(self, row: Commission) -> Change:
        before = self.counted.get(row.commission_id)
        self.counted[row.commission_id] = row.contribution()
        return Change(row, before)

    def _rules(self, at: datetime) -> Rulebook:
        return self.rulebook if at >= self.backtest.rule.created_at else Rulebook(self.program, ())

    def _as_of(self, at: datetime) -> Account:
        """The account with the enrollments that there were, and the member approved or not yet."""
        member = self.account.member
        if member.approved_at is not None and member.approved_at > at:
            member = member.model_copy(update={"status": "pending", "approved_at": None})
        there = {offer: each for offer, each in self.account.enrollments.items() if each.created_at <= at}
        return replace(self.account, member=member, enrollments=there)

    def _decided(self, ask: Ask) -> Transition:
        """The transition that `ask` comes to. It is told of no offer: nothing is repriced, nothing recurs."""
        known = Known()
        while isinstance(decided := ask(known), Needed):
            assert not decided.payout_ids  # noqa: S101 - a row of the past is in no draft; else this would have no end
            markers = {marker: marker in self.markers for marker in decided.marker_ids}
            approved = {other: self.approved.get(other, False) for other in decided.member_ids}
            multiples = {stretch: self._within(stretch) for stretch in decided.stretches}
            offers = dict.fromkeys(decided.offer_ids)
            known = known.with_more(Known(markers, offers, approved, multiples=multiples))
        return decided

    def _within(self, stretch: Stretch) -> dict[Repeats, Multiples]:
        return {where: numbers for where, numbers in self.multiples.items() if stretch.covers(where)}

    def _became(self, done: Transition, at: datetime, day: date) -> None:
        account, head = self.account, self.account.head
        account.totals.rows.update(done.rows)
        self.multiples.update(done.multiples)
        midnight, last_payout = done.midnight or head.midnight, done.last_payout or head.last_payout
        first_sale = done.first_sale or head.first_sale
        fields = account.member.fields if done.fields is None else dict(done.fields)
        moved = {move.after.offer_id: move.after for move in done.moves}
        self.account = replace(
            account,
            head=Head(head.version + 1, done.balances, midnight, last_payout=last_payout, first_sale=first_sale),
            member=account.member.model_copy(update={"fields": fields}),
            enrollments={**account.enrollments, **moved},
        )
        self._prove(done, at, day)

    def _prove(self, done: Transition, at: datetime, day: date) -> None:
        for bonus in done.bonuses:
            self.markers.add(bonus.commission.commission_id)
            self.fired.append(bonus.commission)
        if not done.bonuses and (done.moves or done.fields is not None) and self.backtest.covers(day):
            member_id, period = self.account.member.member_id, self.backtest.rule.leading.period.type
            self.changed.append(Firing(member_id=member_id, period=period, at=at, amount=0))
        own = [bonus.commission for bonus in done.bonuses if self._counts(bonus)]
        self._count([Counted(at, row) for row in own])

    def _counts(self, bonus: Bonus) -> bool:
        return bonus.counted is None and bonus.commission.member_id == self.account.member.member_id


def replayed(
    past: PastMember, backtest: Backtest, program: Program, rulebook: Rulebook, closes: Sequence[Closed]
) -> Replay:
    """The past of a member gone through. `rulebook`: the rule alone; `closes`: the days at whose end it is asked."""
    own = backtest.rule.updates
    fields = {name: value for name, value in past.member.fields.items() if own.get(name) != value}
    member = past.member.model_copy(update={"fields": fields})
    account = Account(member, Head(), past.enrollments, Totals())
    replay = Replay(backtest, program, account, past.enrollments, past.approved, rulebook)
    replay.go_through(facts_of(past, closes, program.calendar))
    return replay


def facts_of(past: PastMember, closes: Sequence[Closed], calendar: Calendar) -> list[Fact]:
    """All that happened, in the order in which it came."""
    facts: list[Fact] = [*past.moves, *closes]
    paid: dict[str, list[Told]] = {}
    for states in past.rows:
        for told in states:
            if told.is_payment and told.row.payout_id is not None:
                paid.setdefault(told.row.payout_id, []).append(told)
            else:
                facts.append(Counted(told.at, told.row))
    facts += [Paid(told[0].at, past.paydays[of], tuple(each.row for each in told)) for of, told in paid.items()]
    facts += [Joined(calendar.start_of(day), day, number) for day, number in past.referred.items()]
    return sorted(facts, key=_order)


def _order(fact: Fact) -> tuple[datetime, int, str]:
    """Rows of one instant by their ids, as they are counted; then whatever is no row."""
    return (fact.at, 0, fact.row.commission_id) if isinstance(fact, Counted) else (fact.at, 1, "")


def closes_of(backtest: Backtest, program: Program, rulebook: Rulebook) -> list[Closed]:
    """The days that have begun since the rule was made, as far as they are closed and it is asked then.

    They are the same for all members, and may be thousands.
    """
    return [] if backtest.rule.needs_order else list(_closes(backtest, program, rulebook))


def _closes(backtest: Backtest, program: Program, rulebook: Rulebook) -> Iterator[Closed]:
    calendar = program.calendar
    day = calendar.day_after(max(calendar.day_of(backtest.rule.created_at), calendar.day_of(program.created_at)))
    until = min(backtest.last, program.closed_until or backtest.first - ONE_DAY)
    while day <= until:
        if rulebook.at_midnight(day).by_day[day]:
            midnight = Midnight.of(calendar, day)
            yield Closed(midnight.occurred_at + STARTS_AFTER, midnight)
        day = calendar.day_after(day)
