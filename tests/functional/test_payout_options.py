"""Payout options after the launch of an offer: who is in them and what was recorded keeps its terms."""

from datetime import datetime, timedelta

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.offers.offers import MOST_OPTIONS, NewPayoutOption
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers, payout_options
from laurel.workflows.offers.payout_options import OptionPlace
from laurel.workflows.rules import rules
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path, option_path, options_path
from tests.functional.kit.selling import report
from tests.functional.kit.world import AT, Randomness, World, request_of
from tests.kit.interference import Interfering

SILVER = {"name": "Silver", "terms": {"type": "flat_per_sale", "amount": 500}}
UNKNOWN = "opt_" + "0" * 26


def shown(api: Gateway, world: World) -> dict[str, dict[str, object]]:
    offer = api.get(f"/v1/offers/{world.codes_offer}").body
    return {option["payout_option_id"]: option for option in offer["payout_options"]}


def group_rule(option: str) -> dict[str, object]:
    condition = {"metric": "commission_group", "operator": "eq", "value": option}
    return {"name": "Golden", "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 1}]}


def test_an_added_option_can_be_chosen(api: Gateway, world: World):
    added = api.post(options_path(world), SILVER)
    option = added.body["payout_option_id"]
    assert (added.status, added.body["default"], added.body["version"]) == (201, False, 1)
    assert shown(api, world)[option] == added.body
    assert api.patch(enrollment_path(world, world.ada), {"payout_option_id": option}).status == 200


def test_an_option_added_twice_under_one_key_is_one(api: Gateway, world: World):
    first = api.post(options_path(world), SILVER, idempotency_key="1")
    again = api.post(options_path(world), SILVER, idempotency_key="1")
    assert (again.status, again.body) == (201, first.body)
    assert len(shown(api, world)) == 3
    assert api.post(options_path(world), SILVER | {"name": "S"}, idempotency_key="1").code == "idempotency_conflict"


@pytest.mark.parametrize("by_adding", [True, False])
def test_the_default_moves(api: Gateway, world: World, by_adding: bool):
    if by_adding:
        option = api.post(options_path(world), SILVER | {"default": True}).body["payout_option_id"]
    else:
        option = api.patch(option_path(world, world.options[1]), {"default": True}).body["payout_option_id"]
    assert [name for name, each in shown(api, world).items() if each["default"]] == [option]
    assert api.put(enrollment_path(world, world.ben)).body["payout_option_id"] == option
    assert api.get(enrollment_path(world, world.ada)).body["payout_option_id"] == world.options[0]


def test_the_default_is_neither_unset_nor_removed(api: Gateway, world: World):
    for answer in (
        api.patch(option_path(world, world.options[0]), {"default": False}),
        api.delete(option_path(world, world.options[0])),
    ):
        assert (answer.status, answer.code) == (409, "payout_option_is_default")


def test_an_edit_counts_from_now_on(api: Gateway, world: World):
    before = report(world).body
    edited = api.patch(option_path(world, world.options[0]), {"terms": {"percent": "15"}}).body
    assert (edited["terms"]["percent"], edited["version"]) == ("15", 2)
    assert (before["commission"], report(world).body["commission"]) == (1_000, 1_500)
    assert api.get(f"/v1/conversions/{before['conversion_id']}").body["commission"] == 1_000


def test_from_a_percentage_to_a_fixed_amount(api: Gateway, world: World):
    api.patch(option_path(world, world.options[0]), {"terms": {"type": "flat_per_sale", "amount": 700}})
    assert report(world).body["commission"] == 700


@pytest.mark.parametrize("option", [UNKNOWN, "nonsense"])
def test_an_unknown_option_is_404(api: Gateway, world: World, option: str):
    assert api.patch(option_path(world, option), {"name": "X"}).status == 404
    assert api.delete(option_path(world, option)).status == 404


def test_an_option_of_an_unknown_offer_is_404(api: Gateway, world: World):
    unknown = "off_" + "0" * 26
    for answer in (
        api.post(options_path(world, unknown), SILVER),
        api.patch(option_path(world, world.options[1], unknown), {"name": "X"}),
        api.delete(option_path(world, world.options[1], unknown)),
    ):
        assert (answer.status, answer.code) == (404, "offer_not_found")


@pytest.mark.parametrize(
    ("option", "pointer"),
    [
        ({}, "/name"),
        (SILVER | {"terms": {"type": "per_click", "amount": 5}}, "/terms/type"),
        (SILVER | {"terms": {"type": "flat_per_sale", "amount": -1}}, "/terms/amount"),
        (SILVER | {"version": 2}, "/version"),
        (SILVER | {"payout_option_id": UNKNOWN}, "/payout_option_id"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(api: Gateway, world: World, option: object, pointer: str):
    answer = api.post(options_path(world), option)
    assert (answer.status, pointer in answer.pointers) == (422, True)
    assert len(shown(api, world)) == 2


def test_clicks_are_never_paid_on_promo_codes(api: Gateway, world: World):
    clicks = {"terms": {"type": "per_click", "amount": 5}}
    answer = api.patch(option_path(world, world.options[1]), clicks)
    assert (answer.status, answer.code) == (422, "per_click_on_promo_code")
    links = api.get(f"/v1/offers/{world.links_offer}").body["payout_options"][0]["payout_option_id"]
    assert api.patch(option_path(world, links, world.links_offer), clicks).body["terms"]["type"] == "per_click"


def test_an_offer_has_so_many_options_at_most(api: Gateway, world: World):
    for number in range(MOST_OPTIONS - 2):
        assert api.post(options_path(world), SILVER | {"name": f"S{number}"}).status == 201
    assert api.post(options_path(world), SILVER).code == "too_many_payout_options"


def test_if_match_means_the_version_of_the_offer(api: Gateway, world: World):
    option = option_path(world, world.options[1])
    assert api.patch(option, {"name": "A"}, if_match="1").status == 200
    assert api.patch(option, {"name": "B"}, if_match="1").code == "version_mismatch"
    assert api.delete(option, if_match="1").code == "version_mismatch"
    assert api.delete(option, if_match="2").status == 204


def test_an_edit_that_changes_nothing_keeps_the_version_of_the_offer(api: Gateway, world: World):
    api.patch(option_path(world, world.options[0]), {"default": True, "terms": {"percent": "10.0"}})
    assert api.get(f"/v1/offers/{world.codes_offer}").body["version"] == 1


def test_a_removed_option_is_gone(api: Gateway, world: World):
    gone = world.options[1]
    assert api.delete(option_path(world, gone)).status == 204
    assert gone not in shown(api, world)
    assert gone not in str(api.get("/v1/offers").body["items"])
    assert api.delete(option_path(world, gone)).code == "payout_option_not_found"
    assert api.patch(option_path(world, gone), {"name": "X"}).code == "payout_option_not_found"
    assert api.patch(enrollment_path(world, world.ada), {"payout_option_id": gone}).code == "unknown_payout_option"
    assert api.post("/v1/rules", group_rule(gone)).code == "unknown_payout_option"


@pytest.mark.parametrize("active", [True, False])
def test_an_option_that_somebody_is_in_stays(api: Gateway, world: World, active: bool):
    api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[1], "active": active})
    answer = api.delete(option_path(world, world.options[1]))
    assert (answer.status, answer.code) == (409, "payout_option_in_use")
    api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[0]})
    assert api.delete(option_path(world, world.options[1])).status == 204


