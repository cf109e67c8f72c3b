"""Members are paid out, as a merchant has it done."""

from typing import Any

from laurel import clock
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.world import CALENDAR


def up_to_today(**changes: Any) -> dict[str, Any]:
    """All that is due by now in the program of world.py."""
    return {"until": CALENDAR.day_of(clock.now()).isoformat(), **changes}


def drafted(api: Gateway, jobs_queue: JobsQueue, **changes: Any) -> str:
    """A draft of all that is due, unless told otherwise; its path."""
    begun = api.post("/v1/payouts", up_to_today(**changes))
    assert begun.status == 202, begun.body
    jobs_queue.work()
    return f"/v1/payouts/{begun.body['payout_id']}"


def confirmed(api: Gateway, jobs_queue: JobsQueue, **changes: Any) -> str:
    """The same, confirmed and carried out."""
    path = drafted(api, jobs_queue, **changes)
    assert api.post(f"{path}/confirm").status == 202
    jobs_queue.work()
    return path


def pay_out(api: Gateway, jobs_queue: JobsQueue, *member_ids: str) -> None:
    """All that is due is paid; only to these members, if there are any."""
    confirmed(api, jobs_queue, **({"member_ids": member_ids} if member_ids else {}))
