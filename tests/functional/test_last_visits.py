"""A click is counted once a day, and counts for orders from its visitor's last visit of that day."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.domain.tracking.clicks import ClickReport, Visit
from laurel.domain.values.model import instant_text
from laurel.store import keys
from laurel.store.operations import Write
from laurel.store.table import Table
from laurel.workflows.tracking import clicks
from laurel.workflows.tracking.clicks import LinkLookups
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import Randomness, World, request_of
from tests.kit.interference import Interfering

HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)


@pytest.fixture
def midnight(world: World) -> datetime:
    """The end of a local day that lies a few days back."""
    calendar = world.program.calendar
    return calendar.start_of(calendar.day_of(clock.now()) - timedelta(days=3))


@pytest.fixture
def slug(api: Gateway, world: World) -> str:
    """Ada's link in an offer whose clicks count for a day, and pay."""
    terms = {"type": "per_click", "amount": 10}
    options = [{"name": "Basic", "default": True, "terms": terms}]
    body = {"name": "A day", "kind": "link", "landing_url": "https://shop.example.com/", "window_days": 1}
    offer_id = api.post("/v1/offers", {**body, "payout_options": options}).body["offer_id"]
    return api.put(f"/v1/offers/{offer_id}/enrollments/{world.ada}", {}).body["link"]["slug"]


def visit(api: Gateway, slug: str, at: datetime, **headers: str) -> Answer:
    return api.post("/v1/clicks", {"slug": slug, "visitor_id": "v", "occurred_at": instant_text(at)}, **headers)


def winner(api: Gateway, world: World, click_id: str, at: datetime) -> str | None:
    order = {"order_id": instant_text(at), "amount": 100, "currency": "EUR", "occurred_at": instant_text(at)}
    return api.post("/v1/conversions", {**order, "click_id": click_id}, key=world.reporter).body["member_id"]


@pytest.mark.parametrize("in_order", [True, False])
def test_a_visit_late_in_the_day_wins_an_order_of_the_next_day(
    api: Gateway, world: World, slug: str, midnight: datetime, in_order: bool
) -> None:
    visits = [midnight - timedelta(days=1) + HALF, midnight - HALF]
    told = [visit(api, slug, at) for at in (visits if in_order else reversed(visits))]
    assert [(each.status, each.body["unique"]) for each in told] == [(201, True), (200, False)]
    click_id = told[0].body["click_id"]
    assert told[1].body["click_id"] == click_id
    assert winner(api, world, click_id, midnight + HOUR) == world.ada
    assert winner(api, world, click_id, midnight + timedelta(hours=23, minutes=31)) is None


def test_an_order_between_two_visits_came_of_the_first(
    api: Gateway, world: World, slug: str, midnight: datetime
) -> None:
    click_id = visit(api, slug, midnight - 12 * HOUR).body["click_id"]
    visit(api, slug, midnight - HOUR)
    assert winner(api, world, click_id, midnight - 6 * HOUR) == world.ada
    assert winner(api, world, click_id, midnight - 13 * HOUR) is None


def test_a_further_visit_pays_nothing_more_whether_the_first_is_counted_or_not(
    api: Gateway, world: World, slug: str, midnight: datetime, items: Table
) -> None:
    for hours in (9, 8):
        visit(api, slug, midnight - hours * HOUR)
    drain(items)
    for hours in (7, 6, 8):
        assert visit(api, slug, midnight - hours * HOUR).status == 200
    drain(items)
    (row,) = api.get(f"/v1/commissions?member_id={world.ada}&type=click").body["items"]
    assert (row["clicks"], row["amount"]) == (1, 10)


def test_a_report_that_is_sent_again_is_told_again_and_changes_nothing(
    api: Gateway, slug: str, midnight: datetime, items: Table
) -> None:
    visit(api, slug, midnight - 2 * HOUR)
    later = visit(api, slug, midnight - HOUR, idempotency_key="one")
    before = everything(items)
    again = visit(api, slug, midnight - HOUR, idempotency_key="one")
    without_key = visit(api, slug, midnight - HOUR)
    assert (again.status, again.body, without_key.status, without_key.body) == (200, later.body, 200, later.body)
    assert everything(items) == before


class Counting(Table):
    """A table that counts what is written to it."""

    writes = 0

    def write(self, op: Write) -> None:
        self.writes += 1
        super().write(op)

    def transact(self, ops: Any, *, token: str | None = None) -> None:
        self.writes += len(ops)
        super().transact(ops, token=token)


def follow(table: Table, slug: str, at: datetime) -> str:
    human = Visit("192.0.2.9", "A browser", "", is_human=True)
    followed = clicks.follow(table, LinkLookups(), slug, human, at, Randomness("a"))
    assert followed.lost is None
    return followed.location


def test_who_follows_a_link_again_costs_one_write_and_counts_from_then(
    api: Gateway, world: World, slug: str, midnight: datetime, items: Table
) -> None:
    follow(items, slug, midnight - 23 * HOUR)
    counting = Counting(items._name, items._client)
    location = follow(counting, slug, midnight - HALF)
    assert counting.writes == 1
    assert winner(api, world, location.partition("laurel_click=")[2], midnight + HOUR) == world.ada


@pytest.mark.parametrize("slower", [-1, 1])
@pytest.mark.parametrize("is_known", [True, False])
def test_of_two_visits_at_once_the_later_one_counts(
    world: World, slug: str, midnight: datetime, items: Table, slower: int, is_known: bool
) -> None:
    noon, program = midnight - 12 * HOUR, world.program

    def report(table: Any, at: datetime) -> str:
        told = ClickReport(slug=slug, visitor_id="v", occurred_at=at)
        found = items.batch_get([keys.link(slug)])
        return clicks.report(table, request_of(program, at=clock.now()), told, found)[0].click_id or ""

    if is_known:
        report(items, noon - HOUR)
    click_id = report(Interfering(items, lambda: report(items, noon)), noon + slower * HALF)
    stored = items.get(keys.click(program.program_id, click_id)) or {}
    assert stored["visited_at"] == instant_text(max(noon, noon + slower * HALF))


def test_a_visit_while_the_link_is_off_moves_nothing(
    api: Gateway, world: World, slug: str, midnight: datetime, items: Table
) -> None:
    click_id = visit(api, slug, midnight - 2 * HOUR).body["click_id"]
    offer_id = api.get(f"/v1/members/{world.ada}/enrollments").body["items"][0]["offer_id"]
    assert api.patch(f"/v1/offers/{offer_id}", {"status": "paused"}).status == 200
    assert visit(api, slug, midnight - HOUR).body["click_id"] is None
    stored = items.get(keys.click(world.program.program_id, click_id)) or {}
    assert stored["visited_at"] == instant_text(midnight - 2 * HOUR)
