"""Jobs: begun and looked at; `job_pages` runs them."""

from datetime import datetime
from typing import Any

from laurel.domain.program.jobs import Job, JobKind
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import derived_id
from laurel.queue import JobMessage, Queue
from laurel.store import items, keys
from laurel.store.operations import ConditionFailed, Put
from laurel.store.table import Table
from laurel.workflows.requests import edits


def start(  # noqa: PLR0913, PLR0917 - what it is, and where it begins
    table: Table,
    queue: Queue,
    program_id: str,
    kind: JobKind,
    name: str,
    now: datetime,
    cursor: dict[str, Any] | None = None,
) -> str:
    """Starts the job of that kind and `name` at `cursor` unless it exists; returns its id either way."""
    job = begun(program_id, kind, name, now, cursor)
    try:
        table.write(put(program_id, job))
    except ConditionFailed:
        return job.job_id
    queue.send(JobMessage(program_id, job.job_id))
    return job.job_id


def start_anew(  # noqa: PLR0913, PLR0917 - as `start`
    table: Table,
    queue: Queue,
    program_id: str,
    kind: JobKind,
    name: str,
    now: datetime,
    cursor: dict[str, Any],
) -> Job:
    """Starts the job of that kind and `name`, again if it ran before. Raises Conflict `job_running` while it does."""
    job = begun(program_id, kind, name, now, cursor)
    earlier = ended(table, program_id, job.job_id)
    try:
        table.write(_put_again(program_id, job, earlier))
    except ConditionFailed as failed:
        raise _running() from failed  # somebody else was faster
    queue.send(JobMessage(program_id, job.job_id))
    return job


def ended(table: Table, program_id: str, job_id: str) -> Job | None:
    """The job as it ended, if there was one. Raises Conflict `job_running` while it is under way."""
    earlier = find(table, program_id, job_id)
    if earlier is not None and earlier.status == "running":
        raise _running()
    return earlier


def _put_again(program_id: str, job: Job, earlier: Job | None) -> Put:
    if earlier is None:
        return put(program_id, job)
    # a version on: a run of the earlier job that still goes on gives way
    again = job.model_copy(update={"version": earlier.version + 1})
    return Put(items.job(program_id, again), expect={"version": earlier.version})


def _running() -> Conflict:
    return Conflict("job_running", "this job is under way: GET /v1/jobs/{job_id} tells how far it is")


def begun(program_id: str, kind: JobKind, name: str, now: datetime, cursor: dict[str, Any] | None = None) -> Job:
    """The job of that kind and `name`, at its beginning. A caller that writes it must send its message too."""
    job_id = derived_id("job", program_id, kind, name)
    return Job(job_id=job_id, kind=kind, cursor=cursor, started_at=now, updated_at=now)


def put(program_id: str, job: Job) -> Put:
    """Writes a job that does not exist yet. If its first message is lost, tick sends one."""
    return Put(items.job(program_id, job), new=True)


def go_on(table: Table, queue: Queue, program_id: str, job_id: str, now: datetime) -> None:
    """Has a job that failed go on where it stood; any other, and one that is gone, is left as it is."""
    job = find(table, program_id, job_id)
    if job is None or job.status != "failed":
        return
    try:
        table.write(Put(items.job(program_id, job.resumed(now)), expect={"version": job.version}))
    except ConditionFailed:
        return  # somebody else was faster
    queue.send(JobMessage(program_id, job_id))


def find(table: Table, program_id: str, job_id: str) -> Job | None:
    """A job of the program."""
    item = table.get(keys.job(program_id, job_id))
    return None if item is None else items.parse(Job, item)


def get(table: Table, program_id: str, job_id: str) -> Job:
    """A job of the program. Raises Absent, also for one of another program."""
    return edits.get(table, keys.job(program_id, job_id), Job, "job_not_found", "job")
