"""Codes as a shop has them: live or not and why, what somebody changed there, and the daily check, now."""

import re
from functools import partial
from typing import Any, Final

from laurel.concurrency import together
from laurel.console import sheets
from laurel.console import shops as section
from laurel.domain.program.jobs import Job
from laurel.domain.values.ids import JobId
from laurel.pages import answers
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.shop_keys import STATES
from laurel.store.table import table
from laurel.workflows.program import jobs, storefronts
from laurel.workflows.requests.listing import DEFAULT_LIMIT
from laurel.workflows.shops import checking, showing

pages: Final = Pages()
SAID: Final = {
    "pending": "On its way to the shop",
    "live": "Live in the shop",
    "ending": "Being ended in the shop",
    "ended": "Ended in the shop",
    "failed": "The shop refused it",
    "conflict": "The shop has such a code of its own",
}
REASONS: Final = {
    "taken": "the shop has a discount of its own with this code, which is never touched: give the member another code",
    "changed_in_shop": "somebody had changed it in the shop; it was put right",
    "deleted_in_shop": "somebody had deleted it in the shop; it was made again",
    "code_not_possible_there": "the platform does not take such a code: give the member another one",
    "another_currency": "the shop sells in another currency than the discount's amount",
    "shop_busy": "the shop is busy; it is tried again",
    "shop_unreachable": "the shop does not answer; it is tried again",
    "answer_not_understood": "the shop answered something that was not understood; it is tried again",
}
"""A reason of a code -> the same in words, with what to do about it."""
_JOB: Final = re.compile(r"job_[0-9a-hjkmnp-tv-z]{26}")


@pages.get("/shops/<storefront_id>/codes", "viewer")
def listed(visit: Visit, storefront_id: str, refused: Form | None = None) -> Answer:
    """The codes that a shop has of Laurel, or those in one state; with the progress of a check that was begun."""
    state, cursor = _state(visit), visit.query.get("cursor")
    job, storefront, found = together(
        lambda: _job(visit),
        lambda: storefronts.bare(table(), visit.program_id, storefront_id),
        lambda: showing.page(table(), visit.program_id, storefront_id, state, DEFAULT_LIMIT, cursor),
    )
    if visit.is_partial and (job is None or job.status != "running"):
        return answers.reload()
    return visit.show(
        "shops/codes.html",
        part="progress",
        storefront=storefront,
        tabs=section.tabs(storefront),
        listed=found,
        job=job,
        states=list(SAID.items()),
        reasons=REASONS,
        refused=refused or Form(),
    )


@pages.get("/shops/<storefront_id>/codes.csv", "viewer")
def list_as_file(visit: Visit, storefront_id: str) -> Answer:
    """The same codes as CSV."""
    storefronts.require(table(), visit.program_id, storefront_id)
    return sheets.codes(visit, partial(showing.page, table(), visit.program_id, storefront_id, _state(visit)))


@pages.post("/shops/<storefront_id>/codes/check", "manager")
def check(visit: Visit, storefront_id: str) -> Answer:
    """Begins the daily check of all codes now."""

    def work() -> str:
        storefronts.require(table(), visit.program_id, storefront_id)
        return checking.look_after(table(), visit.program_id, storefront_id, visit.now)

    return visit.save(
        work,
        done=lambda job_id: visit.go(f"/shops/{storefront_id}/codes", "The check has begun.", job=job_id),
        again=lambda form: listed(visit, storefront_id, form),
    )


def _job(visit: Visit) -> Job | None:
    """The check whose progress is shown; none for what cannot be one."""
    job_id: JobId | None = visit.query.get("job")
    return jobs.find(table(), visit.program_id, job_id) if job_id and _JOB.fullmatch(job_id) else None


def _state(visit: Visit) -> Any:
    asked = visit.query.get("state")
    return asked if asked in STATES else None
