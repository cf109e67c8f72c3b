"""A program with members to whom something is due, in memory: payouts are drafted, confirmed, and taken back."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission, Decision
from laurel.domain.payouts.lines import Line, LineView, RowPage
from laurel.domain.payouts.payouts import NewPayout, Payout, PayoutView
from laurel.domain.program.jobs import Job
from laurel.domain.tracking.facts import News, told
from laurel.domain.values.errors import Conflict
from laurel.queue import JobMessage
from laurel.store import items, keys, ledger, payout_keys
from laurel.store import payouts as stored
from laurel.store.operations import Put
from laurel.store.values import Item
from laurel.workflows.earnings import approvals
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.transitions import fold_member
from laurel.workflows.ledger import summaries
from laurel.workflows.ledger.summaries import Asked
from laurel.workflows.members import members
from laurel.workflows.payouts import payouts, reading
from laurel.workflows.program import programs
from laurel.workflows.upkeep import job_pages
from tests.functional.kit.world import Randomness, World, furnished, request_of
from tests.simulation.kit.table.fake_table import FakeTable
from tests.unit.kit.builders import a_refund, commission

NOVEMBER = datetime(2026, 11, 20, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""Midnight in Berlin, where the program is at home: the day `LAST_OF_NOVEMBER` is over."""
LAST_OF_NOVEMBER = date(2026, 11, 30)
NOW = DECEMBER + timedelta(hours=9)
HELD = {"drafting", "draft"}
DECIDED = {"confirming", "confirmed"}


class Crash(BaseException):
    """The process is gone."""


class Sent:
    """A queue that only notes what is sent."""

    def __init__(self) -> None:
        self.messages: list[JobMessage] = []

    def send(self, message: JobMessage, delay: timedelta = timedelta(0)) -> None:  # noqa: ARG002 -- nothing waits
        self.messages.append(message)


