"""The console's offers and members in a browser: read by everybody, and many are edited by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from tests.browser.kit.accessibility import violations
from tests.functional.kit.world import World
from tests.pages.kit.filled import fill
from tests.pages.kit.people import seated
from tests.pages.kit.stage import DESK, PHONE, Stage, staged

OF_OFFER = ("", "/edit", "/members", "/members/{ada}", "/members/{ada}/terms", "/history", "/bulk", "/add")
OF_MEMBER = ("", "/earnings", "/rewards", "/payouts", "/mails", "/history", "/edit", "/offers", "/payee")


@pytest.fixture
def stage(table: Table, world: World) -> Iterator[Stage]:
    fill(table, world)
    with staged(seated(table, world)) as made:
        yield made


def test_every_page_of_an_offer_and_of_a_member_can_be_read_by_all(browser: Browser, stage: Stage, world: World):
    offer = f"/console/offers/{world.codes_offer}"
    paths = [offer + path.format(ada=world.ada) for path in OF_OFFER]
    paths += [f"{offer}/options/{world.options[1]}", f"{offer}/options/new"]
    paths += [f"/console/members/{world.ada}{path}" for path in OF_MEMBER]
    said: list[str] = []
    for size, scheme in ((PHONE, "dark"), (DESK, "light")):
        context = stage.opened(browser, "owner", size, scheme)
        page = context.new_page()
        page.on("console", lambda message, heard=said: heard.append(message.text))
        for path in paths:
            page.goto(stage.address(path))
            wide = page.evaluate("document.documentElement.scrollWidth")
            said += [f"{path} {scheme}: {each}" for each in violations(page)]
            said += [f"{path} is {wide} pixels wide"] if wide > size[0] else []
        context.close()
    assert said == []


def test_many_are_edited_by_keyboard_alone(browser: Browser, stage: Stage, table: Table, world: World):
    context = stage.opened(browser, "manager")
    page = context.new_page()
    page.goto(stage.address(f"/console/offers/{world.codes_offer}/members"))
    pressed(page, "checkbox", "Select Ada Lovelace", "Space")
    pressed(page, "button", "Edit the selected", "Enter")
    page.get_by_label("Pay", exact=True).focus()
    page.keyboard.type("Agree on own")
    page.get_by_label("Share of the sale in %").focus()
    page.keyboard.type("12.5")
    page.keyboard.press("Enter")
    page.get_by_text("10 % of each sale").first.wait_for()
    pressed(page, "button", "Change 1 member", "Enter")
    page.get_by_role("heading", name="1 member has changed").wait_for()
    context.close()
    own = enrollments.get(table, Place(world.program.program_id, world.codes_offer, world.ada)).terms
    assert own is not None
    assert own.model_dump(mode="json")["percent"] == "12.5"


def pressed(page: Page, role: str, name: str, key: str) -> None:
    page.get_by_role(role, name=name).focus()  # type: ignore[arg-type]
    page.keyboard.press(key)


def test_a_question_before_something_is_done_is_read_whole_on_a_phone(browser: Browser, stage: Stage, world: World):
    context = stage.opened(browser, "owner", PHONE)
    page = context.new_page()
    page.goto(stage.address(f"/console/members/{world.ada}"))
    page.locator("summary", has_text="Suspend").click()
    box = page.locator("details[open] > .asked").bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE[0], box["y"] + box["height"] <= PHONE[1]) == (True,) * 3
    context.close()
