"""Jobs that begin with their cause."""

from laurel.domain.program.jobs import Job
from laurel.store import indexes, items
from laurel.store.operations import Put


def due_at_once(program_id: str, job: Job, earlier: Job | None = None) -> Put:
    """Writes a new job in the transaction of its cause: `tick` sends its first message if nobody does.

    `earlier`: the job of that id that is over, and makes room for it.
    """
    due = indexes.due(program_id, indexes.JOB, job.job_id, job.started_at)
    if earlier is None:
        return Put({**items.job(program_id, job), **due}, new=True)
    again = job.model_copy(update={"version": earlier.version + 1})
    return Put({**items.job(program_id, again), **due}, expect={"version": earlier.version})
