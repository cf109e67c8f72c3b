"""A program with members to whom rows are due, on the fake table, and its payouts with their jobs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.payouts.payouts import NewPayout, Payout
from laurel.domain.program.programs import ApiKey
from laurel.domain.rules.rulebook import Rulebook
from laurel.queue import JobMessage, Queue
from laurel.store import items, keys, ledger, mail_items
from laurel.store.operations import Put
from laurel.workflows.kernel.transitions import fold_member
from laurel.workflows.payouts import confirming, drafting, lines, payouts, releasing
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.upkeep import job_pages
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.table.fake_table import FakeTable
from tests.simulation.kit.world.scheduler import Crash
from tests.unit.kit.builders import BASIC, LONG_AGO, SATURDAY, SPRING, an_id, commission, member, program

ROW: Final = 1_05
"""Minor units of every row."""
_AT_ONCE: Final = 50


class _Deaf(Queue):
    """Whoever sends dies before anybody hears: `Crowd.work` finds jobs as tick does."""

    def __init__(self) -> None:
        super().__init__("nowhere")

    def send(self, message: JobMessage, after: timedelta = timedelta(0)) -> None:
        """Nothing."""


class Crowd:
    """`members` with so many counted `rows` each. `calls`: the names of all so far.

    `dies_at`: the number of the call before or after which the process dies, once.
    """

    def __init__(self, members: int, rows: int) -> None:
        self.table = FakeTable()
        self.program = program(statements={"mail_members": True}, currency="EUR")
        self.rulebook = Rulebook(self.program, ())
        self.queue = _Deaf()
        self.member_ids = [an_id("mem", f"{number}") for number in range(members)]
        self.calls: list[str] = []
        self.dies_at: tuple[int, str] | None = None
        ids = {"key_id": an_id("key"), "program_id": self.program.program_id}
        self._admin = ApiKey(**ids, scopes=("admin",), created_at=LONG_AGO, updated_at=LONG_AGO)
        self.table.write(Put(items.program(self.program), new=True))
        for member_id in self.member_ids:
            self._earn(member_id, rows)
        self.table.gate = self._called

    def _earn(self, member_id: str, rows: int) -> None:
        joined = member(member_id=member_id, email=f"{member_id}@example.com", approved_at=LONG_AGO)
        self.table.write(Put(items.member(self.program.program_id, joined), new=True))
        for first in range(0, rows, _AT_ONCE):
            made = [self._row(member_id, number) for number in range(first, min(first + _AT_ONCE, rows))]
            waiting = [ledger.commission(self.program.program_id, row, buckets=1) for row in made]
            for item in waiting:
                self.table.write(Put(item, new=True))
            fold_member(self.table, self.rulebook, member_id, waiting, SATURDAY)

    @staticmethod
    def _row(member_id: str, number: int) -> Commission:
        return commission(f"{member_id} {number}", ROW, member_id=member_id, offer_id=SPRING, payout_option_id=BASIC)

    def _called(self, when: str, what: str) -> None:
        if when == "before":
            self.calls.append(what)
        if (len(self.calls), when) == self.dies_at:
            self.dies_at = None
            raise Crash(when)

    def draft(self, name: str, **wanted: Any) -> str:
        """Begins a payout of all that is due; its id. The same name again begins no other."""
        new = NewPayout(until=self.program.calendar.day_of(SATURDAY), **wanted)
        asked = keys.idempotency(self.program.program_id, name)
        request = Request(self.program, self._admin, asked, "", SATURDAY)
        randomness = name.encode().rjust(10)
        return payouts.start(self.table, self.queue, request, new, lambda _: randomness)[0].payout_id

    def confirm(self, payout_id: str) -> None:
        payouts.confirm(self.table, self.queue, self.program.program_id, payout_id, self._author)

    def cancel(self, payout_id: str) -> None:
        payouts.cancel(self.table, self.queue, self.program.program_id, payout_id, self._author)

    def fail(self, payout_id: str, member_id: str) -> None:
        payouts.fail(self.table, self.queue, self.program.program_id, payout_id, member_id, "closed", self._author)

    @property
    def _author(self) -> Author:
        return Author(self._admin.actor, SATURDAY)

    def work(self, each: Callable[[], object] = lambda: None) -> int:
        """Runs every job to its end, a page a message; the number of pages."""
        pages = 0
        while running := [
            item["sk"] for item in self._kept("job") if item["body"].get("status", "running") == "running"
        ]:
            for job_id in running:
                turns = iter([True])
                job_pages.run(
                    self.table, self.queue, self.rulebook, job_id, SATURDAY, lambda turns=turns: next(turns, False)
                )
                pages += 1
                each()
        return pages

    def _kept(self, kind: str) -> list[Any]:
        return [item for item in self.table._items() if item["kind"] == kind]

    def payout(self, payout_id: str) -> Payout:
        """As it is stored."""
        return lines.payout(self.table, self.program.program_id, payout_id)

    def sums(self) -> dict[tuple[str, str | None], int]:
        """Minor units of the rows by their state and payout."""
        found: dict[tuple[str, str | None], int] = {}
        for item in self._kept("commission"):
            row = items.parse(Commission, item)
            key = str(row.payout), row.payout_id
            found[key] = found.get(key, 0) + row.amount
        return found

    def balances(self) -> dict[str, int]:
        """Minor units that all accounts say to be approved and paid."""
        heads = [self.table._stored(keys.head(self.program.program_id, each)) or {} for each in self.member_ids]
        states = {state for head in heads for state in head["balances"]}
        return {state: sum(head["balances"].get(state, 0) for head in heads) for state in states}

    def statements(self) -> int:
        """The mails with statements."""
        return sum(item[mail_items.MESSAGE].get("kind") == "statement" for item in self._kept("mail"))


@contextmanager
def small() -> Iterator[None]:
    """Of pages and transactions, so that a few rows fill many."""
    with (
        replaced(drafting, "MOST_ROWS", 4),
        replaced(drafting, "MOST_CHANGES", 2),
        replaced(drafting, "MOST_MEMBERS", 2),
        replaced(confirming, "MOST_LINES", 2),
        replaced(confirming, "MOST_PAGES", 2),
        replaced(releasing, "MOST_PAGES", 1),
    ):
        yield
