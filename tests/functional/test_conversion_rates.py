"""Conversion rates: of what is promoted by link, over the unique clicks there, in reports and in rules."""

from typing import Any

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World


def linked(api: Gateway, world: World) -> tuple[str, str]:
    """A new offer by link, and Ada's slug there."""
    page, terms = "https://shop.example.com/", {"type": "percent_of_sale", "percent": "10"}
    options = [{"name": "Basic", "default": True, "terms": terms}]
    made = api.post("/v1/offers", {"name": "New", "kind": "link", "landing_url": page, "payout_options": options})
    assert made.status == 201, made.body
    offer_id = str(made.body["offer_id"])
    return offer_id, api.put(enrollment_path(world, world.ada, offer_id), {}).body["link"]["slug"]


def click(api: Gateway, world: World, slug: str, count: int) -> None:
    for number in range(count):
        answer = api.post("/v1/clicks", {"slug": slug, "visitor_id": f"visitor {number}"}, key=world.reporter)
        assert answer.status in {200, 201}, answer.body


def rates(api: Gateway, query: str) -> dict[str | None, Any]:
    told = api.get(f"/v1/reports/summary?{query}").body
    return {row["key"]: row["conversion_rate"] for row in told["rows"]} | {"all": told["totals"]["conversion_rate"]}


def test_sales_with_codes_do_not_raise_the_rate_of_reports(api: Gateway, world: World, items: Table):
    click(api, world, world.slug, 4)
    sell(world, items, promo_code=None, member_id=world.ada, offer_id=world.links_offer)
    for _ in range(5):
        sell(world, items)
    by_offer = {world.links_offer: "25", world.codes_offer: None}
    assert rates(api, "group_by=offer") == {**by_offer, "all": "25"}
    assert rates(api, f"group_by=offer&member_id={world.ada}") == {**by_offer, "all": "25"}
    assert rates(api, f"group_by=member&offer_id={world.links_offer}") == {world.ada: "25", "all": "25"}
    assert rates(api, f"group_by=member&offer_id={world.codes_offer}") == {world.ada: None, "all": None}
    assert rates(api, "group_by=member") == {world.ada: "25", "all": "25"}


def test_a_rule_that_is_kept_sees_an_offer_by_link_that_was_made_since(api: Gateway, world: World, items: Table):
    condition = {"metric": "conversion_rate", "operator": "gte", "value": "50", "period": {"type": "all_time"}}
    rule = {"name": "Rate", "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 7}]}
    rule_id = api.post("/v1/rules", rule).body["rule_id"]
    sell(world, items)  # now the rules are kept
    offer_id, slug = linked(api, world)
    click(api, world, slug, 2)
    drain(items)
    found = f"/v1/commissions?member_id={world.ada}&rule_id={rule_id}"
    assert api.get(found).body["items"] == []
    assert api.post(f"/v1/rules/{rule_id}/dry-run", {"member_id": world.ada}).body["conditions"][0]["value"] == "0"
    sell(world, items, promo_code=None, member_id=world.ada, offer_id=offer_id)
    assert [(row["amount"], row["evidence"]["value"]) for row in api.get(found).body["items"]] == [(7, "50")]


def test_without_clicks_a_dry_run_tells_no_rate(api: Gateway, world: World, items: Table):
    condition = {"metric": "conversion_rate", "operator": "lt", "value": "50", "period": {"type": "current_week"}}
    rule = {"name": "Rate", "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 7}]}
    rule_id = api.post("/v1/rules", rule).body["rule_id"]
    sell(world, items)
    told = api.post(f"/v1/rules/{rule_id}/dry-run", {"member_id": world.ada}).body["conditions"]
    assert [(each["value"], each["holds"]) for each in told] == [(None, False)]
