"""Rules that repeat and rules about one order, over HTTP and the stream, with what is refused."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import as_stream, drain, everything, run
from tests.functional.kit.world import World

ALL_TIME = {"type": "all_time"}
HUNDRED = {"type": "add_bonus_commission", "amount": 100}


def every(value: int, **changes: Any) -> dict[str, Any]:
    return {
        "metric": "commission_value",
        "operator": "gte",
        "value": value,
        "period": ALL_TIME,
        "every": True,
        **changes,
    }


def rule(api: Gateway, *conditions: dict[str, Any], **changes: Any) -> str:
    body = {"name": "Steps", "conditions": list(conditions), "actions": [HUNDRED], **changes}
    answer = api.post("/v1/rules", body)
    assert answer.status == 201, answer.body
    return str(answer.body["rule_id"])


def evidence(api: Gateway, world: World, rule_id: str) -> list[dict[str, Any]]:
    rows = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={rule_id}").body["items"]
    return sorted((row["evidence"] for row in rows), key=lambda each: each.get("multiple") or 0)


def marker(api: Gateway, world: World, rule_id: str, multiple: int) -> str:
    rows = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={rule_id}").body["items"]
    return next(row["commission_id"] for row in rows if row["evidence"]["multiple"] == multiple)


def test_a_commission_of_a_bulk_order_passes_two_multiples_and_each_is_paid_once(
    api: Gateway, world: World, items: Table
) -> None:
    made = rule(api, every(1000))
    sell(world, amount=9_000)
    sell(world, amount=12_000)  # 900 + 1200 at 10 %
    drain(items)
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 2_000]
    drain(items)
    sell(world, amount=8_900)
    drain(items)
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 2_000]
    sell(world, amount=100)
    drain(items)
    assert [each["value"] for each in evidence(api, world, made)] == ["2100", "2100", "3000"]


def test_a_deleted_multiple_is_paid_again_with_the_next_order_and_the_others_are_not(
    api: Gateway, world: World, items: Table
) -> None:
    made = rule(api, every(1000))
    sell(world, amount=30_000)
    drain(items)
    assert api.delete(f"/v1/commissions/{marker(api, world, made, 2_000)}?confirm=true").status == 204
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 3_000]
    told = api.post(f"/v1/rules/{made}/dry-run", {"member_id": world.ada}).body
    assert (told["would_fire"], told["multiples"]) == (True, [2_000])
    sell(world, amount=100)
    drain(items)
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 2_000, 3_000]
    told = api.post(f"/v1/rules/{made}/dry-run", {"member_id": world.ada}).body
    assert (told["would_fire"], told["multiples"], told["marker"]) == (False, [], marker(api, world, made, 1_000))


def test_a_multiple_that_was_changed_and_then_deleted_is_paid_anew_by_what_the_stream_tells_of_the_change(
    api: Gateway, world: World, items: Table
) -> None:
    made = rule(api, every(1000))
    sell(world, amount=20_000)
    drain(items)
    changed = marker(api, world, made, 2_000)
    assert api.post(f"/v1/commissions/{changed}/decline").status == 200
    (told,) = [item for item in everything(items) if item.get("pend") == 1]
    assert api.delete(f"/v1/commissions/{changed}?confirm=true").status == 204
    sell(world, amount=100)
    waiting = [item for item in everything(items) if item.get("pend") == 1]
    assert run("rule_evaluation", as_stream(told, *waiting)) == {"batchItemFailures": []}
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 2_000]


def test_every_marker_of_a_rule_can_be_deleted_and_all_is_paid_anew(api: Gateway, world: World, items: Table) -> None:
    made = rule(api, every(1000))
    sell(world, amount=20_000)
    drain(items)
    for multiple in (1_000, 2_000):
        assert api.delete(f"/v1/commissions/{marker(api, world, made, multiple)}?confirm=true").status == 204
    assert evidence(api, world, made) == []
    sell(world, amount=100)
    drain(items)
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 2_000]


def test_the_first_order_and_each_large_one_are_rewarded_with_the_order_named(
    api: Gateway, world: World, items: Table
) -> None:
    first = rule(api, {"metric": "first_order", "operator": "eq", "value": True})
    large = rule(api, {"metric": "order_amount", "operator": "gte", "value": 10_000})
    small = sell(world, amount=5_000)
    drain(items)
    big = sell(world, amount=15_000)
    drain(items)
    assert [each["commission_id"] for each in evidence(api, world, first)] == [small]
    assert [(each["commission_id"], each["value"]) for each in evidence(api, world, large)] == [(big, "15000")]
    told = api.post(f"/v1/rules/{large}/dry-run", {"member_id": world.ada}).body
    assert (told["would_fire"], told["conditions"][0]["value"]) == (False, None)


def test_an_average_order_is_a_condition_and_shows_in_a_dry_run(api: Gateway, world: World, items: Table) -> None:
    leading = {"metric": "average_order_value", "operator": "gte", "value": 8_000, "period": ALL_TIME}
    made = rule(api, leading)
    sell(world, amount=10_000)
    sell(world, amount=5_001)
    told = api.post(f"/v1/rules/{made}/dry-run", {"member_id": world.ada}).body
    assert told["conditions"][0]["value"] is None
    drain(items)
    told = api.post(f"/v1/rules/{made}/dry-run", {"member_id": world.ada}).body
    assert told["conditions"][0]["value"] == "7500.5"


@pytest.mark.parametrize(
    ("conditions", "pointer"),
    [
        ([every(10, operator="lt")], "/conditions/0/every"),
        ([every(10, operator="eq")], "/conditions/0/every"),
        ([every(0)], "/conditions/0/every"),
        ([every(-5)], "/conditions/0/every"),
        ([every(10) | {"every": "yes"}], "/conditions/0/every"),
        ([every(10), every(10)], "/conditions/1/every"),
        ([{"metric": "user_field", "field": "level", "operator": "is_set", "every": True}], "/conditions/0/every"),
        ([{"metric": "commission_group", "operator": "is_set", "every": True}], "/conditions/0/every"),
        ([{"metric": "order_amount", "operator": "gte", "value": 1, "every": True}], "/conditions/0/every"),
        ([{"metric": "order_amount", "operator": "gte", "value": 1, "period": ALL_TIME}], "/conditions/0/period"),
        ([{"metric": "order_amount", "operator": "gte", "value": 1.5}], "/conditions/0/value"),
        ([{"metric": "first_order", "operator": "ne", "value": True}], "/conditions/0/operator"),
        ([{"metric": "first_order", "operator": "eq", "value": 1}], "/conditions/0/value"),
        ([{"metric": "average_order_value", "operator": "gte", "value": "80.00"}], "/conditions/0/value"),
    ],
)
def test_what_cannot_be_asked_is_refused_where_it_stands(
    api: Gateway, conditions: list[dict[str, Any]], pointer: str
) -> None:
    refused = api.post("/v1/rules", {"name": "No", "conditions": conditions, "actions": [HUNDRED]})
    assert (refused.status, refused.pointers) == (422, [pointer]), refused.body


def test_a_rule_cannot_pay_for_its_own_action_bonuses_however_it_comes_to_be(api: Gateway) -> None:
    on = {"features": {"action_commissions": True}, "action_codes": ["vip"]}
    assert api.patch("/v1/program", on).status == 200
    grants = {"type": "add_action_commission_bonus", "action_code": "vip", "amount": 5_000}
    body = {"name": "No", "conditions": [every(5_000)], "actions": [grants]}
    made = rule(api, every(5_000))
    once = rule(api, every(5_000, every=False), actions=[grants])
    for refused in (
        api.post("/v1/rules", body),
        api.post("/v1/rules/backtest", {"rule": body, "from": "2026-10-01", "to": "2026-10-02"}),
        api.patch(f"/v1/rules/{made}", {"actions": [grants]}),
        api.patch(f"/v1/rules/{once}", {"conditions": [every(5_000)]}),
    ):
        assert (refused.status, refused.code) == (422, "repeats_itself"), refused.body
        assert refused.pointers[0].endswith("/conditions/0/every")


@pytest.mark.parametrize(
    "leading",
    [every(500), every(2_000), every(1_000, every=False), every(1_000, metric="sales_total")],
    ids=["smaller", "larger", "once a period", "of another metric"],
)
def test_a_rule_that_repeats_keeps_what_its_multiples_are_of_and_pays_each_once(
    api: Gateway, world: World, items: Table, leading: dict[str, Any]
) -> None:
    made = rule(api, every(1_000))
    sell(world, amount=30_000)
    drain(items)
    for _ in range(2):  # switched off, too: it may be switched on again
        before = api.get(f"/v1/rules/{made}").body
        refused = api.patch(f"/v1/rules/{made}", {"conditions": [leading]})
        assert (refused.status, refused.code) == (409, "multiples_fixed"), refused.body
        assert api.get(f"/v1/rules/{made}").body == before
        assert api.patch(f"/v1/rules/{made}", {"enabled": False}).status == 200
    assert api.patch(f"/v1/rules/{made}", {"enabled": True}).status == 200
    sell(world, amount=10_000)
    drain(items)
    assert [each["multiple"] for each in evidence(api, world, made)] == [1_000, 2_000, 3_000, 4_000]


def test_all_else_of_a_rule_that_repeats_can_be_changed_and_nothing_is_paid_twice(
    api: Gateway, world: World, items: Table
) -> None:
    made = rule(api, every(1_000))
    sell(world, amount=20_000)
    drain(items)
    more = {"metric": "sales_count", "operator": "gte", "value": 1, "period": ALL_TIME}
    fifty = {"type": "add_bonus_commission", "amount": 50}
    changes = {"name": "Anew", "conditions": [every(1_000, tier="any"), more], "actions": [fifty]}
    assert api.patch(f"/v1/rules/{made}", changes).status == 200
    sell(world, amount=10_000)
    drain(items)
    rows = api.get(f"/v1/commissions?rule_id={made}").body["items"]
    assert sorted((row["evidence"]["multiple"], row["amount"]) for row in rows) == [
        (1_000, 100),
        (2_000, 100),
        (3_000, 50),
    ]


def test_a_rule_can_begin_to_repeat_with_another_value_and_a_copy_by_its_first_edit(api: Gateway) -> None:
    once = rule(api, every(1_000, every=False))
    assert api.patch(f"/v1/rules/{once}", {"conditions": [every(2_000)]}).status == 200
    copied = api.post(f"/v1/rules/{once}/copy", {}).body["rule_id"]
    other = {"conditions": [every(500)], "enabled": True}
    assert api.patch(f"/v1/rules/{copied}", other).status == 200
    assert api.patch(f"/v1/rules/{copied}", {"conditions": [every(600)]}).code == "multiples_fixed"


def test_a_rule_that_only_sets_a_field_cannot_repeat(api: Gateway) -> None:
    sets = {"type": "update_user_field", "field": "level", "value": "gold"}
    refused = api.post("/v1/rules", {"name": "No", "conditions": [every(10)], "actions": [sets]})
    assert (refused.status, refused.code) == (422, "nothing_to_repeat")
