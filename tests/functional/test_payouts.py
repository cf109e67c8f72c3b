"""Payouts over HTTP: begun with 202, carried out by a job, read as JSON and CSV."""

import json
from typing import Any

import pytest

from laurel.domain.payouts.payouts import Line
from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.payouts import added
from laurel.store.table import Table
from tests.functional.kit.crowd import crowd
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import drain, event
from tests.functional.kit.world import World
from tests.kit import spreadsheets

pytestmark = pytest.mark.usefixtures("jobs_queue")

ALL = {"until": "2099-01-01T00:00:00Z"}


def test_a_payout_is_accepted_carried_out_and_told_with_its_rows(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    for amount in (10_000, 5_000):
        sell(world, table, amount=amount)
    begun = api.post("/v1/payouts", {**ALL, "minimum": 1_000})
    assert (begun.status, begun.body["status"], begun.body["total"]) == (202, "running", 0)
    path = f"/v1/payouts/{begun.body['payout_id']}"
    running = api.get(path).body
    assert (running["status"], running["rows"], running["next_cursor"]) == ("running", [], None)
    assert jobs_queue.work() == 1
    done = api.get(path).body
    assert (done["status"], done["total"], done["minimum"], done["currency"]) == ("done", 1_500, 1_000, "EUR")
    assert done["rows"] == [{"member_id": world.ada, "amount": 1_500, "commissions": 2}]
    assert (done["until"], done["job_id"]) == (ALL["until"], begun.body["job_id"])
    assert done["finished_at"] == done["updated_at"] >= done["created_at"]
    (first, second) = api.get(f"/v1/commissions?member_id={world.ada}&payout=paid").body["items"]
    assert {first["payout_id"], second["payout_id"]} == {begun.body["payout_id"]}
    assert api.get("/v1/reports/summary").body["totals"]["payout_due"] == 0


def test_the_history_of_a_row_tells_who_paid_it(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sold = sell(world, table)
    begun = api.post("/v1/payouts", ALL).body
    jobs_queue.work()
    refund = {"refund_id": "r1", "reason": "refund", "amount": 100}
    assert api.post(f"/v1/conversions/{sold}/refunds", refund).status == 201
    refunded, paid = api.get(f"/v1/conversions/{sold}/history").body["items"]
    assert (refunded["action"], paid["action"], paid["at"]) == ("refunded", "paid", begun["created_at"])
    assert paid["actor"] == refunded["actor"], "the same key did both"
    assert {each["field"]: each["after"] for each in paid["changes"]} == {
        "payout": "paid",
        "payout_id": begun["payout_id"],
    }


def test_a_report_sent_again_after_its_row_was_paid_is_answered_as_before(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    told = report(world, order_id="1001").body
    drain(table)
    api.post("/v1/payouts", ALL)
    jobs_queue.work()
    assert api.get(f"/v1/conversions/{told['conversion_id']}").body["payout"] == "paid"
    assert report(world, order_id="1001").body == told


def test_a_request_sent_again_begins_no_second_payout(api: Gateway, world: World, jobs_queue: JobsQueue) -> None:
    start = event("payouts", "start")
    first, again = api.send(start), api.send(start)
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body
    assert len(api.get("/v1/payouts").body["items"]) == 1
    assert jobs_queue.work() == 1
    other = {**start, "body": json.dumps({"until": "2026-12-01T00:00:00Z"})}
    assert (api.send(other).status, api.send(other).code) == (409, "idempotency_conflict")


def test_payouts_are_listed_newest_first_in_pages(api: Gateway, jobs_queue: JobsQueue) -> None:
    made = [api.post("/v1/payouts", ALL).body["payout_id"] for _ in range(3)]
    jobs_queue.work()
    first = api.get("/v1/payouts?limit=2").body
    rest = api.get(f"/v1/payouts?limit=2&cursor={first['next_cursor']}").body
    assert sorted(each["payout_id"] for each in first["items"] + rest["items"]) == sorted(made)
    assert [each["payout_id"] for each in first["items"]] == sorted(made, reverse=True)[:2]
    assert {each["status"] for each in first["items"]} == {"done"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/until"),
        ({"until": "2026-12-01"}, "/until"),
        ({**ALL, "minimum": -1}, "/minimum"),
        ({**ALL, "minimum": "10"}, "/minimum"),
        ({**ALL, "member_ids": []}, "/member_ids"),
        ({**ALL, "member_ids": ["mem_1"]}, "/member_ids/0"),
        ({**ALL, "member_ids": ["mem_" + "0" * 26] * 101}, "/member_ids"),
        ({**ALL, "currency": "EUR"}, "/currency"),
    ],
)
def test_a_payout_that_cannot_be_is_refused(api: Gateway, body: dict[str, Any], pointer: str) -> None:
    refused = api.post("/v1/payouts", body)
    assert (refused.status, refused.pointers[0]) == (422, pointer)
    assert api.get("/v1/payouts").body["items"] == []


def test_a_payout_of_another_program_or_shape_is_absent(api: Gateway) -> None:
    assert api.get("/v1/payouts/pay_" + "0" * 26).status == 404
    assert api.get("/v1/payouts/nothing").status == 404
    assert api.get("/v1/payouts/pay_" + "0" * 26 + "?format=csv").status == 404


def test_the_table_has_every_member_with_name_address_and_major_units(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    hostile = {"first_name": "=cmd|' /C calc'!A0", "last_name": "Lovelace;=1+1"}
    api.patch(f"/v1/members/{world.ada}", hostile)
    sell(world, table, amount=12_345)
    payout_id = api.post("/v1/payouts", ALL).body["payout_id"]
    jobs_queue.work()
    told = api.get(f"/v1/payouts/{payout_id}?format=csv")
    assert told.headers["Content-Disposition"] == 'attachment; filename="payout.csv"'
    (row,) = spreadsheets.read(told.body)
    assert row == {
        "member_id": world.ada,
        "email": "ada@example.com",
        "first_name": "'=cmd|' /C calc'!A0",
        "last_name": "Lovelace;'=1+1",
        "payout_amount": "12.35",
        "amount": "1235",
        "currency": "EUR",
        "commissions": "1",
        "payout_id": payout_id,
    }


def test_the_table_is_complete_however_many_members_there_are(api: Gateway, table: Table, world: World) -> None:
    members = crowd(table, world, 110)  # more than a page of lines
    payout_id = api.post("/v1/payouts", ALL).body["payout_id"]
    for number, member_id in enumerate(members):
        line = Line(member_id=member_id, amount=number + 1, commissions=1)
        table.write(added(world.program.program_id, payout_id, line)[0])
    rows = spreadsheets.read(api.get(f"/v1/payouts/{payout_id}?format=csv").body)
    assert sorted(row["member_id"] for row in rows) == sorted(members)
    assert sum(int(row["amount"]) for row in rows) == sum(range(111))
    page = api.get(f"/v1/payouts/{payout_id}?limit=100").body
    assert len(page["rows"]) == 100
    assert page["next_cursor"]


def test_a_job_that_failed_is_a_failed_payout_and_another_one_pays_the_rest(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    payout = api.post("/v1/payouts", ALL).body
    key = keys.job(world.program.program_id, payout["job_id"])
    job = table.get(key)
    assert job is not None
    table.write(Update(key, set={"body": {**job["body"], "status": "failed"}}))
    assert api.get(f"/v1/payouts/{payout['payout_id']}").body["status"] == "failed"
    again = api.post("/v1/payouts", ALL).body["payout_id"]
    assert jobs_queue.work() == 2
    assert api.get(f"/v1/payouts/{again}").body["total"] == 1_000
    assert api.get(f"/v1/payouts/{payout['payout_id']}").body["total"] == 0
