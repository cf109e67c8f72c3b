"""The close of days: some time after local midnight, the rules that it decides fire for every member, page by page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from laurel.domain.program.jobs import Page
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import STARTS_AFTER, WAITS_UP_TO, Midnight, next_close
from laurel.store import indexes, items, keys
from laurel.store.indexes import WORK
from laurel.store.operations import ABSENT, Update
from laurel.store.table import Table
from laurel.workflows.kernel import member_walk
from laurel.workflows.kernel.transitions import begin_day
from laurel.workflows.program import programs

MOST_MEMBERS: Final = 50


@dataclass(frozen=True, slots=True)
class DueClose:
    """The local day whose beginning is to be closed now; `with_pending`: although earlier rows wait to be counted."""

    day: date
    with_pending: bool


def due(table: Table, program_id: str, now: datetime) -> DueClose | None:
    """The next close of a program, if it is time; missed days follow in order."""
    midnight = next_close(programs.get(table, program_id))
    waited = now - midnight.occurred_at
    if waited < STARTS_AFTER:
        return None
    with_pending = _is_pending(table, program_id, midnight)
    if with_pending and waited < WAITS_UP_TO:
        return None
    return DueClose(midnight.day, with_pending)


def first_cursor(day: date) -> dict[str, Any]:
    """The cursor at which the close of `day` begins."""
    return {"day": day.isoformat()}


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime) -> Page:
    """Fires the rules of the members after `cursor`. A repeat finds the markers of rules that fired.

    A member for whom that fails is tried again after all others. Raises if that fails too.
    """
    program = rulebook.program
    midnight = Midnight.of(program.calendar, date.fromisoformat(cursor["day"]))

    def ask(member_id: str) -> None:
        begin_day(table, rulebook, member_id, midnight, now)

    walked = Page(0, is_last=True, cursor=cursor)
    if _decides(rulebook, midnight):
        walked = member_walk.page(table, program.program_id, cursor, MOST_MEMBERS, ask)
    if walked.is_last:
        _close(table, program.program_id, midnight.day)
    return walked


def _decides(rulebook: Rulebook, midnight: Midnight) -> bool:
    return bool(rulebook.at_midnight(midnight.day).by_day[midnight.day])


def _close(table: Table, program_id: str, day: date) -> None:
    """Marks the day as closed, apart from the program's settings. Raises ConditionFailed if another run is faster."""
    program = programs.get(table, program_id)
    if next_close(program).day == day:
        before = ABSENT if program.closed_until is None else program.closed_until.isoformat()
        closed = {"closed_until": day.isoformat()}
        table.write(Update(keys.program(program_id), set=closed, expect={"closed_until": before}))


def _is_pending(table: Table, program_id: str, midnight: Midnight) -> bool:
    """Whether an order or a click that was recorded before `midnight` still waits to be counted."""
    recorded_before = keys.instant(midnight.occurred_at + items.OVERDUE_AFTER)
    partitions = [p for kind in (indexes.PENDING, indexes.CLICK) for p in indexes.work(program_id, kind)]
    return any(table.query(partition, before=recorded_before, limit=1, index=WORK) for partition in partitions)
