"""What an agent would change is shown first, and carried out once, if nothing has moved."""

from datetime import timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.domain.values.errors import Absent, Conflict
from laurel.settings import settings
from laurel.store.table import Table
from laurel.workflows.requests import access, planned
from laurel.workflows.requests.planned import KEPT_FOR
from tests.functional.kit.agent import Agent
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World, program

SALE = {"order_id": "A-1", "amount": 5000, "currency": "EUR", "type": "sale", "promo_code": "ADA10"}


def first_name(api: Gateway, world: World) -> str:
    return str(api.get(f"/v1/members/{world.ada}").body["first_name"])


@pytest.fixture
def hash_(agent: Agent, world: World) -> str:
    """A plan to call Ada Augusta."""
    return str(agent.call("edit_member", member_id=world.ada, first_name="Augusta", last_name="Lovelace").value["hash"])


def test_a_write_shows_what_would_change_and_changes_nothing(agent: Agent, api: Gateway, world: World):
    told = agent.call("edit_member", member_id=world.ada, first_name="Augusta", last_name="Lovelace").value
    first, second, third = told["plan"]
    assert first == {"what": f"Change a member: PATCH /v1/members/{world.ada}"}
    assert (second["field"], second["before"], second["after"]) == ("/first_name", "Ada", "Augusta")
    assert second["what"] == 'first_name: "Ada" -> "Augusta"'
    assert third["what"] == 'last_name stays "Lovelace"'
    assert first_name(api, world) == "Ada"
    assert all(path.startswith("GET ") for path in agent.asked)


def test_a_plan_is_carried_out_once(agent: Agent, api: Gateway, world: World, hash_: str):
    assert agent.call("commit", hash=hash_).value["first_name"] == "Augusta"
    assert first_name(api, world) == "Augusta"
    api.patch(f"/v1/members/{world.ada}", {"first_name": "Ada"})
    assert agent.call("commit", hash=hash_).code == "plan_begun"
    assert first_name(api, world) == "Ada"


def test_a_plan_whose_thing_has_moved_is_refused_and_changes_nothing(
    agent: Agent, api: Gateway, world: World, hash_: str
):
    api.patch(f"/v1/members/{world.ada}", {"last_name": "King"})
    for _ in range(2):
        told = agent.call("commit", hash=hash_)
        assert (told.value["status"], told.code) == (409, "plan_moved")
    assert first_name(api, world) == "Ada"


def test_a_plan_rests_on_all_that_it_names(agent: Agent, api: Gateway, world: World):
    named = {"offer_id": world.codes_offer, "member_id": world.ada, "payout_option_id": world.options[1]}
    hash_ = agent.call("edit_enrollment", **named).value["hash"]
    api.patch(f"/v1/offers/{world.codes_offer}", {"status": "paused"})
    assert agent.call("commit", hash=hash_).code == "plan_moved"
    again = agent.call("edit_enrollment", **named).value["hash"]
    assert agent.call("commit", hash=again).value["payout_option_id"] == world.options[1]


def test_what_moves_between_the_last_look_and_the_write_is_refused_by_its_version(
    agent: Agent, api: Gateway, world: World, hash_: str
):
    agent.meanwhile["PATCH"] = lambda: api.patch(f"/v1/members/{world.ada}", {"last_name": "King"})
    assert agent.call("commit", hash=hash_).code == "plan_moved"
    assert first_name(api, world) == "Ada"


def test_a_role_is_changed_from_the_one_that_was_shown(agent: Agent, api: Gateway):
    user = api.post("/v1/users", {"email": "nina@example.com", "role": "manager"}).body["user_id"]
    planned_now = agent.call("edit_user", user_id=user, role="viewer").value
    assert planned_now["plan"][1]["what"] == 'role: "manager" -> "viewer"'
    agent.meanwhile["PATCH"] = lambda: api.patch(f"/v1/users/{user}", {"role": "owner"})
    assert agent.call("commit", hash=planned_now["hash"]).code == "plan_moved"
    assert api.get(f"/v1/users/{user}").body["role"] == "owner"


def test_a_decision_is_about_what_was_looked_at_up_to_the_moment_of_the_write(agent: Agent, api: Gateway, world: World):
    sold = api.post("/v1/conversions", {**SALE, "storefront_id": world.storefront_id}).body["conversion_id"]
    hash_ = agent.call("decline_conversion", conversion_id=sold).value["hash"]
    agent.meanwhile["POST"] = lambda: api.patch(f"/v1/conversions/{sold}", {"amount": 900_000})
    assert agent.call("commit", hash=hash_).code == "plan_moved"
    assert api.get(f"/v1/conversions/{sold}").body["status"] != "declined"


def test_a_plan_that_is_carried_out_twice_at_once_is_carried_out_by_one(
    agent: Agent, api: Gateway, world: World, table: Table, hash_: str
):
    who = access.identify(table, world.admin)
    plan = planned.get(table, who, hash_, clock.now())
    agent.meanwhile["GET"] = lambda: planned.begin(table, plan)
    assert agent.call("commit", hash=hash_).code == "plan_begun"
    assert first_name(api, world) == "Ada"
    with pytest.raises(Conflict):
        planned.begin(table, plan)


