"""The snippet in a real browser: the click is kept, handed on to the order, and nothing else happens."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.kit.shop import Shop

SHOPIFY = "<script>window.Shopify = {routes: {root: '/'}}</script>"
CHECKOUT = "<form class='woocommerce-checkout'></form><form><input name=laurel_click id=own></form>"
STRIPE = (
    "<a id=link href='https://buy.stripe.com/abc'></a><a id=more href='https://buy.stripe.com/abc?locale=de'></a>"
    "<a id=other href='https://evil.example/buy.stripe.com/'></a><stripe-buy-button></stripe-buy-button>"
    "<a id=theirs href='https://buy.stripe.com/abc?client_reference_id=1'></a>"
    "<stripe-pricing-table client-reference-id=1></stripe-pricing-table>"
)


def page_of(visitor: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what goes wrong on it."""
    page, errors = visitor.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


def cookie(visitor: BrowserContext, name: str = "laurel_click") -> Any:
    return next((each for each in visitor.cookies() if each["name"] == name), None)


def soon(page: Page, found: Callable[[], Any]) -> Any:
    for _ in range(200):
        if told := found():
            return told
        page.wait_for_timeout(50)
    raise AssertionError("waited in vain")


def click(page: Page) -> Any:
    return page.evaluate("laurel.click()")


def followed(page: Page, shop: Shop) -> str:
    page.goto(f"{shop.api_url}/r/{shop.world.slug}?to=/winter")
    assert page.url.startswith(f"{shop.url}/winter?laurel_click=clk_")
    return page.url.rpartition("=")[2]


def test_a_click_is_kept_across_pages_for_as_long_as_the_shop_says(visitor: BrowserContext, shop: Shop):
    shop.attributes = "data-days=7"
    page, errors = page_of(visitor)
    assert followed(page, shop) == click(page)
    kept = cookie(visitor)
    assert (kept["value"], kept["sameSite"], kept["path"]) == (click(page), "Lax", "/")
    assert 6.9 < (kept["expires"] - time.time()) / 86400 < 7.1
    for address in ("/", "/boots?laurel_click=nonsense"):
        page.goto(f"{shop.url}{address}")
        assert click(page) == kept["value"]
    page.reload()
    assert click(page) == kept["value"]
    assert errors == []


def test_an_order_with_what_the_page_kept_is_the_members(visitor: BrowserContext, shop: Shop):
    page, _ = page_of(visitor)
    order = {"order_id": "1", "amount": 1000, "currency": "EUR", "click_id": followed(page, shop)}
    won = shop.api.post("/v1/conversions", order, key=shop.world.reporter).body
    assert (won["member_id"], won["attribution"]["by"]) == (shop.world.ada, "click")


def test_nothing_is_kept_without_consent(visitor: BrowserContext, shop: Shop):
    shop.attributes, shop.before, shop.body = "data-consent=required", SHOPIFY, CHECKOUT + STRIPE
    page, errors = page_of(visitor)
    brought = followed(page, shop)
    assert click(page) is None
    assert visitor.cookies(shop.url) == []
    assert page.evaluate("document.documentElement.outerHTML").count(brought) == 0
    page.evaluate("laurel.consent(true)")
    assert (click(page), cookie(visitor)["value"]) == (brought, brought)
    soon(page, lambda: shop.cart.get("laurel_click") == brought)
    page.evaluate("laurel.consent(false)")
    assert click(page) is None
    assert visitor.cookies(shop.url) == []
    soon(page, lambda: shop.cart.get("laurel_click") == "")
    assert page.input_value("#own") == ""
    assert errors == []


def test_shopifys_cart_gets_the_click_once(visitor: BrowserContext, shop: Shop):
    shop.before = SHOPIFY
    page, _ = page_of(visitor)
    brought = followed(page, shop)
    soon(page, lambda: shop.cart.get("laurel_click") == brought)
    page.goto(f"{shop.url}/boots", wait_until="networkidle")
    assert shop.told.count(("POST", "/cart/update.js")) == 1
    shop.cart.clear()  # bought; the next cart is another one
    page.goto(f"{shop.url}/thanks")
    soon(page, lambda: shop.cart.get("laurel_click") == brought)


def test_the_hidden_field_of_a_checkout_is_filled(visitor: BrowserContext, shop: Shop):
    shop.body = CHECKOUT
    page, _ = page_of(visitor)
    brought = followed(page, shop)
    assert page.input_value("#own") == brought
    assert page.input_value("form.woocommerce-checkout input[type=hidden][name=laurel_click]") == brought
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<form><input name=laurel_click id=late></form>')")
    page.click("#late")
    assert page.input_value("#late") == brought


