"""Carrying a payout out: member by member, each paid in transactions that count its rows as paid.

Never through `pend`: the stream would have to fold a million paid rows before the next order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, Self

from laurel import clock
from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.payday import Installment, paid_out
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.accounts import Account, Change, Head, reach
from laurel.domain.payouts.payouts import Line, Payout
from laurel.domain.program.jobs import Page
from laurel.domain.rules.rulebook import Rulebook
from laurel.store import accounts, items, keys, ledger, payouts
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.workflows.kernel import recalculations
from laurel.workflows.kernel.transitions import decide, fold_member
from laurel.workflows.members import members
from laurel.workflows.payouts.due import Dues, Position
from laurel.workflows.requests import edits
from laurel.workflows.requests.optimistic import Pause, work_off

MOST_MEMBERS: Final = 50
MOST_ROWS: Final = 500
"""Rows read of a member at once: if there are no more, they alone decide. A page ends after as many."""
MOST_CHANGES: Final = 85
"""Rows of one transaction, which also needs room for totals, head, line and payout."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The progress in a member of many rows: up to `position` (None: the beginning), `paid` rows in this pass."""

    position: Position | None = None
    paid: int = 0

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """A walk from a cursor."""
        return cls(stored["place"] and Position(*stored["place"]), stored["paid"])

    def to_stored(self) -> dict[str, Any]:
        """The walk in a cursor."""
        return {"place": self.position and [*self.position], "paid": self.paid}


def first_cursor(payout_id: str) -> dict[str, Any]:
    """The cursor at which the job of a payout begins."""
    return {"payout_id": payout_id}


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime, pause: Pause = clock.pause) -> Page:
    """Pays the members after `cursor` who are approved. A repeat finds rows that are paid and lines that are closed."""
    program_id, before, within = rulebook.program.program_id, cursor.get("before"), cursor.get("within")
    key = keys.payout(program_id, cursor["payout_id"])
    payout = payouts.begun(edits.get_item(table, key, "payout_not_found", "payout"))
    member_ids = _members(table, program_id, payout, before)
    lines = _lines(table, program_id, payout, member_ids)
    done = 0
    for member_id in member_ids:
        if done >= MOST_ROWS:
            return Page(done, is_last=False, cursor={**first_cursor(payout.payout_id), "before": before})
        payee = _Payee(table, rulebook, payout, member_id, now, pause)
        walk = Walk.of(within) if within and within["member_id"] == member_id else Walk()
        paid, further = payee.pay(walk, lines.get(member_id))
        done += paid
        if further is not None:
            within = {"member_id": member_id, **further.to_stored()}
            here = {"before": before, "within": within}
            return Page(done, is_last=False, cursor={**first_cursor(payout.payout_id), **here})
        before = member_id
    cursor = {**first_cursor(payout.payout_id), "before": before}
    return Page(done, is_last=len(member_ids) < MOST_MEMBERS, cursor=cursor)


def _members(table: Table, program_id: str, payout: Payout, before: str | None) -> list[str]:
    """The ids of the next members, newest first, as all members are listed."""
    if payout.member_ids is None:
        return members.listed(table, program_id, before, MOST_MEMBERS)
    listed = sorted({*payout.member_ids}, reverse=True)
    return [member_id for member_id in listed if before is None or member_id < before][:MOST_MEMBERS]


def _lines(table: Table, program_id: str, payout: Payout, member_ids: Iterable[str]) -> dict[str, Line]:
    wanted = [keys.payout_line(program_id, payout.payout_id, member_id) for member_id in member_ids]
    return {key.sk: payouts.line(item) for key, item in table.batch_get(wanted).items()}


@dataclass(frozen=True, slots=True)
class _Left:
    """Rows still to be paid; `closes`: with the last of them, the member is paid in full."""

    changes: Sequence[Change]
    closes: bool

    def __bool__(self) -> bool:
        return bool(self.changes) or self.closes


_NOTHING: Final = _Left((), closes=False)


