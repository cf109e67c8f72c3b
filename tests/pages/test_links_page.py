"""The portal's Links and codes: to copy, to share deeper, to name once; nobody else's."""

import pytest

from laurel.domain.members.enrollments import ShopState
from laurel.domain.shops.codes import ShopCode
from laurel.store import shop_items
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import AT, World
from tests.pages.kit.reader import Reader, Sheet


@pytest.fixture
def links(portal: str) -> str:
    return f"{portal}/links"


def named(ada: Reader, links: str, slug: str) -> Sheet:
    return ada.send(ada.get(links), "Take this name", slug=slug)


def slug_of(table: Table, world: World) -> str | None:
    return enrollments.get(table, Place(world.program.program_id, world.links_offer, world.ada)).slug


def test_a_member_finds_their_link_and_their_code_with_what_each_pays(ada: Reader, links: str, world: World):
    page = ada.get(links)
    assert (page.status, page.headings) == (200, ["Links and codes"])
    assert f"https://api.example.com/r/{world.slug}" in page.text
    assert "ADA10" in page.text
    assert page.text.count("You earn 10 % of each sale.") == 2
    assert page.html.count("<svg") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "paused"}, "Glow Cosmetics has paused this offer"),
        ({"status": "archived"}, "This offer is over."),
        ({"active_from": "2030-01-01T00:00:00Z"}, "This offer begins on 1 Jan 2030, 01:00."),
        ({"active_until": "2020-01-01T00:00:00Z"}, "This offer is over."),
    ],
)
def test_what_an_offer_does_not_count_is_said(
    ada: Reader, api: Gateway, links: str, world: World, change: dict[str, str], said: str
):
    assert api.patch(f"/v1/offers/{world.links_offer}", change).status == 200
    assert said in ada.get(links, **{"accept-language": "en-GB"}).text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("pending", "on its way to Web shop"),
        ("live", "live in Web shop"),
        ("failed", "not yet in Web shop: it did not take the code"),
        ("conflict", "not in Web shop: a discount of the shop has this name"),
        ("ended", "no longer in Web shop"),
    ],
)
def test_a_code_says_whether_it_is_live_in_the_shop(
    ada: Reader, links: str, table: Table, world: World, state: ShopState, said: str
):
    place = world.program.program_id, world.storefront_id, world.codes_offer
    for member_id in (world.ada, world.ben):
        code = ShopCode.of(*place, member_id, "ADA10", AT).model_copy(update={"state": state})
        table.write(Put(shop_items.shop_code(world.program.program_id, code)))
    assert ada.get(links).text.count(said) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"active": False}, "has switched this off for you"),
        ({"active_from": "2030-01-01T00:00:00Z"}, "Good from"),
        ({"active_until": "2020-01-01T00:00:00Z"}, "This ended on"),
        ({"active_until": "2030-01-01T00:00:00Z"}, "Good until"),
        ({"terms": {"type": "flat_plus_percent", "amount": 500, "percent": "5"}}, "€5.00 and 5 % of each sale"),
    ],
)
def test_what_was_agreed_with_the_member_is_said(
    ada: Reader, api: Gateway, links: str, world: World, change: dict[str, object], said: str
):
    assert api.patch(f"/v1/offers/{world.links_offer}/enrollments/{world.ada}", change).status == 200
    assert said in ada.get(links).text


def test_a_pending_member_is_told_that_nothing_counts_yet(ada: Reader, api: Gateway, links: str, world: World):
    assert api.patch(f"/v1/members/{world.ada}", {"status": "pending"}).status == 200
    assert "It begins to count when Glow Cosmetics has approved you." in ada.get(links).text


@pytest.mark.parametrize("page", ["/new?size=m", "https://shop.example.com/new?size=m", " /new?size=m "])
def test_a_link_leads_to_another_page_of_the_shop(ada: Reader, links: str, world: World, page: str):
    asked = ada.ask("GET", f"{links}?offer_id={world.links_offer}&to={page.replace('?', '%3F')}", None, {})
    assert f"/r/{world.slug}?to=/new%3Fsize%3Dm" in asked.text


@pytest.mark.parametrize(
    "page", ["https://evil.example/new", "//evil.example", "javascript:alert(1)", "/../x", "/a//b"]
)
def test_a_link_leads_to_no_other_shop(ada: Reader, links: str, world: World, page: str):
    asked = ada.ask("GET", f"{links}?offer_id={world.links_offer}&to={page}", None, {})
    assert (asked.status, "Name a page of shop.example.com, such as /new." in asked.text) == (200, True)


def test_the_qr_code_of_a_link_is_a_file_to_print(ada: Reader, links: str, world: World):
    file = ada.get(f"{links}/{world.links_offer}/qr.svg")
    assert file.headers["Content-Type"].startswith("image/svg+xml")
    assert file.html.startswith("<?xml")
    assert ada.get(f"{links}/{world.codes_offer}/qr.svg").status == 404


def test_a_member_names_their_link_once(ada: Reader, links: str, table: Table, world: World):
    assert "Your link is called ada-glows now." in named(ada, links, "Ada-Glows").text
    assert slug_of(table, world) == "ada-glows"
    again = named(ada, links, "ada-again")
    assert (again.status, "A name is chosen once" in again.text) == (409, True)
    assert slug_of(table, world) == "ada-glows"


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("", "This is needed"),
        ("ab", "At least 3 characters"),
        ("admin", "This name is reserved"),
        ("<script>", "Letters a to z and digits"),
        ("a" * 65, "At most 64 characters"),
    ],
)
def test_a_name_that_no_link_can_have_is_refused_beside_its_field(
    ada: Reader, links: str, table: Table, world: World, slug: str, said: str
):
    refused = named(ada, links, slug)
    assert (refused.status, said.lower() in refused.text.lower()) == (422, True), refused.text
    assert slug_of(table, world) == world.slug


@pytest.mark.parametrize(("field", "value"), [("promo_code", "MINE"), ("terms.type", "none"), ("fixed:flag", "on")])
def test_what_is_the_merchants_to_change_is_refused(
    ada: Reader, links: str, table: Table, world: World, field: str, value: str
):
    before = enrollments.get(table, Place(world.program.program_id, world.links_offer, world.ada))
    form = ada.get(links).form("Take this name")
    refused = ada.post(form.action, {**form.fields, "slug": "ada-glows", field: value})
    assert refused.status == 422
    assert enrollments.get(table, Place(world.program.program_id, world.links_offer, world.ada)) == before


def test_an_offer_that_the_member_is_not_in_has_no_link_of_theirs(ada: Reader, api: Gateway, links: str, world: World):
    options = [{"name": "All", "default": True, "terms": {"type": "none"}}]
    offer = {"name": "Other", "kind": "link", "landing_url": "https://shop.example.com/", "payout_options": options}
    other = api.post("/v1/offers", offer).body["offer_id"]
    assert api.put(f"/v1/offers/{other}/enrollments/{world.ben}", {}).status == 201
    assert "Other" not in ada.get(links).text
    form = ada.get(links).form("Take this name")
    assert ada.post(f"{links}/{other}", {**form.fields, "slug": "ada-glows"}).status == 404
    assert ada.get(f"{links}/{other}/qr.svg").status == 404


def test_a_name_of_an_offer_is_text(ada: Reader, api: Gateway, links: str, world: World):
    assert api.patch(f"/v1/offers/{world.links_offer}", {"name": "<script>alert(1)</script>"}).status == 200
    page = ada.get(links)
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;alert(1)" in page.html
