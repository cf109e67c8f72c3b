"""Applying a rule: members who had passed its bound before it was made are paid at once, and once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel import clock, queue
from laurel.domain.ledger.commissions import Commission
from laurel.domain.rules.schedule import Applied
from laurel.domain.values.errors import Conflict
from laurel.store import accounts, items
from laurel.store.table import Table
from laurel.workflows.kernel import transitions
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.program import jobs
from laurel.workflows.rules import applying, holding, rules
from laurel.workflows.upkeep import job_pages
from tests.functional.kit.crowd import crowd
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.kit.interference import Interfering

OVER_100 = {"metric": "commission_value", "operator": "gt", "value": 10_000, "period": {"type": "current_week"}}
TWO_PERCENT = {"type": "add_bonus_commission", "percent": "2"}


class Silent:
    """A queue whose messages are lost."""

    def send(self, *_: Any) -> None: ...


def settings(**changes: Any) -> dict[str, Any]:
    return {"name": "Strong week", "conditions": [OVER_100], "actions": [TWO_PERCENT], **changes}


def sell(api: Gateway, world: World, order_id: str, member_id: str, amount: int) -> None:
    order = {"order_id": order_id, "amount": amount, "currency": "EUR", "type": "sale", "member_id": member_id}
    told = {**order, "storefront_id": world.storefront_id, "offer_id": world.codes_offer}
    assert api.post("/v1/conversions", told).status == 201


def made(table: Table, rule_id: str) -> dict[str, int]:
    """What the rule has paid, by member."""
    rows = (items.parse(Commission, item) for item in everything(table) if item["kind"] == "commission")
    return {row.member_id or "": row.amount for row in rows if row.rule_id == rule_id}


def apply(api: Gateway, jobs_queue: JobsQueue, rule_id: str) -> str:
    begun = api.post(f"/v1/rules/{rule_id}/apply", {})
    assert begun.status == 202, begun.body
    while jobs_queue.work():
        pass
    assert api.get(f"/v1/jobs/{begun.body['job_id']}").body["status"] == "done"
    job_id: str = begun.body["job_id"]
    return job_id


@pytest.fixture(autouse=True)
def enough_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is."""
    monkeypatch.setattr("rules.handler.COUNTS_FOR_SECONDS", 600)


@pytest.fixture
def sold(api: Gateway, world: World, table: Table, outside: None) -> list[str]:
    """Two members over the bound of a week, and a third below it."""
    cid, dan = crowd(table, world, 2)
    for number, (member_id, amount) in enumerate(((world.ada, 180_000), (cid, 210_000), (dan, 50_000))):
        sell(api, world, f"o{number}", member_id, amount)
    drain(table)
    return [world.ada, cid, dan]


