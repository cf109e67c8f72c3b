"""What rules do over HTTP: bonuses as action commissions and for who brought the member, and moves between groups."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path, option_path
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import as_stream, drain, everything, run
from tests.functional.kit.world import World

FEATURES = {"commission_groups": True, "action_commissions": True, "forced_matrix": {"active": True, "width": 3}}
ALL_TIME = {"type": "all_time"}
WEEK = {"type": "current_week"}


@pytest.fixture
def rich(api: Gateway, world: World, items: Table) -> Gateway:
    """The program with every feature, without its own rule; Ben, whom Ada brought, has the code BEN10."""
    assert api.patch("/v1/program", {"features": FEATURES, "action_codes": ["loyal"]}).status == 200
    assert api.delete(f"/v1/rules/{world.rule_id}").status == 204
    place = enrollment_path(world, world.ben)
    assert api.put(place, {"promo_code": "BEN10"}).status == 201
    return api


def at_least(value: int, metric: str = "sales_count", **changes: Any) -> dict[str, Any]:
    return {"metric": metric, "operator": "gte", "value": value, "period": ALL_TIME, **changes}


def rule(api: Gateway, condition: dict[str, Any], *actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {"name": "Rule", "conditions": [condition], "actions": list(actions), **changes}
    answer = api.post("/v1/rules", body)
    assert answer.status == 201, answer.body
    return answer.body


def rows(api: Gateway, member_id: str, made_by: dict[str, Any]) -> list[dict[str, Any]]:
    return api.get(f"/v1/commissions?member_id={member_id}&rule_id={made_by['rule_id']}").body["items"]


def group(world: World, option: int = 1, **changes: Any) -> dict[str, Any]:
    move = {"type": "put_into_commission_group", "offer_id": world.codes_offer}
    return {**move, "payout_option_id": world.options[option], **changes}


def referrer(frequency: str, **pays: Any) -> dict[str, Any]:
    return {"type": "add_bonus_to_original_referrer", "frequency": frequency, **pays}


def mail(world: World) -> dict[str, Any]:
    return {"type": "send_mail", "to": "member", "template_id": world.template_id}


@pytest.mark.parametrize("feature", ["commission_groups", "action_commissions", "forced_matrix"])
def test_an_action_of_a_feature_that_is_off_is_refused_and_a_rule_that_has_it_stops(
    rich: Gateway, world: World, items: Table, feature: str
):
    action = {
        "commission_groups": group(world),
        "action_commissions": {"type": "add_action_commission_bonus", "action_code": "loyal", "amount": 500},
        "forced_matrix": referrer("once_per_period", amount=500),
    }[feature]
    made = rule(rich, at_least(1), action, mail(world))
    off = {"active": False} if feature == "forced_matrix" else False
    rich.patch("/v1/program", {"features": {feature: off}})
    refused = rich.post("/v1/rules", {"name": "R", "conditions": [at_least(1)], "actions": [action]})
    assert (refused.status, refused.code) == (409, "feature_inactive")
    assert rich.get(f"/v1/rules/{made['rule_id']}").body["stopped_by"] == [feature]
    for enabled in (False, True):  # what it has already may stay, and it can be switched off
        assert rich.patch(f"/v1/rules/{made['rule_id']}", {"enabled": enabled, "name": "Stopped"}).status == 200
    sell(world, items, promo_code="BEN10")
    assert rich.get(f"/v1/mails?rule_id={made['rule_id']}").body["items"] == []
    rich.patch("/v1/program", {"features": FEATURES})
    assert rich.get(f"/v1/rules/{made['rule_id']}").body["stopped_by"] == []
    sell(world, items, promo_code="BEN10")
    assert len(rich.get(f"/v1/mails?rule_id={made['rule_id']}").body["items"]) == 1


def test_an_action_bonus_is_an_action_that_counts_and_comes_once(rich: Gateway, world: World, items: Table):
    bonus = {"type": "add_action_commission_bonus", "action_code": "loyal", "percent": "2"}
    made = rule(rich, at_least(15_000, "commission_value", period=WEEK), bonus)
    follows = rule(
        rich, at_least(1, "actions_count", action_code="loyal"), {"type": "add_bonus_commission", "amount": 7}
    )
    sell(world, items, amount=100_000, promo_code="BEN10")
    assert rows(rich, world.ben, made) == []
    sell(world, items, amount=60_000, promo_code="BEN10")
    sell(world, items, promo_code="BEN10")
    (row,) = rows(rich, world.ben, made)
    assert (row["type"], row["action_code"], row["amount"], row["evidence"]["base"]) == ("action", "loyal", 320, 16_000)
    assert [each["amount"] for each in rows(rich, world.ben, follows)] == [7]
    summary = rich.get(f"/v1/reports/summary?member_id={world.ben}").body["totals"]
    listed = rich.get(f"/v1/conversions?member_id={world.ben}").body["items"]
    assert (summary["conversions"], len(listed)) == (3, 3)  # a bonus is no conversion
    assert summary["commission"] == sum(each["commission"] for each in listed) + 320 + 7


def test_an_action_bonus_does_not_set_itself_off(rich: Gateway, world: World, items: Table):
    bonus = {"type": "add_action_commission_bonus", "action_code": "loyal", "amount": 1_000}
    made = rule(rich, at_least(1, "commission_value", period={"type": "current_day"}), bonus)
    sell(world, items, promo_code="BEN10")
    assert len(rows(rich, world.ben, made)) == 1


def test_who_brought_the_member_is_paid_once_for_the_period(rich: Gateway, world: World, items: Table):
    made = rule(rich, at_least(2), referrer("once_per_period", amount=900), mail(world))
    for _ in range(3):
        sell(world, items, promo_code="BEN10")
    (row,) = rows(rich, world.ada, made)
    assert (row["amount"], row["type"], row["status"], row["earned_by"]) == (900, "extra_bonus", "approved", world.ben)
    assert rows(rich, world.ben, made) == []
    assert len(rich.get(f"/v1/mails?member_id={world.ben}").body["items"]) == 1
    summary = rich.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    assert (summary["commission"], summary["conversions"]) == (900, 0)


def test_a_member_whom_nobody_brought_sets_nothing_off(rich: Gateway, world: World, items: Table):
    update = {"type": "update_user_field", "field": "level", "value": "gold"}
    made = rule(rich, at_least(1), referrer("once_per_period", amount=900), mail(world), update)
    sell(world, items, promo_code="ADA10")
    assert rich.get(f"/v1/commissions?member_id={world.ada}&rule_id={made['rule_id']}").body["items"] == []
    assert rich.get(f"/v1/members/{world.ada}").body["fields"] == {"level": "silver"}
    assert rich.get(f"/v1/mails?rule_id={made['rule_id']}").body["items"] == []


def test_who_brought_the_member_gets_a_share_of_every_sale_from_then_on(rich: Gateway, world: World, items: Table):
    made = rule(rich, at_least(2), referrer("every_sale", percent="10"), mail(world))
    for amount in (10_000, 20_000, 30_000):
        sell(world, items, amount=amount, promo_code="BEN10")
    paid = rows(rich, world.ada, made)
    assert sorted(row["amount"] for row in paid) == [200, 300]  # 10 % of 20.00 and of 30.00; the first came too early
    (marker,) = rows(rich, world.ben, made)
    assert (marker["amount"], marker["type"]) == (0, "extra_bonus")
    assert len(rich.get(f"/v1/mails?member_id={world.ben}").body["items"]) == 1


def test_a_rule_moves_a_member_and_earlier_commissions_stay(rich: Gateway, world: World, items: Table):
    made = rule(rich, at_least(2), group(world))
    sold = []
    for _ in range(3):
        sold.append(report(world, promo_code="BEN10").body)
        drain(items)
    assert [each["commission"] for each in sold] == [1_000, 1_000, 1_500]
    kept = [rich.get(f"/v1/conversions/{each['conversion_id']}").body["commission"] for each in sold]
    assert kept == [1_000, 1_000, 1_500]
    place = enrollment_path(world, world.ben)
    assert rich.get(place).body["payout_option_id"] == world.options[1]
    (line, *_) = rich.get(f"/v1/offers/{world.codes_offer}/history?member_id={world.ben}").body["items"]
    assert (line["actor"], line["action"]) == (f"rule:{made['rule_id']}", "enrollment_edited")
    assert line["changes"] == [{"field": "payout_option_id", "before": world.options[0], "after": world.options[1]}]
    assert rows(rich, world.ben, made) == []  # state needs no marker


def test_a_rule_moves_nobody_who_is_fixed_or_not_in_the_offer(rich: Gateway, world: World, items: Table):
    place = enrollment_path(world, world.ben)
    rich.patch(place, {"fixed": True})
    bonus = {"type": "add_bonus_commission", "amount": 5}
    fixed = rule(rich, at_least(1), group(world), bonus)
    stranger = rule(
        rich, at_least(1), group(world, offer_id=world.links_offer, payout_option_id=links(rich, world)), bonus
    )
    sell(world, items, promo_code="BEN10")
    assert rich.get(place).body["payout_option_id"] == world.options[0]
    assert rows(rich, world.ben, fixed) == rows(rich, world.ben, stranger) == []


def links(api: Gateway, world: World) -> str:
    return api.get(f"/v1/offers/{world.links_offer}").body["payout_options"][0]["payout_option_id"]


def test_where_the_group_is_already_so_the_other_actions_still_run(rich: Gateway, world: World, items: Table):
    made = rule(rich, at_least(1), group(world, option=0), {"type": "add_bonus_commission", "amount": 5})
    sell(world, items, promo_code="BEN10")
    assert [row["amount"] for row in rows(rich, world.ben, made)] == [5]


def test_a_later_rule_of_the_same_pass_sees_the_new_group(rich: Gateway, world: World, items: Table):
    rule(rich, at_least(1), group(world), priority=1)
    gate = {"metric": "commission_group", "operator": "eq", "value": world.options[1]}
    body = {"name": "Gold", "priority": 2, "conditions": [at_least(1), gate]}
    made = rich.post("/v1/rules", {**body, "actions": [{"type": "add_bonus_commission", "amount": 5}]}).body
    sell(world, items, promo_code="BEN10")
    assert len(rows(rich, world.ben, made)) == 1


def test_a_deleted_bonus_of_a_referrer_is_paid_again(rich: Gateway, world: World, items: Table):
    made = rule(rich, at_least(1), referrer("once_per_period", amount=900))
    sell(world, items, promo_code="BEN10")
    (row,) = rows(rich, world.ada, made)
    assert rich.delete(f"/v1/commissions/{row['commission_id']}?confirm=true").status == 204
    assert rich.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["commission"] == 0
    sell(world, items, promo_code="BEN10")
    (again,) = rows(rich, world.ada, made)
    assert again["commission_id"] == row["commission_id"]


def test_a_bonus_that_is_not_counted_yet_can_be_deleted(rich: Gateway, world: World, items: Table):
    made = rule(rich, at_least(1), referrer("once_per_period", amount=900))
    sell(world, promo_code="BEN10")
    run("rule_evaluation", as_stream(*(item for item in everything(items) if item.get("pend") == 1)))
    (row,) = rows(rich, world.ada, made)
    assert rich.delete(f"/v1/commissions/{row['commission_id']}?confirm=true").status == 204
    drain(items)
    assert rows(rich, world.ada, made) == []
    assert rich.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["commission"] == 0


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"type": "add_action_commission_bonus", "amount": 1}, "/actions/0/action_code"),
        ({"type": "add_bonus_to_original_referrer", "amount": 1}, "/actions/0/frequency"),
        ({"type": "add_bonus_to_original_referrer", "frequency": "often", "amount": 1}, "/actions/0/frequency"),
        ({"type": "add_bonus_to_original_referrer", "frequency": "every_sale"}, "/actions/0"),
        (
            {"type": "put_into_commission_group", "offer_id": f"off_{'0' * 26}", "payout_option_id": f"opt_{'0' * 26}"},
            "/actions/0/offer_id",
        ),
    ],
)
def test_what_is_no_action_is_refused(rich: Gateway, action: dict[str, Any], pointer: str):
    answer = rich.post("/v1/rules", {"name": "R", "conditions": [at_least(1)], "actions": [action]})
    assert answer.status == 422
    assert any(each.startswith(pointer) for each in answer.pointers), answer.pointers


def test_an_option_of_another_offer_is_no_group_of_this_one(rich: Gateway, world: World):
    action = group(world, payout_option_id=links(rich, world))
    answer = rich.post("/v1/rules", {"name": "R", "conditions": [at_least(1)], "actions": [action]})
    assert (answer.status, answer.pointers) == (422, ["/actions/0/payout_option_id"])


def test_an_option_that_a_rule_moves_members_to_cannot_be_removed(rich: Gateway, world: World):
    rule(rich, at_least(1), group(world))
    answer = rich.delete(option_path(world, world.options[1]))
    assert (answer.status, answer.code) == (409, "payout_option_in_use")


def test_the_dry_run_tells_of_every_action(rich: Gateway, world: World, items: Table):
    sell(world, items, promo_code="BEN10")
    made = rule(rich, at_least(1), referrer("every_sale", percent="10"), group(world))
    told = rich.post(f"/v1/rules/{made['rule_id']}/dry-run", {"member_id": world.ben}).body
    assert told["would_fire"] is True
    assert [effect["type"] for effect in told["effects"]] == [
        "add_bonus_to_original_referrer",
        "put_into_commission_group",
    ]
    nobody = rich.post(f"/v1/rules/{made['rule_id']}/dry-run", {"member_id": world.ada}).body
    assert (nobody["would_fire"], nobody["effects"]) == (False, [])


def test_a_copy_has_templates_of_its_own_and_is_switched_off(rich: Gateway, world: World):
    made = rule(rich, at_least(1), {"type": "add_bonus_commission", "amount": 5}, mail(world), name="Strong")
    told = [rich.post(f"/v1/rules/{made['rule_id']}/copy", idempotency_key="copy") for _ in range(2)]
    assert [each.status for each in told] == [201, 201]
    assert told[0].body == told[1].body
    copy = told[0].body
    assert (copy["name"], copy["enabled"], copy["conditions"]) == ("Strong (copy)", False, made["conditions"])
    assert copy["actions"][0] == made["actions"][0]
    template_id = copy["actions"][1]["template_id"]
    assert template_id != world.template_id
    ours, theirs = (rich.get(f"/v1/mail-templates/{each}").body for each in (template_id, world.template_id))
    assert (ours["subject"], ours["text"]) == (theirs["subject"], theirs["text"])


def test_the_history_of_a_rule_outlives_it(rich: Gateway, world: World):
    made = rule(rich, at_least(1), {"type": "add_bonus_commission", "amount": 5})
    rich.patch(f"/v1/rules/{made['rule_id']}", {"name": "Renamed", "priority": 7})
    rich.patch(f"/v1/rules/{made['rule_id']}", {"name": "Renamed"})
    rich.delete(f"/v1/rules/{made['rule_id']}")
    lines = rich.get(f"/v1/rules/{made['rule_id']}/history").body["items"]
    assert [line["action"] for line in lines] == ["deleted", "edited", "created"]
    assert {(each["field"], each["before"], each["after"]) for each in lines[1]["changes"]} == {
        ("name", "Rule", "Renamed"),
        ("priority", 1, 7),
    }
    assert rich.get(f"/v1/rules/rul_{'0' * 26}/history").status == 404
