"""Refunds that are undone: their money is worth again, on unpaid rows by the row, on paid ones by adjustments."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import pay_out
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

DATED = {
    "order_id": "1001",
    "amount": 10_000,
    "currency": "EUR",
    "promo_code": "ADA10",
    "occurred_at": "2026-11-18T10:00:00Z",
}
UNKNOWN = "com_" + "0" * 26


@pytest.fixture
def sold(world: World, items: Table) -> str:
    """A conversion of 100.00 at 10 %."""
    told = Gateway(world.reporter).post("/v1/conversions", DATED)
    drain(items)
    return str(told.body["conversion_id"])


def refund(api: Gateway, items: Table, conversion: str, refund_id: str, amount: int | None = None, **more: Any) -> None:
    body = {"refund_id": refund_id, "reason": "refund"} | ({} if amount is None else {"amount": amount}) | more
    assert api.post(f"/v1/conversions/{conversion}/refunds", body).status == 201
    drain(items)


def undo(api: Gateway, items: Table, conversion: str, refund_id: str) -> Answer:
    told = api.delete(f"/v1/conversions/{conversion}/refunds/{refund_id}")
    drain(items)
    return told


def worth(api: Gateway, conversion: str) -> tuple[Any, ...]:
    told = api.get(f"/v1/conversions/{conversion}").body
    return told["refunded_amount"], told["commission"], told["status"], told["reason"]


def totals(api: Gateway, world: World) -> tuple[int, ...]:
    told = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    return told["conversions"], told["sales"], told["commission"], told["payout_due"]


def adjustments(api: Gateway, world: World) -> list[int]:
    items = api.get(f"/v1/commissions?member_id={world.ada}&type=adjustment").body["items"]
    return sorted(each["amount"] for each in items)


def test_what_a_refund_took_is_earned_again_once_it_is_undone(api: Gateway, world: World, items: Table, sold: str):
    refund(api, items, sold, "r1", 3_300)
    refund(api, items, sold, "r2")
    assert worth(api, sold) == (10_000, 0, "declined", "refund")
    assert undo(api, items, sold, "r2").status == 204
    assert worth(api, sold) == (3_300, 670, "approved", "refund")
    assert undo(api, items, sold, "r1").status == 204
    assert worth(api, sold) == (0, 1_000, "approved", None)
    assert totals(api, world) == (1, 10_000, 1_000, 1_000)


def test_undone_again_it_changes_nothing(api: Gateway, items: Table, sold: str):
    refund(api, items, sold, "r1", 3_300)
    assert undo(api, items, sold, "r1").status == 204
    before = api.get(f"/v1/commissions/{sold}").body
    assert undo(api, items, sold, "r1").status == 204
    assert api.get(f"/v1/commissions/{sold}").body == before
    assert len(api.get(f"/v1/conversions/{sold}/history").body["items"]) == 2


def test_who_may_not_undo_and_what_is_not_there(api: Gateway, world: World, items: Table, sold: str):
    refund(api, items, sold, "r1", 3_300)
    for key in (world.reporter, world.reader):
        assert undo(Gateway(key), items, sold, "r1").status == 403
    absent = undo(api, items, sold, "r2")
    assert (absent.status, absent.code) == (404, "refund_not_found")
    assert undo(api, items, UNKNOWN, "r1").code == "commission_not_found"
    assert api.get(f"/v1/conversions/{UNKNOWN}/refunds").status == 404


def test_the_refunds_of_a_conversion_are_listed_with_those_undone(api: Gateway, items: Table, sold: str):
    refund(api, items, sold, "r1", 3_300)
    refund(api, items, sold, "dp:1", reason="chargeback")
    undo(api, items, sold, "dp:1")
    listed = api.get(f"/v1/conversions/{sold}/refunds").body["items"]
    assert [(each["refund_id"], each["reason"], each["undone"]) for each in listed] == [
        ("r1", "refund", False),
        ("dp:1", "chargeback", True),
    ]
    assert listed[0]["amount"] == 3_300


def test_the_history_tells_who_undid_it(api: Gateway, items: Table, sold: str):
    refund(api, items, sold, "r1", 3_300)
    undo(api, items, sold, "r1")
    undone, refunded = api.get(f"/v1/conversions/{sold}/history").body["items"]
    assert (undone["action"], refunded["action"]) == ("refund_undone", "refunded")
    assert undone["actor"].startswith("key:")
    changes = {each["field"]: (each["before"], each["after"]) for each in undone["changes"]}
    assert changes == {"refunded_amount": (3_300, 0), "commission": (670, 1_000), "reason": ("refund", None)}


def test_on_a_paid_row_an_adjustment_gives_it_back(
    api: Gateway, world: World, items: Table, jobs_queue: JobsQueue, sold: str
):
    pay_out(api, jobs_queue, world.ada)
    refund(api, items, sold, "r1")
    assert (adjustments(api, world), totals(api, world)) == ([-1_000], (1, 0, 0, -1_000))
    undo(api, items, sold, "r1")
    assert (adjustments(api, world), totals(api, world)) == ([-1_000, 1_000], (1, 10_000, 1_000, 0))
    told = api.get(f"/v1/conversions/{sold}").body
    assert (told["commission"], told["status"], told["payout"], told["reason"]) == (1_000, "approved", "paid", None)


def test_a_refunded_row_is_approved_again_only_by_undoing_its_refund(api: Gateway, items: Table, sold: str):
    refund(api, items, sold, "r1")
    assert api.post(f"/v1/conversions/{sold}/approve", {}).code == "not_approvable"
    undo(api, items, sold, "r1")
    assert worth(api, sold)[2] == "approved"


def test_a_paid_sale_that_goes_back_as_a_whole_earns_no_bonus_for_sales(
    api: Gateway, world: World, items: Table, jobs_queue: JobsQueue, sold: str
):
    pay_out(api, jobs_queue, world.ada)
    condition = {"metric": "sales_count", "operator": "gt", "value": 0, "period": {"type": "all_time"}}
    bonus = {"type": "add_bonus_commission", "amount": 500}
    rule = {"name": "First sale", "conditions": [condition], "actions": [bonus]}
    made = api.post("/v1/rules", rule)
    assert made.status == 201
    refund(api, items, sold, "r1")
    rows = f"/v1/commissions?member_id={world.ada}&rule_id={made.body['rule_id']}"
    assert api.get(rows).body["items"] == []
    undo(api, items, sold, "r1")
    assert [each["amount"] for each in api.get(rows).body["items"]] == [500]


def test_of_two_refunds_of_more_than_the_order_the_second_takes_what_the_first_one_undone_leaves(
    api: Gateway, items: Table, sold: str
):
    def told() -> list[tuple[int, bool]]:
        refunds = api.get(f"/v1/conversions/{sold}/refunds").body["items"]
        return [(each["amount"], each["undone"]) for each in refunds]

    refund(api, items, sold, "r1", 15_000)
    refund(api, items, sold, "r2", 6_000)
    assert told() == [(10_000, False), (0, False)]
    undo(api, items, sold, "r1")
    assert (worth(api, sold), told()) == ((6_000, 400, "approved", "refund"), [(10_000, True), (6_000, False)])
    undo(api, items, sold, "r2")
    assert worth(api, sold) == (0, 1_000, "approved", None)
