"""Editing many enrollments: a result for each, nothing twice, nothing by halves."""

from typing import Any

import pytest

from laurel.domain.members.bulk_edits import BulkEdit
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.values.errors import Invalid
from laurel.store.table import Table
from laurel.workflows.members import bulk_edits, enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import payout_options
from laurel.workflows.requests.listing import cursor_at
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.world import Randomness, World, request_of
from tests.kit.interference import Interfering

UNKNOWN = "mem_" + "0" * 26


def bulk_path(world: World, offer: str | None = None) -> str:
    return enrollment_path(world, "bulk", offer)


def enrollment(api: Gateway, world: World, member: str, offer: str | None = None) -> Any:
    return api.get(enrollment_path(world, member, offer)).body


def statuses(answer: Answer) -> dict[str, str]:
    return {result["member_id"]: result["code"] or result["status"] for result in answer.body["results"]}


@pytest.fixture
def both(api: Gateway, world: World) -> list[str]:
    """Ada and Ben, enrolled in the offer of promo codes."""
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN"})
    return [world.ada, world.ben]


def test_a_listed_set_is_moved_to_another_option(api: Gateway, world: World, both: list[str]):
    answer = api.post(bulk_path(world), {"member_ids": both, "set": {"payout_option_id": world.options[1]}})
    assert (answer.status, answer.body["next_cursor"]) == (200, None)
    assert statuses(answer) == dict.fromkeys(both, "changed")
    assert [enrollment(api, world, member)["payout_option_id"] for member in both] == [world.options[1]] * 2


def test_all_that_match_are_edited(api: Gateway, world: World, both: list[str]):
    api.patch(enrollment_path(world, world.ben), {"active": False})
    answer = api.post(bulk_path(world), {"filter": {"active": False}, "set": {"active": True}})
    assert statuses(answer) == {world.ben: "changed"}
    answer = api.post(bulk_path(world), {"filter": {}, "set": {"active_until": "2027-01-01T00:00:00Z", "fixed": True}})
    assert statuses(answer) == {world.ben: "changed", world.ada: "changed"}
    assert enrollment(api, world, world.ada)["active_until"] == "2027-01-01T00:00:00Z"
    api.post(bulk_path(world), {"filter": {}, "set": {"active_until": None}})
    assert enrollment(api, world, world.ada)["active_until"] is None


def test_those_of_one_option_are_moved_and_can_be_followed(api: Gateway, world: World, both: list[str]):
    api.patch(enrollment_path(world, world.ada), {"payout_option_id": world.options[1]})
    move = {"filter": {"payout_option_id": world.options[1]}, "set": {"payout_option_id": world.options[0]}}
    assert statuses(api.post(bulk_path(world), move)) == {world.ada: "changed"}
    assert statuses(api.post(bulk_path(world), move)) == {}


def test_repeating_a_call_changes_nothing_more(api: Gateway, world: World, both: list[str]):
    call = {"member_ids": both, "set": {"active": False}}
    api.post(bulk_path(world), call)
    before = [enrollment(api, world, member) for member in both]
    lines = api.get(f"/v1/offers/{world.codes_offer}/history").body
    assert statuses(api.post(bulk_path(world), call)) == dict.fromkeys(both, "unchanged")
    assert [enrollment(api, world, member) for member in both] == before
    assert api.get(f"/v1/offers/{world.codes_offer}/history").body == lines


def test_each_has_a_result_of_its_own(api: Gateway, world: World):
    api.patch(enrollment_path(world, world.ada), {"active_from": "2027-01-01T00:00:00Z"})
    ended = {"active_until": "2026-12-01T00:00:00Z"}
    answer = api.post(bulk_path(world), {"member_ids": [UNKNOWN, world.ada, world.ben, UNKNOWN], "set": ended})
    assert list(statuses(answer).items()) == [
        (UNKNOWN, "member_not_found"),
        (world.ada, "dates_out_of_order"),
        (world.ben, "enrollment_not_found"),
    ]
    assert {result["status"] for result in answer.body["results"]} == {"error"}
    assert len(answer.body["results"]) == 3


def test_listed_members_can_be_enrolled(api: Gateway, world: World):
    call = {"member_ids": [world.ada, world.ben], "enroll": True}
    assert statuses(api.post(bulk_path(world), call)) == {world.ada: "unchanged", world.ben: "changed"}
    enrolled = enrollment(api, world, world.ben)
    assert (enrolled["payout_option_id"], len(enrolled["promo_code"])) == (world.options[0], 10)
    assert statuses(api.post(bulk_path(world), call)) == {world.ada: "unchanged", world.ben: "unchanged"}


def test_enrolling_sets_what_the_call_sets(api: Gateway, world: World):
    settings = {"payout_option_id": world.options[1], "active": False, "fixed": True}
    api.post(bulk_path(world), {"member_ids": [world.ben], "enroll": True, "set": settings})
    enrolled = enrollment(api, world, world.ben)
    assert {name: enrolled[name] for name in settings} == settings


def test_members_of_a_link_offer_are_enrolled_with_links(api: Gateway, world: World):
    call = {"member_ids": [world.ben], "enroll": True}
    assert statuses(api.post(bulk_path(world, world.links_offer), call, idempotency_key="1")) == {world.ben: "changed"}
    assert enrollment(api, world, world.ben, world.links_offer)["link"]["slug"]


