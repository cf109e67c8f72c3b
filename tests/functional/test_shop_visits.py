"""Visits to a shop's own address that its page tells: for the storefront's origins alone, counted as every click is."""

from typing import Any

import pytest

from laurel.settings import ALLOW_LOOPBACK, settings
from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World, program

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SHOP = "https://shop.example.com"


def register(api: Gateway, world: World, *origins: Any) -> Answer:
    return api.patch(f"/v1/storefronts/{world.storefront_id}", {"origins": list(origins)})


def visit(api: Gateway, world: World, origin: str | None = SHOP, agent: str = FIREFOX, **body: Any) -> Answer:
    told = {"slug": world.slug, "visitor_id": "a", **body}
    named = {} if origin is None else {"origin": origin}
    return api.post(f"/c/{world.storefront_id}", told, key=None, user_agent=agent, **named)


def preflight(api: Gateway, storefront_id: str, origin: str = SHOP) -> Answer:
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "content-type"}
    return api.call("OPTIONS", f"/c/{storefront_id}", key=None, origin=origin, **asked)


def clicks_in(items: Table) -> int:
    return sum(item["kind"] == "click" for item in everything(items))


def test_a_visit_counts_once_a_day_and_visitor(api: Gateway, world: World, items: Table):
    register(api, world, SHOP)
    first, again, other = visit(api, world), visit(api, world, page=f"{SHOP}/?via=x"), visit(api, world, visitor_id="b")
    assert [told.status for told in (first, again, other)] == [201, 200, 201]
    assert [told.body["unique"] for told in (first, again)] == [True, False]
    assert first.body["click_id"] == again.body["click_id"] != other.body["click_id"]
    assert clicks_in(items) == 2
    assert "via=x" not in str(everything(items))


def test_an_order_with_such_a_click_is_the_members(api: Gateway, world: World):
    register(api, world, SHOP)
    order = {"order_id": "1", "amount": 1000, "currency": "EUR", "click_id": visit(api, world).body["click_id"]}
    assert api.post("/v1/conversions", order, key=world.reporter).body["member_id"] == world.ada


def test_only_the_shops_own_pages_may_read_the_answer(api: Gateway, world: World):
    register(api, world, SHOP, "https://www.shop.example.com")
    for told in (visit(api, world), visit(api, world, slug="nobody")):
        assert told.headers["Access-Control-Allow-Origin"] == SHOP
        assert told.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in told.headers
    assert visit(api, world, slug="nobody").code == "link_not_found"


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "https://evil.example", "http://shop.example.com", f"{SHOP}:8443", f"{SHOP}.evil.example", "*"],
)
def test_no_other_page_counts_anything(api: Gateway, world: World, items: Table, origin: str | None):
    register(api, world, SHOP)
    told = visit(api, world, origin)
    assert (told.status, told.code) == (403, "origin_refused")
    asked = preflight(api, world.storefront_id, origin or "")
    assert asked.status == 403
    assert not any(name.startswith("Access-Control") for name in (*told.headers, *asked.headers))
    assert clicks_in(items) == 0


def test_a_browser_is_told_before_that_it_may(api: Gateway, world: World):
    assert preflight(api, world.storefront_id).status == 403
    register(api, world, SHOP)
    asked = preflight(api, world.storefront_id)
    assert (asked.status, asked.body) == (204, "")
    assert asked.headers["Access-Control-Allow-Origin"] == SHOP
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Access-Control-Allow-Headers"] == "content-type"


def test_a_storefront_that_is_not_there_is_not_there(api: Gateway, world: World):
    unknown = "sf_" + "0" * 26
    assert preflight(api, unknown).status == 404
    assert api.post(f"/c/{unknown}", {"slug": "a", "visitor_id": "v"}, key=None, origin=SHOP).status == 404
    assert preflight(api, "nope").status == 404


def test_a_link_of_another_program_does_not_count(api: Gateway, world: World, items: Table):
    stranger = Gateway(program(items, "Other").admin)
    new = {"name": "Shop", "platform": "api", "origins": [SHOP]}
    theirs = stranger.post("/v1/storefronts", new).body["storefront_id"]
    body = {"slug": world.slug, "visitor_id": "v"}
    told = api.post(f"/c/{theirs}", body, key=None, origin=SHOP, user_agent=FIREFOX)
    assert (told.status, told.code) == (404, "link_not_found")
    assert clicks_in(items) == 0


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "curl/8.5.0", ""])
def test_a_crawler_is_no_visitor(api: Gateway, world: World, items: Table, agent: str):
    register(api, world, SHOP)
    told = visit(api, world, agent=agent or " ")
    assert (told.status, told.body) == (200, {"click_id": None, "unique": False, "reason": "not_human"})
    assert clicks_in(items) == 0


def test_an_inactive_link_has_no_clicks_here_either(api: Gateway, world: World, items: Table):
    register(api, world, SHOP)
    api.patch(f"/v1/offers/{world.links_offer}/enrollments/{world.ada}", {"active": False})
    told = visit(api, world)
    assert (told.status, told.body["click_id"], told.body["reason"]) == (200, None, "code_inactive")
    assert clicks_in(items) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"visitor_id": ""}, 422),
        ({"visitor_id": "v" * 256}, 422),
        ({"slug": "a b"}, 422),
        ({"page": "x" * 2001}, 422),
        ({"occurred_at": "2026-01-01T00:00:00Z"}, 422),
        ({"page": "x" * 300_000}, 413),
    ],
)
def test_what_is_no_visit_is_refused(api: Gateway, world: World, items: Table, body: dict[str, Any], status: int):
    register(api, world, SHOP)
    assert visit(api, world, **body).status == status
    assert clicks_in(items) == 0


def test_origins_are_kept_as_browsers_tell_them(api: Gateway, world: World):
    told = register(api, world, "HTTPS://Shop.Example:443/", "https://bücher.example", f"{SHOP}:8443")
    assert told.body["origins"] == ["https://shop.example", "https://xn--bcher-kva.example", f"{SHOP}:8443"]
    assert api.get(f"/v1/storefronts/{world.storefront_id}").body["origins"] == told.body["origins"]


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "null", "shop.example.com", "http://shop.example.com", f"{SHOP}/path", f"{SHOP}?a", f"{SHOP}/#a", "", 1),
        *("https://me@shop.example.com", "https://*.example.com", "http://localhost:3000", "http://127.0.0.1"),
    ],
)
def test_what_is_no_origin_of_a_shop_is_refused(api: Gateway, world: World, origin: Any):
    answer = register(api, world, SHOP, origin)
    assert (answer.status, answer.pointers) == (422, ["/origins/1"])
    assert api.get(f"/v1/storefronts/{world.storefront_id}").body["origins"] == []


def test_a_storefront_has_at_most_ten_origins(api: Gateway, world: World):
    assert register(api, world, *(f"https://shop{n}.example" for n in range(10))).status == 200
    assert register(api, world, *(f"https://shop{n}.example" for n in range(11))).pointers == ["/origins"]


def test_where_everything_is_on_one_machine_the_shop_may_be_too(
    api: Gateway, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(ALLOW_LOOPBACK, "yes")
    settings.cache_clear()
    assert register(api, world, "http://localhost:3000", "http://127.0.0.1:3000").status == 200
    assert register(api, world, "http://shop.example.com").status == 422
    monkeypatch.undo()
    settings.cache_clear()
