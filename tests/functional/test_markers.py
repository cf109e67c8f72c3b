"""Deleting a marker: only rows of rules, only on purpose, and then the rule fires again."""

from typing import Any

import pytest

from laurel import clock
from laurel.store import keys
from laurel.store.table import Table
from laurel.workflows.earnings import markers
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.payouts import drafting, lines
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import up_to_today
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain, event, happened, run
from tests.functional.kit.world import AT, World
from tests.kit.interference import Overtaken


@pytest.fixture
def marker(api: Gateway, world: World, table: Table) -> dict[str, Any]:
    """The bonus of the rule, just made."""
    crossing = event("rule_evaluation", "crosses_threshold")
    happened(table, crossing)
    run("rule_evaluation", crossing)
    return rows_of_rule(api, world)[0]


def rows_of_rule(api: Gateway, world: World) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"])


def path_of(row: dict[str, Any]) -> str:
    return f"/v1/commissions/{row['commission_id']}"


def test_without_confirmation_nothing_is_deleted(api: Gateway, world: World, marker: dict[str, Any]) -> None:
    answer = api.delete(path_of(marker))
    assert (answer.status, answer.code) == (409, "confirmation_required")
    assert rows_of_rule(api, world) == [marker]


def test_a_deleted_marker_lets_the_rule_pay_and_mail_again(
    api: Gateway, world: World, table: Table, marker: dict[str, Any]
) -> None:
    assert api.delete(path_of(marker) + "?confirm=true").status == 204
    assert rows_of_rule(api, world) == []
    sell(world, table, amount=1_000, occurred_at="2026-11-18T12:00:00Z")
    (again,) = rows_of_rule(api, world)
    assert (again["commission_id"], again["amount"]) == (marker["commission_id"], 422)  # 2 % of 211.00
    assert len(api.get(f"/v1/mails?rule_id={world.rule_id}").body["items"]) == 2


def test_a_marker_that_stays_keeps_the_rule_from_paying_again(
    api: Gateway, world: World, table: Table, marker: dict[str, Any]
) -> None:
    sell(world, table, amount=1_000, occurred_at="2026-11-18T12:00:00Z")
    assert rows_of_rule(api, world) == [marker]


def test_what_the_marker_contributed_leaves_the_totals(
    api: Gateway, world: World, table: Table, marker: dict[str, Any]
) -> None:
    head = keys.head(world.program.program_id, world.ada)
    assert (table.get(head) or {})["balances"] == {"approved": 21_420}
    api.delete(path_of(marker) + "?confirm=true")
    assert (table.get(head) or {})["balances"] == {"approved": 21_000}
    left = [item for item in table.query(head.pk) if item["kind"] == "totals" and "extra_bonus" in str(item["body"])]
    assert left == []


def test_a_marker_that_was_deleted_and_made_anew_meanwhile_leaves_the_totals_as_it_is_now(
    api: Gateway, world: World, table: Table, marker: dict[str, Any]
) -> None:
    """It has the same id and amount again, but another day."""
    fixed = {"actions": [{"type": "add_bonus_commission", "amount": marker["amount"]}]}
    assert api.patch(f"/v1/rules/{world.rule_id}", fixed).status == 200

    def meanwhile() -> None:
        assert api.delete(path_of(marker) + "?confirm=true").status == 204
        sell(world, table, amount=1_000, occurred_at="2026-11-20T12:00:00Z")
        (anew,) = rows_of_rule(api, world)
        assert (anew["amount"], anew["occurred_at"]) == (marker["amount"], "2026-11-20T12:00:00Z")

    key = keys.commission(world.program.program_id, marker["commission_id"])
    raced: Any = Overtaken(table, key, meanwhile)
    markers.delete(raced, world.program, marker["commission_id"], "key:late", AT)
    assert rows_of_rule(api, world) == []
    days = api.get(f"/v1/reports/summary?group_by=day&member_id={world.ada}").body["rows"]
    assert {day["key"]: day["commission"] for day in days} == {"2026-11-18": 21_000, "2026-11-20": 100}


def test_what_is_made_anew_is_no_version_of_what_was_deleted(
    api: Gateway, world: World, table: Table, marker: dict[str, Any]
) -> None:
    seen = [marker["version"]]
    for amount in (1_000, 2_000):
        assert api.post(f"{path_of(marker)}/decline", {"reason": "seen"}).status == 200
        drain(table)
        seen.append(rows_of_rule(api, world)[0]["version"])
        assert api.delete(path_of(marker) + "?confirm=true").status == 204
        sell(world, table, amount=amount, occurred_at="2026-11-18T12:00:00Z")
        seen.append(rows_of_rule(api, world)[0]["version"])
    assert seen == sorted(set(seen))
    late = api.post(f"{path_of(marker)}/decline", {}, If_Match=f'"{marker["version"]}"')
    assert (late.status, late.code) == (412, "version_mismatch")


def test_a_draft_that_read_what_was_deleted_takes_what_was_made_anew(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, marker: dict[str, Any]
) -> None:
    begun = api.post("/v1/payouts", up_to_today()).body

    def meanwhile() -> None:
        assert api.delete(path_of(marker) + "?confirm=true").status == 204
        sell(world, table, amount=100_000, occurred_at="2026-11-18T12:00:00Z")

    key = keys.commission(world.program.program_id, marker["commission_id"])
    raced: Any = Overtaken(table, key, meanwhile)
    rulebook = Rulebooks().current(table, world.program.program_id)
    drafting.page(raced, rulebook, lines.first_cursor(begun["payout_id"]), clock.now(), lambda _: None)
    jobs_queue.work()
    (row,) = rows_of_rule(api, world)
    assert (row["amount"], row["payout"]) == (620, "in_payout")  # 2 % of 310.00, not the 4.20 of before
    (line,) = api.get(f"/v1/payouts/{begun['payout_id']}").body["lines"]
    due = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["payout_due"]
    assert (line["amount"], due) == (31_620 - 10_000, 31_620)


def test_deleting_is_in_the_history_of_the_rule(api: Gateway, world: World, marker: dict[str, Any]) -> None:
    api.delete(path_of(marker) + "?confirm=true")
    line, created = api.get(f"/v1/rules/{world.rule_id}/history").body["items"]
    assert (line["action"], line["member_id"]) == ("marker_deleted", world.ada)
    assert line["actor"].startswith("key:key_")
    assert created["action"] == "created"


def test_a_conversion_cannot_be_deleted(api: Gateway, world: World, table: Table, marker: dict[str, Any]) -> None:
    sale = next(row for row in api.get(f"/v1/commissions?member_id={world.ada}").body["items"] if row["type"] == "sale")
    answer = api.delete(path_of(sale) + "?confirm=true")
    assert (answer.status, answer.code) == (409, "not_deletable")


def test_deleting_needs_an_admin_and_the_program_itself(api: Gateway, world: World, marker: dict[str, Any]) -> None:
    assert api.delete(path_of(marker) + "?confirm=true", key=world.reader).status == 403
    unknown = api.delete("/v1/commissions/com_" + "0" * 26 + "?confirm=true")
    assert (unknown.status, unknown.code) == (404, "commission_not_found")
    assert rows_of_rule(api, world) == [marker]
