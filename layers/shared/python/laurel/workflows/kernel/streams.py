"""Folding the records of the stream: orders grouped by member, clicks by row, each group in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laurel import clock
from laurel.concurrency import Run, in_turn
from laurel.store import accounts, keys
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel import click_rows
from laurel.workflows.kernel.batches import Failure, StreamRecord
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.transitions import Wake, by_member, fold_member, leave_to_tick
from laurel.workflows.requests.optimistic import Pause


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways in which a batch is folded: how it waits, who hears of jobs that begin, what runs side by side."""

    pause: Pause = clock.pause
    wake: Wake = leave_to_tick
    run: Run = in_turn


def fold_records(
    table: Table, rulebooks: Rulebooks, records: Sequence[StreamRecord], now: datetime, ways: Ways = Ways()
) -> list[Failure]:
    """Folds all records; a group that fails does not keep the others back. Safe to repeat, in any order.

    All records of one member are one group, and a member's order is that of their recording.
    """
    programs = _by_program(records)
    failures, groups = [], []
    for found in ways.run(partial(_groups, table, rulebooks, now, ways), programs.items()):
        match found:
            case Failure():
                failures.append(found)
            case _:
                groups += found
    # rows of clicks come last: one that grows replaces the version that was to be folded
    for are_clicks in (False, True):
        failed = ways.run(_tried, [group for group in groups if group.are_clicks == are_clicks])
        failures += [failure for failure in failed if failure is not None]
    return failures


@dataclass(frozen=True, slots=True)
class _Group:
    """Records that are folded together, and the work that does it."""

    records: tuple[str, ...]
    work: Callable[[], None]
    are_clicks: bool


def _tried(group: _Group) -> Failure | None:
    try:
        group.work()
    except Exception as error:  # whatever it is, only this group's records are to be sent again
        return Failure(group.records, error)
    return None


def _groups(
    table: Table, rulebooks: Rulebooks, now: datetime, ways: Ways, program: tuple[str, Sequence[StreamRecord]]
) -> list[_Group] | Failure:
    program_id, records = program
    try:
        return list(_grouped(table, rulebooks, program_id, records, now, ways))
    except Exception as error:  # and here only this program's
        return Failure(tuple(record.sequence_number for record in records), error)


def _grouped(
    table: Table,
    rulebooks: Rulebooks,
    program_id: str,
    records: Sequence[StreamRecord],
    now: datetime,
    ways: Ways,
) -> Iterator[_Group]:
    images = [record.image for record in records]
    rows = click_rows.by_row(image for image in images if image["kind"] == click_rows.KIND)
    members = by_member(image for image in images if image["kind"] != click_rows.KIND)
    stored = table.batch_get([keys.program(program_id), *(keys.head(program_id, member_id) for member_id in members)])
    rulebook = rulebooks.as_of(table, stored.get(keys.program(program_id)))
    for member_id, commissions in members.items():
        head = accounts.head(stored.get(keys.head(program_id, member_id)))
        fold = partial(fold_member, table, rulebook, member_id, commissions, now, ways.pause, head, ways.wake)
        yield _Group(_records_of(commissions, records), fold, are_clicks=False)
    for row, clicks in rows.items():
        count = partial(click_rows.count, table, rulebook.program, row, clicks, now, ways.pause)
        yield _Group(_records_of(clicks, records), count, are_clicks=True)


def _by_program(records: Iterable[StreamRecord]) -> dict[str, list[StreamRecord]]:
    grouped: dict[str, list[StreamRecord]] = {}
    for record in records:
        grouped.setdefault(record.image["pk"].partition("#")[0], []).append(record)
    return grouped


def _records_of(commissions: Iterable[Item], records: Iterable[StreamRecord]) -> tuple[str, ...]:
    failed = {item["pk"] for item in commissions}
    return tuple(record.sequence_number for record in records if record.image["pk"] in failed)
