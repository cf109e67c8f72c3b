"""Long work, as people ask after it."""

from laurel import clock, queue
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
