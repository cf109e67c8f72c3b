"""Counting clicks: those of one member, offer, option and local day go into one row, each exactly once.

The row is then folded like any commission: clicks reach the totals and the rules by the same transition as orders.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from laurel import clock
from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import Program
from laurel.domain.tracking.clicks import Click, ClickRow, grown, opened
from laurel.domain.values.model import MOST_OPERATIONS
from laurel.store import items, keys, ledger
from laurel.store.indexes import WORK
from laurel.store.operations import Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.offers import reading
from laurel.workflows.requests.optimistic import Pause, work_off

KIND: Final = "click"


def by_row(clicks: Iterable[Item]) -> dict[ClickRow, list[Item]]:
    """Click items of one program that wait to be counted, each once, grouped by the row that they belong to."""
    waiting = {item["pk"]: item for item in clicks if item.get("pend") == 1}
    grouped: dict[ClickRow, list[Item]] = defaultdict(list)
    for item in waiting.values():
        # not parsed yet: a click that does not parse must hold up no row but its own
        grouped[ClickRow.of(item["body"])].append(item)
    return grouped


def count(
    table: Table, program: Program, row: ClickRow, clicks: Sequence[Item], now: datetime, pause: Pause = clock.pause
) -> None:
    """Adds `clicks` (items, perhaps stale) to their row; repeated or reordered, each counts once.

    Raises the last StoreError if the row stays contended; then the clicks not yet counted still wait.
    """

    def step(waiting: list[Click]) -> list[Click]:
        taken = waiting[: MOST_OPERATIONS - 1]
        table.transact([_put_row(table, program, row, taken, now), *_mark_counted(program, taken)])
        return waiting[len(taken) :]

    waiting = [items.parse(Click, item) for item in clicks]
    work_off(waiting, step, lambda left: _reread(table, program, left), pause)


def _put_row(table: Table, program: Program, row: ClickRow, clicks: Sequence[Click], now: datetime) -> Op:
    """The write of the row with `clicks` in it, pending. A row grows while no payout has it; then a new one begins."""
    number = 0
    while (item := table.get(keys.commission(program.program_id, row.commission_id(program.program_id, number)))) and (
        items.parse(Commission, item).keeps_amount
    ):
        number += 1
    if item is None:
        return _put_new(table, program, opened(program, number, clicks, now))
    before = items.parse(Commission, item)
    return ledger.changed(program.program_id, before, grown(before, clicks, now))


def _put_new(table: Table, program: Program, row: Commission) -> Put:
    buckets = reading.buckets(table, program.program_id, row.offer_id or "")
    return Put(ledger.commission(program.program_id, row, buckets), new=True)


def _mark_counted(program: Program, clicks: Iterable[Click]) -> Iterator[Op]:
    for click in clicks:
        key = keys.click(program.program_id, click.click_id)
        yield Update(key, remove=("pend", WORK.pk, WORK.sk), expect={"pend": 1})


def _reread(table: Table, program: Program, clicks: Iterable[Click]) -> list[Click]:
    stored = table.batch_get([keys.click(program.program_id, click.click_id) for click in clicks])
    return [items.parse(Click, item) for item in stored.values() if item.get("pend") == 1]
