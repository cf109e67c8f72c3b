"""An order's life after it was recorded: approved, refunded in part and as a whole, or refunded before it came."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.kit.client import eventually
from tests.journeys.kit.shop import Shop, week_above


@pytest.fixture
def patient(shop: Shop) -> Iterator[Shop]:
    """A shop whose merchant approves by hand."""
    shop.admin.patch("/v1/program", {"approval": {"mode": "manual"}})
    yield shop
    shop.admin.patch("/v1/program", {"approval": {"mode": "immediate"}})


def figures(shop: Shop) -> dict[str, Any]:
    return dict(shop.admin.get(f"/v1/reports/summary?member_id={shop.member_id}")["totals"])


def refund(shop: Shop, order_id: str, refund_id: str, **amount: int) -> Any:
    body = {"order_id": order_id, "refund_id": refund_id, "reason": "refund", **amount}
    return shop.storefront.send("POST", "/v1/refunds", body)


def test_approvals_cross_a_threshold_and_refunds_take_off_what_was_earned(patient: Shop) -> None:
    shop, rule = patient, patient.rule("Week", week_above(20_000), {"type": "add_bonus_commission", "percent": "2"})
    sold = [shop.sell(180_000), shop.sell(30_000)]
    assert [each["status"] for each in sold] == ["pending", "pending"]
    ids = [each["conversion_id"] for each in sold]
    told = shop.admin.post("/v1/conversions/bulk-status", {"conversion_ids": ids, "set": "approved"})
    assert [each["status"] for each in told["results"]] == ["changed", "changed"]
    assert shop.bonus(rule)["amount"] == 420

    part = refund(shop, sold[1]["order_id"], "r1", amount=10_000)
    again = refund(shop, sold[1]["order_id"], "r1", amount=10_000)
    assert (part.status, again.status, again.json) == (201, 200, part.json)
    eventually(lambda: figures(shop)["sales"] == 200_000)
    assert (figures(shop)["conversions"], figures(shop)["commission"]) == (2, 20_420)  # the bonus stays

    assert refund(shop, sold[1]["order_id"], "r2").json["amount"] == 20_000
    eventually(lambda: figures(shop)["conversions"] == 1)
    assert figures(shop)["payout_due"] == 18_420
    conversion = shop.admin.get(f"/v1/conversions/{ids[1]}")
    assert (conversion["status"], conversion["reason"], conversion["commission"]) == ("declined", "refund", 0)
    refused = shop.admin.send("POST", f"/v1/conversions/{ids[1]}/approve", {})
    assert (refused.status, refused.json["code"]) == (409, "not_approvable")
    lines = shop.admin.get(f"/v1/conversions/{ids[1]}/history")["items"]
    assert [line["action"] for line in lines] == ["refunded", "refunded", "approved"]

    undone = shop.admin.send("DELETE", f"/v1/conversions/{ids[1]}/refunds/r2")
    assert undone.status == 204
    eventually(lambda: figures(shop)["conversions"] == 2)
    conversion = shop.admin.get(f"/v1/conversions/{ids[1]}")
    assert (conversion["status"], conversion["reason"], conversion["commission"]) == ("approved", "refund", 2_000)


def test_a_refund_that_comes_before_its_order_waits_for_it(shop: Shop) -> None:
    order = shop.order(5_000)
    assert refund(shop, order["order_id"], "r1", amount=2_000).status == 202
    assert "r1" in [each["refund_id"] for each in shop.admin.get("/v1/refunds?parked=true&limit=100")["items"]]
    told = shop.storefront.send("POST", "/v1/conversions", order)
    assert (told.status, told.json["refunded_amount"], told.json["commission"]) == (201, 2_000, 300)
    assert shop.storefront.send("POST", "/v1/conversions", order).json == told.json
    assert refund(shop, order["order_id"], "r1", amount=2_000).status == 200
    assert eventually(lambda: figures(shop)["sales"]) == 3_000


def test_a_merchant_gives_a_member_something_by_hand_and_takes_it_back(shop: Shop) -> None:
    made = shop.admin.post("/v1/commissions", {"member_id": shop.member_id, "amount": 2_500, "reason": "Fair"})
    assert eventually(lambda: figures(shop)["payout_due"]) == 2_500
    path = f"/v1/commissions/{made['commission_id']}"
    assert shop.admin.post(f"{path}/decline", {"reason": "mistake"})["status"] == "declined"
    eventually(lambda: figures(shop)["payout_due"] == 0)
    assert [line["action"] for line in shop.admin.get(f"{path}/history")["items"]] == ["declined", "created"]
