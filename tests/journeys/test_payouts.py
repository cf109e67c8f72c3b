"""A month end on the deployed stack: draft, look, confirm; a line does not arrive, and the next payout pays it."""

import json
from typing import Any

from tests.journeys.kit.client import eventually
from tests.journeys.kit.shop import Shop
from tests.kit import spreadsheets


def begun(shop: Shop, **asked: object) -> str:
    """A draft of all that is due to the member of the shop; its path."""
    told = shop.admin.post("/v1/payouts", {"until": shop.admin.today(), "member_ids": [shop.member_id], **asked})
    assert told["status"] == "drafting"
    path = f"/v1/payouts/{told['payout_id']}"
    become(shop, path, "draft")
    return path


def become(shop: Shop, path: str, status: str) -> dict[str, Any]:
    """The payout once it is in that state."""

    def found() -> dict[str, Any] | None:
        told: dict[str, Any] = shop.admin.get(path)
        return told if told["status"] == status else None

    return eventually(found)


def due(shop: Shop) -> int:
    return int(shop.admin.get(f"/v1/reports/summary?member_id={shop.member_id}")["totals"]["payout_due"])


def test_a_month_end(shop: Shop):
    shop.sell(10_000)
    shop.sell(2_345)
    shop.drain()
    assert due(shop) == 1_235

    below = begun(shop, minimum=1_236)
    told = shop.admin.get(below)
    assert (told["lines"], told["left_out"][0]["reason"]) == ([], "below_minimum")
    assert shop.admin.send("POST", f"{below}/confirm").json["code"] == "nothing_to_pay"

    path = begun(shop, minimum=1_235)
    draft = shop.admin.get(path)
    (line,) = draft["lines"]
    assert (line["member_id"], line["amount"], line["status"], draft["total"]) == (shop.member_id, 1_235, "open", 1_235)
    assert due(shop) == 1_235
    assert len(shop.rows(payout="in_payout")) == line["rows"]
    assert shop.admin.post(f"{path}/confirm", {})["status"] == "confirming"
    become(shop, path, "confirmed")
    assert due(shop) == 0
    assert {each["payout_id"] for each in shop.rows(payout="paid")} == {draft["payout_id"]}
    statement = shop.admin.get(f"{path}/lines/{shop.member_id}/statement")
    assert sum(each["amount"] for each in statement["commissions"]) == 1_235
    table = shop.admin.send("GET", f"{path}?format=csv")
    (row,) = spreadsheets.read(table.text)
    assert (row["E-mail"], row["Amount"], row["Status"]) == (shop.member["email"], "12.35", "sent")

    failed = shop.admin.post(f"{path}/lines/{shop.member_id}/fail", {"reason": "account closed"})
    assert (failed["status"], failed["reason"]) == ("failed", "account closed")
    eventually(lambda: due(shop) == 1_235 or None)
    assert shop.admin.get(path)["failed_total"] == 1_235

    again = begun(shop)
    shop.admin.post(f"{again}/confirm", {})
    assert become(shop, again, "confirmed")["total"] == 1_235
    assert due(shop) == 0
    assert shop.admin.get(f"{path}/lines/{shop.member_id}/statement")["commissions"][0]["payout_id"] == again[12:]


def test_a_line_is_paid_to_the_account_that_it_was_drafted_for(shop: Shop):
    """A real vault opens the account for the file, and a change of it takes the line out of the draft."""
    payee = f"/v1/members/{shop.member_id}/payee"
    shop.sell(10_000)
    shop.drain()
    (out,) = shop.admin.get(begun(shop, rail="paypal"))["left_out"]
    assert out["reason"] == "no_payee"

    shop.admin.put(payee, {"method": "paypal", "email": "ada.first@example.com"})
    path = begun(shop, rail="paypal")
    assert "ada.first@example.com" in shop.admin.send("GET", f"{path}/file").text
    shop.admin.put(payee, {"method": "paypal", "email": "ada.second@example.com"})
    (out,) = shop.admin.get(path)["left_out"]
    assert out["reason"] == "payee_changed"
    assert shop.admin.send("GET", f"{path}/file").json["code"] == "nothing_to_pay"

    shop.admin.patch("/v1/program", {"statements": {"mail_members": True}})
    again = begun(shop, rail="paypal")
    shop.admin.post(f"{again}/confirm", {})
    become(shop, again, "confirmed")
    shop.admin.patch("/v1/program", {"statements": {"mail_members": False}})
    body = json.loads(shop.admin.send("GET", f"{again}/file?rail=paypal_api").text)
    assert body["sender_batch_header"]["sender_batch_id"] == again[12:]
    assert [(item["receiver"], item["amount"]["value"]) for item in body["items"]] == [
        ("ada.second@example.com", "10.00")
    ]

    def mailed() -> bool:
        mails = shop.admin.get(f"/v1/mails?member_id={shop.member_id}")["items"]
        return [(mail["status"], mail["amount"]) for mail in mails if mail["kind"] == "statement"] == [("sent", 1_000)]

    eventually(mailed)
