"""Long work, as people ask after it."""

from datetime import timedelta
from itertools import count
from typing import get_args

import pytest

from laurel import clock, queue
from laurel.domain.program.jobs import MOST_TRIES, OWED, JobKind
from laurel.domain.program.jobs import Page as JobPage
from laurel.store.table import Table
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.program import jobs
from laurel.workflows.upkeep import job_pages
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import event, happened, run
from tests.functional.kit.world import AT, World, program


def test_a_job_tells_how_far_it_is(api: Gateway, items: Table, world: World, outside: None):
    happened(items, event("rule_evaluation", "crosses_threshold"))
    program_id = world.program.program_id
    job_id = jobs.start(items, queue.queue(), program_id, "settle_overdue", "now", AT)
    shown = api.get(f"/v1/jobs/{job_id}", key=world.reader).body
    assert shown == {
        "job_id": job_id,
        "kind": "settle_overdue",
        "status": "running",
        "done": 0,
        "total": None,
        "failure": None,
        "started_at": "2026-11-02T09:00:00Z",
        "finished_at": None,
        "created_at": "2026-11-02T09:00:00Z",
        "updated_at": "2026-11-02T09:00:00Z",
        "version": 1,
    }
    job_pages.run(items, queue.queue(), Rulebooks().current(items, program_id), job_id, clock.now(), lambda: True)
    done = api.get(f"/v1/jobs/{job_id}").body
    assert (done["status"], done["done"], done["finished_at"]) == ("done", 2, done["updated_at"])


def test_a_job_whose_message_was_lost_is_sent_again_by_tick(items: Table, world: World, jobs_queue: JobsQueue):
    program_id = world.program.program_id
    job_id = jobs.start(items, queue.queue(), program_id, "settle_overdue", "now", AT)
    lost = jobs_queue.take()
    assert len(lost) == 1
    run("tick", event("tick", "minute"))
    assert lost[0] in jobs_queue.take()
    assert jobs.get(items, program_id, job_id).status == "running"


def test_a_job_of_another_program_is_absent(api: Gateway, items: Table, world: World, outside: None):
    other = program(items, "Other")
    job_id = jobs.start(items, queue.queue(), other.program.program_id, "settle_overdue", "now", AT)
    assert api.get(f"/v1/jobs/{job_id}").code == "job_not_found"
    assert api.get(f"/v1/jobs/{job_id}", key=other.admin).status == 200


def run_until_it_fails_no_more(items: Table, program_id: str, job_id: str) -> int:
    """The number of runs of a job that failed one after the other, up to a few more than it may have."""
    for number in range(MOST_TRIES + 3):
        rulebook = Rulebooks().current(items, program_id)
        try:
            job_pages.run(items, queue.queue(), rulebook, job_id, clock.now(), lambda: True)
        except KeyError:
            continue
        return number
    return MOST_TRIES + 3


@pytest.mark.parametrize("kind", get_args(JobKind))
def test_a_job_that_nothing_can_help_is_given_up_or_says_why_it_does_not_get_on(
    kind: JobKind, api: Gateway, items: Table, world: World, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(job_pages, "_page", fail)
    program_id = world.program.program_id
    job_id = jobs.start(items, queue.queue(), program_id, kind, "now", AT)
    failed = run_until_it_fails_no_more(items, program_id, job_id)
    job = api.get(f"/v1/jobs/{job_id}").body
    assert job["failure"] == "the same page failed 10 times"
    if kind in OWED:
        assert (job["status"], failed) == ("running", MOST_TRIES + 3)
        monkeypatch.setattr(job_pages, "_page", lambda *_: JobPage(1, is_last=True))
        assert run_until_it_fails_no_more(items, program_id, job_id) == 0
        job = api.get(f"/v1/jobs/{job_id}").body
        assert (job["status"], job["failure"]) == ("done", None)
    else:
        assert (job["status"], failed) == ("failed", MOST_TRIES)


def test_a_job_whose_pages_fail_now_and_then_goes_on(
    items: Table, world: World, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    program_id = world.program.program_id
    job_id = jobs.start(items, queue.queue(), program_id, "backtest_rule", "now", AT)
    tries = count()

    def often(*_: object) -> JobPage:
        if next(tries) % MOST_TRIES:
            raise KeyError
        return JobPage(1, is_last=False)

    monkeypatch.setattr(job_pages, "_page", often)
    run_until_it_fails_no_more(items, program_id, job_id)
    assert jobs.get(items, program_id, job_id).status == "running"


def test_a_job_that_failed_has_all_its_tries_again(
    items: Table, world: World, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    program_id = world.program.program_id
    job_id = jobs.start(items, queue.queue(), program_id, "backtest_rule", "now", AT)
    assert run_until_it_fails_no_more(items, program_id, job_id) == MOST_TRIES  # it has no cursor
    jobs.go_on(items, queue.queue(), program_id, job_id, clock.now())
    assert run_until_it_fails_no_more(items, program_id, job_id) == MOST_TRIES


def test_tick_asks_for_a_stalled_job_once_in_ten_minutes(items: Table, world: World, jobs_queue: JobsQueue):
    program_id, now = world.program.program_id, AT + timedelta(minutes=10)
    job_id = jobs.start(items, queue.queue(), program_id, "settle_overdue", "now", AT)
    jobs_queue.take()
    minutes = [timedelta(minutes=number) for number in range(11)]
    sent = [job_pages.resend_stalled(items, queue.queue(), program_id, now + after) for after in minutes]
    assert sent == [1, *[0] * 9, 1]
    assert jobs.get(items, program_id, job_id).status == "running"
