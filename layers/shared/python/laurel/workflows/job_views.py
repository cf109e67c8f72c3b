"""Jobs as people look at them; what runs them loads all that jobs do."""

from laurel.domain.jobs import Job
from laurel.store import keys
from laurel.store.table import Table
from laurel.workflows import edits


def get(table: Table, program_id: str, job_id: str) -> Job:
    """Raises Absent, also for a job of another program."""
    return edits.get(table, keys.job(program_id, job_id), Job, "job_not_found", "job")