@dataclass(frozen=True, slots=True)
class _Payee:
    table: Table
    rulebook: Rulebook
    payout: Payout
    member_id: str
    now: datetime
    pause: Pause

    def pay(self, walk: Walk, line: Line | None) -> tuple[int, Walk | None]:
        """Pays rows; their number, and the walk to go on with if there are more."""
        if line is not None and line.is_closed:
            return 0, None
        dues = Dues(self.table, self._program_id, self.rulebook.program.calendar, self.member_id, self.payout)
        due = list(islice(dues.after(walk.position), MOST_ROWS + 1))
        if walk.position is None and len(due) <= MOST_ROWS:
            return self._pay([row.key for row in due], closes=True) if due or line else 0, None
        if line is None and not self.payout.pays(dues.total()):
            return 0, None
        paid = self._pay([row.key for row in due[:MOST_ROWS]], closes=False)
        in_pass = walk.paid + paid
        if len(due) > MOST_ROWS:
            return paid, Walk(due[MOST_ROWS - 1].position, in_pass)
        if in_pass:
            return paid, Walk()  # once more: now there may be enough to take its deductions off
        return self._pay([], closes=True), None

    @property
    def _program_id(self) -> str:
        return self.rulebook.program.program_id

    def _pay(self, wanted: Sequence[Key], *, closes: bool) -> int:
        paid = 0

        def step(left: _Left) -> _Left:
            nonlocal paid
            head, line = self._standing()
            if line is not None and line.is_closed:
                return _NOTHING
            if self._reprice(left, head):
                return reread(left)
            chosen = self._chosen(left, line)
            if not chosen and (line is None or not left.closes):
                return _NOTHING
            done = self._transact(chosen, head, closes=left.closes)
            if done is None:
                return _NOTHING
            paid += len(done.folds)
            rest = chosen[len(done.folds) :]
            return _Left(rest, closes=left.closes and (bool(rest) or done.is_partial))

        def reread(left: _Left) -> _Left:
            return _Left(self._read([self._key(change.read) for change in left.changes]), left.closes)

        work_off(_Left(self._read(wanted), closes), step, reread, self.pause)
        return paid

    def _key(self, row: Commission) -> Key:
        return keys.commission(self._program_id, row.commission_id)

    def _read(self, wanted: Sequence[Key]) -> list[Change]:
        """The wanted rows that are due as they stand. Rows that wait to be counted are counted first."""
        stored = self.table.batch_get(wanted)
        if waiting := [item for item in stored.values() if item.get("pend") == 1]:
            fold_member(self.table, self.rulebook, self.member_id, waiting, self.now, self.pause)
            stored = self.table.batch_get(wanted)
        counted = [item for item in stored.values() if "pend" not in item]
        rows = [(items.parse(Commission, item), ledger.contribution_of(item)) for item in counted]
        calendar = self.rulebook.program.calendar
        return [self._paid(row, counted) for row, counted in rows if self.payout.takes(row, calendar)]

    def _paid(self, row: Commission, counted: Any) -> Change:
        paid = row.paid(self.now, self.payout.payout_id)
        return Change(paid, counted, stored=row, is_pending=False)

    def _reprice(self, left: _Left, head: Head) -> bool:
        """Reprices rows for recalculations at work, since paid rows keep their price; whether there were any."""
        offers = {change.read.offer_id for change in left.changes if change.read.offer_id}
        done = 0
        for begun in recalculations.at_work(self.table, self._program_id, self.member_id, head, offers):
            of_offer = [change for change in left.changes if change.read.offer_id == begun.offer_id]
            waiting = [self._key(change.read) for change in of_offer if begun.awaits(change.read, change.counted)]
            done += recalculations.reprice(self.table, self.rulebook, begun, waiting, self.now, self.pause)
        return done > 0

    def _standing(self) -> tuple[Head, Line | None]:
        head = keys.head(self._program_id, self.member_id)
        line = keys.payout_line(self._program_id, self.payout.payout_id, self.member_id)
        stored = self.table.batch_get([head, line])
        return accounts.head(stored.get(head)), payouts.line(stored[line]) if line in stored else None

    def _chosen(self, left: _Left, line: Line | None) -> list[Change]:
        by_id = {change.read.commission_id: change for change in left.changes}
        rows = [change.read for change in left.changes]
        chosen = self.payout.chosen(rows, None if line is None else line.amount, is_all=left.closes)
        return [by_id[row.commission_id] for row in chosen]

    def _transact(self, changes: Sequence[Change], head: Head, *, closes: bool) -> Transition | None:
        """Pays as many rows as fit, and adds them to the line. With the member's last row, the line is closed.

        None: the member is not approved at the version of the account that it would be written to.
        """
        program, at_once = self.rulebook.program, changes[:MOST_CHANGES]
        payday = self.payout.payday(program.calendar) if closes and len(at_once) == len(changes) else None
        days = {change.commission.day for change in at_once} | ({payday.day} if payday else set())
        ranges = self.rulebook.ranges_at_payday(payday.day) if payday else ()
        wanted, today = reach(days, ranges), program.calendar.day_of(self.now)
        account = accounts.read(self.table, program.program_id, self.member_id, wanted, today, head)
        if account.member.status != "approved":
            return None

        def ask(account: Account, known: Known) -> Transition | Needed:
            return paid_out(account, Installment(at_once, payday), self.rulebook, known, self.now)

        done = decide(self.table, program.program_id, account, ask)
        paid = [fold.commission.amount for fold in done.folds]
        line = Line(
            member_id=self.member_id,
            amount=sum(paid),
            commissions=len(paid),
            is_closed=done.last_payout is not None,
        )
        ops = accounts.operations(program.program_id, account, done)
        self.table.transact([*ops, *payouts.added(program.program_id, self.payout.payout_id, line)])
        return done
