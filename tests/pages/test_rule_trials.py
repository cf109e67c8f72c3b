"""A rule tried on a member, on all, on the past; applied; what it gave."""

import pytest

from laurel.store.table import Table
from laurel.workflows.rules import rules
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader

LOOKS_AGAIN = {"hx-request": "true"}


@pytest.fixture
def rule(world: World) -> str:
    return f"/console/rules/{world.rule_id}"


def sell(table: Table, world: World, order_id: str, amount: int, day: str = "") -> None:
    """An order by Ada's code: 10 % of it is her commission."""
    order = {"order_id": order_id, "amount": amount, "type": "sale", "currency": "EUR", "promo_code": "ADA10"}
    when = {"occurred_at": f"{day}T10:00:00Z"} if day else {}
    told = {**order, **when, "storefront_id": world.storefront_id}
    assert Gateway(world.admin).post("/v1/conversions", told).status == 201
    drain(table)


def late_rule(world: World, value: int = 100) -> str:
    """The page of a rule that is made after its bound was passed."""
    condition = {"metric": "commission_value", "operator": "gt", "value": value}
    told = {"name": "Late", "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 500}]}
    return f"/console/rules/{Gateway(world.admin).post('/v1/rules', told).body['rule_id']}"


def test_a_member_is_tried_and_nothing_follows(owner: Reader, table: Table, world: World, rule: str):
    sell(table, world, "1", 100_000)
    page = owner.get(f"{rule}/try?q=lovelace")
    assert "has more than €200.00 of approved commission this week €100.00 no" in page.text
    assert "would not fire" in page.text
    page = owner.get(f"{late_rule(world)}/try?member_id={world.ada}")
    assert "Then it would pay them €5.00" in page.text.replace("\xa0", " ")
    assert "It has not fired yet" in owner.get(f"{rule}/rewards").text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("q=zz", 422, "Nobody is called so"),
        ("q=x", 422, "at least"),
        ("member_id=off_1", 422, "an id is needed that begins with mem_"),
        (f"member_id=mem_{'0' * 26}", 404, "nothing here"),
        ("q=ada&on=never", 422, "a day is written"),
        ("q=ada&on=1990-01-01", 422, "the year must lie between"),
        ("q=ada&on=2110-12-31", 422, "the year must lie between"),
    ],
)
def test_nobody_and_no_day_are_refused(owner: Reader, rule: str, query: str, status: int, said: str):
    page = owner.get(f"{rule}/try?{query}")
    assert (page.status, said.lower() in page.text.lower()) == (status, True), page.text


def test_who_holds_a_rule_is_listed_and_it_is_applied_once(
    owner: Reader, people: People, table: Table, world: World, jobs_queue: JobsQueue
):
    sell(table, world, "1", 100_000)
    late = late_rule(world)
    assert "Apply" not in reader(people, "viewer").get(f"{late}/now").text.replace("if it were applied", "")
    page = owner.get(f"{late}/now")
    assert "It would fire for 1 member" in page.text.replace("\xa0", " ")
    assert "Ada Lovelace" in page.text
    begun = owner.send(page, "Apply it now")
    assert "The rule is being applied" in begun.text
    assert "The rule is being applied" in owner.once("GET", begun.address, None, LOOKS_AGAIN).text
    again = owner.send(page, "Apply it now")
    assert (again.status, "under way" in again.text) == (409, True)
    while jobs_queue.work():
        pass
    assert "The rule is applied" in owner.get(begun.address).text
    assert "Nobody meets it now" in owner.get(f"{late}/now").text
    assert "€5.00" in owner.get(f"{late}/rewards").text


def test_a_backtest_shows_its_progress_and_then_what_it_found(
    owner: Reader, people: People, table: Table, world: World, jobs_queue: JobsQueue
):
    sell(table, world, "1", 100_000, "2026-11-12")
    late = late_rule(world)
    vera = reader(people, "viewer")
    form = vera.get(f"{late}/backtest")
    bad = vera.send(form, "Try it", **{"from": "2026-11-20", "to": "2026-11-10"})
    assert (bad.status, "first day lies after the last one" in bad.text) == (422, True)
    begun = vera.send(form, "Try it", **{"from": "2026-11-10", "to": "2026-11-20"})
    assert "The past is being played again" in begun.text
    part = vera.once("GET", begun.address, None, LOOKS_AGAIN)
    assert ("The past is being played again" in part.text, part.headings) == (True, [])
    while jobs_queue.work():
        pass
    done = vera.get(begun.address)
    assert "Would have fired 1 time really 0" in done.text.replace("\xa0", " ")
    assert "Ada Lovelace" in done.text
    assert "only in this try" in vera.get(f"{begun.address}?format=csv").html
    assert owner.get(f"{late}/applied/{begun.address.rpartition('/')[2]}").status == 404
    assert owner.get(f"/console/rules/backtests/job_{'0' * 26}").status == 404


def test_a_deleted_marker_lets_the_rule_fire_again(
    owner: Reader, people: People, table: Table, world: World, rule: str
):
    sell(table, world, "1", 300_000)
    page = owner.get(f"{rule}/rewards")
    assert "€6.00" in page.text
    assert "€6.00" not in owner.get(f"{rule}/rewards?status=declined").text
    assert "6.00" in owner.get(f"{rule}/rewards?format=csv").html
    assert "Delete" not in reader(people, "viewer").get(f"{rule}/rewards").text
    assert "The row is deleted" in owner.send(page, "Delete, and let it fire again").text
    sell(table, world, "2", 1_000)
    assert "€6.02" in owner.get(f"{rule}/rewards").text


def test_a_row_of_another_rule_is_not_deleted_here(owner: Reader, table: Table, world: World, rule: str):
    sell(table, world, "1", 300_000)
    action = owner.get(f"{rule}/rewards").form("Delete, and let it fire again").action
    other = action.replace(rule, late_rule(world, 10**9))
    token = owner.get(rule).form("Sign out").fields["_token"]
    assert owner.post(other, {"_token": token}).status == 404
    assert "€6.00" in owner.get(f"{rule}/rewards").text


def test_a_draft_is_tried_from_the_builder(owner: Reader, table: Table, world: World, jobs_queue: JobsQueue):
    sell(table, world, "1", 100_000, "2026-11-12")
    form = owner.get("/console/rules/new").form("Save the rule")
    fields = {**form.fields, "name": "Draft", "conditions.0.value:money": "1", "actions.0.percent:decimal": "2"}
    days = {"_from": "2026-11-10", "_to": "2026-11-20", "_do": "backtest"}
    begun = owner.post(form.action, {**fields, **days})
    while jobs_queue.work():
        pass
    assert "Draft on the past" in owner.get(begun.address).headings
    assert [each.name for each in rules.page(table, world.program.program_id, 9, None).items] == ["Strong week"]
