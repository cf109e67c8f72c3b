"""Rows let go: of drafts that were cancelled, of lines that left a draft, and of lines that did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel import clock
from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.transition import recalculated
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.payment import freed
from laurel.domain.members.accounts import Account, Change, reach
from laurel.domain.payouts.lines import RowPage
from laurel.domain.program.jobs import Page
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.values.model import MOST_OPERATIONS
from laurel.store import accounts, items, ledger, payout_keys
from laurel.store.keys import LAST, Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel.transitions import decide, fold_member
from laurel.workflows.payouts import lines
from laurel.workflows.requests.optimistic import Pause, work_off

MOST_PAGES: Final = 10
"""Pages of rows that a page of the job goes over."""


def free(table: Table, program_id: str, cursor: dict[str, Any], pause: Pause = clock.pause) -> Page:
    """Frees the rows of the pages after `cursor`, which no line holds any more; they count as before.

    A row that waits to be counted is left to its fold, and one that another payout took is that one's.
    """
    payout_id, member_id = cursor["payout_id"], cursor["member_id"]
    found = lines.pages(table, program_id, payout_id, member_id, _low(cursor), MOST_PAGES)
    done = sum(_free(table, program_id, payout_id, rows, pause) for _, rows in found)
    after = found[-1][0] if found else cursor.get("after")
    return Page(done, is_last=len(found) < MOST_PAGES, cursor={**cursor, "after": after})


def _low(cursor: dict[str, Any]) -> str | None:
    """Where the pages after `cursor` begin."""
    after = cursor.get("after")
    return None if after is None else f"{after}{LAST}"


def _free(table: Table, program_id: str, payout_id: str, rows: RowPage, pause: Pause) -> int:
    done = 0

    def read() -> list[Commission]:
        stored = lines.rows_of(table, program_id, rows.row_ids).values()
        counted = [lines.row(item) for item in stored if "pend" not in item and lines.names(item, payout_id)]
        return [row for row in counted if row.payout == "in_payout"]

    def step(held: list[Commission]) -> list[Commission]:
        nonlocal done
        table.transact([ledger.reassigned(program_id, row, freed(row)) for row in held])
        done += len(held)
        return []

    work_off(read(), step, lambda _: read(), pause)
    return done


def take_back(
    table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime, pause: Pause = clock.pause
) -> Page:
    """Makes the rows of a failed line due again, page by page; each page keeps what was paid for its rows.

    A repeat finds rows that do not name the payout any more.
    """
    taker = _Taker(table, rulebook, cursor["payout_id"], cursor["member_id"], now, pause)
    found = lines.pages(table, rulebook.program.program_id, taker.payout_id, taker.member_id, _low(cursor), MOST_PAGES)
    done = sum(taker.take(sort_key) for sort_key, _ in found)
    after = found[-1][0] if found else cursor.get("after")
    return Page(done, is_last=len(found) < MOST_PAGES, cursor={**cursor, "after": after})


@dataclass(frozen=True, slots=True)
class _Taker:
    table: Table
    rulebook: Rulebook
    payout_id: str
    member_id: str
    now: datetime
    pause: Pause

    def take(self, sort_key: str) -> int:
        """Takes the rows of a page back; their number."""
        key, taken = Key(payout_keys.payout_line(self._program_id, self.payout_id, "").pk, sort_key), 0

        def step(changes: Sequence[Change]) -> Sequence[Change]:
            nonlocal taken
            done = self._transact(key, changes)
            taken += len(done.folds)
            return done.rest

        work_off(self._read(key), step, lambda _: self._read(key), self.pause)
        return taken

    @property
    def _program_id(self) -> str:
        return self.rulebook.program.program_id

    def _read(self, key: Key) -> Sequence[Change]:
        """The rows of a page that were paid by the line, counted as they stand."""
        row_ids = items.parse(RowPage, self._page(key)).row_ids
        stored = self._paid(row_ids)
        if waiting := lines.are_waiting(stored):
            fold_member(self.table, self.rulebook, self.member_id, waiting, self.now, self.pause)
            stored = self._paid(row_ids)
        rows = [(lines.row(item), ledger.contribution_of(item)) for item in stored if "pend" not in item]
        return [Change(freed(row), counted, stored=row, is_pending=False) for row, counted in rows]

    def _paid(self, row_ids: Sequence[str]) -> list[Item]:
        stored = lines.rows_of(self.table, self._program_id, row_ids).values()
        return [item for item in stored if lines.names(item, self.payout_id)]

    def _page(self, key: Key) -> Item:
        return self.table.get(key) or {}

    def _transact(self, key: Key, changes: Sequence[Change]) -> Transition:
        """Counts as many rows as fit as due, and notes in their page what was paid for each."""
        program, wanted = self.rulebook.program, reach({change.commission.day for change in changes}, ())
        today, page = program.calendar.day_of(self.now), self._page(key)
        account = accounts.read(self.table, program.program_id, self.member_id, wanted, today)

        def ask(account: Account, known: Known) -> Transition | Needed:
            return recalculated(account, changes, self.rulebook, known, self.now, MOST_OPERATIONS - 1)

        done = decide(self.table, program.program_id, account, ask)
        paid = {fold.commission.commission_id: fold.change.read.amount for fold in done.folds}
        self.table.transact([*accounts.operations(program, account, done), _noted(page, key, paid)])
        return done


def _noted(page: Item, key: Key, paid: dict[str, int]) -> Put:
    rows = items.parse(RowPage, page)
    noted = rows.model_copy(update={"paid": {**rows.paid, **paid}, "version": rows.version + 1})
    return Put(items.as_item("payout page", key, noted), expect={"version": rows.version})