def test_an_option_that_a_rule_names_stays(api: Gateway, world: World):
    rule = api.post("/v1/rules", group_rule(world.options[1])).body
    answer = api.delete(option_path(world, world.options[1]))
    assert (answer.status, answer.code) == (409, "payout_option_in_use")
    assert "Golden" in answer.body["detail"]
    api.delete(f"/v1/rules/{rule['rule_id']}")
    assert api.delete(option_path(world, world.options[1])).status == 204


# -- races -------------------------------------------------------------------------------------------------------------


def author(at: datetime | None = None) -> Author:
    return Author("key:somebody", at or clock.now())


def gold(world: World) -> OptionPlace:
    return OptionPlace(world.program.program_id, world.codes_offer, world.options[1])


def test_who_slips_in_while_the_option_is_removed_is_paid_by_its_terms(api: Gateway, items: Table, world: World):
    racing = Interfering(items, lambda: payout_options.remove(items, gold(world), None, author()))
    place = Place(world.program.program_id, world.codes_offer, world.ada)
    into_gold = EnrollmentEdit(payout_option_id=world.options[1])
    moved = enrollments.edit(racing, place, into_gold, None, author(), Randomness("x"))
    assert moved.payout_option_id == world.options[1]
    assert report(world).body["commission"] == 1_500
    assert api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[0]}).status == 200
    assert report(world).body["commission"] == 1_000


