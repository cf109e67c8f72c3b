"""Rules and mails in a browser: a rule is built and a mail is seen while they are written."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from laurel.store.table import Table
from tests.browser.kit.accessibility import violations
from tests.functional.kit.world import World
from tests.pages.kit.people import seated
from tests.pages.kit.stage import PHONE, Stage, staged


@pytest.fixture
def stage(table: Table, world: World) -> Iterator[Stage]:
    with staged(seated(table, world)) as made:
        yield made


def test_a_rule_is_built_in_place_and_said_in_words(browser: Browser, stage: Stage) -> None:
    context = stage.opened(browser, "owner", PHONE)
    page = context.new_page()
    page.goto(stage.address("/console/rules/new"))
    page.get_by_label("Name", exact=True).fill("Hundred")
    first = page.get_by_role("group", name="Condition 1")
    first.get_by_label("Amount").fill("200")
    page.get_by_label("Percent").fill("2")
    page.get_by_role("button", name="Add a condition").click()
    second = page.get_by_role("group", name="Condition 2")
    expect(second).to_be_focused()
    second.get_by_label("What", exact=True).select_option("Number of sales")
    second.get_by_label("Number").fill("100")
    second.get_by_label("Number").press("Tab")
    said = page.locator("#said")
    expect(said).to_contain_text("and has more than 100 approved sales this month: pay them")
    expect(first.get_by_label("Amount")).to_have_value("200")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    second.get_by_role("button", name="Remove").click()
    expect(said).not_to_contain_text("100 approved sales")
    expect(first).to_be_focused()
    with context.expect_page() as beside:
        page.get_by_role("button", name="Try it").click()
    expect(beside.value.get_by_role("alert")).to_contain_text("Nothing was saved.")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Hundred is saved.")
    context.close()


def test_a_mail_is_seen_while_it_is_written_and_nothing_in_it_runs(browser: Browser, stage: Stage) -> None:
    context = stage.opened(browser, "owner")
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(stage.address("/console/mail/templates/new"))
    page.get_by_label("Subject").fill("For {{ member.first_name }}")
    seen = page.locator("#preview")
    expect(seen).to_contain_text("For Ada")
    page.get_by_text("The same as HTML").click()
    hostile = "<h1>Hi</h1><script>top.document.title = 'x'</script><img src='https://foreign.example/x.png'>"
    page.get_by_label("HTML").fill(hostile)
    letter = page.frame_locator("#preview iframe")
    expect(letter.get_by_role("heading", name="Hi")).to_be_visible()
    assert page.title() != "x"
    assert [url for url in asked if not url.startswith((stage.url, "about:"))] == []
    assert violations(page) == []
    context.close()
