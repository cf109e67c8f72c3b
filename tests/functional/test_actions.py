"""Action commissions: paid by their code, counted by it, and conversions like sales."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

TERMS = {
    "type": "percent_of_sale",
    "percent": "10",
    "actions": {"signup": {"amount": 250}, "trial": {"percent": "8.5"}},
}


@pytest.fixture
def offer_id(api: Gateway, world: World) -> str:
    """An offer that pays for two actions; Ada has the code ADAS there."""
    options = [{"name": "Basic", "default": True, "terms": TERMS}]
    made = api.post("/v1/offers", {"name": "Actions", "kind": "promo_code", "payout_options": options}).body["offer_id"]
    assert api.put(enrollment_path(world, world.ada, made), {"promo_code": "ADAS"}).status == 201
    return str(made)


def act(api: Gateway, world: World, number: str, code: str, amount: int) -> dict[str, Any]:
    body = {"order_id": number, "amount": amount, "currency": "EUR", "promo_code": "ADAS"}
    answer = api.post("/v1/conversions", {**body, "type": "action", "action_code": code}, key=world.reporter)
    assert answer.status == 201, answer.body
    return dict(answer.body)


@pytest.mark.parametrize(
    ("code", "amount", "earned"),
    [("signup", 0, 250), ("signup", 9_999, 250), ("trial", 100, 9), ("trial", 0, 0), ("other", 5_000, 0)],
)
def test_an_action_earns_what_its_code_pays(
    api: Gateway, world: World, offer_id: str, code: str, amount: int, earned: int
):
    told = act(api, world, "1", code, amount)
    assert (told["type"], told["action_code"], told["commission"]) == ("action", code, earned)
    assert (told["member_id"], told["offer_id"]) == (world.ada, offer_id)


def test_actions_are_conversions_in_lists_and_summaries(api: Gateway, world: World, items: Table, offer_id: str):
    act(api, world, "1", "signup", 0)
    act(api, world, "2", "other", 4_000)
    drain(items)
    listed = api.get(f"/v1/conversions?offer_id={offer_id}&type=action").body["items"]
    assert [conversion["order_id"] for conversion in listed] == ["2", "1"]
    (row,) = api.get(f"/v1/reports/summary?group_by=offer&offer_id={offer_id}").body["rows"]
    assert (row["conversions"], row["sales"], row["commission"]) == (2, 4_000, 250)


def test_a_rule_counts_the_actions_of_its_code_only(api: Gateway, world: World, items: Table, offer_id: str):
    counts = {"metric": "actions_count", "action_code": "signup", "operator": "gte", "value": 2}
    pays = {"metric": "action_commission_value", "operator": "gt", "value": 400}
    for name, condition, amount in (("two sign-ups", counts, 70), ("above 4.00", pays, 30)):
        rule = {"name": name, "offers": [offer_id], "conditions": [condition]}
        rule["actions"] = [{"type": "add_bonus_commission", "amount": amount}]
        assert api.post("/v1/rules", rule).status == 201

    def bonuses() -> list[int]:
        drain(items)
        found = api.get(f"/v1/commissions?member_id={world.ada}&type=extra_bonus").body["items"]
        return sorted(row["amount"] for row in found)

    act(api, world, "1", "signup", 0)
    act(api, world, "2", "other", 100)
    assert bonuses() == []
    act(api, world, "3", "trial", 2_000)  # 2.50 + 1.70
    assert bonuses() == [30]
    act(api, world, "4", "signup", 0)
    assert bonuses() == [30, 70]