def test_two_members_over_a_new_weekly_bound_are_paid_by_applying_it_once(
    api: Gateway, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    saved = api.post("/v1/rules", settings()).body
    assert (saved["holds_now"], made(table, saved["rule_id"])) == (2, {})
    apply(api, jobs_queue, saved["rule_id"])
    assert made(table, saved["rule_id"]) == {sold[0]: 360, sold[1]: 420}
    apply(api, jobs_queue, saved["rule_id"])
    assert made(table, saved["rule_id"]) == {sold[0]: 360, sold[1]: 420}
    assert api.patch(f"/v1/rules/{saved['rule_id']}", {"name": "Renamed"}).body["holds_now"] == 0


def test_what_is_applied_says_why_and_mails_as_a_commission_would(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    mail = {"type": "send_mail", "to": "member", "template_id": world.template_id}
    rule_id = api.post("/v1/rules", settings(actions=[TWO_PERCENT, mail])).body["rule_id"]
    apply(api, jobs_queue, rule_id)
    row = api.get(f"/v1/commissions?rule_id={rule_id}&member_id={sold[0]}").body["items"][0]
    evidence = {name: value for name, value in row["evidence"].items() if value is not None}
    assert evidence == {"base": 18_000, "value": "18000", "rule_version": 1}
    assert (row["type"], row["status"], row["period"][:13]) == ("extra_bonus", "approved", "current_week:")
    assert len(api.get(f"/v1/mails?rule_id={rule_id}").body["items"]) == 2


def test_members_without_any_activity_are_asked_too(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    (idle,) = set(crowd(table, world, 3)) - set(sold)
    nothing = {"metric": "sales_count", "operator": "gte", "value": 0, "period": {"type": "current_month"}}
    bonus = {"type": "add_bonus_commission", "amount": 500}
    saved = api.post("/v1/rules", settings(conditions=[nothing], actions=[bonus])).body
    assert saved["holds_now"] == 4
    apply(api, jobs_queue, saved["rule_id"])
    assert made(table, saved["rule_id"]) == dict.fromkeys((*sold, idle), 500)


def test_who_is_suspended_or_in_none_of_its_offers_is_not_asked(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    api.patch(f"/v1/members/{sold[1]}", {"status": "suspended"})
    saved = api.post("/v1/rules", settings(offers=[world.links_offer])).body
    assert saved["holds_now"] == 0
    patched = api.patch(f"/v1/rules/{saved['rule_id']}", {"offers": "all"}).body
    assert patched["holds_now"] == 1
    apply(api, jobs_queue, saved["rule_id"])
    assert made(table, saved["rule_id"]) == {sold[0]: 360}


def test_a_retroactive_move_that_is_applied_reprices_what_was_earned(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    api.patch("/v1/program", {"features": {"commission_groups": True}})
    moves = {"offer_id": world.codes_offer, "payout_option_id": world.options[1]}
    move = {"type": "put_into_commission_group_retroactively", **moves}
    rule_id = api.post("/v1/rules", settings(actions=[move])).body["rule_id"]
    apply(api, jobs_queue, rule_id)
    for _ in range(3):
        settle(table, world)
    earned = {
        row["member_id"]: row["commission"]
        for row in api.get(f"/v1/conversions?offer_id={world.codes_offer}").body["items"]
    }
    assert earned == {sold[0]: 27_000, sold[1]: 31_500, sold[2]: 5_000}


def settle(table: Table, world: World) -> None:
    """The walks over what is to be repriced, as tick wakes them."""
    program_id = world.program.program_id
    for item in everything(table):
        if item["kind"] == "job" and item["body"]["kind"] == "recalculate":
            rulebook = Rulebooks().current(table, program_id)
            job_pages.run(table, queue.queue(), rulebook, item["sk"], clock.now(), lambda: True)


def test_one_that_is_under_way_is_not_begun_again(api: Gateway, world: World, sold: list[str]):
    first = api.post(f"/v1/rules/{world.rule_id}/apply", {})
    again = api.post(f"/v1/rules/{world.rule_id}/apply", {})
    assert (first.status, again.status, again.code) == (202, 409, "job_running")


def test_of_two_who_apply_a_rule_at_once_one_does(api: Gateway, world: World, table: Table, sold: list[str]):
    def begin(at: Any) -> str:
        silent: Any = Silent()
        return applying.start(at, silent, world.program, world.rule_id, clock.now()).job_id

    crossed: Any = Interfering(table, lambda: begin(table))
    with pytest.raises(Conflict) as refused:
        begin(crossed)
    assert refused.value.code == "job_running"


WHY_NOT = [
    ({"enabled": False}, "rule_disabled"),
    ({"conditions": [{**OVER_100, "operator": "lt"}]}, "not_applicable"),
]


@pytest.mark.parametrize(("changes", "code"), WHY_NOT)
def test_what_cannot_be_applied_is_refused(
    api: Gateway, world: World, sold: list[str], changes: dict[str, Any], code: str
):
    rule_id = api.post("/v1/rules", settings(**changes)).body["rule_id"]
    refused = api.post(f"/v1/rules/{rule_id}/apply", {})
    assert (refused.status, refused.code) == (409, code)
    assert api.post(f"/v1/rules/rul_{'0' * 26}/apply", {}).code == "rule_not_found"
    assert api.post(f"/v1/rules/{rule_id}/apply", {}, key=world.reader).status == 403


def test_a_rule_that_is_deleted_or_switched_off_meanwhile_fires_for_nobody_more(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    gone, off = (api.post("/v1/rules", settings()).body["rule_id"] for _ in range(2))
    for rule_id in (gone, off):
        assert api.post(f"/v1/rules/{rule_id}/apply", {}).status == 202
    api.delete(f"/v1/rules/{gone}")
    api.patch(f"/v1/rules/{off}", {"enabled": False})
    while jobs_queue.work():
        pass
    assert (made(table, gone), made(table, off)) == ({}, {})
    listed = [item["body"]["status"] for item in everything(table) if item["kind"] == "job"]
    assert set(listed) == {"done"}


def test_a_page_that_is_repeated_or_raced_by_a_sale_pays_once(
    api: Gateway, world: World, table: Table, sold: list[str]
):
    rule_id = api.post("/v1/rules", settings()).body["rule_id"]
    rulebook = Rulebooks().current(table, world.program.program_id)
    now = clock.now()
    sell(api, world, "late", sold[0], 10_000)
    crossed: Any = Interfering(table, lambda: drain(table))
    occasion = Applied(rulebook.program.calendar.day_of(now), now)
    transitions.apply(crossed, rulebook.alone(rule_id), sold[0], occasion, now, lambda _: None)
    for _ in range(2):
        applying.page(table, rulebook, {"rule_id": rule_id, "at": now.isoformat()}, now)
    assert made(table, rule_id) == {sold[0]: 380, sold[1]: 420}


def test_a_period_that_had_ended_when_the_rule_was_made_is_not_paid(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    last = {**OVER_100, "operator": "gte", "value": 0, "period": {"type": "last_week"}}
    saved = api.post("/v1/rules", settings(conditions=[last])).body
    assert saved["holds_now"] == 0
    apply(api, jobs_queue, saved["rule_id"])
    assert made(table, saved["rule_id"]) == {}


def test_saving_a_rule_never_fails_for_what_is_counted(
    api: Gateway, world: World, table: Table, sold: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(holding, "MOST_MEMBERS", 2)
    assert api.post("/v1/rules", settings()).body["holds_now"] is None
    monkeypatch.undo()
    program, now = world.program, datetime(2026, 11, 30, tzinfo=UTC)
    rule = rules.get(table, program.program_id, world.rule_id)
    assert holding.count(table, program, rule, now, lambda: False) is None

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("an item that does not parse")

    with monkeypatch.context() as patch:
        patch.setattr(accounts, "read", broken)
        assert holding.count(table, program, rule, now, lambda: True) is None


def test_the_answer_that_was_kept_tells_the_number_of_then(
    api: Gateway, world: World, table: Table, sold: list[str], jobs_queue: JobsQueue
):
    header = {"idempotency-key": "once"}
    first = api.post("/v1/rules", settings(), **header).body
    apply(api, jobs_queue, first["rule_id"])
    assert api.post("/v1/rules", settings(), **header).body == first


def test_a_job_begun_anew_is_not_ended_by_the_run_before(table: Table, world: World, sold: list[str]):
    silent: Any = Silent()
    program_id, later = world.program.program_id, clock.now() + timedelta(hours=1)
    job = applying.start(table, silent, world.program, world.rule_id, clock.now())
    done = job_pages.run(table, silent, Rulebooks().current(table, program_id), job.job_id, clock.now(), lambda: True)
    again = applying.start(table, silent, world.program, world.rule_id, later)
    stored = jobs.get(table, program_id, job.job_id)
    assert (again.job_id, stored.status, stored.done) == (job.job_id, "running", 0)
    assert stored.version > done.version
