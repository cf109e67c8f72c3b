"""The close of days: what a local midnight decides happens once, however late, often or broken off its run is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.jobs import Job
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.values.ids import derived_id
from laurel.domain.values.periods import first_of_month
from laurel.queue import JobMessage
from laurel.store import items, keys, totals_keys
from laurel.store.operations import Put, Update
from laurel.store.table import Table
from laurel.workflows.kernel import closing
from laurel.workflows.kernel.closing import DueClose
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.program import jobs, programs
from laurel.workflows.rules import rules
from laurel.workflows.upkeep import job_pages
from tests.functional.kit.crowd import crowd
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import as_stream, drain, event, everything, happened, run
from tests.functional.kit.world import AT, Randomness, World, request_of

MONDAY = datetime(2026, 11, 8, 23, tzinfo=UTC)
"""Midnight in Berlin, where the program is at home; it was made on the Monday before."""
QUARTER = timedelta(minutes=15)
WEEK = timedelta(days=7)
SLOW_WEEK = {"metric": "sales_count", "operator": "lt", "value": 1, "period": {"type": "current_week"}}
GOOD_LAST_WEEK = {
    "metric": "commission_value",
    "operator": "gte",
    "value": 21_000,
    "period": {"type": "last_week"},
}
ROLLING = {"metric": "sales_count", "operator": "lte", "value": 0, "period": {"type": "last_n_days", "days": 3}}


class Sent:
    """A queue that only notes what is sent."""

    def __init__(self) -> None:
        self.messages: list[JobMessage] = []

    def send(self, message: JobMessage, after: timedelta = timedelta(0)) -> None:  # noqa: ARG002
        self.messages.append(message)


def made_rule(table: Table, world: World, condition: dict[str, Any], name: str = "Rule", **changes: Any) -> str:
    says = {"name": name, "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 500}]}
    said = RuleSettings.model_validate({**says, **changes})
    return rules.create(table, request_of(programs.get(table, world.program.program_id)), said, Randomness(name))[
        0
    ].rule_id


def close(table: Table, world: World, now: datetime, has_time: Callable[[], bool] = lambda: True) -> list[Job]:
    """All closes that are due at `now`, as tick and jobs do them."""
    done, program_id, sent = [], world.program.program_id, Sent()
    while (due := closing.due(table, program_id, now)) is not None:
        cursor = closing.first_cursor(due.day)
        job_id = jobs.start(table, sent, program_id, "close_period", due.day.isoformat(), now, cursor)
        rulebook = Rulebooks().current(table, program_id)
        done.append(job_pages.run(table, sent, rulebook, job_id, now, has_time))
    return done


def again(table: Table, world: World, day: date, now: datetime) -> Job:
    """The job of a close that broke off, as tick wakes it."""
    program_id, sent = world.program.program_id, Sent()
    job_id = jobs.start(table, sent, program_id, "close_period", day.isoformat(), now)
    return job_pages.run(table, sent, Rulebooks().current(table, program_id), job_id, now, lambda: True)


def bonuses(table: Table, rule_id: str) -> list[Any]:
    found = [items.parse(Commission, item) for item in everything(table) if item.get("kind") == "commission"]
    made = [row.model_dump(mode="json") for row in found if row.rule_id == rule_id]
    return sorted(made, key=lambda row: row["occurred_at"])


def closed_until(table: Table, world: World) -> date | None:
    return programs.get(table, world.program.program_id).closed_until


def told(table: Table) -> dict[tuple[str, str], Any]:
    return {(item["pk"], item["sk"]): item for item in everything(table) if item["kind"] != "job"}


def test_who_sold_nothing_all_week_fires_a_rule_of_less_when_the_week_closes(table: Table, world: World) -> None:
    rule_id = made_rule(table, world, SLOW_WEEK)
    assert [job.status for job in close(table, world, MONDAY + QUARTER)] == ["done"] * 7  # one a day since it was made
    (bonus,) = bonuses(table, rule_id)
    assert (bonus["member_id"], bonus["amount"], bonus["period"]) == (world.ada, 500, "current_week:2026-11-02")
    assert (bonus["occurred_at"], bonus["day"]) == ("2026-11-08T23:00:00Z", "2026-11-09")
    assert closed_until(table, world) == date(2026, 11, 9)


def test_a_quarter_of_an_hour_is_left_for_what_was_ordered_before_midnight(table: Table, world: World) -> None:
    close(table, world, MONDAY)
    assert closed_until(table, world) == date(2026, 11, 8)
    program_id = world.program.program_id
    assert closing.due(table, program_id, MONDAY + QUARTER - timedelta(milliseconds=1)) is None
    assert closing.due(table, program_id, MONDAY + QUARTER) == DueClose(date(2026, 11, 9), with_pending=False)


def test_a_program_made_today_has_nothing_to_close_today(table: Table, world: World) -> None:
    assert closing.due(table, world.program.program_id, AT) is None
    assert close(table, world, AT + timedelta(hours=13)) == []


def test_a_close_repeated_changes_nothing_more(table: Table, world: World) -> None:
    made_rule(table, world, SLOW_WEEK)
    close(table, world, MONDAY + QUARTER)
    before = told(table)
    rulebook = Rulebooks().current(table, world.program.program_id)
    for day in (date(2026, 11, 9), date(2026, 11, 3)):
        closing.page(table, rulebook, closing.first_cursor(day), MONDAY + WEEK)
    assert told(table) == before


def test_days_missed_are_closed_in_order_each_as_of_its_own_midnight(table: Table, world: World) -> None:
    rule_id = made_rule(table, world, SLOW_WEEK)
    close(table, world, MONDAY + 2 * WEEK + QUARTER)
    periods = [(bonus["period"], bonus["occurred_at"]) for bonus in bonuses(table, rule_id)]
    assert periods == [
        ("current_week:2026-11-02", "2026-11-08T23:00:00Z"),
        ("current_week:2026-11-09", "2026-11-15T23:00:00Z"),
        ("current_week:2026-11-16", "2026-11-22T23:00:00Z"),
    ]


def test_a_rolling_window_fires_again_when_it_shares_no_day_with_the_one_before(table: Table, world: World) -> None:
    rule_id = made_rule(table, world, ROLLING)
    close(table, world, MONDAY + QUARTER)
    periods = [bonus["period"] for bonus in bonuses(table, rule_id)]
    assert periods == ["last_n_days:2026-10-31", "last_n_days:2026-11-03", "last_n_days:2026-11-06"]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few members fill a page."""
    monkeypatch.setattr(closing, "MOST_MEMBERS", 4)


