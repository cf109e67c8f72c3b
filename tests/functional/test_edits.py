"""PATCH: a merge patch on the version that was read; whoever else edits at the same moment, nothing is lost."""

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.values.errors import Conflict, Stale
from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.offers import offers
from laurel.workflows.program import programs
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path, option_path
from tests.functional.kit.selling import sell
from tests.functional.kit.world import World
from tests.kit.interference import Interfering


def test_what_is_not_in_the_patch_stays(api: Gateway, world: World):
    before = api.get(f"/v1/offers/{world.codes_offer}").body
    after = api.patch(f"/v1/offers/{world.codes_offer}", {"lifetime": True}).body
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"lifetime", "version", "updated_at"}
    assert after["version"] == before["version"] + 1
    assert api.get(f"/v1/offers/{world.codes_offer}").body == after


def test_null_removes_what_may_be_absent(api: Gateway, world: World):
    path = f"/v1/offers/{world.codes_offer}"
    assert api.patch(path, {"active_until": "2027-01-01T00:00:00+01:00"}).body["active_until"] == "2026-12-31T23:00:00Z"
    assert api.patch(path, {"active_until": None}).body["active_until"] is None


def test_null_cannot_remove_what_must_be_there(api: Gateway, world: World):
    assert api.patch(f"/v1/offers/{world.codes_offer}", {"name": None}).pointers == ["/name"]


def test_objects_are_merged(api: Gateway):
    api.patch("/v1/program", {"features": {"forced_matrix": {"active": True}}})
    features = api.patch("/v1/program", {"features": {"forced_matrix": {"width": 3}}}).body["features"]
    assert features["forced_matrix"] == {"active": True, "width": 3}


@pytest.mark.parametrize("if_match", ["1", '"1"', 'W/"1"', "*"])
def test_if_match_with_the_stored_version_passes(api: Gateway, if_match: str):
    assert api.patch("/v1/program", {"name": "Renamed"}, if_match=if_match).status == 200


@pytest.mark.parametrize("if_match", ["2", '"0"', "x", '"1", "2"', "-1", "9" * 5000])
def test_if_match_with_another_version_is_412(api: Gateway, if_match: str):
    answer = api.patch("/v1/program", {"name": "Renamed"}, if_match=if_match)
    assert (answer.status, answer.code) == (412, "version_mismatch")
    assert api.get("/v1/program").body["name"] == "Glow Cosmetics"


def test_if_match_holds_for_every_write(api: Gateway, world: World):
    enrollment = f"/v1/offers/{world.codes_offer}/enrollments"
    for method, path in (
        ("PATCH", f"/v1/offers/{world.codes_offer}"),
        ("PATCH", f"/v1/members/{world.ada}"),
        ("PATCH", f"/v1/rules/{world.rule_id}"),
        ("PATCH", f"/v1/storefronts/{world.storefront_id}"),
        ("PATCH", f"/v1/mail-templates/{world.template_id}"),
        ("PATCH", f"{enrollment}/{world.ada}"),
        ("PUT", f"{enrollment}/{world.ada}"),
        ("PUT", f"{enrollment}/{world.ben}"),
        ("PATCH", option_path(world, world.options[1])),
        ("DELETE", option_path(world, world.options[1])),
        ("DELETE", f"/v1/rules/{world.rule_id}"),
        ("DELETE", f"/v1/mail-templates/{world.template_id}"),
    ):
        assert api.call(method, path, {}, if_match="7").status == 412, (method, path)
    assert api.delete(f"/v1/rules/{world.rule_id}", if_match="1").status == 204


def test_if_match_holds_for_what_is_decided_about_a_thing_too(api: Gateway, world: World):
    row = sell(world)
    claimant = {"member_id": world.ada, "offer_id": world.codes_offer}
    option = {"name": "Silver", "terms": {"type": "flat_per_sale", "amount": 500}}
    for path, body in (
        (f"/v1/conversions/{row}/approve", {}),
        (f"/v1/conversions/{row}/decline", {}),
        (f"/v1/conversions/{row}/attribute", claimant),
        (f"/v1/commissions/{row}/approve", {}),
        (f"/v1/commissions/{row}/decline", {}),
        (f"/v1/rules/{world.rule_id}/apply", None),
        (f"/v1/offers/{world.codes_offer}/payout-options", option),
        (f"{enrollment_path(world, world.ada)}/promo-code", {}),
    ):
        assert api.post(path, body, if_match="7").status == 412, path
    assert api.post(f"/v1/commissions/{row}/decline", if_match="1").body["status"] == "declined"


