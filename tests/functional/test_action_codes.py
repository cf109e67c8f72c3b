"""Action codes that rules name: the program declares them, or an option of the rule's offers pays them."""

from typing import Any

import pytest

from laurel.domain.values.errors import Conflict
from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.program import programs
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import everything
from tests.functional.kit.world import AT, World
from tests.kit.interference import Interfering

PAYS = {"type": "add_bonus_commission", "amount": 70}
BONUS = {"type": "add_action_commission_bonus", "action_code": "signup", "amount": 5}


def counts(code: str = "signup", **scope: Any) -> dict[str, Any]:
    return {"metric": "actions_count", "action_code": code, "operator": "gte", "value": 2, **scope}


def make(api: Gateway, *conditions: dict[str, Any], action: dict[str, Any] = PAYS, **changes: Any) -> Answer:
    return api.post("/v1/rules", {"name": "Two", "conditions": [*conditions], "actions": [action], **changes})


def pay_for(api: Gateway, world: World, **actions: dict[str, Any]) -> None:
    """The default option of the offer with codes pays for these actions and no others."""
    path = f"/v1/offers/{world.codes_offer}/payout-options/{world.options[0]}"
    answer = api.patch(path, {"terms": {"actions": {"signup": None, **actions}}})
    assert answer.status == 200, answer.body


def declare(api: Gateway, *codes: str) -> Answer:
    return api.patch("/v1/program", {"action_codes": [*codes]})


@pytest.fixture(autouse=True)
def _bonuses_of_actions(api: Gateway) -> None:
    assert api.patch("/v1/program", {"features": {"action_commissions": True}}).status == 200


def test_a_rule_that_names_a_code_nobody_knows_is_refused(api: Gateway, world: World):
    sales = {"metric": "sales_count", "operator": "gte", "value": 2}
    for answer, pointer in (
        (make(api, counts()), "/conditions/0/action_code"),
        (make(api, sales, counts()), "/conditions/1/action_code"),
        (make(api, sales, action=BONUS), "/actions/0/action_code"),
        (api.patch(f"/v1/rules/{world.rule_id}", {"conditions": [counts()]}), "/conditions/0/action_code"),
    ):
        assert (answer.status, answer.code, answer.pointers) == (422, "unknown_action_code", [pointer])


def test_a_declared_code_can_be_named_whatever_the_offers(api: Gateway, world: World):
    assert declare(api, "signup").status == 200
    assert make(api, counts()).status == 201
    assert make(api, counts(offers=[world.links_offer]), action=BONUS, offers=[world.codes_offer]).status == 201


def test_a_code_that_an_option_pays_can_be_named_by_rules_of_its_offer(api: Gateway, world: World):
    pay_for(api, world, signup={"amount": 250})
    assert make(api, counts(), action=BONUS).status == 201
    assert make(api, counts(), offers=[world.codes_offer]).status == 201
    assert make(api, counts(offers=[world.codes_offer]), offers=[world.links_offer]).status == 201
    for refused in (
        make(api, counts(), offers=[world.links_offer]),
        make(api, counts(offers=[world.links_offer])),
        make(api, counts(offers="all"), action=BONUS, offers=[world.links_offer]),
    ):
        assert (refused.status, refused.code) == (422, "unknown_action_code")


def test_a_rule_goes_on_naming_a_code_that_is_not_paid_any_more(api: Gateway, world: World):
    pay_for(api, world, signup={"amount": 250})
    rule = f"/v1/rules/{make(api, counts()).body['rule_id']}"
    pay_for(api, world)
    assert api.patch(rule, {"name": "Renamed", "enabled": False}).status == 200
    assert api.patch(rule, {"conditions": [counts("trial")]}).code == "unknown_action_code"
    assert api.patch(rule, {"offers": [world.links_offer]}).code == "unknown_action_code"


def test_a_code_stays_declared_while_a_rule_names_it(api: Gateway):
    declare(api, "signup", "trial")
    made = [make(api, counts()), make(api, {"metric": "sales_count", "operator": "gt", "value": 1}, action=BONUS)]
    for each in made:
        refused = declare(api, "trial")
        assert (refused.status, refused.code) == (409, "action_code_in_use")
        assert declare(api, "trial", "signup").status == declare(api, "signup", "trial").status == 200
        api.delete(f"/v1/rules/{each.body['rule_id']}")
    assert declare(api).body["action_codes"] == []


def test_a_rule_that_takes_up_a_code_meanwhile_keeps_it_declared(api: Gateway, items: Table, world: World):
    declare(api, "signup")
    program = programs.get(items, world.program.program_id)
    with pytest.raises(Conflict, match="action_code_in_use"):
        programs.edit(Interfering(items, lambda: make(api, counts())), program, {"action_codes": []}, None, AT)


def test_a_program_of_before_declares_nothing(api: Gateway, items: Table, world: World):
    stored = items.get(keys.program(world.program.program_id)) or {}
    del stored["body"]["action_codes"]
    items.write(Update(keys.program(world.program.program_id), set={"body": stored["body"]}))
    assert api.get("/v1/program").body["action_codes"] == []


def test_a_shop_that_makes_codes_up_leaves_totals_as_small_as_they_are(api: Gateway, items: Table, world: World):
    for number in range(5):
        conversion_id = sell(world, items, type="action", action_code=f"made up {number}")
        assert api.get(f"/v1/conversions/{conversion_id}").body["action_code"] == f"made up {number}"
    totals = [item["body"] for item in everything(items) if item["kind"] == "totals"]
    assert [list(counters.values()) for counters in totals] == [[[5, 0, 50_000]]] * 2


def test_what_was_recorded_before_a_code_was_declared_is_not_counted_by_it(api: Gateway, items: Table, world: World):
    early = sell(world, items, type="action", action_code="signup")
    declare(api, "signup")
    make(api, counts())
    sell(world, items, type="action", action_code="signup")
    bonuses = f"/v1/commissions?member_id={world.ada}&type=extra_bonus"
    api.post(f"/v1/conversions/{early}/decline", {"reason": "fraud"})
    assert api.get(bonuses).body["items"] == []
    sell(world, items, type="action", action_code="signup")
    assert [row["amount"] for row in api.get(bonuses).body["items"]] == [70]