def test_a_create_whose_answer_was_lost_is_answered_as_before(agent: Agent, api: Gateway):
    hash_ = agent.call("create_member", email="cleo@example.com").value["hash"]
    made = agent.call("commit", hash=hash_).value
    assert agent.call("commit", hash=hash_).value == made
    assert [one["member_id"] for one in api.get("/v1/members?email=cleo@example.com").body["items"]] == [
        made["member_id"]
    ]


def test_a_create_that_is_carried_out_twice_at_once_makes_one(agent: Agent, api: Gateway, world: World, table: Table):
    hash_ = agent.call("create_member", email="cleo@example.com", referrer_id=world.ada).value["hash"]
    plan = planned.get(table, access.identify(table, world.admin), hash_, clock.now())
    agent.meanwhile["POST"] = lambda: api.post(
        "/v1/members",
        {"email": "cleo@example.com", "referrer_id": world.ada},
        Idempotency_Key=f"plan-{plan.hash}",
    )
    assert agent.call("commit", hash=hash_).value["email"] == "cleo@example.com"
    assert len(api.get("/v1/members?email=cleo@example.com").body["items"]) == 1


def test_a_delete_shows_what_would_be_gone(agent: Agent, api: Gateway, world: World):
    told = agent.call("delete_rule", rule_id=world.rule_id).value
    assert told["plan"][0]["before"]["name"] == "Strong week"
    assert told["plan"][0]["after"] is None
    assert agent.call("commit", hash=told["hash"]).value == {}
    assert api.get(f"/v1/rules/{world.rule_id}").status == 404


def test_putting_what_is_not_there_yet_is_planned_too(agent: Agent, api: Gateway, world: World):
    told = agent.call("enroll", offer_id=world.codes_offer, member_id=world.ben, promo_code="BEN10").value
    assert api.get(enrollment_path(world, world.ben)).status == 404
    assert agent.call("commit", hash=told["hash"]).value["promo_code"] == "BEN10"


def test_whoever_else_puts_it_meanwhile_is_not_overwritten(agent: Agent, api: Gateway, world: World):
    told = agent.call("enroll", offer_id=world.codes_offer, member_id=world.ben, promo_code="BEN10").value
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN20"})
    assert agent.call("commit", hash=told["hash"]).code == "plan_moved"
    assert api.get(enrollment_path(world, world.ben)).body["promo_code"] == "BEN20"


def test_a_storefront_reports_through_an_agent(agent: Agent, api: Gateway, world: World):
    told = agent.call("record_conversion", key=world.reporter, **SALE).value
    made = agent.call("commit", hash=told["hash"], key=world.reporter)
    assert (made.is_error, made.value["commission"]) == (False, 500)


def test_a_decision_by_hand_is_planned_on_its_row(agent: Agent, api: Gateway, world: World):
    made = api.post("/v1/conversions", {**SALE, "storefront_id": world.storefront_id}).body
    declined = agent.call("decline_conversion", conversion_id=made["conversion_id"], reason="fraud").value
    api.post(f"/v1/conversions/{made['conversion_id']}/refunds", {"refund_id": "r1", "amount": 100, "reason": "refund"})
    assert agent.call("commit", hash=declined["hash"]).code == "plan_moved"


def test_what_the_api_refuses_when_it_is_carried_out_is_told_and_not_tried_again(
    agent: Agent, api: Gateway, world: World
):
    hash_ = agent.call("create_member", email="ada@example.com").value["hash"]
    assert agent.call("commit", hash=hash_).code == "email_taken"
    api.patch(f"/v1/members/{world.ada}", {"email": "lovelace@example.com"})
    assert agent.call("commit", hash=hash_).code == "plan_begun"
    assert api.get("/v1/members?email=ada@example.com").body["items"] == []


def test_a_create_that_was_begun_and_lost_is_not_carried_out_on_what_has_moved(
    agent: Agent, api: Gateway, world: World, table: Table
):
    hash_ = agent.call("add_payout_option", offer_id=world.codes_offer, name="Silver", terms={"type": "none"}).value[
        "hash"
    ]
    planned.begin(table, planned.get(table, access.identify(table, world.admin), hash_, clock.now()))
    api.patch(f"/v1/offers/{world.codes_offer}", {"name": "Winter glow"})
    assert agent.call("commit", hash=hash_).code == "plan_moved"
    assert len(api.get(f"/v1/offers/{world.codes_offer}").body["payout_options"]) == len(world.options)


def test_a_create_that_moved_what_it_rests_on_is_answered_as_before(agent: Agent, world: World):
    hash_ = agent.call("add_payout_option", offer_id=world.codes_offer, name="Silver", terms={"type": "none"}).value[
        "hash"
    ]
    assert agent.call("commit", hash=hash_).value == agent.call("commit", hash=hash_).value


