"""Bulk edits by what people think in: option, user field, status, state of the code, the day of joining."""

from datetime import timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.members.members import NewMember
from laurel.workflows.members import enrollments, members
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.world import Randomness, World, request_of
from tests.functional.test_bulk_walks import Many


@pytest.fixture
def both(api: Gateway, world: World) -> list[str]:
    """Ada, of level silver, and Ben, of none, in the offer of promo codes."""
    assert api.put(enrollment_path(world, world.ben), {"promo_code": "BEN"}).status == 201
    return [world.ada, world.ben]


def matched(api: Gateway, world: World, **which: Any) -> set[str]:
    """The members whom an edit by `which` changes; each is changed back."""
    found: set[str] = set()
    for fixed in (True, False):
        answer = api.post(enrollment_path(world, "bulk"), {"filter": which, "set": {"fixed": fixed}})
        assert answer.status == 200, answer.body
        found = {each["member_id"] for each in answer.body["results"] if each["status"] == "changed"}
    return found


def test_user_fields_narrow_together(api: Gateway, world: World, both: list[str]):
    assert matched(api, world, fields={"level": "silver"}) == {world.ada}
    assert matched(api, world, fields={"level": "gold"}) == set()
    assert matched(api, world, fields={"level": ""}) == {world.ben}
    assert matched(api, world, fields={}) == {*both}


def test_the_status_of_members_narrows(api: Gateway, world: World, both: list[str]):
    api.patch(f"/v1/members/{world.ben}", {"status": "suspended"})
    assert matched(api, world, member_status="suspended") == {world.ben}
    assert matched(api, world, member_status="approved", fields={"level": "silver"}) == {world.ada}
    assert matched(api, world, member_status="pending") == set()


@pytest.mark.parametrize(
    ("edit", "state"),
    [
        ({}, "active"),
        ({"active": False}, "inactive"),
        ({"active": False, "active_until": "2020-01-01T00:00:00Z"}, "inactive"),
        ({"active_until": "2020-01-01T00:00:00Z"}, "expired"),
        ({"active_from": "2100-01-01T00:00:00Z"}, "not_yet"),
    ],
)
def test_the_state_of_codes_narrows(api: Gateway, world: World, both: list[str], edit: dict[str, Any], state: str):
    api.patch(enrollment_path(world, world.ben), {"fixed": False, **edit})
    api.patch(enrollment_path(world, world.ada), {"active_from": "2000-01-01T00:00:00Z"})
    for asked in ("active", "inactive", "expired", "not_yet"):
        wanted = {member for member, is_in in ((world.ben, state), (world.ada, "active")) if is_in == asked}
        assert matched(api, world, code_state=asked) == wanted


def test_local_days_of_joining_narrow_and_both_are_included(api: Gateway, world: World, both: list[str]):
    days = {}
    for member in both:
        joined = clock.now().fromisoformat(api.get(enrollment_path(world, member)).body["created_at"])
        days[member] = world.program.calendar.day_of(joined)
    first, last = days[world.ada], days[world.ben]
    assert matched(api, world, joined_from=first.isoformat(), joined_to=last.isoformat()) == {*both}
    assert matched(api, world, joined_to=(first - timedelta(days=1)).isoformat()) == set()
    assert matched(api, world, joined_from=(last + timedelta(days=1)).isoformat()) == set()
    assert matched(api, world, joined_from=first.isoformat(), payout_option_id=world.options[0], active=True) == {*both}


