"""Drafting a payout: member by member, rows are taken into a line by transactions that list them on a page each.

Nothing is counted anew: rows of a draft are due until it is confirmed. A row is taken on its version, the line on its
own, the payout as long as it is drafted, and the member as they are at the account's head.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from laurel import clock
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.payment import drafted
from laurel.domain.members.accounts import Head
from laurel.domain.members.members import Member
from laurel.domain.payouts.lines import Line, LineMove, Place, Recipient, RowPage, freeing
from laurel.domain.payouts.payable import MOST_DRAFTS, payable
from laurel.domain.payouts.payees import Sealed
from laurel.domain.payouts.payouts import Payout
from laurel.domain.payouts.reasons import LeftOut, unpaid_because
from laurel.domain.payouts.told import drafted_event
from laurel.domain.program.jobs import Page
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.store import accounts, event_items, items, jobs, keys, ledger, member_keys, payees, payout_keys, payouts
from laurel.store.keys import Key
from laurel.store.operations import ABSENT, ConditionFailed, Op, Put, Update
from laurel.store.table import Table
from laurel.workflows.kernel import recalculations
from laurel.workflows.kernel.transitions import fold_member
from laurel.workflows.members import members
from laurel.workflows.payouts import lines
from laurel.workflows.payouts.due import Dues, Position, is_held
from laurel.workflows.requests.optimistic import Pause, work_off

MOST_MEMBERS: Final = 50
MOST_ROWS: Final = 500
"""Rows read of a member at once: if there are no more, they decide before any is taken. A page ends after as many."""
MOST_CHANGES: Final = 85
"""Rows of one transaction, which also needs room for their page, the line, the payout, the head, and a job."""


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime, pause: Pause = clock.pause) -> Page:
    """Drafts the lines of the members after `cursor`; after the last, the draft is ready to be looked at.

    A repeat finds rows that are taken and lines that are whole.
    """
    program_id, before, within = rulebook.program.program_id, cursor.get("before"), cursor.get("within")
    payout = lines.payout(table, program_id, cursor["payout_id"])
    if payout.state != "drafting":
        return Page(0, is_last=True, cursor=cursor)
    member_ids = _members(table, program_id, payout, before)
    known = _lines(table, program_id, payout, member_ids)
    done = 0
    for member_id in member_ids:
        if done >= MOST_ROWS:
            return Page(done, is_last=False, cursor={**lines.first_cursor(payout.payout_id), "before": before})
        position = Position(*within["place"]) if within and within["member_id"] == member_id else None
        taken, further = _Drafter(table, rulebook, payout, member_id, now, pause).draft(position, known.get(member_id))
        done += taken
        if further is not None:
            here = {"before": before, "within": {"member_id": member_id, "place": [*further]}}
            return Page(done, is_last=False, cursor={**lines.first_cursor(payout.payout_id), **here})
        before = member_id
    is_last = len(member_ids) < MOST_MEMBERS
    if is_last:
        _ready(table, rulebook.program, payout, now)
    return Page(done, is_last=is_last, cursor={**lines.first_cursor(payout.payout_id), "before": before})


def _ready(table: Table, program: Program, payout: Payout, now: datetime) -> None:
    program_id, payout_id = program.program_id, payout.payout_id
    ready = {"state": "draft", "version": payout.version + 1}
    drafted = lines.payout(table, program_id, payout_id).model_copy(update=ready)
    told = event_items.told(program, now, [drafted_event(program_id, drafted, now)])
    try:
        table.transact([Update(payout_keys.payout(program_id, payout_id), ready, expect={"state": "drafting"}), *told])
    except ConditionFailed:
        return  # another run was faster


def _members(table: Table, program_id: str, payout: Payout, before: str | None) -> list[str]:
    """The ids of the next members, newest first, as all members are listed."""
    if payout.member_ids is None:
        return members.listed(table, program_id, before, MOST_MEMBERS)
    listed = sorted({*payout.member_ids}, reverse=True)
    return [member_id for member_id in listed if before is None or member_id < before][:MOST_MEMBERS]


def _lines(table: Table, program_id: str, payout: Payout, member_ids: Iterable[str]) -> dict[str, Line]:
    wanted = {payout_keys.payout_line(program_id, payout.payout_id, member_id): member_id for member_id in member_ids}
    return {wanted[key]: payouts.parse_line(item) for key, item in table.batch_get(wanted).items()}


@dataclass(frozen=True, slots=True)
class _Left:
    """Rows still to be taken. `closes`: with the last of them the line is whole; `is_all`: they are all that is due."""

    rows: Sequence[Commission]
    closes: bool
    is_all: bool

    def __bool__(self) -> bool:
        return bool(self.rows) or self.closes


_NOTHING: Final = _Left((), closes=False, is_all=False)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A member, the account's head, and the payout with the member's line, as a transaction goes by them.

    `drafts`: the open payouts that have a line of the member's. The head was read first: it vouches for the member
    and their payee.
    """

    head: Head
    drafts: tuple[str, ...]
    member: Member
    payee: Sealed | None
    place: Place

    def reason(self) -> LeftOut | None:
        """Why nothing of the member's is taken, whatever it comes to."""
        is_new = self.place.payout.payout_id not in self.drafts
        too_many: LeftOut | None = "too_many_drafts" if is_new and len(self.drafts) >= MOST_DRAFTS else None
        payout, payee = self.place.payout, self.payee.masked if self.payee else None
        return payable(self.member, payee, payout.rail, payout.currency) or too_many

    def recipient(self) -> Recipient:
        """The member as the line pays them."""
        sealed = self.payee.sealed if self.payee else None
        return Recipient(name=self.member.full_name, email=self.member.email, sealed=sealed)


