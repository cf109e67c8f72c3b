"""Rows that a merchant makes by hand."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

OFFER = "off_" + "0" * 26


def row(world: World, **changes: Any) -> dict[str, Any]:
    return {"member_id": world.ada, "amount": 2_500, "reason": "Fair of May", **changes}


def test_a_row_by_hand_pays_what_it_says(api: Gateway, world: World, items: Table) -> None:
    told = api.post("/v1/commissions", row(world, occurred_at="2026-11-18T10:00:00Z"))
    assert told.status == 201
    expected = {"type": "extra_bonus", "origin": "manual", "amount": 2_500, "currency": "EUR", "status": "approved"}
    further = {"payout": "unpaid", "reason": "Fair of May", "occurred_at": "2026-11-18T10:00:00Z", "tier": 1}
    assert {name: told.body[name] for name in {**expected, **further}} == {**expected, **further}
    drain(items)
    assert api.get(f"/v1/commissions?member_id={world.ada}").body["items"] == [told.body]
    assert api.get(f"/v1/conversions?member_id={world.ada}").body["items"] == []
    totals = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    assert (totals["conversions"], totals["commission"], totals["payout_due"]) == (0, 2_500, 2_500)
    (line,) = api.get(f"/v1/commissions/{told.body['commission_id']}/history").body["items"]
    assert line["action"] == "created"


def test_a_row_by_hand_can_be_of_an_offer_and_below_zero(api: Gateway, world: World, items: Table) -> None:
    told = api.post("/v1/commissions", row(world, amount=-700, offer_id=world.codes_offer))
    assert (told.status, told.body["amount"]) == (201, -700)
    drain(items)
    assert len(api.get(f"/v1/commissions?offer_id={world.codes_offer}").body["items"]) == 1
    assert api.get(f"/v1/reports/summary?offer_id={world.codes_offer}").body["totals"]["payout_due"] == -700


def test_an_action_by_hand_counts_in_conditions_and_a_bonus_does_not(api: Gateway, world: World, items: Table) -> None:
    large = {"amount": 30_000, "occurred_at": "2026-11-18T10:00:00Z"}
    bonuses = f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}"
    api.post("/v1/commissions", row(world, **large))
    drain(items)
    assert api.get(bonuses).body["items"] == []
    assert api.post("/v1/commissions", row(world, **large, type="action", action_code="signup")).status == 201
    drain(items)
    assert [each["amount"] for each in api.get(bonuses).body["items"]] == [600]
    assert api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["conversions"] == 0
    assert api.get(f"/v1/conversions?member_id={world.ada}").body["items"] == []


def test_it_is_approved_and_declined_like_any_row(api: Gateway, world: World, items: Table) -> None:
    made = api.post("/v1/commissions", row(world)).body["commission_id"]
    drain(items)
    assert api.post(f"/v1/commissions/{made}/decline", {"reason": "mistake"}).body["status"] == "declined"
    drain(items)
    assert api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["payout_due"] == 0
    assert api.delete(f"/v1/commissions/{made}?confirm=true").code == "not_deletable"


def test_the_same_request_makes_one_row(api: Gateway, world: World) -> None:
    first, again = (api.post("/v1/commissions", row(world), idempotency_key="one") for _ in range(2))
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert api.post("/v1/commissions", row(world, amount=1), idempotency_key="one").code == "idempotency_conflict"
    assert len(api.get(f"/v1/commissions?member_id={world.ada}").body["items"]) == 1


def test_a_row_by_hand_freezes_currency_and_time_zone(api: Gateway, world: World) -> None:
    api.post("/v1/commissions", row(world))
    assert api.patch("/v1/program", {"currency": "USD"}).code == "program_in_use"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, "invalid_request"),
        ({"amount": 10**12 + 1}, "invalid_request"),
        ({"amount": "5"}, "invalid_request"),
        ({"type": "sale"}, "invalid_request"),
        ({"type": "action"}, "invalid_request"),
        ({"action_code": "signup"}, "invalid_request"),
        ({"type": "action", "action_code": "signup", "amount": -5}, "invalid_request"),
        ({"member_id": "mem_" + "0" * 26}, "unknown_member"),
        ({"offer_id": OFFER}, "unknown_offer"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "occurred_in_future"),
        ({"status": "paid"}, "invalid_request"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Gateway, world: World, changes: dict[str, Any], code: str) -> None:
    told = api.post("/v1/commissions", row(world, **changes))
    assert (told.status, told.code) == (422, code)
    assert api.get(f"/v1/commissions?member_id={world.ada}").body["items"] == []


def test_only_an_admin_makes_rows(world: World) -> None:
    assert Gateway(world.reporter).post("/v1/commissions", row(world)).status == 403
