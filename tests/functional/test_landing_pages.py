"""A link offer leads somewhere, and to the same page for everybody."""

from typing import Any

import pytest

from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import OPTIONS, World

LINKS: dict[str, Any] = {"name": "L", "kind": "link", "payout_options": OPTIONS}


@pytest.mark.parametrize("page", [{}, {"landing_url": None}])
def test_a_link_offer_without_a_landing_page_is_refused(api: Gateway, page: dict[str, Any]):
    answer = api.post("/v1/offers", LINKS | page)
    assert (answer.status, answer.code, answer.pointers) == (422, "landing_url_required", ["/landing_url"])


def test_a_landing_page_cannot_be_taken_away(api: Gateway, world: World):
    answer = api.patch(f"/v1/offers/{world.links_offer}", {"landing_url": None})
    assert (answer.status, answer.code, answer.pointers) == (422, "landing_url_required", ["/landing_url"])
    assert api.patch(f"/v1/offers/{world.codes_offer}", {"landing_url": None}).status == 200


@pytest.mark.parametrize("kept", [None, "https://me@shop.example\\/"])
def test_an_offer_of_before_can_be_read_and_gets_a_page_by_the_rules_of_now(
    api: Gateway, world: World, items: Table, kept: str | None
):
    path, key = f"/v1/offers/{world.links_offer}", keys.offer(world.program.program_id, world.links_offer)
    body = {name: value for name, value in (items.get(key) or {})["body"].items() if name != "landing_url"}
    items.write(Update(key, set={"body": {**body, **({"landing_url": kept} if kept else {})}}))
    assert api.get(path).body["landing_url"] == kept
    if kept is None:
        assert api.patch(path, {"status": "paused"}).status == 200
    assert api.patch(path, {"landing_url": "HTTPS://shop.example/"}).body["landing_url"] == "https://shop.example/"


@pytest.mark.parametrize(
    "url",
    ["https://shop.example\\@evil.example/", "https://me@shop.example/", "https://.", "https://a..b", "https://a:0/"],
)
def test_a_landing_page_that_parsers_read_differently_is_refused(api: Gateway, world: World, url: str):
    for answer in (
        api.post("/v1/offers", LINKS | {"landing_url": url}),
        api.patch(f"/v1/offers/{world.links_offer}", {"landing_url": url}),
    ):
        assert (answer.status, answer.pointers) == (422, ["/landing_url"])
        assert url not in answer.body["detail"]
