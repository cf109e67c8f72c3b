"""The builder of rules: every rule that the API takes can be put together, part by part, without scripts."""

from typing import Annotated, Any, get_args, get_origin
from urllib.parse import urlencode

import pytest

from laurel.console import rule_choices
from laurel.domain.rules.actions import Action
from laurel.domain.rules.conditions import Condition
from laurel.domain.rules.scoped import Comparison
from laurel.domain.values.periods import Period
from laurel.store.table import Table
from laurel.workflows.program import programs
from laurel.workflows.rules import rules
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import AT, World
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import SAME, Reader, Sheet

NEW = "/console/rules/new"
SAVE = "Save the rule"
GROUPS = {"metrics": rule_choices.METRICS, "periods": rule_choices.PERIODS}


@pytest.fixture
def features(table: Table, world: World) -> None:
    """Everything that a program can switch on, and an action that is known by name."""
    on = {"commission_groups": True, "action_commissions": True, "forced_matrix": {"active": True}}
    programs.edit(
        table, world.program, {"features": on, "action_codes": ["signup"], "merchant_email": "m@x.io"}, None, AT
    )


def press(owner: Reader, page: Sheet, do: str, **fields: str) -> Sheet:
    """What a button that does not save shows."""
    form = page.form(SAVE)
    filled = {**form.fields, **named(form.fields, fields), "_do": do}
    return owner.post(form.action, filled)


def save(owner: Reader, page: Sheet, **fields: str) -> Sheet:
    form = page.form(SAVE)
    return owner.post(form.action, {**form.fields, **named(form.fields, fields)})


def named(known: dict[str, str], fields: dict[str, str]) -> dict[str, str]:
    """`conditions__0__value` as the field of that path, whatever its kind."""
    by_path = {name.partition(":")[0].replace(".", "__"): name for name in known}
    return {by_path.get(name, name): value for name, value in fields.items()}


def stored(table: Table, world: World, name: str) -> dict[str, Any]:
    found = next(each for each in rules.page(table, world.program.program_id, 100, None).items if each.name == name)
    return found.model_dump(mode="json", exclude_none=True)


def variants(union: Any, field: str) -> set[str]:
    """The values that tell the members of a union apart."""
    members = get_args(get_args(union)[0]) if get_origin(union) is Annotated else get_args(union)
    return {value for member in members for value in get_args(member.model_fields[field].annotation)}


def test_everything_that_the_api_knows_can_be_chosen():
    grouped = {name: {value for _, listed in choices for value, _ in listed} for name, choices in GROUPS.items()}
    assert grouped["metrics"] == variants(Condition, "metric")
    assert grouped["periods"] == variants(Period, "type")
    assert {kind for kind, _, _ in rule_choices._ACTIONS} == variants(Action, "type")
    assert {value for value, _ in rule_choices.OPERATORS} == set(get_args(Comparison))
    assert {value for value, _ in rule_choices.TIERS} == {"any", *map(str, range(1, 22))}


def test_a_rule_is_built_part_by_part(owner: Reader, table: Table, world: World):
    page = press(owner, owner.get(NEW), "conditions.add", name="Hundred", conditions__0__value="200")
    page = press(owner, page, "look", conditions__1__metric="sales_count")
    page = press(owner, page, "actions.add", conditions__1__value="100", actions__0__percent="2,5")
    page = press(owner, page, "look", actions__1__type="update_user_field")
    page = press(owner, page, "look", actions__1__field="level", actions__1__value="gold")
    said = (
        "When a member has more than €200.00 of approved commission this month and has more than 100 approved sales "
        "this month: pay them 2.5 % of their commission this month and set Level to “gold”."
    )
    assert said in page.text.replace("\xa0", " ")
    assert "Hundred is saved." in save(owner, page).text
    rule = stored(table, world, "Hundred")
    assert [(each["metric"], each["value"]) for each in rule["conditions"]] == [
        ("commission_value", 20_000),
        ("sales_count", 100),
    ]
    assert rule["actions"] == [
        {"type": "add_bonus_commission", "percent": "2.5"},
        {"type": "update_user_field", "field": "level", "value": "gold"},
    ]


