"""Jobs that begin with their cause, and those that do not get on."""

from datetime import datetime
from typing import Final

from laurel.domain.program.jobs import Job
from laurel.store import indexes, items, keys
from laurel.store.operations import Put, Update

TRIES: Final = "tries"
"""Attribute of a job, beside its body: runs that began with the page that it is at."""


def due_at_once(program_id: str, job: Job, earlier: Job | None = None) -> Put:
    """Writes a new job in the transaction of its cause: `tick` sends its first message if nobody does.

    `earlier`: the job of that id that is over, and makes room for it.
    """
    due = indexes.due(program_id, indexes.JOB, job.job_id, job.started_at)
    if earlier is None:
        return Put({**items.job(program_id, job), **due}, new=True)
    again = job.model_copy(update={"version": earlier.version + 1})
    return Put({**items.job(program_id, again), **due}, expect={"version": earlier.version})


def asked_again(program_id: str, job: Job, now: datetime) -> Update:
    """Has a job that is sent another message be overdue later than at once, if it has not advanced meanwhile."""
    due = indexes.due(program_id, indexes.JOB, job.job_id, now + items.STALLED_AFTER)
    return Update(keys.job(program_id, job.job_id), set=due, expect={"version": job.version})


def tried(program_id: str, job: Job) -> Update:
    """Counts a run that begins, beside whatever else happens to the job."""
    return Update(keys.job(program_id, job.job_id), add={TRIES: 1})
