"""Payouts: drafted, looked at, confirmed by an owner; files, statements, and lines that did not arrive."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.functional.kit.world import program as another
from tests.pages.conftest import reader
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import Reader, Sheet

PAYOUTS = "/console/payouts"
NEW = f"{PAYOUTS}/new"


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


@pytest.fixture
def draft(manager: Reader, world: World, table: Table, jobs_queue: JobsQueue) -> Sheet:
    """What Ada sold is drafted."""
    return drafted(manager, world, table, jobs_queue)


def drafted(manager: Reader, world: World, table: Table, jobs_queue: JobsQueue, **fields: str) -> Sheet:
    for amount in (10_000, 5_000):
        sell(world, table, amount=amount)
    begun = manager.send(manager.get(NEW), "Make the draft", **fields)
    assert "Drafting" in begun.text
    jobs_queue.work()
    return manager.get(begun.address)


def confirmed(owner: Reader, draft: Sheet, jobs_queue: JobsQueue) -> Sheet:
    done = owner.send(owner.get(draft.address), "Confirm as it stands")
    assert "The payout is confirmed." in done.text
    jobs_queue.work()
    return owner.get(draft.address)


def test_a_draft_says_whom_it_pays_and_an_owner_confirms_it(owner: Reader, draft: Sheet, jobs_queue: JobsQueue):
    for said in ("Ada Lovelace", "€15.00", "draft"):
        assert said in draft.text
    paid = confirmed(owner, draft, jobs_queue)
    assert "confirmed" in paid.text
    assert "€15.00" in owner.get(PAYOUTS).text


def test_whoever_is_left_out_is_named_with_the_reason(
    manager: Reader, world: World, table: Table, jobs_queue: JobsQueue
):
    draft = drafted(manager, world, table, jobs_queue, minimum="15,01")
    assert "Ada Lovelace less is due than the minimum €15.00" in draft.text


def test_work_shows_its_progress_and_then_what_came_of_it(
    manager: Reader, world: World, table: Table, jobs_queue: JobsQueue
):
    sell(world, table, amount=10_000)
    begun = manager.send(manager.get(NEW), "Make the draft")
    part = manager.once("GET", begun.address, None, {"hx-request": "true"})
    assert (part.status, "<progress" in part.html, "<html" in part.html) == (200, True, False)
    jobs_queue.work()
    over = manager.once("GET", begun.address, None, {"hx-request": "true"})
    assert (over.status, over.headers["HX-Refresh"]) == (204, "true")


def test_only_an_owner_confirms_and_sees_where_money_goes(people: People, manager: Reader, draft: Sheet):
    assert not any("Confirm as it stands" in form.buttons or "Download" in form.buttons for form in draft.forms)
    for role in ("manager", "viewer"):
        assert reader(people, role).once("GET", f"{draft.address}/file?rail=csv").status == 403
    viewer = reader(people, "viewer").get(draft.address)
    assert {button for form in viewer.forms for button in form.buttons} == {"Sign out"}


def test_a_draft_is_confirmed_as_it_was_looked_at_or_not_at_all(
    owner: Reader, draft: Sheet, table: Table, jobs_queue: JobsQueue
):
    seen = owner.get(draft.address)
    orders = [item["pk"].partition("#")[2] for item in everything(table) if "order" in item.get("body", {})]
    owner.send(owner.get(f"/console/conversions/{orders[0]}"), "Decline the commission")
    drain(table)
    stale = owner.send(seen, "Confirm as it stands")
    assert (stale.status, "It has changed since you looked" in stale.text) == (412, True)
    again = owner.send(stale, "Confirm as it stands")
    assert "The payout is confirmed." in again.text
    assert "The payout is confirmed." in owner.send(stale, "Confirm as it stands").text, "sent twice"


def test_the_file_to_pay_by_is_downloaded_from_the_function_that_alone_opens_accounts(people: People, draft: Sheet):
    owner, path = reader(people, "owner"), f"{draft.address}/file?rail=csv&part=1"
    for function in ("console", "payouts"):
        sheet = owner.once("GET", path, function=function)
        assert (sheet.status, "Ada Lovelace" in sheet.html, "15.00" in sheet.html) == (200, True, True)
        assert sheet.headers["Content-Disposition"].startswith("attachment")
    assert Reader().once("GET", path, function="payouts").status == 303


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "?rail=cash",
        *(f"?rail=csv&part={part}" for part in ("0", "%F0%9F%A7%BF", "9", "1001", f"00001{'9' * 4_500}")),
    ],
)
def test_a_file_that_there_is_not_is_refused_in_words(owner: Reader, draft: Sheet, asked: str):
    refused = owner.get(f"{draft.address}/file{asked}")
    assert (refused.status, refused.headings) == (422, ["This cannot be done"])


def test_lines_and_statements_come_as_csv_of_the_same_rows(manager: Reader, draft: Sheet, world: World):
    assert "draft,csv" in manager.get(f"{PAYOUTS}.csv").html
    lines = manager.get(f"{draft.address}/lines.csv")
    assert lines.html.count("\r\n") == 2
    assert "15.00,EUR" in lines.html
    statement, whole = f"{draft.address}/lines/{world.ada}/statement.csv", draft.links["CSV by order"]
    for rows in (manager.get(path).html.splitlines() for path in (statement, whole)):
        assert [row.split(",")[2] for row in rows] == ["Amount", "10.00", "5.00"]


def test_a_statement_leads_to_the_orders_that_it_pays(manager: Reader, draft: Sheet, world: World):
    statement = manager.get(f"{draft.address}/lines/{world.ada}")
    orders = {name: link for name, link in statement.links.items() if "/conversions/com_" in link}
    assert len(orders) == 2
    for order, link in orders.items():
        assert manager.get(link).headings == [f"Order {order}"]


def test_a_cancelled_draft_gives_back_what_it_held(manager: Reader, draft: Sheet, jobs_queue: JobsQueue):
    for _ in range(2):
        done = manager.send(draft, "Cancel the draft for good")
        assert "What it held is due as before." in done.text
    jobs_queue.work()
    again = manager.send(manager.get(NEW), "Make the draft")
    jobs_queue.work()
    assert "€15.00" in manager.get(again.address).text


def test_a_line_that_did_not_arrive_is_told_once_with_its_reason(
    owner: Reader, manager: Reader, draft: Sheet, world: World, table: Table, jobs_queue: JobsQueue
):
    confirmed(owner, draft, jobs_queue)
    line = manager.get(f"{draft.address}/lines/{world.ada}")
    assert "€10.00" in line.text
    empty = manager.send(line, "It did not arrive", reason="")
    assert (empty.status, "This is needed" in empty.text) == (422, True)
    for _ in range(2):
        done = manager.send(line, "It did not arrive", reason="<i>Account closed</i>")
        assert "It did not arrive: <i>Account closed</i>." in done.text
        assert "<i>" not in done.html
    jobs_queue.work()
    drain(table)
    assert "€15.00 did not arrive" in manager.get(PAYOUTS).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": "2099-01-01"}, "Choose today or a day before it"),
        ({"until": "\U0001f9ff"}, "Nothing was saved"),
        ({"minimum": "-"}, "An amount such as"),
        ({"rail": "<script>"}, "Nothing was saved"),
        ({"member_ids": "mem_" + "0" * 26}, "There is no such member"),
        ({"member_ids": "<script>"}, "Nothing was saved"),
    ],
)
def test_nonsense_in_a_draft_is_said_beside_its_field_and_drafts_nothing(
    manager: Reader, fields: dict[str, str], said: str
):
    refused = manager.send(manager.get(NEW), "Make the draft", **fields)
    assert (refused.status, said in refused.text) == (422, True), refused.text
    assert "<script>" not in refused.html
    assert "Nothing was paid out yet" in manager.get(PAYOUTS).text


def test_a_payout_of_another_program_is_nowhere(draft: Sheet, table: Table, world: World):
    stranger = reader(seated(table, another(table, "Another"), "elsewhere"), "owner")
    for path in ("", "/lines.csv", "/file?rail=csv", f"/lines/{world.ada}", f"/lines/{world.ada}/statement.csv"):
        assert stranger.get(draft.address + path).status == 404