@pytest.mark.parametrize("text", ["é", "🎉", "\\u0000"])
def test_a_long_plan_is_kept_whole_or_refused(agent: Agent, world: World, text: str):
    told = agent.call("edit_member", member_id=world.ada, fields={"level": text * 30_000})
    assert told.is_error or agent.call("commit", hash=told.value["hash"]).code == "invalid_request"


def test_a_plan_for_what_is_not_there_is_refused(agent: Agent, world: World):
    assert agent.call("delete_rule", rule_id="rul_" + "0" * 26).code == "rule_not_found"
    assert agent.call("enroll", offer_id="off_" + "0" * 26, member_id=world.ada).code == "offer_not_found"


def test_a_plan_about_too_many_things_is_refused(agent: Agent):
    many = [f"com_{number:026d}" for number in range(60)]
    assert agent.call("decide_conversions", conversion_ids=many, set="approved").code == "plan_too_wide"


def test_a_plan_is_its_own_keys_alone(agent: Agent, api: Gateway, world: World, table: Table, hash_: str):
    twin = api.post("/v1/api-keys", {"scopes": ["admin"]}).body["key"]
    stranger = program(table, "Another program").admin
    for key in (twin, stranger, world.reader, world.reporter):
        told = agent.call("commit", hash=hash_, key=key)
        assert (told.value["status"], told.code) == (404, "plan_not_found")
    assert first_name(api, world) == "Ada"


@pytest.mark.parametrize("hash_", ["", "0" * 64, "x" * 65, "é", "#", None, 7, [], {"a": 1}])
def test_a_hash_of_nothing_is_404(agent: Agent, hash_: object):
    assert agent.call("commit", hash=hash_).value["status"] == 404


def test_a_plan_is_kept_for_ten_minutes(agent: Agent, world: World, table: Table, hash_: str):
    who, made = access.identify(table, world.admin), clock.now()
    assert planned.get(table, who, hash_, made + KEPT_FOR - timedelta(seconds=30)).operation == "edit_member"
    with pytest.raises(Absent):
        planned.get(table, who, hash_, made + KEPT_FOR + timedelta(seconds=2))


def test_the_same_plan_made_again_is_another(agent: Agent, world: World, hash_: str):
    agent.call("commit", hash=hash_)
    again = agent.call("edit_member", member_id=world.ada, first_name="Augusta", last_name="Lovelace").value["hash"]
    assert again != hash_


def test_no_plan_has_the_key_in_it(agent: Agent, world: World, table: Table, hash_: str):
    kept = [item for item in everything(table) if item["pk"].startswith("plan#")]
    assert len(kept) == 1
    assert world.admin not in str(kept)
    assert world.admin.rpartition("_")[2] not in str(kept)


def test_without_an_answer_of_the_api_the_agent_is_told_to_look(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, world: World
):
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    assert agent.call("get_member", member_id=world.ada).code == "unavailable"
    assert agent.call("edit_member", member_id=world.ada, first_name="A").code == "unavailable"


RULE = {
    "name": "Strong week",
    "conditions": [
        {"metric": "commission_value", "operator": "gt", "value": 20_000, "period": {"type": "current_week"}}
    ],
    "actions": [{"type": "add_bonus_commission", "percent": 2}],
}


@pytest.mark.parametrize(
    ("tool", "arguments", "pointer"),
    [
        ("create_member", {"email": 7}, "/email"),
        ("create_member", {"email": "x@example.com", "status": "rich"}, "/status"),
        ("create_member", {"email": "x@example.com", "fields": {"level": []}}, "/fields/level"),
        ("create_offer", {"name": "A", "kind": True, "payout_options": []}, "/kind"),
        ("create_rule", {**RULE, "actions": "all"}, "/actions"),
        ("create_rule", {**RULE, "actions": [{"type": "add_bonus_commission", "ammount": 5}]}, "/actions/0/ammount"),
        ("create_rule", {**RULE, "conditions": [RULE["conditions"][0] | {"value": "a"}]}, "/conditions/0/value"),
        ("create_rule", {**RULE, "conditions": [RULE["conditions"][0] | {"period": {}}]}, "/conditions/0/period"),
        ("record_conversions", {"conversions": [{"order_id": "1"}]}, "/conversions/0/amount"),
    ],
)
def test_a_plan_of_what_could_never_be_sent_is_refused(
    agent: Agent, tool: str, arguments: dict[str, Any], pointer: str
):
    told = agent.call(tool, **arguments)
    assert told.code == "invalid_request"
    assert [one for one in told.value["errors"] if one["pointer"].startswith(pointer)], told.value
    assert agent.asked == []


def test_a_plan_with_thousands_of_mistakes_is_refused_with_the_first(agent: Agent):
    told = agent.call("create_rule", **{**RULE, "conditions": [{"a": 1}] * 25_000})
    assert len(told.value["errors"]) == 20


def test_a_whole_rule_with_a_percentage_as_a_number_is_planned_and_made(agent: Agent):
    hash_ = agent.call("create_rule", **RULE).value["hash"]
    assert agent.call("commit", hash=hash_).value["actions"][0]["percent"] == "2"
