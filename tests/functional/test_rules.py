"""Rules: what is refused when one is saved, and the dry run."""

from datetime import date

import pytest

from laurel import clock
from laurel.domain.ledger.commissions import Commission, marker_id
from laurel.domain.offers.terms import PercentOfSale
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.values.ids import derived_id
from laurel.store import keys, ledger
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.kernel.transitions import fold_member
from laurel.workflows.mail import templates
from laurel.workflows.program import programs
from laurel.workflows.requests import access, idempotency
from laurel.workflows.rules import rules
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import AT, Randomness, World, rule
from tests.kit.interference import Interfering

NOBODY = "0" * 26
WEEK = {"type": "current_week"}


def condition(**changes: object) -> dict[str, object]:
    return {"metric": "sales_count", "operator": "gte", "value": 1, "period": WEEK} | changes


def settings(world: World, **changes: object) -> dict[str, object]:
    return rule(world.template_id) | changes


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"conditions": []}, "/conditions"),
        ({"actions": []}, "/actions"),
        ({"conditions": [condition()] * 11}, "/conditions"),
        ({"priority": 0}, "/priority"),
        ({"enabled": "yes"}, "/enabled"),
        ({"offers": "some"}, "/offers"),
        ({"offers": []}, "/offers"),
        ({"offers": [f"off_{NOBODY}"]}, "/offers/0"),
        ({"conditions": [condition(metric="luck")]}, "/conditions/0/metric"),
        ({"conditions": [condition(value="1")]}, "/conditions/0/value"),
        ({"conditions": [condition(value=1.5)]}, "/conditions/0/value"),
        ({"conditions": [condition(operator="is_set")]}, "/conditions/0/operator"),
        ({"conditions": [condition(period={"type": "current_decade"})]}, "/conditions/0/period/type"),
        ({"conditions": [condition(tier=0)]}, "/conditions/0/tier"),
        ({"conditions": [condition(offers=[f"off_{NOBODY}"])]}, "/conditions/0/offers/0"),
        ({"conditions": [condition(operator="lt", period={"type": "all_time"})]}, "/conditions/0/operator"),
        ({"conditions": [{"metric": "user_field", "field": "unknown", "operator": "is_set"}]}, "/conditions/0/field"),
        ({"conditions": [{"metric": "user_field", "field": "level", "operator": "eq"}]}, "/conditions/0/value"),
        (
            {"conditions": [{"metric": "commission_group", "operator": "eq", "value": f"opt_{NOBODY}"}]},
            "/conditions/0/value",
        ),
        ({"actions": [{"type": "add_bonus_commission"}]}, "/actions/0"),
        ({"actions": [{"type": "add_bonus_commission", "amount": 1, "percent": "1"}]}, "/actions/0"),
        ({"actions": [{"type": "add_bonus_commission", "amount": 1}] * 2}, "/actions"),
        ({"actions": [{"type": "give_a_hug"}]}, "/actions/0/type"),
        ({"actions": [{"type": "update_user_field", "field": "unknown", "value": "x"}]}, "/actions"),
        (
            {"actions": [{"type": "send_mail", "to": "member", "template_id": f"tpl_{NOBODY}"}]},
            "/actions/0/template_id",
        ),
        ({"rules_version": 1}, "/rules_version"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(api: Gateway, world: World, changes: dict[str, object], pointer: str):
    for answer in (
        api.post("/v1/rules", settings(world, **changes)),
        api.patch(f"/v1/rules/{world.rule_id}", changes),
    ):
        assert answer.status == 422
        assert pointer in answer.pointers


def test_mailing_the_merchant_needs_an_address(api: Gateway, world: World):
    mail = {"type": "send_mail", "to": "merchant", "template_id": world.template_id}
    answer = api.post("/v1/rules", settings(world, actions=[mail]))
    assert (answer.status, answer.code) == (409, "merchant_email_missing")
    api.patch("/v1/program", {"merchant_email": "shop@example.com"})
    assert api.post("/v1/rules", settings(world, actions=[mail])).status == 201


def test_an_option_is_looked_for_in_the_offers_of_its_condition(api: Gateway, world: World):
    group = {"metric": "commission_group", "operator": "eq", "value": world.options[1]}
    assert api.post("/v1/rules", settings(world, conditions=[group])).status == 201
    assert api.post("/v1/rules", settings(world, conditions=[group], offers=[world.codes_offer])).status == 201
    answer = api.post("/v1/rules", settings(world, conditions=[group], offers=[world.links_offer]))
    assert answer.pointers == ["/conditions/0/value"]


def test_saving_and_deleting_a_rule_tell_that_the_rules_have_changed(api: Gateway, items: Table, world: World):
    def version() -> int:
        return programs.get(items, world.program.program_id).rules_version

    before = version()
    made = api.post("/v1/rules", settings(world)).body
    api.patch(f"/v1/rules/{made['rule_id']}", {"priority": 2})
    assert version() == before + 2
    api.delete(f"/v1/rules/{made['rule_id']}")
    assert version() == before + 3
    assert api.delete(f"/v1/rules/{made['rule_id']}").status == 404
    assert version() == before + 3


def test_rules_are_listed_newest_first(api: Gateway, world: World):
    made = [api.post("/v1/rules", settings(world)).body["rule_id"] for _ in range(2)]
    assert {item["rule_id"] for item in api.get("/v1/rules").body["items"][:2]} == set(made)
    assert api.get("/v1/rules").body["items"][2]["rule_id"] == world.rule_id


def test_a_program_has_at_most_200_rules(api: Gateway, items: Table, world: World):
    stored = items.get(keys.rule(world.program.program_id, world.rule_id))
    for number in range(199):
        items.write(Put(stored | {"sk": f"rul_{number:026d}"}))
    answer = api.post("/v1/rules", settings(world))
    assert (answer.status, answer.code) == (409, "too_many_rules")


def test_a_template_deleted_meanwhile_is_not_taken_up(api: Gateway, items: Table, world: World):
    request = idempotency.request(access.identify(items, world.admin), "/v1/rules", None, body_hash="", at=AT)
    api.delete(f"/v1/rules/{world.rule_id}")
    racing = Interfering(items, lambda: templates.delete(items, world.program.program_id, world.template_id))
    with pytest.raises(rules.Invalid, match="unknown_template"):
        rules.create(racing, request, RuleSettings.model_validate(rule(world.template_id)), Randomness("r"))


def test_a_rule_made_meanwhile_keeps_its_template(api: Gateway, items: Table, world: World):
    request = idempotency.request(access.identify(items, world.admin), "/v1/rules", None, body_hash="", at=AT)
    api.delete(f"/v1/rules/{world.rule_id}")
    new = RuleSettings.model_validate(rule(world.template_id))
    racing = Interfering(items, lambda: rules.create(items, request, new, Randomness("r")))
    with pytest.raises(templates.Conflict, match="template_in_use"):
        templates.delete(racing, world.program.program_id, world.template_id)


# -- the dry run -------------------------------------------------------------------------------------------------------

DAY = date(2026, 11, 18)
INSTANT = "2026-11-18T10:00:00Z"


def earn(items: Table, world: World, amount: int) -> None:
    """Ada earns `amount` on `DAY`, counted as the stream's consumer would."""
    program = programs.get(items, world.program.program_id)
    row = Commission(
        commission_id=derived_id("com", str(amount)),
        type="sale",
        origin="conversion",
        member_id=world.ada,
        offer_id=world.codes_offer,
        payout_option_id=world.options[0],
        terms=PercentOfSale(type="percent_of_sale", percent="10"),
        amount=amount,
        currency="EUR",
        status="approved",
        payout="unpaid",
        occurred_at=INSTANT,
        day=DAY,
        created_at=INSTANT,
        updated_at=INSTANT,
    )
    item = ledger.commission(program.program_id, row, 1)
    items.write(Put(item, new=True))
    fold_member(items, Rulebook.of(program, []), world.ada, [item], clock.now())


def dry_run(api: Gateway, world: World, rule_id: str | None = None, member: str | None = None) -> dict[str, object]:
    body = {"member_id": member or world.ada, "at": INSTANT}
    return api.post(f"/v1/rules/{rule_id or world.rule_id}/dry-run", body).body


def test_the_dry_run_shows_each_condition_and_what_would_be_done(api: Gateway, items: Table, world: World):
    earn(items, world, 21_000)
    told = dry_run(api, world)
    assert (told["would_fire"], told["period"], told["marker"]) == (True, "current_week:2026-11-16", None)
    assert [(each["value"], each["holds"]) for each in told["conditions"]] == [(21_000, True)]
    assert told["effects"] == [
        {"type": "add_bonus_commission", "amount": 420, "currency": "EUR", "base": 21_000},
        {"type": "send_mail", "to": "member", "template_id": world.template_id, "template": None},
    ]


def test_the_dry_run_writes_nothing(api: Gateway, items: Table, world: World):
    earn(items, world, 21_000)
    before = everything(items)
    dry_run(api, world)
    assert everything(items) == before


def test_exactly_200_is_not_more_than_200(api: Gateway, items: Table, world: World):
    earn(items, world, 20_000)
    told = dry_run(api, world)
    assert (told["would_fire"], told["effects"], told["conditions"][0]["holds"]) == (False, [], False)


def test_a_rule_that_fired_in_the_period_would_not_fire_again(api: Gateway, items: Table, world: World):
    earn(items, world, 21_000)
    program_id = world.program.program_id
    marker = marker_id(program_id, world.rule_id, world.ada, "current_week:2026-11-16")
    key = keys.commission(program_id, marker)
    items.write(Put({"pk": key.pk, "sk": key.sk, "version": 1, "body": {}}))
    told = dry_run(api, world)
    assert (told["would_fire"], told["marker"], told["conditions"][0]["holds"]) == (False, marker, True)


def test_a_rule_can_be_tried_before_it_is_switched_on(api: Gateway, items: Table, world: World):
    earn(items, world, 21_000)
    api.patch(f"/v1/rules/{world.rule_id}", {"enabled": False})
    assert dry_run(api, world)["would_fire"] is True


def test_a_rule_of_fields_alone_would_do_nothing_where_they_are_so(api: Gateway, items: Table, world: World):
    earn(items, world, 21_000)
    action = {"type": "update_user_field", "field": "level", "value": "silver"}
    state = api.patch(f"/v1/rules/{world.rule_id}", {"actions": [action]})
    assert state.status == 200
    assert dry_run(api, world)["would_fire"] is False
    api.patch(f"/v1/members/{world.ada}", {"fields": {"level": ""}})
    assert dry_run(api, world)["effects"] == [action]


def test_values_are_told_as_what_they_are(api: Gateway, world: World):
    conditions = [
        condition(),
        {"metric": "conversion_rate", "operator": "gt", "value": "12.5"},
        {"metric": "user_field", "field": "level", "operator": "eq", "value": "silver"},
        {"metric": "commission_group", "operator": "is_set", "offers": [world.codes_offer]},
    ]
    api.patch(f"/v1/rules/{world.rule_id}", {"conditions": conditions})
    told = [(each["value"], each["holds"]) for each in dry_run(api, world)["conditions"]]
    assert told == [(0, False), (None, False), ("silver", True), ([world.options[0]], True)]


def test_a_period_that_ended_before_the_rule_was_made_is_over(api: Gateway, world: World):
    made = api.post("/v1/rules", settings(world, conditions=[condition(operator="gte", value=0)])).body
    at = {"member_id": world.ada, "at": "2020-01-01T00:00:00Z"}
    told = api.post(f"/v1/rules/{made['rule_id']}/dry-run", at).body
    assert (told["would_fire"], told["conditions"][0]["holds"]) == (False, True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/member_id"),
        ({"member_id": f"mem_{NOBODY}"}, "/member_id"),
        ({"member_id": "ada"}, "/member_id"),
        ({"member_id": f"mem_{NOBODY}", "at": "yesterday"}, "/at"),
        ({"member_id": f"mem_{NOBODY}", "at": "2026-11-18T10:00:00"}, "/at"),
    ],
)
def test_a_dry_run_names_a_member_and_perhaps_an_instant(api: Gateway, world: World, body: object, pointer: str):
    answer = api.post(f"/v1/rules/{world.rule_id}/dry-run", body)
    assert answer.status == 422
    assert pointer in answer.pointers


@pytest.mark.parametrize("at", ["2000-01-01T00:00:00Z", "2100-12-31T23:59:59Z", "2026-10-25T01:30:00Z"])
def test_a_dry_run_takes_any_instant(api: Gateway, world: World, at: str):
    assert api.post(f"/v1/rules/{world.rule_id}/dry-run", {"member_id": world.ada, "at": at}).status == 200
