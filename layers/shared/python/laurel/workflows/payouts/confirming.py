"""Confirming a payout: line by line, each page of rows is counted as paid by an account transition of its own.

Never through `pend`: the stream would have to fold a million paid rows before the next order. What was decided when the
payout was confirmed is paid: rows keep the amounts that they had then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel import clock
from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.payday import Installment, paid_out
from laurel.domain.ledger.payment import paid
from laurel.domain.mail.notices import Paid, StatementMail
from laurel.domain.members.accounts import Account, Change, reach
from laurel.domain.payouts.lines import Line
from laurel.domain.payouts.payouts import Payout
from laurel.domain.payouts.told import confirmed_event
from laurel.domain.program.jobs import Page
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.store import accounts, event_items, ledger, outbox, payout_keys, payouts
from laurel.store.operations import ConditionFailed, Op, Update
from laurel.store.table import Table
from laurel.workflows.kernel.transitions import decide, fold_member
from laurel.workflows.payouts import lines
from laurel.workflows.requests.optimistic import Pause, work_off

MOST_LINES: Final = 50
MOST_PAGES: Final = 6
"""Pages of rows, of all lines together, after which a page of the job ends."""


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime, pause: Pause = clock.pause) -> Page:
    """Pays the lines after `cursor`. A repeat finds rows that are paid and lines that are sent."""
    program_id, after, number = rulebook.program.program_id, cursor.get("after"), cursor.get("page", 0)
    payout = lines.payout(table, program_id, cursor["payout_id"])
    if payout.state != "confirming":
        return Page(0, is_last=True, cursor=cursor)
    found = lines.after(table, program_id, payout.payout_id, after, MOST_LINES)
    done = turned = 0
    for line in found:
        sender = _Sender(table, rulebook, payout, line, now, pause)
        while line.state == "open" and number < line.pages:
            if turned == MOST_PAGES:
                return Page(done, is_last=False, cursor={**cursor, "after": after, "page": number})
            number, turned = number + 1, turned + 1
            done += sender.pay(number)
        after, number = line.member_id, 0
    is_last = len(found) < MOST_LINES
    if is_last:
        _over(table, rulebook.program, payout, now)
    return Page(done, is_last=is_last, cursor={"payout_id": payout.payout_id, "after": after})


def _over(table: Table, program: Program, payout: Payout, now: datetime) -> None:
    program_id, over = program.program_id, {"state": "confirmed", "version": payout.version + 1}
    event = confirmed_event(program_id, payout.model_copy(update=over), now)
    turned = Update(payout_keys.payout(program_id, payout.payout_id), set=over, expect={"state": "confirming"})
    try:
        table.transact([turned, *event_items.told(program, now, [event])])
    except ConditionFailed:
        return  # another run was faster


@dataclass(frozen=True, slots=True)
class _Left:
    """Rows still to be paid; `closes`: with the last of them, the line is sent."""

    changes: Sequence[Change]
    closes: bool

    def __bool__(self) -> bool:
        return bool(self.changes) or self.closes


@dataclass(frozen=True, slots=True)
class _Sender:
    table: Table
    rulebook: Rulebook
    payout: Payout
    line: Line
    now: datetime
    pause: Pause

    def pay(self, number: int) -> int:
        """Pays the rows of a page; their number. With its last page the line is sent."""
        done_so_far = 0

        def step(left: _Left) -> _Left:
            nonlocal done_so_far
            line = lines.find(self.table, self._program_id, self.line.payout_id, self.line.member_id)
            if line is None or line.state != "open":
                return _Left((), closes=False)
            done = self._transact(left, line)
            done_so_far += len(done.folds)
            return _Left(done.rest, closes=left.closes and (bool(done.rest) or done.is_partial))

        def reread(left: _Left) -> _Left:
            return _Left(self._read(number), left.closes)

        work_off(_Left(self._read(number), number == self.line.pages), step, reread, self.pause)
        return done_so_far

    @property
    def _program_id(self) -> str:
        return self.rulebook.program.program_id

    def _read(self, number: int) -> list[Change]:
        """The rows of a page that are to be paid. The fold of one that waits pays it."""
        program_id, payout_id = self._program_id, self.payout.payout_id
        key = payout_keys.payout_page(program_id, payout_id, self.line.member_id, number)
        row_ids = (self.table.get(key) or {})["body"]["row_ids"]
        stored = lines.rows_of(self.table, program_id, row_ids)
        if waiting := [item for item in lines.are_waiting(stored.values()) if lines.names(item, payout_id)]:
            fold_member(self.table, self.rulebook, self.line.member_id, waiting, self.now, self.pause)
            stored = lines.rows_of(self.table, program_id, row_ids)
        rows = [(lines.row(item), ledger.contribution_of(item)) for item in stored.values() if "pend" not in item]
        return [
            Change(paid(row, payout_id), counted, stored=row, is_pending=False)
            for row, counted in rows
            if (row.payout, row.payout_id) == ("in_payout", payout_id)
        ]

    def _transact(self, left: _Left, line: Line) -> Transition:
        """Pays as many rows as fit. With the member's last row the line is sent, and rules of what is unpaid asked."""
        program = self.rulebook.program
        payday = self.payout.payday(program.calendar) if left.closes else None
        days = {change.commission.day for change in left.changes} | ({payday.day} if payday else set())
        ranges = self.rulebook.ranges_at_payday(payday.day) if payday else ()
        today, wanted = program.calendar.day_of(self.now), reach(days, ranges)
        account = accounts.read(self.table, program.program_id, line.member_id, wanted, today)

        def ask(account: Any, known: Known) -> Transition | Needed:
            return paid_out(account, Installment(left.changes, payday), self.rulebook, known, self.now)

        done = decide(self.table, program.program_id, account, ask)
        sent = self._sent(line, account) if done.last_payout else []
        self.table.transact([*accounts.operations(program, account, done), *sent])
        return done

    def _sent(self, line: Line, account: Account) -> list[Op]:
        """The line as sent, and with it the member's statement, if they are mailed any."""
        program, payout = self.rulebook.program, self.payout
        sent: list[Op] = [payouts.line(program.program_id, line, line.sent(account.head.last_payout))]
        if not program.statements.mail_members or account.member.erased_at is not None:
            return sent
        paid_to_them = Paid(payout.payout_id, line.amount, payout.currency, line.rows, payout.until)
        mail = StatementMail.of(line.member_id, paid_to_them, payout.confirmed_at or self.now)
        return [*sent, outbox.put(program.program_id, mail)]
