"""Pages in a browser: everybody can use each of them, and none asks anybody else for anything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from laurel.console.site import site as console
from laurel.portal.site import site as portal
from laurel.store.table import Table
from tests.browser.kit.accessibility import violations
from tests.functional.kit.world import World
from tests.pages.kit.filled import fill
from tests.pages.kit.people import seated
from tests.pages.kit.stage import DESK, PHONE, Stage, staged

SIGHTS = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]
PATHS = [
    (site.name, route.path)
    for site in (console, portal)
    for route in site.routes
    if route.method == "GET" and "<" not in route.path and "." not in route.path  # files are kept, not read
]


@pytest.fixture
def stage(table: Table, world: World) -> Iterator[Stage]:
    fill(table, world)
    with staged(seated(table, world)) as made:
        yield made


def test_every_page_can_be_read_by_all_and_breaks_no_policy(browser: Browser, stage: Stage) -> None:
    said: list[str] = []
    asked: set[str] = set()
    for size, scheme in SIGHTS:
        for site, role in (("console", "owner"), ("portal", "member")):
            context = stage.opened(browser, role, size, scheme)
            page = context.new_page()
            page.on("console", lambda message, heard=said: heard.append(message.text))
            page.on("request", lambda request, seen=asked: seen.add(request.url))
            for path in [path for known, path in PATHS if known == site]:
                page.goto(stage.address(f"/{site}{path}"))
                wide = page.evaluate("document.documentElement.scrollWidth")
                said += [f"{site}{path} {size} {scheme}: {each}" for each in violations(page)]
                said += [f"{site}{path} {size} is {wide} pixels wide"] if wide > size[0] else []
            context.close()
    assert said == []
    assert [address for address in asked if not address.startswith(stage.url)] == []


def test_a_user_is_given_another_role_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    context = stage.opened(browser, "owner")
    page = context.new_page()
    page.goto(stage.address("/console/settings/users"))
    page.get_by_role("link", name="Vera Viewer").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Role").focus()
    page.keyboard.type("Manager")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Vera Viewer is a manager now.").wait_for()
    context.close()


def test_what_cannot_be_undone_asks_first_and_closes_by_escape(browser: Browser, stage: Stage) -> None:
    context = stage.opened(browser, "owner", PHONE)
    page = context.new_page()
    page.goto(stage.address(f"/console/settings/users/{stage.people.users['viewer'].user_id}"))
    page.get_by_text("Remove", exact=True).click()
    assert page.get_by_role("button", name="Remove Vera Viewer").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("button", name="Remove Vera Viewer").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    context.close()


def test_a_chart_is_walked_through_by_arrows_and_leads_to_an_order_that_all_can_read(
    browser: Browser, stage: Stage
) -> None:
    context = stage.opened(browser, "owner")
    page = context.new_page()
    page.goto(stage.address("/console?from=2026-11-10&to=2026-11-23"))
    page.get_by_role("group", name="Sales").get_by_role("img").last.focus()
    page.keyboard.press("ArrowLeft")
    shown = page.locator(":focus")
    assert shown.get_attribute("aria-label") == "22 Nov 2026; These days €75.00; Before €0.00"
    assert shown.locator("text").evaluate("each => getComputedStyle(each).opacity") == "1"
    page.get_by_role("link", name="Conversions").click()
    page.get_by_role("link", name="1003").click()
    assert page.get_by_text("10 % of €55.00 is €5.50.").is_visible()
    found = violations(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    found += violations(page)
    assert (found, page.evaluate("document.documentElement.scrollWidth")) == ([], PHONE[0])
    context.close()
