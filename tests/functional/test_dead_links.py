"""Links that lead nowhere, or nowhere any more: a page for people, another page of the program, never JSON."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HTML = "text/html,application/xhtml+xml"


def follow(api: Gateway, slug: str, accept: str = HTML) -> Answer:
    return api.get(f"/r/{slug}", key=None, user_agent=FIREFOX, accept=accept)


def archive(api: Gateway, world: World) -> None:
    assert api.patch(f"/v1/offers/{world.links_offer}", {"status": "archived"}).status == 200


@pytest.mark.parametrize("slug", ["nobody", "x", "a" * 300, "%F0%9F%8C%BF", "a+b", "<script>alert(1)</script>"])
def test_a_browser_is_told_on_a_page_that_there_is_no_such_link(api: Gateway, world: World, slug: str):
    answer = follow(api, slug)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "There is nothing here" in answer.body
    assert not any(outer in answer.body for outer in ("http:", "https:", "<script", "src=", "url("))


def test_others_are_told_so_as_a_problem(api: Gateway, world: World):
    answer = follow(api, "nobody", "application/json")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.code == "link_not_found"


def test_a_link_of_an_archived_offer_says_whose_it_was(api: Gateway, world: World, items: Table):
    archive(api, world)
    page = follow(api, world.slug)
    assert (page.status, "Glow Cosmetics" in page.body) == (404, True)
    told = follow(api, world.slug, "*/*")
    assert (told.status, told.code) == (404, "offer_archived")
    assert not [item for item in everything(items) if item["kind"] == "click"]


def test_a_link_of_an_archived_offer_leads_to_the_programs_own_page(api: Gateway, world: World, items: Table):
    follow(api, world.slug)  # the program is known by now, as it was
    archive(api, world)
    assert api.patch("/v1/program", {"fallback_url": "https://shop.example.com/all"}).status == 200
    answer = follow(api, f"{world.slug}?to=/winter&utm=1&laurel_click=x")
    assert (answer.status, answer.headers["Location"]) == (302, "https://shop.example.com/all?utm=1")
    assert answer.headers["Cache-Control"] == "no-store"
    assert sum(item["kind"] == "click" for item in everything(items)) == 1
    assert api.patch("/v1/program", {"fallback_url": None}).body["fallback_url"] is None
    assert follow(api, world.slug).status == 404


@pytest.mark.parametrize("url", ["shop.example.com", "https://me@shop.example/", "javascript:alert(1)", "//x", 1, ""])
def test_a_page_for_dead_links_is_one_that_all_read_alike(api: Gateway, world: World, url: object):
    answer = api.patch("/v1/program", {"fallback_url": url})
    assert (answer.status, answer.pointers) == (422, ["/fallback_url"])


def test_a_paused_link_leads_on_with_what_was_carried(api: Gateway, world: World):
    api.patch(f"/v1/offers/{world.links_offer}", {"status": "paused"})
    answer = follow(api, f"{world.slug}?to=/winter&utm=1")
    assert (answer.status, answer.headers["Location"]) == (302, "https://shop.example.com/winter?utm=1")


def test_a_link_goes_deeper_with_its_click(api: Gateway, world: World):
    led_to = follow(api, f"{world.slug}?utm=1&to=%2Fwinter").headers["Location"]
    assert led_to.startswith("https://shop.example.com/winter?utm=1&laurel_click=clk_")
    astray = follow(api, f"{world.slug}?to=//evil.example").headers["Location"]
    assert astray.startswith("https://shop.example.com/?laurel_click=clk_")
