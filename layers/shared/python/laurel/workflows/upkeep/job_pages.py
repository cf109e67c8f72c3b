"""The pages of long work: a job goes on from its cursor until the time is up, then sends a message to itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, assert_never

from laurel.concurrency import Run, in_turn
from laurel.domain.program.jobs import MOST_HOPS, MOST_TRIES, OWED, STUCK, Job, Page, PayoutJob, RuleJob, SweepJob
from laurel.domain.rules.rulebook import Rulebook
from laurel.queue import JobMessage, Queue
from laurel.store import indexes, items, keys
from laurel.store import jobs as stored
from laurel.store.indexes import WORK
from laurel.store.operations import ConditionFailed, Update
from laurel.store.table import Table
from laurel.workflows.requests import edits
from laurel.workflows.upkeep import sweeps

if TYPE_CHECKING:
    from laurel.workflows.rules.replaying import Means

WAITS: Final = timedelta(seconds=5)
"""The pause before a job asks again whether others have done the work that it waits for."""


def run(  # noqa: PLR0913, PLR0917 - whose job it is, and the ways to do it
    table: Table,
    queue: Queue,
    rulebook: Rulebook,
    job_id: str,
    now: datetime,
    has_time: Callable[[], bool],
    reads: Run = in_turn,
) -> Job:
    """Runs pages until the job is done or the time is up; then it asks for its next run. Raises Absent for no such job.

    A page that fails every time, or kills its run, ends the job as failed.
    `reads`: how a page reads many things that do not depend on each other.
    Two runs of one job at once do no harm: pages can be repeated, and the later writer of the job item gives way.
    """
    program_id = rulebook.program.program_id
    job, tries = _read(table, program_id, job_id)
    try:
        job, waits = _tried(table, program_id, job, tries, now), False
        while job.status == "running" and has_time() and not waits:
            page = _page(table, rulebook, job, now, reads, has_time)
            job, waits = _advanced(table, program_id, job, page, now), page.waits
        if job.status == "running" and not waits:
            job = _hopped(table, program_id, job, now)
    except ConditionFailed:
        return job
    if job.status == "running":
        queue.send(JobMessage(program_id, job_id), WAITS if waits else timedelta(0))
    return job


def resend_stalled(table: Table, queue: Queue, program_id: str, now: datetime) -> int:
    """Asks again for runs of jobs that have not advanced; their number. Each is asked for once in ten minutes."""
    stalled = [items.parse(Job, item) for item in sweeps.due(table, program_id, indexes.JOB, now)]
    # the index lags: one that is over must not be put into it again
    return sum(_is_resent(table, queue, program_id, job, now) for job in stalled if job.status == "running")


def _is_resent(table: Table, queue: Queue, program_id: str, job: Job, now: datetime) -> bool:
    try:
        table.write(stored.asked_again(program_id, job, now))
    except ConditionFailed:
        return False  # it has advanced
    queue.send(JobMessage(program_id, job.job_id))
    return True


def _read(table: Table, program_id: str, job_id: str) -> tuple[Job, int]:
    """A job, and the number of runs that began with the page that it is at. Raises Absent."""
    item = edits.get_item(table, keys.job(program_id, job_id), "job_not_found", "job")
    return items.parse(Job, item), int(item.get(stored.TRIES, 0))


def _tried(table: Table, program_id: str, job: Job, tries: int, now: datetime) -> Job:
    """The job, with one try more of its page noted beforehand: a run that takes too long notes nothing afterwards."""
    if job.status != "running":
        return job
    if tries >= MOST_TRIES and job.failure is None:
        ended = {} if job.kind in OWED else {"status": "failed", "finished_at": now}
        return _saved(table, program_id, job, now, failure=STUCK, **ended)
    table.write(stored.tried(program_id, job))
    return job


def _page(table: Table, rulebook: Rulebook, job: Job, now: datetime, reads: Run, has_time: Callable[[], bool]) -> Page:
    match job.kind:  # each kind's page is loaded with its first job: a run has one
        case "settle_overdue" | "make_recurrences":
            return _page_of_sweep(table, rulebook, job.kind, now)
        case "close_period":
            from laurel.workflows.kernel import closing

            return closing.page(table, rulebook, job.cursor or {}, now)
        case "erase_member":
            from laurel.workflows import erasure

            return erasure.page(table, rulebook.program.program_id, job.cursor or {}, now)
        case "recalculate":
            from laurel.workflows.kernel import recalculations

            return recalculations.page(table, rulebook, job.cursor or {}, now)
        case "apply_rule" | "backtest_rule":
            from laurel.workflows.rules.replaying import Means

            return _page_of_rule(table, rulebook, job.cursor or {}, job.kind, now, Means(reads, has_time))
        case "draft_payout" | "confirm_payout" | "free_rows" | "fail_line":
            return _page_of_payout(table, rulebook, job.kind, job.cursor or {}, now)
        case "look_after_codes":
            from laurel.workflows.shops import looking_after

            return looking_after.page(table, rulebook.program, job.cursor or {}, now)
        case _:
            assert_never(job.kind)


def _page_of_sweep(table: Table, rulebook: Rulebook, kind: SweepJob, now: datetime) -> Page:
    match kind:
        case "settle_overdue":
            swept = sweeps.fold_overdue(
                table, rulebook.program, lambda: rulebook, now
            )  # tick reports rows that fail again and again
        case "make_recurrences":
            swept = sweeps.make_recurrences(table, rulebook.program, now)
        case _:
            assert_never(kind)
    return Page(swept.done, is_last=swept.done == 0)


def _page_of_rule(
    table: Table, rulebook: Rulebook, cursor: dict[str, Any], kind: RuleJob, now: datetime, means: "Means"
) -> Page:
    from laurel.workflows.rules import applying, replaying

    match kind:
        case "apply_rule":
            return applying.page(table, rulebook, cursor, now)
        case "backtest_rule":
            return replaying.page(table, rulebook, cursor, now, means)
        case _:
            assert_never(kind)


def _page_of_payout(table: Table, rulebook: Rulebook, kind: PayoutJob, cursor: dict[str, Any], now: datetime) -> Page:
    from laurel.workflows.payouts import confirming, drafting, releasing

    match kind:
        case "draft_payout":
            return drafting.page(table, rulebook, cursor, now)
        case "confirm_payout":
            return confirming.page(table, rulebook, cursor, now)
        case "free_rows":
            return releasing.free(table, rulebook.program.program_id, cursor)
        case "fail_line":
            return releasing.take_back(table, rulebook, cursor, now)
        case _:
            assert_never(kind)


def _advanced(table: Table, program_id: str, job: Job, page: Page, now: datetime) -> Job:
    ended = {"status": "done", "finished_at": now} if page.is_last else {}
    return _saved(table, program_id, job, now, done=job.done + page.done, cursor=page.cursor, failure=None, **ended)


def _hopped(table: Table, program_id: str, job: Job, now: datetime) -> Job:
    if job.hops < MOST_HOPS:
        return _saved(table, program_id, job, now, hops=job.hops + 1)
    return _saved(table, program_id, job, now, status="failed", finished_at=now, failure="too many hops")


def _saved(table: Table, program_id: str, job: Job, now: datetime, **changes: Any) -> Job:
    saved = job.model_copy(update={**changes, "updated_at": now, "version": job.version + 1})
    item = items.job(program_id, saved)
    changed = {name: item[name] for name in ("body", "version", WORK.pk, WORK.sk) if name in item}
    gone = (stored.TRIES,) if WORK.pk in item else (stored.TRIES, WORK.pk, WORK.sk)
    table.write(Update(keys.job(program_id, job.job_id), set=changed, remove=gone, expect={"version": job.version}))
    return saved