def test_a_patch_that_changes_nothing_keeps_the_version(api: Gateway, world: World):
    for path, patch in {
        "/v1/program": {"name": "Glow Cosmetics"},
        f"/v1/offers/{world.codes_offer}": {"status": "active"},
        f"/v1/members/{world.ada}": {"fields": {"level": "silver"}},
        f"/v1/rules/{world.rule_id}": {"priority": 1},
        f"/v1/mail-templates/{world.template_id}": {},
        f"/v1/storefronts/{world.storefront_id}": {"name": "Web shop"},
        enrollment_path(world, world.ada): {"active": True, "promo_code": "ada10"},
        option_path(world, world.options[0]): {"terms": {"percent": "10"}},
    }.items():
        answer = api.patch(path, patch)
        assert (answer.status, answer.body["version"]) == (200, 1), path


def test_the_slower_of_two_editors_edits_what_the_faster_left(items: Table, world: World):
    program_id, author = world.program.program_id, Author("key:somebody", clock.now())

    def pause_it() -> None:
        offers.edit(items, program_id, world.codes_offer, {"status": "paused"}, None, author)

    after = offers.edit(Interfering(items, pause_it), program_id, world.codes_offer, {"name": "New"}, None, author)
    assert (after.status, after.name, after.version) == ("paused", "New", 3)


def test_with_if_match_the_slower_of_two_editors_is_refused(items: Table, world: World):
    program_id, author = world.program.program_id, Author("key:somebody", clock.now())

    def pause_it() -> None:
        offers.edit(items, program_id, world.codes_offer, {"status": "paused"}, None, author)

    with pytest.raises(Stale):
        offers.edit(Interfering(items, pause_it), program_id, world.codes_offer, {"name": "New"}, 1, author)


def test_the_first_commission_wins_over_a_change_of_currency(items: Table, world: World):
    """The program is in use from the moment that its first commission is about to be written."""
    key = keys.program(world.program.program_id)
    racing = Interfering(items, lambda: items.write(Update(key, set={"in_use": True})))
    with pytest.raises(Conflict, match="program_in_use"):
        programs.edit(racing, world.program, {"currency": "USD"}, None, clock.now())


def test_a_change_of_name_does_not_mind_the_first_commission(items: Table, world: World):
    key = keys.program(world.program.program_id)
    racing = Interfering(items, lambda: items.write(Update(key, set={"in_use": True})))
    programs.edit(racing, world.program, {"name": "Renamed"}, None, clock.now())
    stored = programs.get(items, world.program.program_id)
    assert (stored.name, stored.in_use) == ("Renamed", True)


def test_rule_edits_and_settings_do_not_overwrite_each_other(api: Gateway, items: Table, world: World):
    before = programs.get(items, world.program.program_id)
    api.patch(f"/v1/rules/{world.rule_id}", {"priority": 3})
    programs.edit(items, before, {"name": "Renamed"}, None, clock.now())
    after = programs.get(items, world.program.program_id)
    assert (after.name, after.rules_version) == ("Renamed", before.rules_version + 1)


def test_an_editor_who_never_gets_through_is_told_to_try_again(items: Table, world: World, pauses: list[float]):
    """503, not a wrong answer; each attempt read anew."""
    author, program_id = Author("key:somebody", clock.now()), world.program.program_id
    count = iter(range(100))

    class Contended(Interfering):
        def _interfere(self) -> None:
            offers.edit(items, program_id, world.codes_offer, {"name": f"Edit {next(count)}"}, None, author)

    with pytest.raises(members.LostRace):
        offers.edit(Contended(items, lambda: None), program_id, world.codes_offer, {"lifetime": True}, None, author)
    assert len(pauses) == 5
