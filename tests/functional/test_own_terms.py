"""Terms agreed with one member, over HTTP: set, cleared, sold by, moved away from, and left alone by what goes back."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paths import enrollment_path, option_path
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tests.functional.test_recalculations import above, back, earned, require_totals, rule, sales, work_all

EIGHTEEN = {"type": "percent_of_sale", "percent": "18"}


@pytest.fixture
def ben(api: Gateway, world: World) -> str:
    """The path of Ben's enrollment with the code BEN10 in an offer that pays 10 %, or 15 % in the group Gold."""
    assert api.patch("/v1/program", {"features": {"commission_groups": True}}).status == 200
    assert api.delete(f"/v1/rules/{world.rule_id}").status == 204
    assert api.put(enrollment_path(world, world.ben), {"promo_code": "BEN10"}).status == 201
    return enrollment_path(world, world.ben)


def history_of(api: Gateway, world: World) -> list[dict[str, Any]]:
    return api.get(f"/v1/offers/{world.codes_offer}/history?member_id={world.ben}").body["items"]


def told(line: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {change["field"]: (change["before"], change["after"]) for change in line["changes"]}


def test_agreed_terms_pay_until_they_are_cleared(api: Gateway, world: World, items: Table, ben: str):
    before = sell(world, items, promo_code="BEN10")
    shown = api.patch(ben, {"terms": EIGHTEEN}).body
    assert (shown["terms"]["percent"], shown["payout_option_id"], shown["version"]) == ("18", world.options[0], 2)
    own = sell(world, items, promo_code="BEN10")
    assert api.put(ben, {"terms": None}).body["terms"] is None
    after = sell(world, items, promo_code="BEN10")
    assert earned(api, [before, own, after]) == [1_000, 1_800, 1_000]
    cleared, agreed, *_ = [told(line)["terms"] for line in history_of(api, world)[:2]]
    assert (agreed[0], agreed[1]["percent"]) == (None, "18")
    assert (cleared[0]["percent"], cleared[1]) == ("18", None)
    require_totals(items, world)


def test_agreeing_twice_changes_nothing_more(api: Gateway, world: World, ben: str):
    once = api.patch(ben, {"terms": EIGHTEEN}).body
    assert api.patch(ben, {"terms": EIGHTEEN}).body == once
    assert len(history_of(api, world)) == 2


def test_a_member_is_enrolled_with_terms_of_its_own(api: Gateway, world: World, items: Table):
    place = enrollment_path(world, world.ben)
    made = api.put(place, {"promo_code": "BEN10", "terms": {"type": "flat_per_sale", "amount": 700}})
    assert (made.status, made.body["terms"]["amount"]) == (201, 700)
    assert earned(api, [sell(world, items, promo_code="BEN10")]) == [700]


def test_a_move_by_hand_ends_them_and_says_so(api: Gateway, world: World, items: Table, ben: str):
    api.patch(ben, {"terms": EIGHTEEN})
    moved = api.patch(ben, {"payout_option_id": world.options[1]}).body
    assert (moved["payout_option_id"], moved["terms"]) == (world.options[1], None)
    line = told(history_of(api, world)[0])
    assert line["payout_option_id"] == (world.options[0], world.options[1])
    assert (line["terms"][0]["percent"], line["terms"][1]) == ("18", None)
    assert earned(api, [sell(world, items, promo_code="BEN10")]) == [1_500]


def test_terms_beside_a_move_count_after_it(api: Gateway, world: World, items: Table, ben: str):
    api.patch(ben, {"terms": {"type": "none"}})
    moved = api.patch(ben, {"payout_option_id": world.options[1], "terms": EIGHTEEN}).body
    assert (moved["payout_option_id"], moved["terms"]["percent"]) == (world.options[1], "18")
    assert earned(api, [sell(world, items, promo_code="BEN10")]) == [1_800]


def test_an_edit_of_the_option_does_not_touch_them(api: Gateway, world: World, items: Table, ben: str):
    api.patch(ben, {"terms": EIGHTEEN, "fixed": True})
    assert api.patch(option_path(world, world.options[0]), {"terms": {"percent": "1"}}).status == 200
    assert api.get(ben).body["terms"]["percent"] == "18"
    assert earned(api, [sell(world, items, promo_code="BEN10")]) == [1_800]


@pytest.mark.parametrize(
    ("terms", "code", "pointer"),
    [
        ({"type": "per_click", "amount": 10}, "per_click_on_promo_code", "/terms/type"),
        ({"type": "percent_of_sale", "percent": "101"}, "invalid_request", "/terms/percent"),
        ({"percent": "10"}, "invalid_request", "/terms/type"),
        ({"type": "percent_of_sale", "percent": "10", "extra": 1}, "invalid_request", "/terms/extra"),
        (
            {"type": "none", "actions": {f"code {n}": {"amount": 1} for n in range(51)}},
            "invalid_request",
            "/terms/actions",
        ),
        ("18", "invalid_request", "/terms"),
    ],
)
def test_terms_that_no_option_could_have_are_refused(
    api: Gateway, world: World, ben: str, terms: Any, code: str, pointer: str
):
    for call in (api.patch, api.put):
        refused = call(ben, {"terms": terms})
        assert (refused.status, refused.code, refused.pointers) == (422, code, [pointer])
    bulk = {"member_ids": [world.ben], "set": {"terms": terms}}
    refused = api.post(enrollment_path(world, "bulk"), bulk)
    assert (refused.status, refused.code, refused.pointers) == (422, code, [f"/set{pointer}"])
    assert api.get(ben).body["version"] == 1


def test_many_get_terms_and_lose_them_in_one_batch(api: Gateway, world: World, ben: str):
    path = enrollment_path(world, "bulk")
    answer = api.post(path, {"filter": {}, "set": {"terms": EIGHTEEN}})
    assert {result["status"] for result in answer.body["results"]} == {"changed"}
    again = api.post(path, {"filter": {}, "set": {"terms": EIGHTEEN}})
    assert {result["status"] for result in again.body["results"]} == {"unchanged"}
    assert history_of(api, world)[0]["batch_id"] == answer.body["batch_id"]
    api.post(path, {"member_ids": [world.ben], "set": {"terms": None}})
    assert api.get(ben).body["terms"] is None
    assert api.get(enrollment_path(world, world.ada)).body["terms"]["percent"] == "18"
    moved = {"filter": {}, "set": {"payout_option_id": world.options[1], "terms": {"type": "none"}}}
    api.post(path, moved)
    assert api.get(ben).body["terms"]["type"] == "none"


def test_a_rule_that_goes_back_leaves_rows_of_own_terms_and_ends_the_terms(
    api: Gateway, world: World, items: Table, jobs_queue: JobsQueue, ben: str
):
    made = rule(api, above(3), back(world))
    plain = sales(world, items, 2)
    api.patch(ben, {"terms": EIGHTEEN})
    own = sales(world, items, 2)  # the fourth sets the rule off
    work_all(items, world)
    assert earned(api, [*plain, *own]) == [1_500, 1_500, 1_800, 1_800]
    line = history_of(api, world)[0]
    assert line["actor"] == f"rule:{made['rule_id']}"
    assert (told(line)["payout_option_id"][1], told(line)["terms"][1]) == (world.options[1], None)
    assert earned(api, sales(world, items, 1)) == [1_500]
    require_totals(items, world)
    summary = api.get(f"/v1/reports/summary?group_by=payout_option&offer_id={world.codes_offer}").body["rows"]
    by_option = {row["key"]: (row["conversions"], row["commission"]) for row in summary}
    assert by_option == {world.options[0]: (2, 3_600), world.options[1]: (3, 4_500)}


def test_those_above_are_paid_by_the_tiers_of_own_terms(api: Gateway, world: World, items: Table, ben: str):
    api.patch(ben, {"terms": {**EIGHTEEN, "tiers": [{"percent_of_first_tier": "50"}]}})
    sell(world, items, promo_code="BEN10")
    drain(items)
    (above_,) = [row for row in api.get(f"/v1/commissions?member_id={world.ada}").body["items"] if row["tier"] == 2]
    assert (above_["amount"], above_["payout_option_id"]) == (900, world.options[0])


def test_clicks_are_paid_by_own_terms_in_a_row_of_their_own(api: Gateway, world: World, items: Table):
    place = enrollment_path(world, world.ben, world.links_offer)
    slug = api.put(place, {"terms": {"type": "per_click", "amount": 25}}).body["link"]["slug"]
    visit = {"slug": slug}
    assert api.post("/v1/clicks", {**visit, "visitor_id": "1"}).status == 201
    api.patch(place, {"terms": {"type": "per_click", "amount": 40}})
    for visitor in ("2", "3"):
        assert api.post("/v1/clicks", {**visit, "visitor_id": visitor}).status == 201
    drain(items)
    rows = api.get(f"/v1/commissions?member_id={world.ben}&type=click").body["items"]
    assert sorted((row["clicks"], row["amount"]) for row in rows) == [(1, 25), (2, 80)]
    require_totals(items, world)
