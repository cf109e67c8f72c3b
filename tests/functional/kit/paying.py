"""Members are paid out, as a merchant has it done."""

from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue


def pay_out(api: Gateway, jobs_queue: JobsQueue, *member_ids: str) -> None:
    """All that is due is paid; only to these members, if there are any."""
    some = {"member_ids": member_ids} if member_ids else {}
    assert api.post("/v1/payouts", {"until": "2099-01-01T00:00:00Z", **some}).status == 202
    assert jobs_queue.work() == 1
