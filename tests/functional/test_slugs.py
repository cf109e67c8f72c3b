"""Names that members choose for their links: one link each, over all programs, and for ever."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import OPTIONS, World, program

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def named(api: Gateway, world: World, slug: str, member: str | None = None) -> Answer:
    return api.put(f"/v1/offers/{world.links_offer}/enrollments/{member or world.ada}", {"slug": slug})


def follow(api: Gateway, path: str) -> Answer:
    return api.get(path, key=None, user_agent=FIREFOX)


def clicks_in(items: Table) -> int:
    return sum(item["kind"] == "click" for item in everything(items))


def test_a_member_gets_the_name_that_was_chosen(api: Gateway, world: World):
    told = named(api, world, " Ada-2026 ", world.ben)
    assert told.status == 201
    assert told.body["link"] == {"slug": "ada-2026", "url": "https://api.example.com/r/ada-2026"}
    assert follow(api, "/r/ada-2026").status == 302


@pytest.mark.parametrize(
    "typed", ["ada-2026", "ADA-2026", "Ada-2026.", "ada-2026/", "ada-2026%2F", "ada-2026,", "ada-2026)."]
)
def test_a_link_is_found_however_it_was_typed(api: Gateway, world: World, typed: str):
    named(api, world, "ada-2026")
    path = "/r/ada-2026/" if typed.endswith("%2F") else f"/r/{typed}"
    answer = follow(api, path)
    assert (answer.status, "laurel_click=clk_" in answer.headers["Location"]) == (302, True)
    reported = api.post("/v1/clicks", {"slug": typed.replace("%2F", "/"), "visitor_id": "v"}, key=world.reporter)
    assert reported.status == 201


def test_an_old_name_goes_on_leading_to_its_link(api: Gateway, world: World, items: Table):
    named(api, world, "ada-2026")
    assert named(api, world, "glow-by-ada").body["link"]["slug"] == "glow-by-ada"
    clicks = {follow(api, f"/r/{slug}").headers["Location"] for slug in (world.slug, "ada-2026", "glow-by-ada")}
    assert len(clicks) == 1
    assert clicks_in(items) == 1


def test_a_name_is_never_given_to_anybody_else(api: Gateway, world: World, items: Table):
    named(api, world, "ada-2026")
    named(api, world, "glow-by-ada")
    before = everything(items)
    stranger = Gateway(program(items, "Other").admin)
    offer = stranger.post(
        "/v1/offers",
        {"name": "L", "kind": "link", "landing_url": "https://other.example/", "payout_options": OPTIONS},
    ).body["offer_id"]
    member = stranger.post("/v1/members", {"email": "eve@example.com", "first_name": "Eve"}).body["member_id"]
    for slug in ("ada-2026", "GLOW-by-Ada", world.slug):
        assert named(api, world, slug, world.ben).code == "slug_taken"
        taken = stranger.put(f"/v1/offers/{offer}/enrollments/{member}", {"slug": slug})
        assert (taken.status, taken.code) == (409, "slug_taken")
    assert [item for item in everything(items) if item in before] == before
    assert api.get(f"/v1/offers/{world.links_offer}/enrollments/{world.ben}").status == 404


def test_a_link_takes_its_own_old_name_back(api: Gateway, world: World):
    named(api, world, "ada-2026")
    assert named(api, world, world.slug).body["link"]["slug"] == world.slug
    assert named(api, world, "ada-2026").status == 200


def test_the_same_name_again_changes_nothing(api: Gateway, world: World):
    path = f"/v1/offers/{world.links_offer}/history?member_id={world.ada}"
    version = named(api, world, "ada-2026").body["version"]
    lines = len(api.get(path).body["items"])
    assert named(api, world, "ADA-2026").body["version"] == version
    assert len(api.get(path).body["items"]) == lines


def test_the_history_tells_both_names(api: Gateway, world: World):
    named(api, world, "ada-2026")
    newest = api.get(f"/v1/offers/{world.links_offer}/history?member_id={world.ada}").body["items"][0]
    assert newest["changes"] == [{"field": "slug", "before": world.slug, "after": "ada-2026"}]


@pytest.mark.parametrize(
    "slug",
    [
        *(
            "",
            "ab",
            "a" * 65,
            "a b",
            "a/b",
            "a.b",
            "a_b",
            "ada.",
            "-ada",
            "ada-",
            "a--b",
            "ädä",
            "ad\u0430",
            "a%20b",
            "a\n",
        ),
        *("admin", "Login", "SIGN-IN", "laurel", 1, ["ada"], {"a": 1}),
    ],
)
def test_a_name_that_does_not_survive_in_addresses_and_speech_is_refused(api: Gateway, world: World, slug: Any):
    path = f"/v1/offers/{world.links_offer}/enrollments/{world.ada}"
    for answer in (api.put(path, {"slug": slug}), api.patch(path, {"slug": slug})):
        assert (answer.status, answer.pointers) == (422, ["/slug"])
    assert api.get(path).body["link"]["slug"] == world.slug


def test_members_of_a_promo_code_offer_have_codes(api: Gateway, world: World):
    for member in (world.ada, world.ben):
        answer = api.put(f"/v1/offers/{world.codes_offer}/enrollments/{member}", {"slug": "ada-2026"})
        assert (answer.status, answer.code, answer.pointers) == (422, "slug_on_promo_code_offer", ["/slug"])