@pytest.mark.usefixtures("small_pages")
def test_a_close_killed_between_pages_goes_on_and_fires_once_for_each(table: Table, world: World) -> None:
    rule_id = made_rule(table, world, SLOW_WEEK)
    close(table, world, MONDAY)
    members = crowd(table, world, closing.MOST_MEMBERS + 2)
    program_id, sent, now = world.program.program_id, Sent(), MONDAY + QUARTER
    rulebook = Rulebooks().current(table, program_id)
    day = date(2026, 11, 9)
    job_id = jobs.start(table, sent, program_id, "close_period", "2026-11-09", now, closing.first_cursor(day))
    one_page = iter([True, False])
    closing.page(table, rulebook, closing.first_cursor(day), now)  # a run that died before it said how far it was
    halfway = job_pages.run(table, sent, rulebook, job_id, now, lambda: next(one_page))
    assert (halfway.status, halfway.done, len(sent.messages)) == ("running", closing.MOST_MEMBERS, 2)
    assert closed_until(table, world) == date(2026, 11, 8)
    whole = job_pages.run(table, sent, rulebook, job_id, now, lambda: True)
    assert (whole.status, whole.done) == ("done", len(members) + 2)
    assert sorted(bonus["member_id"] for bonus in bonuses(table, rule_id)) == sorted([*members, world.ada])
    assert closed_until(table, world) == day


@pytest.mark.usefixtures("small_pages")
def test_a_member_whose_account_cannot_be_read_keeps_nobody_waiting(table: Table, world: World) -> None:
    rule_id, members = made_rule(table, world, SLOW_WEEK), crowd(table, world, 9)
    month = totals_keys.month_totals(first_of_month(MONDAY.date()), world.codes_offer)
    broken = keys.Key(keys.account(world.program.program_id, members[7]), month)
    table.write(Put({**broken._asdict(), "kind": "totals", "body": {"no bucket": [1]}}))
    now = MONDAY + QUARTER
    with pytest.raises(ValueError, match="unpack"):
        close(table, world, now)
    fired = {bonus["member_id"] for bonus in bonuses(table, rule_id)}
    assert fired == {world.ada, *members} - {members[7]}
    assert closed_until(table, world) == date(2026, 11, 8), "the day is not over for that member"
    table.write(Put({**broken._asdict(), "kind": "totals", "body": {}}))
    due = closing.due(table, world.program.program_id, now)
    assert due is not None
    again(table, world, due.day, now)
    assert len(bonuses(table, rule_id)) == 10
    assert closed_until(table, world) == date(2026, 11, 9)


