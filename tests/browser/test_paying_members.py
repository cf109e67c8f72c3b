"""A payout by keyboard: drafted, and confirmed as soon as the page itself shows the draft."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from laurel.store.table import Table
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.world import World
from tests.pages.kit.filled import fill
from tests.pages.kit.people import seated
from tests.pages.kit.stage import Stage, staged

PRESSED_TWICE = """() => {
  const save = document.querySelector(".actions > button");
  save.click();
  setTimeout(() => save.click(), 100);
}"""
"""The second time while the answer to the first is under way."""


@pytest.fixture
def stage(table: Table, world: World) -> Iterator[Stage]:
    fill(table, world)
    with staged(seated(table, world)) as made:
        yield made


def test_a_payout_is_drafted_and_confirmed_by_keyboard_and_the_page_follows_the_work(
    browser: Browser, stage: Stage, jobs_queue: JobsQueue
) -> None:
    context = stage.opened(browser, "owner")
    page = context.new_page()
    page.goto(stage.address("/console/payouts/new"))
    page.get_by_role("button", name="Make the draft").press("Enter")
    page.get_by_role("progressbar").wait_for()
    jobs_queue.work()
    page.get_by_role("link", name="Ada Lovelace").wait_for()  # the page has looked again by itself
    page.locator("summary", has_text="Confirm").press("Enter")
    page.get_by_role("button", name="Confirm as it stands").press("Enter")
    page.get_by_role("status").filter(has_text="The payout is confirmed.").wait_for()
    context.close()


def test_where_a_member_is_paid_is_sent_once_however_often_the_button_is_pressed(
    browser: Browser, stage: Stage, world: World
) -> None:
    sent: list[str] = []

    def held(route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
        sent.append(route.request.method)

    context = stage.opened(browser, "owner")
    page = context.new_page()
    page.route("**/payee", held)
    page.goto(stage.address(f"/console/members/{world.ada}/payee"))
    page.evaluate(PRESSED_TWICE)
    page.wait_for_timeout(400)
    assert sent == ["GET", "POST"]
    context.close()
