"""Adjustments that a merchant declines: what was not taken is not given back, what was not given is not taken."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import pay_out
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

WHEN = "2026-11-18T10:00:00Z"


@pytest.fixture
def paid(api: Gateway, world: World, items: Table, jobs_queue: JobsQueue) -> str:
    """A conversion of 100.00 at 10 %, paid."""
    sold = sell(world, items, occurred_at=WHEN)
    pay_out(api, jobs_queue)
    return sold


def refund(api: Gateway, items: Table, sold: str, refund_id: str, amount: int) -> None:
    body = {"refund_id": refund_id, "reason": "refund", "amount": amount}
    assert api.post(f"/v1/conversions/{sold}/refunds", body).status == 201
    drain(items)


def undo(api: Gateway, items: Table, sold: str, refund_id: str) -> None:
    assert api.delete(f"/v1/conversions/{sold}/refunds/{refund_id}").status == 204
    drain(items)


def revise(api: Gateway, items: Table, sold: str, amount: int) -> None:
    assert api.patch(f"/v1/conversions/{sold}", {"amount": amount}).status == 200
    drain(items)


def adjustments(api: Gateway, world: World) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/commissions?member_id={world.ada}&type=adjustment").body["items"])


def decide(api: Gateway, items: Table, amount: int, verdict: str, world: World) -> Answer:
    (row,) = (each for each in adjustments(api, world) if each["amount"] == amount)
    told = api.post(f"/v1/commissions/{row['commission_id']}/{verdict}", {"reason": "goodwill"})
    drain(items)
    return told


def standing(api: Gateway, world: World) -> tuple[int, ...]:
    told = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    return told["conversions"], told["sales"], told["commission"], told["payout_due"]


def test_what_was_forgiven_is_not_given_back(api: Gateway, world: World, items: Table, paid: str) -> None:
    refund(api, items, paid, "r1", 10_000)
    assert decide(api, items, -1_000, "decline", world).status == 200
    assert standing(api, world) == (1, 0, 1_000, 0)
    undo(api, items, paid, "r1")
    assert standing(api, world) == (1, 10_000, 1_000, 0)


def test_what_was_forgiven_in_part_stays_so_while_it_is_taken(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    refund(api, items, paid, "r1", 3_000)
    refund(api, items, paid, "r2", 7_000)
    decide(api, items, -300, "decline", world)
    undo(api, items, paid, "r2")
    assert standing(api, world) == (1, 7_000, 1_000, 0)
    undo(api, items, paid, "r1")
    assert standing(api, world) == (1, 10_000, 1_000, 0)
    refund(api, items, paid, "r3", 10_000)
    assert standing(api, world) == (1, 0, 0, -1_000)


def test_what_was_not_given_is_not_taken(api: Gateway, world: World, items: Table, paid: str) -> None:
    revise(api, items, paid, 15_000)
    decide(api, items, 500, "decline", world)
    revise(api, items, paid, 10_000)
    assert standing(api, world) == (1, 10_000, 1_000, 0)


def test_what_was_forgiven_counts_as_one_sale_once_it_is_undone(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    condition = {"metric": "sales_count", "operator": "gte", "value": 2, "period": {"type": "all_time"}}
    rule = {"name": "Two", "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 1}]}
    assert api.post("/v1/rules", rule).status == 201
    refund(api, items, paid, "r1", 10_000)
    decide(api, items, -1_000, "decline", world)
    undo(api, items, paid, "r1")
    assert api.get(f"/v1/commissions?member_id={world.ada}&type=extra_bonus").body["items"] == []


def test_a_take_that_was_forgiven_is_approved_again_only_while_its_refund_stands(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    refund(api, items, paid, "r1", 10_000)
    decide(api, items, -1_000, "decline", world)
    assert decide(api, items, -1_000, "approve", world).status == 200
    assert standing(api, world) == (1, 0, 0, -1_000)
    decide(api, items, -1_000, "decline", world)
    undo(api, items, paid, "r1")
    refused = decide(api, items, -1_000, "approve", world)
    assert (refused.status, refused.code) == (409, "not_approvable")
    assert standing(api, world) == (1, 10_000, 1_000, 0)


def test_what_was_given_back_cannot_be_forgiven_too(api: Gateway, world: World, items: Table, paid: str) -> None:
    refund(api, items, paid, "r1", 10_000)
    undo(api, items, paid, "r1")
    for amount in (-1_000, 1_000):
        refused = decide(api, items, amount, "decline", world)
        assert (refused.status, refused.code) == (409, "not_declinable")
    assert standing(api, world) == (1, 10_000, 1_000, 0)


def test_what_was_given_back_in_part_is_forgiven_no_further_than_the_rest(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    refund(api, items, paid, "r1", 3_000)
    refund(api, items, paid, "r2", 7_000)
    undo(api, items, paid, "r2")
    assert [decide(api, items, amount, "decline", world).status for amount in (-700, 700, -300)] == [409, 409, 200]
    assert standing(api, world) == (1, 7_000, 1_000, 0)


def test_a_take_is_approved_again_only_as_far_as_it_is_still_due(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    revise(api, items, paid, 0)
    decide(api, items, -1_000, "decline", world)
    revise(api, items, paid, 4_000)
    assert standing(api, world) == (1, 4_000, 1_000, 0)  # what is taken of it is forgiven
    assert decide(api, items, -1_000, "approve", world).code == "not_approvable"
    assert standing(api, world) == (1, 4_000, 1_000, 0)
