"""Action commissions that a rule pays as a bonus, where an action of that code recurs."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from laurel.store.indexes import WORK
from laurel.store.table import Table
from laurel.workflows.upkeep import sweeps
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World

LATER = datetime(2099, 1, 1, tzinfo=UTC)
WEEKLY = {"interval": "week", "mode": "automatic", "limit": 2}


@pytest.fixture
def boxes(api: Gateway, world: World) -> str:
    """An offer whose action `loyal` recurs twice; Ada has the code BOX there."""
    api.patch("/v1/program", {"features": {"action_commissions": True}})
    return made(api, world, recurring=WEEKLY)


def made(api: Gateway, world: World, code: str = "BOX", **terms: Any) -> str:
    paid = {"type": "percent_of_sale", "percent": "10", "actions": {"loyal": {"amount": 50}}, "tiers": [{"amount": 9}]}
    options = [{"name": "Basic", "default": True, "terms": {**paid, **terms}}]
    answer = api.post("/v1/offers", {"name": code, "kind": "promo_code", "payout_options": options})
    offer_id = str(answer.body["offer_id"])
    assert api.put(enrollment_path(world, world.ada, offer_id), {"promo_code": code}).status == 201
    return offer_id


def pays(api: Gateway, offers: Any, code: str = "loyal", **bonus: Any) -> str:
    action = {"type": "add_action_commission_bonus", "action_code": code, **(bonus or {"amount": 700})}
    condition = {"metric": "clicks_count", "operator": "gte", "value": 0, "period": {"type": "all_time"}}
    answer = api.post("/v1/rules", {"name": "Loyal", "offers": offers, "conditions": [condition], "actions": [action]})
    assert answer.status == 201, answer.body
    return str(answer.body["rule_id"])


def act(api: Gateway, items: Table, world: World, code: str = "BOX", order_id: str = "1") -> None:
    """An action that earns nothing, and sets the rules off."""
    order = {"order_id": order_id, "amount": 0, "currency": "EUR", "promo_code": code, "type": "action"}
    assert api.post("/v1/conversions", {**order, "action_code": "other"}, key=world.reporter).status == 201
    drain(items)


def bonus_of(api: Gateway, world: World, rule_id: str) -> dict[str, Any]:
    (row,) = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={rule_id}").body["items"]
    return dict(row)


def sweep(items: Table, world: World) -> None:
    made = sweeps.make_recurrences(items, world.program, LATER)
    assert made.failures == ()
    drain(items)


def followers(items: Table, bonus: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [item["body"] for item in everything(items) if item["kind"] == "commission"]
    named = [row for row in rows if row.get("renewal", {}).get("conversion_id") == bonus["commission_id"]]
    return sorted(named, key=lambda row: row["occurred_at"])


def recurrences(items: Table, bonus: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that follow the bonus; the order that set the rule off may have one of its own."""
    every = [item["body"] for item in everything(items) if item["kind"] == "recurrence"]
    return [each for each in every if each["conversion_id"] == bonus["commission_id"]]


def test_what_follows_a_bonus_that_is_to_be_approved_waits_for_that(
    api: Gateway, items: Table, world: World, boxes: str
):
    assert api.patch("/v1/program", {"bonus_status": "pending"}).status == 200
    rule_id = pays(api, [boxes])
    act(api, items, world)
    bonus = bonus_of(api, world, rule_id)
    sweep(items, world)
    assert followers(items, bonus) == []
    assert api.post(f"/v1/commissions/{bonus['commission_id']}/approve").status == 200
    drain(items)
    sweep(items, world)
    assert [row["amount"] for row in followers(items, bonus)] == [700, 700]


def test_a_bonus_of_a_code_that_recurs_is_paid_each_interval_until_the_limit(
    api: Gateway, items: Table, world: World, boxes: str
):
    rule_id = pays(api, [boxes])
    act(api, items, world)
    bonus = bonus_of(api, world, rule_id)
    for _ in range(2):
        sweep(items, world)
    after = followers(items, bonus)
    assert [(row["type"], row["origin"], row["amount"], row["action_code"]) for row in after] == [
        ("recurring", "schedule", 700, "loyal")
    ] * 2
    first, second = (date.fromisoformat(row["day"]) for row in after)
    assert (second - first).days == 7
    totals = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    assert (totals["commission"], totals["conversions"]) == (3 * 700, 1)


