"""Every minute: takes up what is due or overdue in every program."""

from typing import Any

from laurel import clock, consumers, metrics
from laurel.queue import queue
from laurel.store import keys
from laurel.store.table import table
from laurel.workflows import jobs, sweeps
from laurel.workflows.rulebooks import Rulebooks

rulebooks = Rulebooks()


def handler(event: consumers.Event, context: Any) -> None:  # noqa: ARG001
    """Sweeps each program; one that fails is logged and does not keep the others waiting, but fails the run."""
    metrics.count_overdue(0)  # silence is alarmed, so there is a number even without programs
    tried = [consumers.attempt(program_id, sweep, program_id) for program_id in sweeps.programs(table())]
    failed = [program_id for program_id in tried if program_id]
    consumers.report(len(tried), failed)
    if failed:
        raise RuntimeError(f"could not sweep {failed}")


def sweep(program_id: str) -> None:
    """One program's minute."""
    now = clock.now()
    rulebook = rulebooks.current(table(), program_id)
    swept = sweeps.sweep(table(), rulebook, now)
    if swept.is_full:  # more than a minute can take up: a stream was down
        jobs.start(table(), queue(), program_id, "settle_overdue", keys.instant(now)[:15], now)
    jobs.resend_stalled(table(), queue(), program_id, now)
    metrics.count_overdue(swept.overdue)
    metrics.count_mails(swept.mails)
