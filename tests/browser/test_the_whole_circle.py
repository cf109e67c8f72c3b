"""A visitor walks through the shop of make run, from a member's link to the order that the member wins."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from laurel.store.table import Table
from tests.browser.conftest import served
from tests.browser.kit.glow import Glow, connected
from tests.browser.kit.shop import answer_of
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World
from tools.shop.server import local_shop


@pytest.fixture
def glow(api: Gateway, world: World, shops_queue: ShopsQueue, table: Table) -> Iterator[Glow]:
    def of_api(method: str, path: str, headers: Any, body: str) -> Any:
        return answer_of(api, method, path, headers, body)

    with served(of_api) as port, local_shop() as shop:
        yield connected(api, world, shops_queue, table, f"http://127.0.0.1:{port}", shop)


@pytest.fixture
def page(visitor: BrowserContext, glow: Glow) -> Iterator[Page]:
    """A page of a visitor, without an error or a request to anybody else in the end."""
    opened, wrong = visitor.new_page(), list[str]()
    ours = (glow.shop.url, f"{glow.api_url}/", "data:")
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(ours) else wrong.append(request.url))
    yield opened
    assert wrong == []


def answer(page: Page, said: str) -> None:
    page.get_by_role("button", name=said, exact=True).click()


def bought(page: Page, code: str = "") -> None:
    """Looks at an article, takes it and another one, and buys both: 57.00."""
    page.get_by_role("link", name="Night serum").click()
    page.get_by_role("button", name="Add Night serum to the cart").click()
    page.get_by_role("link", name="Glow").click()
    page.get_by_role("button", name="Add Lip balm to the cart").click()
    if code:
        page.get_by_label("Discount code").fill(code)
        answer(page, "Apply")
    page.wait_for_load_state("networkidle")
    answer(page, "Buy")
    page.get_by_role("heading", name="Thank you").wait_for()


def told(order: Any) -> tuple[str | None, str | None, int]:
    return order["member_id"], order["attribution"]["by"], order["amount"]


def test_who_came_by_a_members_link_and_agreed_is_that_members(glow: Glow, page: Page, world: World):
    glow.follow_link(page)
    answer(page, "Yes")
    bought(page)
    assert told(glow.won(page)) == (world.ada, "click", 5_700)


def test_who_did_not_agree_is_nobodys(glow: Glow, page: Page):
    glow.follow_link(page)
    answer(page, "No")
    bought(page)
    assert told(glow.won(page)) == (None, None, 5_700)
    assert [each["name"] for each in page.context.cookies(glow.shop.url)] == ["cart", "consent"]


def test_who_never_answered_is_nobodys(glow: Glow, page: Page):
    glow.follow_link(page)
    bought(page)
    assert told(glow.won(page)) == (None, None, 5_700)


@pytest.mark.parametrize("said", ["Yes", "No"])
def test_a_code_counts_before_a_link_whatever_the_visitor_said(glow: Glow, page: Page, world: World, said: str):
    glow.follow_link(page)
    answer(page, said)
    bought(page, code="ben10")
    assert told(glow.won(page)) == (world.ben, "promo_code", 5_130)


def test_a_code_that_was_replaced_discounts_nothing_any_more(glow: Glow, page: Page, world: World):
    bens = f"/v1/offers/{world.codes_offer}/enrollments/{world.ben}"
    assert glow.api.post(f"{bens}/promo-code", {"promo_code": "BEN11"}).status == 200
    glow.work()
    page.goto(glow.shop.url)
    bought(page, code="BEN10")
    assert told(glow.won(page)) == (None, None, 5_700)
    page.goto(glow.shop.url)
    bought(page, code="BEN11")
    assert told(glow.won(page)) == (world.ben, "promo_code", 5_130)


def test_an_order_whose_webhook_is_lost_is_asked_for(glow: Glow, page: Page, world: World):
    glow.follow_link(page)
    answer(page, "Yes")
    glow.shop.hook = None
    bought(page)
    assert glow.won(page) is None
    assert glow.api.post(f"/v1/storefronts/{glow.storefront_id}/sync").status == 202
    glow.work()
    assert told(glow.won(page)) == (world.ada, "click", 5_700)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_shop_fits_a_small_screen(glow: Glow, page: Page, scheme: Any):
    page.set_viewport_size({"width": 360, "height": 700})
    page.emulate_media(color_scheme=scheme)
    for path in ("", "products/soap", "cart", "nowhere"):
        page.goto(f"{glow.shop.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