def test_stripes_links_and_elements_take_the_click(visitor: BrowserContext, shop: Shop):
    shop.body = STRIPE
    page, _ = page_of(visitor)
    brought = followed(page, shop)
    links = {name: page.get_attribute(f"#{name}", "href") for name in ("link", "more", "other", "theirs")}
    assert links == {
        "link": f"https://buy.stripe.com/abc?client_reference_id={brought}",
        "more": f"https://buy.stripe.com/abc?locale=de&client_reference_id={brought}",
        "other": "https://evil.example/buy.stripe.com/",
        "theirs": "https://buy.stripe.com/abc?client_reference_id=1",
    }
    assert page.get_attribute("stripe-buy-button", "client-reference-id") == brought
    assert page.get_attribute("stripe-pricing-table", "client-reference-id") == "1"


def test_a_visit_by_the_shops_own_address_counts_once_a_day(visitor: BrowserContext, shop: Shop):
    page, errors = page_of(visitor)
    found = []
    for _ in range(2):
        page.goto(f"{shop.url}/?via={shop.world.slug}")
        found.append(soon(page, lambda: click(page)))
    assert found[0] == found[1] == cookie(visitor)["value"]
    counted = ("POST", f"/c/{shop.world.storefront_id}")
    assert soon(page, lambda: shop.asked.count(counted) == 2), "the kept click is there before the second is told"
    assert [asked for asked in shop.asked if asked[0] != "GET"] == [counted] * 2
    again = {"slug": shop.world.slug, "visitor_id": cookie(visitor, "laurel_visitor")["value"]}
    told = shop.api.post(f"/c/{shop.world.storefront_id}", again, key=None, origin=shop.url, user_agent="Mozilla/5.0")
    assert (told.status, told.body["click_id"]) == (200, found[0])
    assert errors == []


def test_json_from_the_shops_page_passes_the_browsers_question(visitor: BrowserContext, shop: Shop):
    page, _ = page_of(visitor)
    page.goto(shop.url)
    script = """([url, body]) => fetch(url, {method: 'POST', headers: {'Content-Type': 'application/json'}, body})
        .then(answer => answer.json())"""
    body = f'{{"slug": "{shop.world.slug}", "visitor_id": "v"}}'
    told = page.evaluate(script, [f"{shop.api_url}/c/{shop.world.storefront_id}", body])
    assert told["unique"] is True
    assert ("OPTIONS", f"/c/{shop.world.storefront_id}") in shop.asked


def test_before_consent_nothing_is_told(visitor: BrowserContext, shop: Shop):
    shop.attributes = "data-consent=required"
    page, _ = page_of(visitor)
    page.goto(f"{shop.url}/?via={shop.world.slug}", wait_until="networkidle")
    assert [method for method, _ in shop.asked] == ["GET"]
    page.evaluate("laurel.consent(true)")
    assert soon(page, lambda: click(page)).startswith("clk_")


@pytest.mark.parametrize(
    "lacking",
    [
        "delete window.fetch; window.fetch = undefined",
        "Object.defineProperty(document, 'cookie', {get() { throw 1 }, set() { throw 1 }})",
        "window.URLSearchParams = undefined",
        "window.fetch = () => Promise.reject(1)",
        "Object.defineProperty(document, 'currentScript', {get() { return null }})",
    ],
)
def test_a_page_does_not_suffer_in_a_browser_that_lacks_something(visitor: BrowserContext, shop: Shop, lacking: str):
    shop.before, shop.body = f"{SHOPIFY}<script>{lacking}</script>", CHECKOUT
    page, errors = page_of(visitor)
    page.goto(f"{shop.url}/?via={shop.world.slug}&laurel_click=clk_{'0' * 26}", wait_until="networkidle")
    page.goto(f"{shop.url}/?via={shop.world.slug}", wait_until="networkidle")
    assert page.evaluate("typeof laurel.click") == "function"
    page.evaluate("laurel.consent(false)")
    assert errors == []


def test_no_request_goes_anywhere_but_to_the_shop_and_our_api(visitor: BrowserContext, shop: Shop):
    shop.before, shop.body = SHOPIFY, CHECKOUT + STRIPE
    page, _ = page_of(visitor)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    followed(page, shop)
    page.goto(f"{shop.url}/?via={shop.world.slug}", wait_until="networkidle")
    assert [url for url in sent if not url.startswith((f"{shop.url}/", f"{shop.api_url}/"))] == []