RULES: list[dict[str, Any]] = [
    {
        "conditions": [
            {"metric": "sales_count", "operator": "gte", "value": 100, "every": True, "tier": 2},
            {"metric": "user_field", "field": "level", "operator": "is_set"},
            {"metric": "days_since_approval", "operator": "gte", "value": 30, "statuses": ["pending", "paid"]},
        ],
        "actions": [{"type": "add_bonus_commission", "amount": 5_000}],
    },
    {
        "offers": ["{codes}"],
        "conditions": [
            {"metric": "conversion_rate", "operator": "gt", "value": "2.5",
             "period": {"type": "last_n_days", "days": 30}},
            {"metric": "average_order_value", "operator": "lte", "value": 10_050, "offers": "all", "tier": "any"},
            {"metric": "commission_group", "operator": "ne", "value": "{gold}", "offers": ["{codes}"]},
        ],
        "actions": [
            {"type": "put_into_commission_group_retroactively", "offer_id": "{codes}", "payout_option_id": "{gold}"}
        ],
    },
    {
        "conditions": [
            {"metric": "actions_count", "operator": "eq", "value": 3, "action_code": "signup",
             "period": {"type": "since", "date": "2026-01-01"}}
        ],
        "actions": [
            {"type": "add_action_commission_bonus", "action_code": "signup", "percent": "5"},
            {"type": "send_mail", "to": "merchant", "template_id": "{template}"},
            {"type": "update_user_field", "field": "level", "value": ""},
        ],
    },
    {
        "conditions": [
            {"metric": "order_amount", "operator": "gte", "value": 10_000},
            {"metric": "first_order", "operator": "eq", "value": True, "statuses": ["pending", "approved"]},
        ],
        "actions": [{"type": "add_bonus_to_original_referrer", "frequency": "every_sale", "percent": "1"}],
    },
    {
        "enabled": False,
        "priority": 7,
        "conditions": [{"metric": "commission_value", "operator": "gt", "value": 0, "period": {"type": "all_unpaid"}}],
        "actions": [{"type": "put_into_commission_group", "offer_id": "{codes}", "payout_option_id": "{gold}"}],
    },
]  # fmt: skip


@pytest.mark.usefixtures("features")
@pytest.mark.parametrize("number", range(len(RULES)))
def test_what_the_api_takes_the_builder_keeps_to_the_letter(owner: Reader, table: Table, world: World, number: int):
    names = {"codes": world.codes_offer, "gold": world.options[1], "template": world.template_id}
    api = Gateway(world.admin)
    made = api.post("/v1/rules", filled({"name": "One", **RULES[number]}, names))
    assert made.status == 201, made.body
    page = owner.get(f"/console/rules/{made.body['rule_id']}/edit")
    before = stored(table, world, "One")
    form = page.form(SAVE)
    sent = urlencode([*form.pairs, ("name", "Two")])
    assert "Two is saved." in owner.ask("POST", form.action, sent, SAME).text
    after = stored(table, world, "Two")
    differing = {"name", "updated_at", "version"}
    assert {k: v for k, v in after.items() if k not in differing} == {
        k: v for k, v in before.items() if k not in differing
    }


def filled(value: Any, names: dict[str, str]) -> Any:
    match value:
        case str():
            return value.format(**names)
        case dict():
            return {name: filled(each, names) for name, each in value.items()}
        case list():
            return [filled(each, names) for each in value]
        case _:
            return value


