"""Drafts go by members' payees: who cannot be paid that way is left out, and a line is never paid elsewhere."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import drafted
from tests.functional.kit.selling import sell
from tests.functional.kit.world import World
from tests.functional.test_payees import BANK, OTHER, PAYPAL, path, put

pytestmark = pytest.mark.usefixtures("jobs_queue", "secrets_key")


def left_out(api: Gateway, payout: str) -> list[tuple[str, str]]:
    return [(each["member_id"], each["reason"]) for each in api.get(payout).body["left_out"]]


@pytest.mark.parametrize(
    ("payee", "rails"),
    [
        (BANK, {"sepa": None, "paypal": "rail_cannot", "csv": None}),
        (PAYPAL, {"paypal": None, "sepa": "rail_cannot", "csv": None}),
        (OTHER, {"paypal": "rail_cannot", "sepa": "rail_cannot", "csv": None}),
    ],
)
def test_a_member_whom_the_rail_cannot_pay_is_left_out(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, payee: object, rails: dict[str, str | None]
) -> None:
    sell(world, table)
    put(api, world, payee)
    for rail, reason in rails.items():
        payout = drafted(api, jobs_queue, rail=rail)
        assert left_out(api, payout) == ([(world.ada, reason)] if reason else [])
        assert api.get(payout).body["total"] == (0 if reason else 1_000)
        api.post(f"{payout}/cancel")


@pytest.mark.parametrize("rail", ["csv", "sepa"])
@pytest.mark.parametrize("is_removed", [False, True])
def test_a_line_whose_payee_changes_leaves_the_draft_and_its_rows_are_due(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, rail: str, is_removed: bool
) -> None:
    sell(world, table)
    put(api, world)
    payout = drafted(api, jobs_queue, rail=rail)
    told = api.delete(path(world.ada)) if is_removed else put(api, world, {**BANK, "holder": "Ada King"})
    assert told.status in {200, 204}
    assert (left_out(api, payout), api.get(payout).body["total"]) == ([(world.ada, "payee_changed")], 0)
    assert api.post(f"{payout}/confirm").code == "nothing_to_pay"
    assert api.get(drafted(api, jobs_queue)).body["total"] == 1_000


def test_the_same_payee_again_leaves_the_draft_as_it_is(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    put(api, world)
    payout = drafted(api, jobs_queue, rail="sepa")
    assert put(api, world).status == 200
    assert (left_out(api, payout), api.get(payout).body["total"]) == ([], 1_000)
