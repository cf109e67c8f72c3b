"""A payout on the deployed stack: orders, a batch, its table, and nothing due any more."""

from typing import Any

from tests.journeys.kit.client import eventually
from tests.journeys.kit.shop import Shop
from tests.kit import spreadsheets

ALL = {"until": "2099-01-01T00:00:00Z"}


def paid_out(shop: Shop, **asked: object) -> dict[str, Any]:
    begun = shop.admin.post("/v1/payouts", {**ALL, "member_ids": [shop.member_id], **asked})

    def done() -> dict[str, Any] | None:
        told: dict[str, Any] = shop.admin.get(f"/v1/payouts/{begun['payout_id']}")
        return told if told["status"] == "done" else None

    return eventually(done)


def due(shop: Shop) -> int:
    return int(shop.admin.get(f"/v1/reports/summary?member_id={shop.member_id}")["totals"]["payout_due"])


def test_what_is_due_is_paid_once_and_told_in_a_table(shop: Shop):
    shop.sell(10_000)
    shop.sell(2_345)
    shop.drain()
    assert due(shop) == 1_235
    assert paid_out(shop, minimum=1_236)["rows"] == []
    payout = paid_out(shop, minimum=1_235)
    (row,) = payout["rows"]
    assert (row["member_id"], row["amount"], payout["total"]) == (shop.member_id, 1_235, 1_235)
    assert due(shop) == 0
    assert {each["payout_id"] for each in shop.rows(payout="paid")} == {payout["payout_id"]}
    table = shop.admin.send("GET", f"/v1/payouts/{payout['payout_id']}?format=csv")
    (line,) = spreadsheets.read(table.text)
    assert (line["email"], line["payout_amount"]) == (shop.member["email"], "12.35")
    assert paid_out(shop)["rows"] == []