@pytest.mark.parametrize(
    ("is_left", "later", "is_kept"),
    [
        (False, timedelta(days=2), True),  # Ada is in it
        (True, timedelta(hours=23), True),  # somebody might still be on the way
        (True, timedelta(days=2), False),
    ],
)
def test_a_removed_option_is_forgotten_once_nobody_can_be_in_it(
    api: Gateway, items: Table, world: World, is_left: bool, later: timedelta, is_kept: bool
):
    program_id, now = world.program.program_id, clock.now()
    place = Place(program_id, world.codes_offer, world.ada)
    into_gold = EnrollmentEdit(payout_option_id=world.options[1])
    racing = Interfering(items, lambda: payout_options.remove(items, gold(world), None, author(now)))
    enrollments.edit(racing, place, into_gold, None, author(), Randomness("x"))
    if is_left:
        api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[0]})
    another = OptionPlace(program_id, world.codes_offer, api.post(options_path(world), SILVER).body["payout_option_id"])
    payout_options.remove(items, another, None, author(now + later))
    kept = offers.get(items, program_id, world.codes_offer).removed_options
    assert (world.options[1] in {each.payout_option_id for each in kept}) is is_kept


def test_a_rule_saved_while_its_option_is_removed_is_refused(items: Table, world: World):
    settings = RuleSettings.model_validate(group_rule(world.options[1]))
    racing = Interfering(items, lambda: payout_options.remove(items, gold(world), None, author()))
    with pytest.raises(Invalid, match="unknown_payout_option"):
        rules.create(racing, request_of(world.program), settings, Randomness("x"))


def test_an_option_is_not_removed_while_a_rule_that_names_it_is_saved(items: Table, world: World):
    settings = RuleSettings.model_validate(group_rule(world.options[1]))
    saves = Interfering(items, lambda: rules.create(items, request_of(world.program), settings, Randomness("x")))
    with pytest.raises(Conflict, match="payout_option_in_use"):
        payout_options.remove(saves, gold(world), None, author())


def test_two_options_added_at_once_are_both_there_and_one_is_the_default(items: Table, world: World):
    new = NewPayoutOption.model_validate(SILVER | {"default": True})

    def add(table: Table, name: str) -> str:
        request = request_of(world.program)
        added, _ = payout_options.add(table, request, world.codes_offer, new, Randomness(name))
        return added.payout_option_id

    slower = add(Interfering(items, lambda: add(items, "faster")), "slower")
    offer = offers.get(items, world.program.program_id, world.codes_offer)
    assert len(offer.payout_options) == 4
    assert [each.payout_option_id for each in offer.payout_options if each.default] == [slower]


def test_of_twins_that_add_an_option_one_adds_it(items: Table, world: World):
    new, request = NewPayoutOption.model_validate(SILVER), request_of(world.program, "twin", at=AT)

    def add(table: Table, name: str) -> object:
        return payout_options.add(table, request, world.codes_offer, new, Randomness(name))

    told: list[object] = []
    assert add(Interfering(items, lambda: told.append(add(items, "faster"))), "slower") == told[0]
    assert len(offers.get(items, world.program.program_id, world.codes_offer).payout_options) == 3


def test_an_option_edited_while_another_becomes_the_default_loses_nothing(items: Table, world: World):
    standard = OptionPlace(world.program.program_id, world.codes_offer, world.options[0])
    racing = Interfering(items, lambda: payout_options.edit(items, gold(world), {"default": True}, None, author()))
    payout_options.edit(racing, standard, {"name": "Plain"}, None, author())
    offer = offers.get(items, world.program.program_id, world.codes_offer)
    assert [(each.name, each.default) for each in offer.payout_options] == [("Plain", False), ("Gold", True)]
    assert offer.version == 3