@pytest.mark.parametrize(
    ("which", "code", "pointer"),
    [
        ({"fields": {"colour": "red"}}, "unknown_user_field", "/filter/fields"),
        ({"fields": {"level": 1}}, "invalid_request", "/filter/fields/level"),
        ({"fields": {f"f{n}": "x" for n in range(51)}}, "invalid_request", "/filter/fields"),
        ({"member_status": "gone"}, "invalid_request", "/filter/member_status"),
        ({"code_state": "sold"}, "invalid_request", "/filter/code_state"),
        ({"joined_from": "yesterday"}, "invalid_request", "/filter/joined_from"),
        ({"joined_from": "2026-02-30"}, "invalid_request", "/filter/joined_from"),
        ({"joined_from": "2026-02-02", "joined_to": "2026-02-01"}, "invalid_request", "/filter/joined_to"),
        ({"joined_after": "2026-02-02"}, "invalid_request", "/filter/joined_after"),
    ],
)
def test_a_filter_that_makes_no_sense_changes_nothing(
    api: Gateway, world: World, which: dict[str, Any], code: str, pointer: str
):
    refused = api.post(enrollment_path(world, "bulk"), {"filter": which, "set": {"active": False}})
    assert (refused.status, refused.code, refused.pointers) == (422, code, [pointer])
    assert api.get(enrollment_path(world, world.ada)).body["active"] is True


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(api: Gateway, world: World, day: str):
    for name in ("joined_from", "joined_to"):
        answer = api.post(enrollment_path(world, "bulk"), {"filter": {name: day}, "set": {"fixed": True}})
        assert answer.status in {200, 422}, answer.body


def test_links_have_no_state_of_a_code(api: Gateway, world: World):
    call = {"filter": {"code_state": "active"}, "set": {"active": False}}
    refused = api.post(enrollment_path(world, "bulk", world.links_offer), call)
    assert (refused.status, refused.code) == (422, "promo_code_on_link_offer")
    assert refused.pointers == ["/filter/code_state"]


@pytest.mark.parametrize(
    ("which", "change"),
    [
        ({"active": True}, {"active": False}),
        ({"code_state": "active"}, {"active_until": "2026-01-01T00:00:00Z"}),
        ({"payout_option_id": "basic"}, {"payout_option_id": "gold"}),
        ({"member_status": "approved", "fields": {"level": ""}}, {"terms": {"type": "none"}}),
    ],
)
def test_a_walk_that_changes_what_it_filters_on_meets_everybody_once(which: dict[str, Any], change: dict[str, Any]):
    many = Many(230)
    names = dict(zip(("basic", "gold"), many.world.options, strict=True))

    def named(asked: dict[str, Any]) -> dict[str, Any]:
        return {field: names.get(value, value) if isinstance(value, str) else value for field, value in asked.items()}

    if "fields" in which:  # Ada has a level
        members.edit(
            many.table,
            many.world.program,
            many.world.ada,
            {"fields": {"level": None}},
            None,
            request_of(many.world.program).author,
        )
    pages = list(many.walk(filter=named(which), set=named(change)))
    met = [result.member_id for page in pages for result in page.results]
    assert sorted(met) == sorted(many.member_ids)
    assert {result.status for page in pages for result in page.results} == {"changed"}
    assert {each.version for each in many.enrolled()} == {2}


def test_a_filter_that_matches_one_in_many_costs_each_page_the_same():
    many = Many(250)
    rare = many.member_ids[120]
    members.edit(
        many.table, many.world.program, rare, {"fields": {"level": "gold"}}, None, request_of(many.world.program).author
    )
    many.asked.clear()
    pages = list(many.walk(filter={"fields": {"level": "gold"}}, set={"fixed": True}))
    assert [result.member_id for page in pages for result in page.results] == [rare]
    assert len(pages) == 3
    assert many.asked["batch_get"] == len(pages)
    assert many.asked["transact"] == 1


def test_those_who_join_during_a_walk_are_not_met():
    many = Many(150)
    walk = many.walk(filter={"joined_to": "2100-01-01"}, set={"fixed": True})
    met = [result.member_id for result in next(walk).results]
    request, random = request_of(many.world.program, at=clock.now()), Randomness("late")
    late = members.create(many.table, request, NewMember(email="late@example.com"), random)[0].member_id
    enrollments.put(many.table, many.place(late), EnrollmentEdit(), request.author, random)
    met += [result.member_id for page in walk for result in page.results]
    assert sorted(met) == sorted(many.member_ids)