@pytest.mark.parametrize(
    ("call", "code", "pointer"),
    [
        ({"set": {"payout_option_id": "opt_" + "0" * 26}}, "unknown_payout_option", "/set/payout_option_id"),
        (
            {"set": {"active_from": "2027-01-01T00:00:00Z", "active_until": "2026-01-01T00:00:00Z"}},
            "dates_out_of_order",
            "/set/active_until",
        ),
        ({"set": {"refresh_promo_code": True}}, "idempotency_key_required", "Idempotency-Key"),
        ({"filter": {"payout_option_id": "opt_" + "0" * 26}}, "unknown_payout_option", "/filter/payout_option_id"),
        ({"cursor": "nonsense"}, "invalid_cursor", "/cursor"),
        ({"cursor": "bm9uc2Vuc2U"}, "invalid_cursor", "/cursor"),
        ({"cursor": cursor_at("bat_" + "0" * 26)}, "invalid_cursor", "/cursor"),
        ({"cursor": cursor_at("bat_1~2026")}, "invalid_cursor", "/cursor"),
        ({"member_ids": [UNKNOWN]}, "invalid_request", ""),
        ({"set": {}}, "invalid_request", "/set"),
        ({"set": {"promo_code": "ONE"}}, "invalid_request", "/set/promo_code"),
        ({"set": {"active": "no"}}, "invalid_request", "/set/active"),
        ({"actor": "me"}, "invalid_request", "/actor"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_whole(
    api: Gateway, world: World, call: dict[str, Any], code: str, pointer: str
):
    answer = api.post(bulk_path(world), {"filter": {}, "set": {"active": False}, **call})
    assert (answer.status, answer.code, answer.pointers) == (422, code, [pointer])
    assert enrollment(api, world, world.ada)["version"] == 1


def test_codes_are_not_refreshed_where_there_are_links(api: Gateway, world: World):
    call = {"filter": {}, "set": {"refresh_promo_code": True}}
    answer = api.post(bulk_path(world, world.links_offer), call, idempotency_key="1")
    assert (answer.code, answer.pointers) == ("promo_code_on_link_offer", ["/set/refresh_promo_code"])


def test_an_unknown_offer_is_404(api: Gateway, world: World):
    for who in ({"filter": {}}, {"member_ids": [world.ada]}):
        answer = api.post(bulk_path(world, "off_" + "0" * 26), {**who, "set": {"active": False}})
        assert (answer.status, answer.code) == (404, "offer_not_found")


def test_codes_are_refreshed(api: Gateway, world: World, both: list[str]):
    call = {"filter": {}, "set": {"refresh_promo_code": True}}
    answer = api.post(bulk_path(world), call, idempotency_key="1")
    assert statuses(answer) == dict.fromkeys(both, "changed")
    fresh = [enrollment(api, world, member)["promo_code"] for member in both]
    assert len({*fresh, "ADA10", "BEN"}) == 4
    again = api.post(bulk_path(world), call, idempotency_key="1")
    assert (again.status, again.body) == (200, answer.body)
    assert [enrollment(api, world, member)["promo_code"] for member in both] == fresh
    api.post(bulk_path(world), call, idempotency_key="2")
    assert not {enrollment(api, world, member)["promo_code"] for member in both} & {*fresh}


def test_another_call_under_the_same_key_is_refused(api: Gateway, world: World):
    api.post(bulk_path(world), {"filter": {}, "set": {"active": False}}, idempotency_key="1")
    answer = api.post(bulk_path(world), {"filter": {}, "set": {"active": True}}, idempotency_key="1")
    assert (answer.status, answer.code) == (409, "idempotency_conflict")
    assert enrollment(api, world, world.ada)["active"] is False


def test_the_batch_stands_in_the_history_of_all_that_it_changed(api: Gateway, world: World, both: list[str]):
    batch = api.post(bulk_path(world), {"filter": {}, "set": {"active": False}}).body["batch_id"]
    lines = api.get(f"/v1/offers/{world.codes_offer}/history").body["items"]
    assert {line["member_id"] for line in lines if line["batch_id"] == batch} == {*both}


# -- races -------------------------------------------------------------------------------------------------------------


def test_an_option_removed_meanwhile_is_an_error_of_each(items: Table, world: World):
    gold = payout_options.OptionPlace(world.program.program_id, world.codes_offer, world.options[1])
    place, author = Place(world.program.program_id, world.codes_offer, world.ada), request_of(world.program).author

    def remove() -> None:
        payout_options.remove(items, gold, None, author)
        enrollments.edit(items, place, EnrollmentEdit(fixed=True), None, author, Randomness("x"))

    bulk = BulkEdit.model_validate({"filter": {}, "set": {"payout_option_id": world.options[1]}})
    racing = Interfering(items, remove)
    page = bulk_edits.edit(racing, request_of(world.program), world.codes_offer, bulk, Randomness("x"))
    assert [(result.status, result.code) for result in page.results] == [("error", "unknown_payout_option")]


def test_those_in_an_option_removed_meanwhile_can_be_moved_on(items: Table, world: World):
    request, gold = request_of(world.program), world.options[1]
    place = Place(world.program.program_id, world.codes_offer, world.ada)
    removal = payout_options.OptionPlace(world.program.program_id, world.codes_offer, gold)
    racing = Interfering(items, lambda: payout_options.remove(items, removal, None, request.author))
    enrollments.edit(racing, place, EnrollmentEdit(payout_option_id=gold), None, request.author, Randomness("x"))
    back = {"filter": {"payout_option_id": gold}, "set": {"payout_option_id": world.options[0]}}
    bulk = BulkEdit.model_validate(back)
    page = bulk_edits.edit(items, request, world.codes_offer, bulk, Randomness("x"))
    assert [result.status for result in page.results] == ["changed"]
    into_gold = BulkEdit.model_validate({"filter": {}, "set": {"payout_option_id": gold}})
    with pytest.raises(Invalid, match="unknown_payout_option"):
        bulk_edits.edit(items, request, world.codes_offer, into_gold, Randomness("x"))
