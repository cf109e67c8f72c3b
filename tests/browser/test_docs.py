"""The page of the API in a browser: it finds, opens what an address names, copies, and loads nothing from elsewhere."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import served
from tests.browser.kit.accessibility import violations
from tests.browser.kit.shop import answer_of
from tests.functional.kit.gateway import Gateway

PHONE, DESK = (360, 780), (1280, 900)


@pytest.fixture
def docs(api: Gateway) -> Iterator[str]:
    def answer(method: str, path: str, headers: object, body: str) -> tuple[int, dict[str, str], str]:
        return answer_of(api, method, path, headers, body)

    with served(answer) as port:
        yield f"http://127.0.0.1:{port}/docs"


def opened(browser: Browser, address: str, size: tuple[int, int] = DESK, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.goto(address)
    return page


def test_the_page_finds_what_is_typed(browser: Browser, docs: str) -> None:
    page = opened(browser, docs)
    page.get_by_label("Search").fill("promo_code_taken")
    assert page.locator("#enroll").is_visible()
    assert not page.locator("#list_payouts").is_visible()
    page.get_by_label("Search").fill("")
    assert page.locator("#list_payouts").is_visible()
    page.context.close()


def test_an_address_opens_what_it_names(browser: Browser, docs: str) -> None:
    page = opened(browser, f"{docs}#create_rule")
    assert page.locator("#create_rule pre").is_visible()
    assert not page.locator("#edit_rule pre").is_visible()
    page.locator("#create_rule").get_by_role("link", name="RuleSettings").first.click()
    assert page.locator("#schema-RuleSettings dl").is_visible()
    page.context.close()


def test_a_command_is_copied_as_it_stands(browser: Browser, docs: str) -> None:
    page = opened(browser, f"{docs}#list_members")
    page.locator("#list_members").get_by_role("button", name="Copy").click()
    page.locator("#list_members").get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == 'curl -s "$URL/v1/members" -H "Authorization: Bearer $KEY"'
    page.context.close()


def test_the_page_asks_for_nothing_and_breaks_no_policy(browser: Browser, docs: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{docs}#create_rule")
    page.get_by_label("Search").fill("rule")
    assert [url for url in asked if not url.endswith(("/docs", "/favicon.ico")) and "#" not in url] == []
    assert [text for text in said if "favicon" not in text and "404" not in text] == []
    context.close()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")])
def test_everybody_can_read_all_of_the_page(browser: Browser, docs: str, size: tuple[int, int], scheme: str) -> None:
    page = opened(browser, docs, size, scheme)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert violations(page) == []
    page.context.close()
