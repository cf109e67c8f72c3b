"""Whose a promo code or a link is, and whether it wins orders now."""

from typing import Any
from urllib.parse import quote

import pytest

from laurel import clock
from laurel.domain.values.model import instant_text
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.selling import report
from tests.functional.kit.world import World, program

PAST, LONG_AGO, FUTURE = "2026-11-20T00:00:00Z", "2026-11-10T00:00:00Z", "2027-06-01T00:00:00Z"


def code(api: Gateway, name: str = "ADA10") -> dict[str, Any]:
    answer = api.get(f"/v1/promo-codes/{name}")
    assert answer.status == 200, answer.body
    return dict(answer.body)


@pytest.mark.parametrize("spelling", ["ADA10", "ada10", "\uff21\uff24\uff21\uff11\uff10", "  ada10 "])
def test_a_code_tells_whose_it_is_in_any_spelling(api: Gateway, world: World, spelling: str):
    told = code(api, spelling)
    assert (told["code"], told["offer_id"], told["member_id"]) == ("ADA10", world.codes_offer, world.ada)
    enrolled = api.get(enrollment_path(world, world.ada)).body["created_at"]
    assert (told["state"], told["since"], told["reason"]) == ("active", enrolled, None)


@pytest.mark.parametrize(
    ("edit", "state", "since", "reason"),
    [
        ({"active": False}, "inactive", "updated_at", "code_inactive"),
        ({"active_from": FUTURE}, "not_yet", "created_at", "code_expired"),
        ({"active_until": PAST}, "expired", "active_until", "code_expired"),
        ({"active_from": LONG_AGO, "active_until": FUTURE}, "active", "active_from", None),
    ],
)
def test_the_flags_and_dates_of_an_enrollment_are_those_of_its_code_and_link(
    api: Gateway, world: World, edit: dict[str, Any], state: str, since: str, reason: str | None
):
    links = enrollment_path(world, world.ada, world.links_offer)
    for path, told_by in ((enrollment_path(world, world.ada), "promo-codes/ADA10"), (links, f"links/{world.slug}")):
        enrollment = api.patch(path, edit).body
        told = api.get(f"/v1/{told_by}").body
        assert (told["state"], told["since"], told["reason"]) == (state, enrollment[since], reason)
        assert (told["active_from"], told["active_until"]) == (enrollment["active_from"], enrollment["active_until"])


def test_a_code_that_is_active_again_is_so_since_then(api: Gateway, world: World):
    path = enrollment_path(world, world.ada)
    api.patch(path, {"active": False})
    again = api.patch(path, {"active": True}).body["updated_at"]
    assert (code(api)["state"], code(api)["since"]) == ("active", again)


def test_a_replaced_code_says_so_for_ever_and_may_be_taken_back(api: Gateway, world: World):
    path = enrollment_path(world, world.ada)
    replaced = api.post(f"{path}/promo-code", {"promo_code": "ADA20"}).body["updated_at"]
    old, new = code(api), code(api, "ADA20")
    assert (old["state"], old["since"], old["member_id"]) == ("replaced", replaced, world.ada)
    assert (new["state"], new["since"], new["member_id"]) == ("active", replaced, world.ada)
    back = api.patch(path, {"promo_code": "ADA10"}).body["updated_at"]
    assert (code(api)["state"], code(api)["since"]) == ("active", back)
    assert (code(api, "ADA20")["state"], code(api, "ADA20")["since"]) == ("replaced", back)


@pytest.mark.parametrize(
    ("edit", "state", "since"),
    [
        ({"status": "paused"}, "inactive", None),
        ({"status": "archived"}, "inactive", None),
        ({"active_until": PAST}, "expired", PAST),
        ({"active_from": FUTURE}, "not_yet", "2026-11-02"),
        ({"active_from": PAST}, "active", PAST),
    ],
)
def test_a_code_wins_nothing_while_its_offer_is_closed(
    api: Gateway, world: World, edit: dict[str, Any], state: str, since: str | None
):
    api.patch(f"/v1/offers/{world.codes_offer}", edit)
    told = code(api)
    assert (told["state"], told["reason"]) == (state, None if state == "active" else "offer_inactive")
    assert (told["since"] or "")[:10] == (since or "")[:10]


def test_a_code_of_a_member_who_is_not_approved_is_inactive(api: Gateway, world: World):
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    assert (code(api)["state"], code(api)["since"], code(api)["reason"]) == ("inactive", None, "member_inactive")
    erased = api.post(f"/v1/members/{world.ada}/erase?confirm=true").body["erased_at"]
    assert (code(api)["state"], code(api)["since"]) == ("inactive", erased)


@pytest.mark.parametrize(
    "edit", [{}, {"active": False}, {"active_from": FUTURE}, {"active_until": PAST}, {"promo_code": "OTHER"}]
)
def test_a_code_is_active_exactly_if_it_wins_an_order_of_now(api: Gateway, world: World, edit: dict[str, Any]):
    api.patch(enrollment_path(world, world.ada), edit)
    told = code(api)
    sold = report(world, occurred_at=instant_text(clock.now())).body
    assert (sold["member_id"] is not None) == (told["state"] == "active")
    assert sold["attribution"]["reason"] == told["reason"]


def test_a_link_tells_whose_it_is(api: Gateway, world: World):
    told = api.get(f"/v1/links/{world.slug}").body
    assert (told["slug"], told["offer_id"], told["member_id"]) == (world.slug, world.links_offer, world.ada)
    assert (told["state"], told["url"]) == ("active", f"https://api.example.com/r/{world.slug}")


@pytest.mark.parametrize("name", ["BEN10", "x" * 65, "a b", "%20", "..", "'" * 64, "10%Off", "DankeFür"])
def test_a_code_or_link_that_nobody_has_is_absent(api: Gateway, name: str):
    assert api.get(f"/v1/promo-codes/{name}").status == 404
    assert api.get(f"/v1/links/{name}").status == 404


@pytest.mark.parametrize("name", ["10%Off", "DankeFür", "Win ter"])
def test_codes_of_shops_are_found_as_they_are_written(api: Gateway, world: World, name: str):
    api.patch(enrollment_path(world, world.ada), {"promo_code": name})
    assert code(api, name)["code"] == code(api, quote(name))["code"] == name


def test_codes_and_links_of_another_program_are_absent(api: Gateway, world: World, items: Any):
    other = Gateway(program(items, "Other").admin)
    for path in ("promo-codes/ADA10", f"links/{world.slug}"):
        assert api.get(f"/v1/{path}").status == 200
        assert other.get(f"/v1/{path}").status == 404


def test_whoever_may_read_may_look_them_up(api: Gateway, world: World):
    for path in ("/v1/promo-codes/ADA10", f"/v1/links/{world.slug}"):
        answers = [api.get(path, key=key).status for key in (world.reader, world.reporter, None)]
        assert answers == [200, 403, 401]