def test_a_day_is_not_closed_while_orders_of_before_wait_but_not_for_ever(table: Table, world: World) -> None:
    waiting = event("rule_evaluation", "crosses_threshold")
    happened(table, waiting)
    program_id = world.program.program_id
    table.write(Update(keys.program(program_id), set={"closed_until": "2026-11-22"}))
    midnight = datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert closing.due(table, program_id, midnight + QUARTER) is None
    assert closing.due(table, program_id, midnight + timedelta(hours=6)) == DueClose(date(2026, 11, 23), True)
    run("rule_evaluation", waiting)
    assert closing.due(table, program_id, midnight + QUARTER) == DueClose(date(2026, 11, 23), False)


def test_a_day_is_not_closed_while_clicks_of_before_wait_but_not_for_ever(
    api: Gateway, table: Table, world: World
) -> None:
    told = api.post("/v1/clicks", {"slug": world.slug, "visitor_id": "late"}, key=world.reporter)
    assert told.status == 201, told.body
    (clicked,) = [item["body"] for item in everything(table) if item["kind"] == "click"]
    program_id, tomorrow = world.program.program_id, date.fromisoformat(clicked["day"]) + timedelta(days=1)
    table.write(Update(keys.program(program_id), set={"closed_until": clicked["day"]}))
    midnight = world.program.calendar.start_of(tomorrow)
    assert closing.due(table, program_id, midnight + QUARTER) is None
    assert closing.due(table, program_id, midnight + timedelta(hours=6)) == DueClose(tomorrow, True)
    drain(table)
    assert closing.due(table, program_id, midnight + QUARTER) == DueClose(tomorrow, False)


def test_a_rule_of_last_week_fires_when_the_week_is_over_without_another_order(table: Table, world: World) -> None:
    rule_id = made_rule(
        table, world, GOOD_LAST_WEEK, actions=[{"type": "add_bonus_commission", "percent": "10"}], name="Good week"
    )
    for image in happened(table, event("rule_evaluation", "crosses_threshold")):
        run("rule_evaluation", as_stream(image))
    assert bonuses(table, rule_id) == []
    close(table, world, MONDAY + 2 * WEEK + QUARTER)
    (bonus,) = bonuses(table, rule_id)
    assert (bonus["period"], bonus["evidence"]["base"], bonus["amount"]) == ("last_week:2026-11-16", 21_000, 2_100)


def test_tick_starts_a_close_and_jobs_carries_it_out(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    program_id = world.program.program_id
    run("tick", event("tick", "minute"))
    assert run("jobs", event("jobs", "close_period")) == {"batchItemFailures": []}
    job = jobs.find(table, program_id, derived_id("job", program_id, "close_period", "2026-11-03"))
    assert job is not None
    assert (job.status, closed_until(table, world)) == ("done", date(2026, 11, 3))
    run("tick", event("tick", "minute"))
    assert jobs.find(table, program_id, derived_id("job", program_id, "close_period", "2026-11-04")) is not None
    assert "closed_until" not in api.get("/v1/program").body
    assert "ClosedWithPending" not in capsys.readouterr().out


def test_a_close_with_orders_uncounted_is_told(
    table: Table, world: World, jobs_queue: JobsQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    (first, _) = happened(table, event("rule_evaluation", "crosses_threshold"))
    nobody = {**first, "body": {**first["body"], "member_id": "mem_" + "0" * 26}}  # tick cannot count it
    table.write(Put(nobody))
    table.write(Update(keys.program(world.program.program_id), set={"closed_until": "2026-11-18"}))
    with pytest.raises(ExceptionGroup):
        run("tick", event("tick", "minute"))
    assert '"ClosedWithPending":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_suspended_member_and_one_who_joined_afterwards_are_not_asked(
    api: Gateway, table: Table, world: World
) -> None:
    rule_id = made_rule(table, world, SLOW_WEEK)
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    api.put(f"/v1/offers/{world.codes_offer}/members/{world.ben}", {"promo_code": "BEN10"})  # as of now
    close(table, world, MONDAY + QUARTER)
    assert bonuses(table, rule_id) == []