class Shop:
    """A program with members to whom something is due."""

    def __init__(self) -> None:
        self.table = FakeTable()
        self.world: World = furnished(self.table)
        self.program = self.world.program
        self.queue = Sent()
        self.random = Randomness("payouts")
        self.by = Author("key:boss", NOW)

    # -- what is earned ------------------------------------------------------------------------------------------------

    def earn(self, name: str, amount: int, member_id: str = "", fold: bool = True, **changes: Any) -> Commission:
        """A row of Ada's, unless told otherwise."""
        place = {"member_id": member_id or self.world.ada, "offer_id": self.world.codes_offer, "currency": "EUR"}
        given = {"when": NOVEMBER, "payout_option_id": self.world.options[0], **place, **changes}
        row = commission(name, amount, zone=self.program, **given)
        self.table.write(Put(ledger.commission(self.program.program_id, row, buckets=1), new=True))
        if fold:
            self.drain()
        return row

    def change(self, row: Commission, **changes: Any) -> None:
        """A row becomes another, whatever says so; one that keeps its amount is due the difference."""
        stored_row = self.row(row)
        self.table.write(ledger.changed(self.program.program_id, stored_row, stored_row.revised(NOW, **changes)))

    def decline(self, row: Commission, reason: str = "fraud") -> bool:
        """By hand; whether it was not too late."""
        decision = Decision(status="declined", reason=reason)
        try:
            approvals.decide(self.table, self.program.program_id, row.commission_id, decision, self.by)
        except Conflict:
            return False
        return True

    def refund(self, row: Commission, amount: int | None, name: str = "r1", stands: bool = True) -> bool:
        """By the shop; without an amount, of all."""
        return self._tell(row, News(refunds=(a_refund(name, amount, stands=stands),)))

    def revise(self, row: Commission, amount: int) -> bool:
        """The order is of another amount."""
        return self._tell(row, News(amount=amount))

    def _tell(self, row: Commission, news: News) -> bool:
        before = self.row(row)
        after = told(before, {}, news, NOW).after
        if after is not before:
            self.table.write(ledger.changed(self.program.program_id, before, after))
        return after is not before

    def drain(self) -> None:
        """What the stream does with all that waits."""
        waiting: dict[str, list[Item]] = {}
        for item in self.table.contents().values():
            if item.get("pend") == 1:
                waiting.setdefault(item["body"]["member_id"], []).append(item)
        for member_id, found in waiting.items():
            fold_member(self.table, self.rulebook, member_id, found, NOW, lambda _: None)

    @property
    def rulebook(self) -> Any:
        return Rulebooks().current(self.table, self.program.program_id)

    def become(self, status: str, member_id: str = "") -> None:
        """Ada is suspended, erased or approved again, unless told who."""
        who = member_id or self.world.ada
        if status == "erased":
            members.erase(self.table, self.program, who, Author("key:tests", NOW), confirmed=True)
        else:
            members.edit(self.table, self.program, who, {"status": status}, None, Author("key:tests", NOW))

    def mail_statements(self) -> None:
        """The program mails its members what they are paid."""
        self.program = programs.edit(self.table, self.program, {"statements": {"mail_members": True}}, None, NOW)

    # -- what is done with payouts -------------------------------------------------------------------------------------

    def start(self, **changes: Any) -> str:
        new = NewPayout.model_validate({"until": LAST_OF_NOVEMBER, **changes})
        return payouts.start(self.table, self.queue, request_of(self.program, at=NOW), new, self.random)[0].payout_id

    def draft(self, **changes: Any) -> str:
        payout_id = self.start(**changes)
        assert self.run(payout_id).status == "done"
        return payout_id

    def confirm(self, payout_id: str) -> PayoutView:
        return payouts.confirm(self.table, self.queue, self.program.program_id, payout_id, self.by)

    def cancel(self, payout_id: str) -> PayoutView:
        return payouts.cancel(self.table, self.queue, self.program.program_id, payout_id, self.by)

    def fail(self, payout_id: str, member_id: str = "", reason: str = "closed") -> LineView:
        who = member_id or self.world.ada
        return payouts.fail(self.table, self.queue, self.program.program_id, payout_id, who, reason, self.by)

    def pay(self, **changes: Any) -> str:
        """Drafted and, if it comes to something, confirmed."""
        payout_id = self.draft(**changes)
        if self.payout(payout_id).total:
            self.confirm(payout_id)
            assert self.run(payout_id).status == "done"
            assert self.payout(payout_id).state == "confirmed"
        return payout_id

    def run(self, payout_id: str, has_time: Callable[[], bool] = lambda: True) -> Job:
        """The job that is at work on the payout itself."""
        return self.run_job(self.payout(payout_id).job_id, has_time)

    def run_job(self, job_id: str, has_time: Callable[[], bool] = lambda: True) -> Job:
        return job_pages.run(self.table, self.queue, self.rulebook, job_id, NOW, has_time)

    def work(self) -> None:
        """All jobs that are not done."""
        while running := [
            item for item in self.table.contents().values() if item["kind"] == "job" and "work_pk" in item
        ]:
            for item in running:
                self.run_job(item["sk"])

    # -- what is there then --------------------------------------------------------------------------------------------

    def payout(self, payout_id: str) -> Payout:
        return stored.parse_payout(self.table.get(payout_keys.payout(self.program.program_id, payout_id)) or {})

    def every_line(self, payout_id: str) -> dict[str, Line]:
        partition = payout_keys.payout_line(self.program.program_id, payout_id, "").pk
        found = [stored.parse_line(item) for item in self.table.query(partition, begins_with=payout_keys.PAYOUT_LINES)]
        return {line.member_id: line for line in found}

    def lines(self, payout_id: str) -> dict[str, tuple[int, int]]:
        return {m: (e.amount, e.rows) for m, e in self.every_line(payout_id).items() if e.state != "left"}

    def left_out(self, payout_id: str) -> dict[str, tuple[int, str | None]]:
        return {m: (e.amount, e.reason) for m, e in self.every_line(payout_id).items() if e.state == "left"}

    def statement(self, payout_id: str, member_id: str = "") -> dict[str, int]:
        who = member_id or self.world.ada
        told = reading.statement(self.table, self.program.program_id, payout_id, who, None)
        assert sum(row.amount for row in told.commissions) == told.amount
        return {row.commission_id: row.amount for row in told.commissions}

    def row(self, row: Commission) -> Commission:
        key = keys.commission(self.program.program_id, row.commission_id)
        return items.parse(Commission, self.table.get(key) or {})

    def rows(self) -> Iterator[Commission]:
        found = self.table.contents().items()
        return (items.parse(Commission, item) for key, item in found if item["kind"] == "commission")

    def due(self) -> int:
        return summaries.summary(self.table, self.program, Asked()).totals.payout_due

    def last_payout(self) -> str | None:
        return (self.table.get(keys.head(self.program.program_id, self.world.ada)) or {}).get("last_payout")

    def require_sound(self, is_quiet: bool = True) -> None:
        """Each line is the sum of its rows, each payout of its lines; due is what is approved and not paid.

        `is_quiet`: no job is left, so that nothing is held by a payout that does not pay it.
        """
        held = self._sums()
        for item in [item for item in self.table.contents().values() if item["kind"] == "payout"]:
            payout = stored.parse_payout(item)
            lines = self.every_line(payout.payout_id).values()
            assert payout.total == sum(line.worth for line in lines)
            assert payout.failed_total == sum(line.amount for line in lines if line.state == "failed")
            for line in lines:
                self._require_sum(payout, line, held, is_quiet)
        self._require_balances()

    def _sums(self) -> Counter[tuple[str, str, str]]:
        held = Counter[tuple[str, str, str]]()
        for row in self.rows():
            assert (row.payout in {"in_payout", "paid"}) == (row.payout_id is not None)
            if row.payout_id is not None:
                held[row.payout_id, str(row.member_id), "amount"] += row.amount
                held[row.payout_id, str(row.member_id), "rows"] += 1
        return held

    def _require_sum(self, payout: Payout, line: Line, held: Counter[Any], is_quiet: bool) -> None:
        sums = tuple(held[payout.payout_id, line.member_id, name] for name in ("amount", "rows"))
        is_held = line.state in {"open", "sent"} and payout.state in HELD | DECIDED
        if is_held:
            assert sums == (line.amount, line.rows), (payout, line)
            assert payout.state == "drafting" or line.amount > 0
            self.statement(payout.payout_id, line.member_id)
        elif is_quiet:
            assert sums == (0, 0), (payout, line)
        if line.state == "failed" and is_quiet:
            assert sum(self.evidence(payout.payout_id, line.member_id).values()) == line.amount
            self.statement(payout.payout_id, line.member_id)

    def evidence(self, payout_id: str, member_id: str) -> dict[str, int]:
        partition = payout_keys.payout_line(self.program.program_id, payout_id, "").pk
        pages = self.table.query(partition, begins_with=payout_keys.payout_pages(member_id))
        return {row_id: paid for item in pages for row_id, paid in items.parse(RowPage, item).paid.items()}

    def _require_balances(self) -> None:
        rows = list(self.rows())
        heads = [item for key, item in self.table.contents().items() if key.sk == "head"]
        for state in ("approved", "paid"):
            assert sum(head.get("balances", {}).get(state, 0) for head in heads) == sum(
                row.amount for row in rows if row.state == state
            )
        assert self.due() == sum(row.amount for row in rows if row.state == "approved")
