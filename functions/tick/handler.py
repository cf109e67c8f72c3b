"""Every minute: takes up the due and overdue work of every program, and closes its days."""

from datetime import datetime
from typing import Any

from laurel import clock, consumers, metrics
from laurel.concurrency import side_by_side
from laurel.queue import queue
from laurel.store import keys
from laurel.store.table import table
from laurel.workflows.kernel import closing
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.program import jobs
from laurel.workflows.upkeep import job_pages, sweeps
from laurel.workflows.upkeep.sweeps import Swept

rulebooks = Rulebooks()


def handler(event: consumers.Event, context: Any) -> None:  # noqa: ARG001
    """Sweeps all programs, side by side; a failure is logged and does not hold up the others, but fails the run."""
    swept: list[Swept] = []
    with_pending: list[bool] = []  # counted below: a metric is printed by one thread alone

    def look_after(program_id: str) -> None:
        swept.append(sweep(program_id))
        with_pending.append(close(program_id, clock.now()))

    def attempt(program_id: str) -> str | None:
        return consumers.attempt(program_id, look_after, program_id)

    tried = side_by_side(attempt, sweeps.programs(table(), clock.now()))
    metrics.count_overdue(sum(one.overdue for one in swept))  # also 0: silence is alarmed
    metrics.count_closed_with_pending(sum(with_pending))
    metrics.count_mails(result for one in swept for result in one.mails)
    failures = [failure for one in swept for failure in one.failures]
    failed = [program_id for program_id in tried if program_id]
    consumers.report(len(tried), [*failed, *failures])
    if failed or failures:
        raise ExceptionGroup("could not sweep everything", failures or [RuntimeError(f"see the log: {failed}")])


def sweep(program_id: str) -> Swept:
    """Sweeps one program."""
    now = clock.now()
    swept = sweeps.sweep(table(), rulebooks, program_id, now)
    if swept.is_full:  # more than a minute can take up: a stream was down
        jobs.start(table(), queue(), program_id, "settle_overdue", keys.instant(now)[:15], now)
    if swept.is_full_of_recurrences:  # they are all due at the local midnight
        jobs.start(table(), queue(), program_id, "make_recurrences", keys.instant(now)[:15], now)
    job_pages.resend_stalled(table(), queue(), program_id, now)
    return swept


def close(program_id: str, now: datetime) -> bool:
    """Starts the next close of the program, if it is time; whether earlier rows wait to be counted although it is."""
    due = closing.due(table(), program_id, now)
    if due is None:
        return False
    cursor = closing.first_cursor(due.day)
    jobs.start(table(), queue(), program_id, "close_period", due.day.isoformat(), now, cursor)
    return due.with_pending
