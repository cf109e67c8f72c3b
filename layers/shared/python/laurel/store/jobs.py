"""Jobs that begin with their cause."""

from laurel.domain.program.jobs import Job
from laurel.store import indexes, items
from laurel.store.operations import Put


def due_at_once(program_id: str, job: Job) -> Put:
    """Writes a new job in the transaction of its cause: `tick` sends its first message if nobody does."""
    due = indexes.due(program_id, indexes.JOB, job.job_id, job.started_at)
    return Put({**items.job(program_id, job), **due}, new=True)
