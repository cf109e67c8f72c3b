"""Payouts over HTTP: drafted by a job, looked at, confirmed or cancelled, and lines that did not arrive."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.payouts.lines import Line
from laurel.queue import queue
from laurel.store import keys, payouts
from laurel.store.keys import Key
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.payouts import payouts as deciding
from tests.functional.kit.crowd import crowd
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed, drafted, up_to_today
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import drain, event
from tests.functional.kit.world import World
from tests.kit import spreadsheets

pytestmark = pytest.mark.usefixtures("jobs_queue")

NOBODY = "mem_" + "0" * 26
NONE = "/v1/payouts/pay_" + "0" * 26


def due(api: Gateway) -> int:
    return int(api.get("/v1/reports/summary").body["totals"]["payout_due"])


def test_a_draft_is_looked_at_and_pays_nothing_until_it_is_confirmed(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    for amount in (10_000, 5_000):
        sell(world, table, amount=amount)
    asked = up_to_today(minimum=1_000)
    begun = api.post("/v1/payouts", asked)
    assert (begun.status, begun.body["status"], begun.body["total"]) == (202, "drafting", 0)
    path = f"/v1/payouts/{begun.body['payout_id']}"
    assert jobs_queue.work() == 1
    draft = api.get(path).body
    assert (draft["status"], draft["total"], draft["failed_total"], draft["currency"]) == ("draft", 1_500, 0, "EUR")
    assert (draft["until"], draft["minimum"], draft["rail"]) == (asked["until"], 1_000, "csv")
    line = {"member_id": world.ada, "name": "Ada Lovelace", "email": "ada@example.com"}
    assert draft["lines"] == [{**line, "amount": 1_500, "rows": 2, "status": "open", "reason": None}]
    assert (draft["left_out"], draft["next_cursor"]) == ([], None)
    listed = f"/v1/commissions?member_id={world.ada}&payout="
    assert len(api.get(listed + "in_payout").body["items"]) == 2
    assert due(api) == 1_500
    told = api.post(f"{path}/confirm")
    assert (told.status, told.body["status"], told.body["total"]) == (202, "confirming", 1_500)
    assert jobs_queue.work() == 1
    done = api.get(path).body
    assert (done["status"], done["total"], done["lines"]) == (
        "confirmed",
        1_500,
        [{**draft["lines"][0], "status": "sent"}],
    )
    (first, second) = api.get(listed + "paid").body["items"]
    assert {first["payout_id"], second["payout_id"]} == {begun.body["payout_id"]}
    assert due(api) == 0


def test_a_cancelled_draft_leaves_everything_due(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sold = sell(world, table)
    path = drafted(api, jobs_queue)
    assert api.get(f"/v1/conversions/{sold}").body["payout"] == "in_payout"
    told = api.post(f"{path}/cancel")
    assert (told.status, told.body["status"]) == (200, "cancelled")
    assert api.post(f"{path}/cancel").body == told.body
    assert jobs_queue.work() == 1
    row = api.get(f"/v1/conversions/{sold}").body
    assert (row["payout"], row.get("payout_id"), due(api)) == ("unpaid", None, 1_000)
    refused = api.post(f"{path}/confirm")
    assert (refused.status, refused.code) == (409, "payout_state")
    failed = api.post(f"{path}/lines/{world.ada}/fail", {"reason": "closed"})
    assert (failed.status, failed.code) == (409, "payout_state")


def test_a_draft_is_confirmed_or_cancelled_only_as_it_was_looked_at(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table, amount=10_000)
    gone = sell(world, table, amount=5_000)
    path = drafted(api, jobs_queue)
    looked_at = api.get(path).body
    api.post(f"/v1/conversions/{gone}/decline")
    drain(table)
    for decision in ("confirm", "cancel"):
        assert api.post(f"{path}/{decision}", if_match=str(looked_at["version"])).code == "version_mismatch"
    now = api.get(path).body
    assert (looked_at["total"], now["total"], now["status"]) == (1_500, 1_000, "draft")
    assert api.post(f"{path}/confirm", if_match=str(now["version"])).body["total"] == 1_000


def test_confirming_again_pays_once(api: Gateway, table: Table, world: World, jobs_queue: JobsQueue) -> None:
    sell(world, table)
    path = drafted(api, jobs_queue)
    first, again = api.post(f"{path}/confirm"), api.post(f"{path}/confirm")
    assert (first.status, again.status, first.body) == (202, 202, again.body)
    assert jobs_queue.work() == 1
    later = api.post(f"{path}/confirm")
    assert (later.status, later.body["status"], jobs_queue.work()) == (202, "confirmed", 0)
    refused = api.post(f"{path}/cancel")
    assert (refused.status, refused.code) == (409, "payout_state")


@pytest.mark.parametrize(("end", "status"), [("confirm", 202), ("cancel", 409)])
def test_of_two_who_decide_at_once_one_is_first_and_each_row_is_paid_once(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, end: str, status: int
) -> None:
    sell(world, table)
    path = drafted(api, jobs_queue)
    place = world.program.program_id, path.rpartition("/")[2], Author("key:other", clock.now())

    with pytest.MonkeyPatch.context() as patched:
        before = Table.transact

        def overtaken(self: Table, ops: Any) -> None:
            patched.setattr(Table, "transact", before)
            deciding.confirm(self, queue(), *place)
            before(self, ops)

        patched.setattr(Table, "transact", overtaken)
        told = api.post(f"{path}/{end}")
    assert (told.status, told.code if status == 409 else None) == (status, "payout_state" if status == 409 else None)
    assert (jobs_queue.work(), api.get(path).body["status"], due(api)) == (1, "confirmed", 0)


def test_a_draft_that_is_not_ready_can_neither_be_confirmed_nor_cancelled(
    api: Gateway, jobs_queue: JobsQueue, world: World
) -> None:
    path = f"/v1/payouts/{api.post('/v1/payouts', up_to_today()).body['payout_id']}"
    for end in ("confirm", "cancel"):
        refused = api.post(f"{path}/{end}")
        assert (refused.status, refused.code) == (409, "payout_state")
    jobs_queue.work()
    assert api.get(path).body["status"] == "draft"


def test_a_draft_of_nothing_cannot_be_confirmed(api: Gateway, jobs_queue: JobsQueue) -> None:
    path = drafted(api, jobs_queue)
    told = api.get(path).body
    assert (told["status"], told["total"], told["lines"], told["left_out"]) == ("draft", 0, [], [])
    refused = api.post(f"{path}/confirm")
    assert (refused.status, refused.code) == (409, "nothing_to_pay")
    assert api.post(f"{path}/cancel").status == 200


def test_a_line_that_failed_is_due_again_once_and_comes_into_the_next_payout(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sold = sell(world, table)
    path = confirmed(api, jobs_queue)
    told = api.post(f"{path}/lines/{world.ada}/fail", {"reason": "account closed"})
    assert (told.status, told.body["status"], told.body["reason"]) == (200, "failed", "account closed")
    assert api.post(f"{path}/lines/{world.ada}/fail", {"reason": "twice"}).body == told.body
    assert jobs_queue.work() == 1
    payout = api.get(path).body
    assert (payout["status"], payout["total"], payout["failed_total"]) == ("confirmed", 1_000, 1_000)
    row = api.get(f"/v1/commissions/{sold}").body
    assert (row["payout"], row.get("payout_id"), due(api)) == ("unpaid", None, 1_000)
    again = confirmed(api, jobs_queue)
    assert (api.get(again).body["total"], due(api)) == (1_000, 0)
    statement = api.get(f"{path}/lines/{world.ada}/statement").body
    assert (statement["status"], statement["amount"]) == ("failed", 1_000)
    assert [(each["commission_id"], each["amount"]) for each in statement["commissions"]] == [(sold, 1_000)]
    assert api.post(f"{path}/lines/{world.ada}/fail", {"reason": "thrice"}).body == told.body
    assert (jobs_queue.work(), due(api)) == (0, 0)


def test_a_statement_has_the_rows_behind_a_line_also_as_a_table(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sold = [sell(world, table, amount=amount) for amount in (10_000, 4_000)]
    path = confirmed(api, jobs_queue)
    place = f"{path}/lines/{world.ada}/statement"
    told = api.get(place).body
    assert (told["amount"], told["currency"], told["status"], told["next_cursor"]) == (1_400, "EUR", "sent", None)
    assert {each["commission_id"] for each in told["commissions"]} == {*sold}
    rows = list(spreadsheets.read(api.get(f"{place}?format=csv").body))
    assert sorted(row["Amount"] for row in rows) == ["10.00", "4.00"]
    assert {(row["Currency"], row["Type"], row["Member"], row["Offer"], row["Payout id"]) for row in rows} == {
        ("EUR", "sale", "Ada Lovelace", "Autumn glow", path.rpartition("/")[2])
    }
    payout_id = told["payout_id"]
    of_payout = api.get(f"/v1/commissions?payout_id={payout_id}").body
    assert {each["commission_id"] for each in of_payout["items"]} == {*sold}
    first = api.get(f"/v1/commissions?payout_id={payout_id}&limit=1").body
    rest = api.get(f"/v1/commissions?payout_id={payout_id}&limit=1&cursor={first['next_cursor']}").body
    assert [e["commission_id"] for e in first["items"] + rest["items"]] == [
        each["commission_id"] for each in of_payout["items"]
    ]
    narrowed = {"member_id": world.ben, "type": "click", "offer_id": world.links_offer, "status": "declined"}
    for name, value in narrowed.items():
        assert api.get(f"/v1/commissions?payout_id={payout_id}&{name}={value}").body["items"] == []


def sums(api: Gateway, path: str, *, status: str | None = None) -> Decimal:
    """What a table comes to: all of it, or what is of that status."""
    rows = spreadsheets.read(api.get(path).body)
    return sum((Decimal(row["Amount"]) for row in rows if status is None or row["Status"] == status), Decimal(0))


def test_what_a_member_was_paid_comes_to_the_lines_of_the_payouts_to_the_cent(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    refunded = sell(world, table, amount=12_345)
    paths = [confirmed(api, jobs_queue)]
    refund = {"refund_id": "r1", "reason": "refund", "amount": 3_333}
    assert api.post(f"/v1/conversions/{refunded}/refunds", refund).status == 201
    drain(table)
    sell(world, table, amount=9_999)
    paths.append(confirmed(api, jobs_queue))
    assert api.post(f"{paths[-1]}/lines/{world.ada}/fail", {"reason": "account closed"}).status == 200
    jobs_queue.work()
    sell(world, table, amount=777)
    paths.append(confirmed(api, jobs_queue))
    paid = sums(api, f"/v1/commissions?member_id={world.ada}&payout=paid&format=csv")
    assert paid == sum(sums(api, f"{path}?format=csv", status="sent") for path in paths)
    for path in paths:
        statement = sums(api, f"{path}/lines/{world.ada}/statement?format=csv")
        assert statement == sums(api, f"{path}?format=csv") == sums(api, f"{path}/file")
        assert statement * 100 == api.get(path).body["total"]


def test_who_is_left_out_is_listed_with_the_reason(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    by_hand = {"member_id": world.ben, "amount": 2_000, "type": "extra_bonus"}
    assert api.post("/v1/commissions", by_hand).status == 201
    drain(table)
    below = api.get(drafted(api, jobs_queue, minimum=1_500)).body
    assert [each["member_id"] for each in below["lines"]] == [world.ben]
    assert below["left_out"] == [{"member_id": world.ada, "amount": 1_000, "reason": "below_minimum"}]
    assert api.patch(f"/v1/members/{world.ben}", {"status": "suspended"}).status == 200
    gone = api.get(f"/v1/payouts/{below['payout_id']}").body
    assert (gone["lines"], gone["total"]) == ([], 0)
    assert {each["member_id"]: each["reason"] for each in gone["left_out"]} == {
        world.ada: "below_minimum",
        world.ben: "not_approved",
    }
    assert api.post(f"/v1/payouts/{below['payout_id']}/confirm").code == "nothing_to_pay"
    by_bank = api.get(drafted(api, jobs_queue, rail="sepa", member_ids=[world.ada])).body
    assert by_bank["left_out"] == [{"member_id": world.ada, "amount": 1_000, "reason": "no_payee"}]


def test_the_history_of_a_row_tells_who_drafted_and_who_paid_it(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sold = sell(world, table)
    path = drafted(api, jobs_queue)
    (taken,) = api.get(f"/v1/conversions/{sold}/history").body["items"]
    assert (taken["action"], taken["at"]) == ("drafted", api.get(path).body["created_at"])
    told = api.post(f"{path}/confirm").body
    jobs_queue.work()
    refund = {"refund_id": "r1", "reason": "refund", "amount": 100}
    assert api.post(f"/v1/conversions/{sold}/refunds", refund).status == 201
    refunded, paid = api.get(f"/v1/conversions/{sold}/history").body["items"]
    assert (refunded["action"], paid["action"], paid["at"]) == ("refunded", "paid", told["confirmed_at"])
    assert paid["actor"] == refunded["actor"], "the same key did both"
    assert {each["field"]: each["after"] for each in paid["changes"]} == {
        "payout": "paid",
        "payout_id": told["payout_id"],
    }


def test_a_report_sent_again_after_its_row_was_paid_is_answered_as_before(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    told = report(world, order_id="1001").body
    drain(table)
    path = drafted(api, jobs_queue)
    assert report(world, order_id="1001").body == told
    api.post(f"{path}/confirm")
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
    other = {**start, "body": json.dumps({"until": "2026-10-01"})}
    assert (api.send(other).status, api.send(other).code) == (409, "idempotency_conflict")


def test_payouts_are_listed_newest_first_in_pages(api: Gateway, jobs_queue: JobsQueue) -> None:
    made = [api.post("/v1/payouts", up_to_today()).body["payout_id"] for _ in range(3)]
    jobs_queue.work()
    first = api.get("/v1/payouts?limit=2").body
    rest = api.get(f"/v1/payouts?limit=2&cursor={first['next_cursor']}").body
    assert sorted(each["payout_id"] for each in first["items"] + rest["items"]) == sorted(made)
    assert [each["payout_id"] for each in first["items"]] == sorted(made, reverse=True)[:2]
    assert {each["status"] for each in first["items"]} == {"draft"}


def test_a_payout_of_days_that_have_not_begun_is_refused(api: Gateway) -> None:
    tomorrow = date.fromisoformat(up_to_today()["until"]) + timedelta(days=1)  # not as of when this was loaded
    refused = api.post("/v1/payouts", up_to_today(until=tomorrow.isoformat()))
    assert (refused.status, refused.pointers) == (422, ["/until"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/until"),
        (up_to_today(until="2026-11-01T00:00:00Z"), "/until"),
        (up_to_today(until="9999-12-31"), "/until"),
        (up_to_today(until="1990-01-01"), "/until"),
        (up_to_today(until="1999-12-30"), "/until"),
        (up_to_today(minimum=-1), "/minimum"),
        (up_to_today(minimum="10"), "/minimum"),
        (up_to_today(rail="cheque"), "/rail"),
        (up_to_today(member_ids=[]), "/member_ids"),
        (up_to_today(member_ids=["mem_1"]), "/member_ids/0"),
        (up_to_today(member_ids=[NOBODY]), "/member_ids/0"),
        (up_to_today(member_ids=[NOBODY] * 101), "/member_ids"),
        (up_to_today(currency="EUR"), "/currency"),
        (up_to_today(dry_run=True), "/dry_run"),
    ],
)
def test_a_payout_that_cannot_be_is_refused(api: Gateway, body: dict[str, Any], pointer: str) -> None:
    refused = api.post("/v1/payouts", body)
    assert (refused.status, refused.pointers[0]) == (422, pointer)
    assert api.get("/v1/payouts").body["items"] == []


@pytest.mark.parametrize("path", [NONE, "/v1/payouts/nothing"])
def test_a_payout_of_another_program_or_shape_is_absent(api: Gateway, path: str) -> None:
    place = f"{path}/lines/{NOBODY}"
    answers = [
        *(api.get(f"{path}{format}") for format in ("", "?format=csv")),
        *(api.get(f"{place}/statement{format}") for format in ("", "?format=csv")),
        *(api.post(f"{path}/{end}") for end in ("confirm", "cancel")),
        api.post(f"{place}/fail", {"reason": "closed"}),
    ]
    assert [each.status for each in answers] == [404] * len(answers)
    assert api.get(f"/v1/commissions?payout_id={NONE.rpartition('/')[2]}").status == 404
    assert api.get("/v1/commissions?payout_id=nothing").status == 422


def test_a_member_without_a_line_has_no_statement_and_cannot_fail(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    path = confirmed(api, jobs_queue)
    for member_id in (world.ben, NOBODY):
        assert api.get(f"{path}/lines/{member_id}/statement").code == "line_not_found"
        assert api.post(f"{path}/lines/{member_id}/fail", {"reason": "closed"}).code == "line_not_found"
    for body, pointer in (({}, "/reason"), ({"reason": ""}, "/reason"), ({"reason": "x", "more": 1}, "/more")):
        refused = api.post(f"{path}/lines/{world.ada}/fail", body)
        assert (refused.status, refused.pointers) == (422, [pointer])
    assert api.get(path).body["failed_total"] == 0


@pytest.mark.parametrize(
    "cursor", ["!", "cGFnZSM", "cGFnZSNtZW0jMDAwMDAxI8Kyw7I", "cGFnZSMjOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"]
)
def test_a_cursor_that_no_answer_contained_is_refused_or_leads_nowhere(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, cursor: str
) -> None:
    sell(world, table)
    path = confirmed(api, jobs_queue)
    told = api.get(f"{path}/lines/{world.ada}/statement?cursor={cursor}")
    assert told.status in {200, 422}
    assert told.status == 200 or told.code == "invalid_cursor"


def test_the_table_has_every_line_with_name_address_and_major_units(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    hostile = {"first_name": "=cmd|' /C calc'!A0", "last_name": "Lovelace;=1+1"}
    api.patch(f"/v1/members/{world.ada}", hostile)
    sell(world, table, amount=12_345)
    path = drafted(api, jobs_queue)
    told = api.get(f"{path}?format=csv")
    assert told.headers["Content-Disposition"] == 'attachment; filename="payout.csv"'
    (row,) = spreadsheets.read(told.body)
    assert row == {
        "Member id": world.ada,
        "Member": "'=cmd|' /C calc'!A0 Lovelace;'=1+1",
        "E-mail": "ada@example.com",
        "Amount": "12.35",
        "Currency": "EUR",
        "Rows": "1",
        "Status": "open",
        "Reason": "",
        "Payout id": path.rpartition("/")[2],
    }


def test_the_table_is_complete_however_many_members_there_are(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    members = crowd(table, world, 110)  # more than a page of lines
    path = drafted(api, jobs_queue)
    for number, member_id in enumerate(members):
        name = {"payout_id": path.rpartition("/")[2], "member_id": member_id}
        table.write(payouts.line(world.program.program_id, None, Line(**name, amount=number + 1, rows=1)))
    rows = spreadsheets.read(api.get(f"{path}?format=csv").body)
    assert sorted(row["Member id"] for row in rows) == sorted(members)
    assert sum(Decimal(row["Amount"]) for row in rows) * 100 == sum(range(111))
    page = api.get(f"{path}?limit=100").body
    assert len(page["lines"]) == 100
    assert page["next_cursor"]


def test_a_job_that_failed_is_a_failed_payout(api: Gateway, table: Table, world: World, jobs_queue: JobsQueue) -> None:
    sell(world, table)
    payout = api.post("/v1/payouts", up_to_today()).body
    key = keys.job(world.program.program_id, payout["job_id"])
    job = table.get(key)
    assert job is not None
    table.write(Update(key, set={"body": {**job["body"], "status": "failed"}}))
    assert api.get(f"/v1/payouts/{payout['payout_id']}").body["status"] == "failed"
    assert api.post(f"/v1/payouts/{payout['payout_id']}/cancel").body["status"] == "cancelled"


@pytest.mark.parametrize("end", ["confirm", "cancel", "fail"])
def test_what_failed_half_way_goes_on_when_it_is_asked_for_again(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, end: str
) -> None:
    sell(world, table)
    path = confirmed(api, jobs_queue) if end == "fail" else drafted(api, jobs_queue)
    asked = {"fail": (f"{path}/lines/{world.ada}/fail", {"reason": "account closed"})}
    again = asked.get(end, (f"{path}/{end}", None))
    api.post(*again)
    jobs_queue.take()
    partition = keys.job(world.program.program_id, "").pk
    begun = [item for item in table.query(partition) if item["body"]["status"] == "running"]
    (job,) = [item for item in begun if item["body"]["kind"] in {"confirm_payout", "free_rows", "fail_line"}]
    table.write(Update(Key(job["pk"], job["sk"]), set={"body": {**job["body"], "status": "failed", "hops": 10_000}}))
    assert end != "confirm" or api.get(path).body["status"] == "failed"
    assert api.post(*again).status in {200, 202}
    assert (jobs_queue.work(), api.post(*again).status // 100, jobs_queue.work()) == (1, 2, 0)
    (row,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert (row["payout"], row.get("payout_id")) == {"confirm": ("paid", path[12:])}.get(end, ("unpaid", None))
