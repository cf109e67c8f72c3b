"""Jobs: long work done in pages, each page one bounded step that can be repeated."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Self

from laurel.domain.values.ids import JobId
from laurel.domain.values.model import Count, Frozen, Instant

JobKind = Literal[
    "settle_overdue",
    "make_recurrences",
    "close_period",
    "erase_member",
    "recalculate",
    "apply_rule",
    "backtest_rule",
    "draft_payout",
    "confirm_payout",
    "free_rows",
    "fail_line",
    "look_after_codes",
]
SweepJob = Literal["settle_overdue", "make_recurrences"]
"""The kinds that take up whatever is due."""
PayoutJob = Literal["draft_payout", "confirm_payout", "free_rows", "fail_line"]
"""The kinds that are about payouts."""
RuleJob = Literal["apply_rule", "backtest_rule"]
"""The kinds that are about one rule."""
OWED: Final[frozenset[JobKind]] = frozenset({"close_period", "erase_member", "recalculate", "free_rows"})
"""The kinds that nobody can ask for again: they are never given up, and say why they do not get on."""
JobStatus = Literal["running", "done", "failed"]
MOST_HOPS = 10_000
"""Messages that a job may send itself before it counts as running in circles; those after which it waits are free."""

MOST_TRIES = 10
"""Runs that a job may begin with the same page, since one that is killed says nothing; most of an hour."""
STUCK: Final = f"the same page failed {MOST_TRIES} times"


@dataclass(frozen=True, slots=True)
class Page:
    """One bounded step: how many things it did, where the next begins, and whether it was the last.

    `waits`: others must do something first, so the next page begins later.
    """

    done: int
    is_last: bool
    cursor: dict[str, Any] | None = None
    waits: bool = False


class Job(Frozen):
    """One piece of long work; `cursor` tells the next page where to go on, `hops` counts its messages.

    `failure`: why it failed, or does not get on.
    """

    job_id: JobId
    kind: JobKind
    status: JobStatus = "running"
    done: Count = 0
    total: Count | None = None
    cursor: dict[str, Any] | None = None
    hops: Count = 0
    failure: str | None = None
    started_at: Instant
    updated_at: Instant
    finished_at: Instant | None = None
    version: int = 1

    def resumed(self, now: datetime) -> Self:
        """A job that failed, on its way again from where it stood."""
        ended = {"finished_at": None, "failure": None, "hops": 0}
        return self.model_copy(update={"status": "running", **ended, "updated_at": now, "version": self.version + 1})


class JobBegun(Frozen):
    """The id under which `GET /v1/jobs/{job_id}` tells how far it is."""

    job_id: JobId


class JobView(Frozen):
    """A job as it is shown, with its progress and without its cursor. `total` is given if it is known beforehand."""

    job_id: JobId
    kind: JobKind
    status: JobStatus
    done: Count
    total: Count | None = None
    failure: str | None = None
    started_at: Instant
    finished_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    version: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """`job` as it is shown."""
        shown = {name: getattr(job, name) for name in cls.model_fields if name != "created_at"}
        return cls(**shown, created_at=job.started_at)