def test_each_period_pays_what_the_bonus_did_percentage_or_not(api: Gateway, items: Table, world: World, boxes: str):
    order = {"order_id": "s", "amount": 20_000, "currency": "EUR", "promo_code": "ADA10"}
    api.post("/v1/conversions", order, key=world.reporter)
    drain(items)
    condition = {"metric": "commission_value", "operator": "gte", "value": 1, "period": {"type": "all_time"}}
    action = {"type": "add_action_commission_bonus", "action_code": "loyal", "percent": "50"}
    asks = {"name": "Half", "offers": [boxes], "conditions": [{**condition, "offers": "all"}], "actions": [action]}
    rule_id = api.post("/v1/rules", asks).body["rule_id"]
    act(api, items, world)
    sweep(items, world)
    assert [row["amount"] for row in followers(items, bonus_of(api, world, rule_id))] == [1_000, 1_000]


@pytest.mark.parametrize(
    ("code", "is_of_one_offer", "terms"),
    [
        ("loyal", False, {"recurring": WEEKLY}),  # of no offer: whose terms would it be?
        ("unpaid", True, {"recurring": WEEKLY}),
        ("loyal", True, {"recurring": {**WEEKLY, "mode": "on_payment"}}),
        ("loyal", True, {}),
    ],
)
@pytest.mark.usefixtures("boxes")
def test_where_the_code_does_not_recur_the_bonus_is_paid_once(
    api: Gateway, items: Table, world: World, code: str, is_of_one_offer: bool, terms: dict[str, Any]
):
    assert api.patch("/v1/program", {"action_codes": ["unpaid"]}).status == 200
    offer_id = made(api, world, "PLAIN", **terms)
    rule_id = pays(api, [offer_id] if is_of_one_offer else "all", code)
    act(api, items, world, "PLAIN")
    bonus = bonus_of(api, world, rule_id)
    assert (bonus["amount"], recurrences(items, bonus)) == (700, [])


def test_a_bonus_that_is_deleted_is_followed_by_nothing_more(api: Gateway, items: Table, world: World, boxes: str):
    rule_id = pay_once(api, items, world, boxes)
    bonus = bonus_of(api, world, rule_id)
    assert api.delete(f"/v1/commissions/{bonus['commission_id']}?confirm=true").status == 204
    assert sweeps.make_recurrences(items, world.program, LATER).failures == ()
    assert [each["ended"] for each in recurrences(items, bonus)] == ["deleted"]
    waits = [item["body"] for item in everything(items) if item["kind"] == "recurrence" and WORK.pk in item]
    assert bonus["commission_id"] not in {each["conversion_id"] for each in waits}
    drain(items)  # what the order's own recurrence made sets the rule off again
    assert bonus_of(api, world, rule_id)["commission_id"] == bonus["commission_id"]
    sweep(items, world)
    assert followers(items, bonus) == []


def test_a_bonus_of_who_is_no_longer_approved_is_followed_by_nothing_more(
    api: Gateway, items: Table, world: World, boxes: str
):
    bonus = bonus_of(api, world, pay_once(api, items, world, boxes))
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    sweep(items, world)
    assert followers(items, bonus) == []


def test_the_terms_are_those_of_when_the_rule_fired(api: Gateway, items: Table, world: World, boxes: str):
    bonus = bonus_of(api, world, pay_once(api, items, world, boxes))
    option = api.get(f"/v1/offers/{boxes}").body["payout_options"][0]
    plain = {"type": "percent_of_sale", "percent": "1"}
    path = f"/v1/offers/{boxes}/payout-options/{option['payout_option_id']}"
    assert api.patch(path, {"terms": {**plain, "recurring": None}}).status == 200
    sweep(items, world)
    assert len(followers(items, bonus)) == 2


def pay_once(api: Gateway, items: Table, world: World, offer_id: str) -> str:
    rule_id = pays(api, [offer_id])
    act(api, items, world)
    assert len(recurrences(items, bonus_of(api, world, rule_id))) == 1
    return rule_id
