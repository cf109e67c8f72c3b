"""The sweep that tick makes of each program every minute: all due or overdue work that nobody else took up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from laurel import clock
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.tracking.clicks import ClickRow
from laurel.queue import Queue, events_queue
from laurel.store import indexes, items, keys
from laurel.store.indexes import WORK
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.earnings import holds, recurrences
from laurel.workflows.events import waking
from laurel.workflows.kernel import click_rows
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.transitions import by_member, fold_member
from laurel.workflows.mail import outbox
from laurel.workflows.mail.outbox import Result
from laurel.workflows.requests.optimistic import Pause

Thing = TypeVar("Thing")
Done = TypeVar("Done")
MOST_MADE: Final = 400
"""The most recurring commissions that a sweep makes: late ones of many recurrences must not take its whole minute."""
PAGE: Final = 100
"""The most items of each kind and shard that a sweep takes up; the next minute takes the next."""


@dataclass(frozen=True, slots=True)
class Swept:
    """The result of one sweep: overdue commissions, holds released, the fate of each mail, and all failures.

    `recurrences`: the number due, or the number of commissions made of them if that is more.
    """

    overdue: int
    released: int
    mails: tuple[Result, ...]
    recurrences: int
    failures: tuple[Exception, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether there may be more overdue commissions than one sweep took."""
        return self.overdue >= PAGE

    @property
    def is_full_of_recurrences(self) -> bool:
        """Whether there may be more of them due than one sweep took."""
        return self.recurrences >= PAGE


def programs(table: Table, now: datetime) -> list[str]:
    """The ids of all programs, beginning with another one each minute, so that a sweep cut short starves nobody."""
    known = [item["sk"] for item in table.query(keys.registry().pk)]
    first = int(now.timestamp()) // 60 % max(1, len(known))
    return known[first:] + known[:first]


def sweep(
    table: Table,
    rulebooks: Rulebooks,
    program_id: str,
    now: datetime,
    pause: Pause = clock.pause,
    events: Callable[[], Queue] = events_queue,
) -> Swept:
    """Takes up one page of each kind of work of a program; a part that fails does not hold up others.

    Most find nothing due in most minutes: so the rules are read only where they are asked.
    """
    item = table.get(keys.program(program_id))
    assert item is not None, "programs are never deleted"  # noqa: S101
    program = items.parse_program(item)
    held, unheld = _each(
        due(table, program_id, indexes.HOLD, now), lambda item: holds.release(table, program_id, item, now)
    )
    folded = fold_overdue(table, program, partial(rulebooks.as_of, table, item), now, pause)
    open_messages = (*due(table, program_id, indexes.MAIL, now), *due(table, program_id, indexes.SHOP, now))
    mails, unsent = _each(open_messages, lambda item: outbox.take_up(table, program_id, item, now))
    made = make_recurrences(table, program, now)
    failures = (*unheld, *folded.failures, *unsent, *made.failures, *_wake(table, program, now, events))
    return Swept(folded.found, sum(held), tuple(mails), max(made.found, made.done), failures)


def _wake(table: Table, program: Program, now: datetime, events: Callable[[], Queue]) -> tuple[Exception, ...]:
    """Wakes endpoints for which something was missed; a program that keeps no events is not even asked."""
    if not program.features.events:
        return ()
    behind = due(table, program.program_id, indexes.EVENTS, now)
    return _each(behind, lambda item: waking.overdue(table, program.program_id, item, now, events))[1]


@dataclass(frozen=True, slots=True)
class Folded:
    """The number of due items found, and of rows counted or made of them; `failures`: one a group."""

    found: int
    done: int
    failures: tuple[Exception, ...] = ()


def fold_overdue(
    table: Table, program: Program, rules: Callable[[], Rulebook], now: datetime, pause: Pause = clock.pause
) -> Folded:
    """Counts rows that the stream should have counted long ago: clicks row by row, then commissions by member.

    `rules`: reads those of the program.
    """
    program_id = program.program_id
    rows = click_rows.by_row(due(table, program_id, indexes.CLICK, now))
    waiting = by_member(due(table, program_id, indexes.PENDING, now))

    def count(row: ClickRow) -> int:
        click_rows.count(table, program, row, rows[row], now, pause)
        return len(rows[row])

    def fold(member_id: str) -> int:
        fold_member(table, rules(), member_id, waiting[member_id], now, pause)
        return len(waiting[member_id])

    counted, uncounted = _each(rows, count)
    folded, unfolded = _each(waiting, fold)
    overdue = sum(map(len, (*rows.values(), *waiting.values())))
    return Folded(overdue, sum(counted) + sum(folded), (*uncounted, *unfolded))


def make_recurrences(table: Table, program: Program, now: datetime) -> Folded:
    """Makes the commissions of one page of due recurrences, which the stream then counts."""
    waiting, left = due(table, program.program_id, indexes.RECUR, now), MOST_MADE

    def make(item: Item) -> int:
        nonlocal left
        made = recurrences.make_due(table, program, item, now, min(left, recurrences.MOST_AT_ONCE))
        left -= made
        return made

    made, unmade = _each(waiting, make)
    return Folded(len(waiting), sum(made), unmade)


def _each(things: Iterable[Thing], work: Callable[[Thing], Done]) -> tuple[list[Done], tuple[Exception, ...]]:
    done, failures = [], []
    for thing in things:
        try:
            done.append(work(thing))
        except Exception as error:  # whatever it is, it is this thing's
            failures.append(error)
    return done, tuple(failures)


def due(table: Table, program_id: str, kind: str, now: datetime) -> list[Item]:
    """The items of work that is due at `now`, as they stand in the table, since the index may lag."""
    entries = [
        entry
        for partition in indexes.work(program_id, kind)
        for entry in table.query(partition, index=WORK, before=keys.instant(now) + keys.LAST, limit=PAGE)
    ]
    stored = table.batch_get([Key(entry["pk"], entry["sk"]) for entry in entries])
    return list(stored.values())