@dataclass(frozen=True, slots=True)
class _Drafter:
    table: Table
    rulebook: Rulebook
    payout: Payout
    member_id: str
    now: datetime
    pause: Pause

    def draft(self, position: Position | None, line: Line | None) -> tuple[int, Position | None]:
        """Takes rows after `position`; their number, and the position to go on from if there are more."""
        if line is not None and (line.is_whole or line.state == "left"):
            return 0, None
        due = list(islice(self._dues.after(position), MOST_ROWS + 1))
        if line is None and not due:
            return 0, None
        is_over = len(due) <= MOST_ROWS
        is_all = is_over and position is None and line is None
        taken = self._take([row.key for row in due[:MOST_ROWS]], closes=is_over, is_all=is_all)
        return taken, None if is_over else due[MOST_ROWS - 1].position

    @property
    def _program_id(self) -> str:
        return self.rulebook.program.program_id

    @property
    def _dues(self) -> Dues:
        return Dues(self.table, self._program_id, self.rulebook.program.calendar, self.member_id, self.payout)

    def _take(self, wanted: Sequence[Key], *, closes: bool, is_all: bool) -> int:
        taken = 0

        def step(left: _Left) -> _Left:
            nonlocal taken
            at = self._standing()
            if at.place.payout.state != "drafting" or not _takes_more(at.place.line):
                return _NOTHING
            if self._reprice(left.rows, at.head):
                return reread(left)
            if at.place.line is None and (reason := self._left_out(at, left)) is not None:
                return self._note(left, reason)
            rows = self._not_listed(left.rows, at.place.line)
            if not rows and (at.place.line is None or not left.closes):
                return _NOTHING
            at_once, rest = rows[:MOST_CHANGES], rows[MOST_CHANGES:]
            self.table.transact(self._operations(at, at_once, closes=left.closes and not rest))
            taken += len(at_once)
            return _Left(rest, left.closes and bool(rest), is_all=False)

        def reread(left: _Left) -> _Left:
            return replace(left, rows=self._read([self._key(row) for row in left.rows]))

        work_off(_Left(self._read(wanted), closes, is_all), step, reread, self.pause)
        return taken

    def _key(self, row: Commission) -> Key:
        return keys.commission(self._program_id, row.commission_id)

    def _read(self, wanted: Sequence[Key]) -> list[Commission]:
        """The wanted rows that are due as they stand. Rows that wait to be counted are counted first."""
        stored = self.table.batch_get(wanted)
        if waiting := [item for item in stored.values() if item.get("pend") == 1]:
            fold_member(self.table, self.rulebook, self.member_id, waiting, self.now, self.pause)
            stored = self.table.batch_get(wanted)
        rows = [items.parse(Commission, item) for item in stored.values() if "pend" not in item]
        named = {row.payout_id for row in rows if row.payout == "in_payout" and row.payout_id is not None}
        places = payouts.places(self.table, self._program_id, self.member_id, named) if named else {}
        calendar = self.rulebook.program.calendar
        due = [row for row in rows if self.payout.is_due(row, calendar) and not is_held(row, places)]
        return sorted(due, key=lambda row: (row.occurred_at, row.commission_id))

    def _standing(self) -> _Standing:
        payout_id, program_id = self.payout.payout_id, self._program_id
        head = accounts.head(self.table.get(keys.head(program_id, self.member_id)))
        batch, member = payout_keys.payout(program_id, payout_id), keys.member(program_id, self.member_id)
        line = payout_keys.payout_line(program_id, payout_id, self.member_id)
        payee = member_keys.payee(program_id, self.member_id)
        stored = self.table.batch_get([batch, member, line, payee])
        others = head.without_drafts({payout_id})
        places = payouts.places(self.table, program_id, self.member_id, others) if others else {}
        place = Place(payouts.parse_payout(stored[batch]), payouts.parse_line(stored[line]) if line in stored else None)
        drafts = tuple(each for each in head.drafts if each == payout_id or places[each].is_changeable)
        return _Standing(head, drafts, items.parse(Member, stored[member]), payees.sealed(stored.get(payee)), place)

    def _reprice(self, rows: Sequence[Commission], head: Head) -> bool:
        """Reprices rows for recalculations at work, since a draft is looked at; whether there were any."""
        offers = {row.offer_id for row in rows if row.offer_id}
        done = 0
        for begun in recalculations.at_work(self.table, self._program_id, self.member_id, head, offers):
            waiting = [self._key(row) for row in rows if row.offer_id == begun.offer_id and begun.concerns(row)]
            done += recalculations.reprice(self.table, self.rulebook, begun, waiting, self.now, self.pause)
        return done > 0

    def _left_out(self, at: _Standing, left: _Left) -> LeftOut | None:
        if (reason := at.reason()) is not None or not left.is_all:
            return reason
        return unpaid_because(self._due(left), self.payout.minimum)

    def _due(self, left: _Left) -> int:
        """Minor units: the sum of the rows if they are all, else by the totals."""
        return sum(row.amount for row in left.rows) if left.is_all else self._dues.total()

    def _note(self, left: _Left, reason: LeftOut) -> _Left:
        """Notes that the member is left out, unless nothing is due to them any more."""
        if left.rows:
            amount, name = self._due(left), {"payout_id": self.payout.payout_id, "member_id": self.member_id}
            out = Line(**name, amount=amount, rows=0, state="left", reason=reason, is_whole=True, version=1)
            self.table.write(payouts.line(self._program_id, None, out))
        return _NOTHING

    def _not_listed(self, rows: Sequence[Commission], line: Line | None) -> Sequence[Commission]:
        """`rows` without those that were in the line before: a row is listed once, so that it is never told twice."""
        if line is None or not line.had_loss:
            return rows
        pages = lines.pages(self.table, self._program_id, line.payout_id, line.member_id, None, line.pages)
        listed = {row_id for _, rows_of in pages for row_id in rows_of.row_ids}
        return [row for row in rows if row.commission_id not in listed]

    def _operations(self, at: _Standing, rows: Sequence[Commission], *, closes: bool) -> list[Op]:
        """Takes `rows` into the line; with the member's last the line is whole, or leaves if it is not to be paid."""
        program_id, payout_id = self._program_id, self.payout.payout_id
        before = at.place.line
        line = before or Line(payout_id=payout_id, member_id=self.member_id, recipient=at.recipient())
        after = line.grown(rows) if rows else line
        after = after.whole(self.payout.minimum) if closes else after
        move = LineMove(at.place, after)
        page_of = [Put(payouts.row_page(program_id, after, _listing(rows), after.pages), new=True)] if rows else []
        freed = [jobs.due_at_once(program_id, freeing(program_id, payout_id, self.member_id, self.now))]
        return [
            self._head(at, {payout_id} if after.state == "left" else set()),
            *payouts.moved(program_id, move),
            *(ledger.reassigned(program_id, row, drafted(row, payout_id)) for row in rows),
            *page_of,
            *(freed if after.state == "left" else ()),
        ]

    def _head(self, at: _Standing, gone: set[str]) -> Update:
        drafts = sorted({*at.drafts, self.payout.payout_id} - gone)
        version = at.head.version
        changed = {"kind": "head", "version": version + 1, "drafts": drafts}
        key = keys.head(self._program_id, self.member_id)
        return Update(key, set=changed, expect={"version": version or ABSENT}, exists=False)


def _takes_more(line: Line | None) -> bool:
    return line is None or (line.state == "open" and not line.is_whole)


def _listing(rows: Sequence[Commission]) -> RowPage:
    return RowPage(row_ids=tuple(row.commission_id for row in rows))