def test_parts_are_removed_and_moved_with_what_they_hold(owner: Reader):
    page = press(owner, owner.get(NEW), "conditions.add", conditions__0__value="1")
    page = press(owner, page, "conditions.add", conditions__1__value="2")
    page = press(owner, page, "conditions.up.2", conditions__2__value="3")
    assert values(page) == ["1", "3", "2"]
    assert values(press(owner, page, "conditions.remove.0")) == ["3", "2"]
    for hostile in ("conditions.remove.99", "conditions.up.0", "nonsense", "actions.add.-1"):
        assert owner.post(NEW, {**page.form(SAVE).fields, "_do": hostile}).status == 200


def values(page: Sheet) -> list[str]:
    return [text for name, text in page.form(SAVE).fields.items() if name.startswith("conditions") and ".value" in name]


def test_a_condition_that_became_another_is_looked_at_before_it_is_saved(owner: Reader, table: Table, world: World):
    page = press(owner, owner.get(NEW), "look", name="Careless", conditions__0__value="200", actions__0__percent="2")
    again = save(owner, page, conditions__0__metric="sales_count")
    assert (again.status, again.headings) == (200, ["New rule"])
    assert "Careless is saved." in save(owner, again).text
    assert stored(table, world, "Careless")["conditions"][0]["value"] == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This is needed"),
        ({"conditions__0__value": "much"}, "An amount such as 12.50 is needed"),
        ({"actions__0__percent": "101"}, "A percent lies between 0 and 100"),
        ({"priority": "0"}, "A number of at least 1 is needed"),
        ({"conditions__0__operator": "lt", "conditions__0__period__type": "all_time"}, "this one never does"),
        ({"conditions__0__metric": "x", "conditions__0__shown": "x"}, "is needed"),
        ({"offers:many": "off_0000000000000000000000000a"}, "There is no offer off_"),
        ({"rule_id": "rul_1"}, "There is no such field here"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_made(
    owner: Reader, table: Table, world: World, fields: dict[str, str], said: str
):
    whole = {"name": "<b>Bad</b>", "conditions__0__value": "200", "actions__0__percent": "2"}
    answer = save(owner, owner.get(NEW), **{**whole, **fields})
    assert (answer.status, said in answer.text) == (422, True), answer.text
    assert "<b>Bad" not in answer.html
    assert len(rules.page(table, world.program.program_id, 100, None).items) == 1


def test_a_rule_that_somebody_was_faster_with_shows_both(owner: Reader, world: World):
    path = f"/console/rules/{world.rule_id}"
    page = owner.get(f"{path}/edit")
    owner.send(owner.get(path), "Switch off")
    stale = save(owner, press(owner, page, "look", name="Mine"), name="Mine")
    assert (stale.status, "Stored now: Strong week" in stale.text) == (412, True)
    assert "Mine is saved." in save(owner, stale).text


def test_a_mail_is_written_with_its_rule(owner: Reader, table: Table, world: World):
    page = press(owner, owner.get(NEW), "look", name="Hello", conditions__0__value="1", actions__0__type="send_mail")
    bad = save(owner, page, actions__0__template__subject="Hi", actions__0__template__text="{{ nobody }}")
    assert "There is no variable 'nobody'" in bad.text
    assert "Hello is saved." in save(owner, bad, actions__0__template__text="{{ member.first_name }}").text
    assert stored(table, world, "Hello")["actions"][0]["template_id"].startswith("tpl_")


def test_an_unsaved_rule_is_tried_on_the_past(owner: Reader, people: People, world: World):
    assert reader(people, "viewer").get(NEW).status == 403
    page = owner.get(NEW)
    fields = {"name": "Try", "conditions__0__value": "1", "actions__0__percent": "2"}
    refused = press(owner, page, "backtest", **fields, _from="2026-11-20", _to="2026-11-10")
    assert (refused.status, "first day lies after the last one" in refused.text) == (422, True)


def test_only_a_condition_that_has_a_period_is_said_to_lead_by_it(owner: Reader):
    page = owner.get(NEW)
    assert "Condition 1, whose period counts" in page.text
    page = press(owner, page, "", conditions__0__metric="order_amount")
    assert "whose period counts" not in page.text
    assert "once for each such order" in page.text
