"""Folding the records of the stream: orders grouped by member, clicks by row, each group in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laurel import clock
from laurel.store import accounts, keys
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel import click_rows
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.transitions import Wake, by_member, fold_member, leave_to_tick
from laurel.workflows.requests.optimistic import Pause


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One change that the stream reports: its sequence number in the shard, and the item as it then was."""

    sequence_number: str
    image: Item


@dataclass(frozen=True, slots=True)
class Failure:
    """A group that could not be folded, and the records to be sent again."""

    records: tuple[str, ...]
    error: Exception


def fold_records(
    table: Table,
    rulebooks: Rulebooks,
    records: Sequence[StreamRecord],
    now: datetime,
    pause: Pause = clock.pause,
    wake: Wake = leave_to_tick,
) -> list[Failure]:
    """Folds all records; a group that fails does not keep the others back. Safe to repeat, in any order."""
    failures = []
    for program_id, of_program in _by_program(records).items():
        try:
            works = list(_works(table, rulebooks, program_id, of_program, now, pause, wake))
        except Exception as error:  # whatever it is, only this program's records are to be sent again
            failures.append(Failure(tuple(record.sequence_number for record in of_program), error))
            continue
        for group, work in works:
            try:
                work()
            except Exception as error:  # and here only this group's
                failures.append(Failure(_records_of(group, of_program), error))
    return failures


def _works(  # noqa: PLR0913, PLR0917 - what a fold needs, for one program
    table: Table,
    rulebooks: Rulebooks,
    program_id: str,
    records: Sequence[StreamRecord],
    now: datetime,
    pause: Pause,
    wake: Wake,
) -> Iterator[tuple[list[Item], Callable[[], None]]]:
    """The groups of one program's items, each with the work to do on it."""
    images = [record.image for record in records]
    rows = click_rows.by_row(image for image in images if image["kind"] == click_rows.KIND)
    members = by_member(image for image in images if image["kind"] != click_rows.KIND)
    stored = table.batch_get([keys.program(program_id), *(keys.head(program_id, member_id) for member_id in members)])
    rulebook = rulebooks.as_of(table, stored.get(keys.program(program_id)))
    for member_id, commissions in members.items():
        head = accounts.head(stored.get(keys.head(program_id, member_id)))
        yield commissions, partial(fold_member, table, rulebook, member_id, commissions, now, pause, head, wake)
    for row, clicks in rows.items():  # last: a row that grows replaces the version that was to be folded
        yield clicks, partial(click_rows.count, table, rulebook.program, row, clicks, now, pause)


def _by_program(records: Iterable[StreamRecord]) -> dict[str, list[StreamRecord]]:
    grouped: dict[str, list[StreamRecord]] = {}
    for record in records:
        grouped.setdefault(record.image["pk"].partition("#")[0], []).append(record)
    return grouped


def _records_of(commissions: Iterable[Item], records: Iterable[StreamRecord]) -> tuple[str, ...]:
    failed = {item["pk"] for item in commissions}
    return tuple(record.sequence_number for record in records if record.image["pk"] in failed)
