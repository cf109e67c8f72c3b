"""The consumers of the stream, the queue and the clock, driven by the raw events of events/."""

import json
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from laurel import clock, queue
from laurel.store import keys, ledger
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.program import jobs
from laurel.workflows.upkeep import job_pages
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.quick_moto import REGION
from tests.functional.kit.stream import as_stream, drain, event, happened, run
from tests.functional.kit.world import AT, World

pytestmark = pytest.mark.usefixtures("outside")


def sent_mails() -> list[Any]:
    return list(sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages)


def rows_of_rule(api: Gateway, world: World) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"])


def test_the_commission_that_crosses_fires_the_rule_and_leaves_a_mail(api: Gateway, world: World, table: Table) -> None:
    crossing = event("rule_evaluation", "crosses_threshold")
    happened(table, crossing)
    assert run("rule_evaluation", crossing) == {"batchItemFailures": []}
    (bonus,) = rows_of_rule(api, world)
    assert (bonus["amount"], bonus["evidence"]["base"], bonus["period"]) == (420, 21_000, "current_week:2026-11-16")
    (mail,) = api.get(f"/v1/mails?rule_id={world.rule_id}").body["items"]
    assert mail["status"] == "pending"


def test_the_same_records_again_change_nothing(api: Gateway, world: World, table: Table) -> None:
    crossing = event("rule_evaluation", "crosses_threshold")
    happened(table, crossing)
    run("rule_evaluation", crossing)
    before = table.query(keys.account(world.program.program_id, world.ada))
    assert run("rule_evaluation", crossing) == {"batchItemFailures": []}
    assert table.query(keys.account(world.program.program_id, world.ada)) == before
    assert len(rows_of_rule(api, world)) == 1


def test_a_record_of_something_deleted_is_passed_over(table: Table) -> None:
    assert run("rule_evaluation", event("rule_evaluation", "nothing_left")) == {"batchItemFailures": []}


def test_only_what_cannot_be_read_comes_again(table: Table, world: World) -> None:
    mixed = event("rule_evaluation", "one_unreadable")
    (bad, good) = happened(table, mixed)
    other_member = {**good, "body": {**good["body"], "member_id": world.ben}}
    table.write(Put(other_member))
    answer = run("rule_evaluation", as_stream(bad, other_member))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert "pend" not in (table.get(Key(good["pk"], good["sk"])) or {})


def test_a_pending_mail_is_sent_once_and_marked(table: Table) -> None:
    waiting = event("mail", "pending")
    (image,) = happened(table, waiting)
    for _ in range(2):
        assert run("mail", waiting) == {"batchItemFailures": []}
    (sent,) = sent_mails()
    assert (sent.destinations["ToAddresses"], sent.subject) == (["ada@example.com"], "Well done")
    assert "Ada: 4.20 EUR" in str(sent.body)
    stored = table.get(Key(image["pk"], image["sk"])) or {}
    assert (stored["outbox"], stored["message"]["attempts"]) == ("sent", 1)
    assert stored["message"]["message_id"]


def test_a_mail_that_ses_refuses_waits_for_its_next_try(table: Table) -> None:
    boto3.client("sesv2", REGION).delete_email_identity(EmailIdentity="rewards@laurel.example")
    waiting = event("mail", "pending")
    (image,) = happened(table, waiting)
    assert run("mail", waiting) == {"batchItemFailures": []}
    stored = table.get(Key(image["pk"], image["sk"])) or {}
    assert (stored["outbox"], stored["message"]["attempts"]) == ("pending", 1)
    assert stored["message"]["next_attempt_at"] > image["message"]["next_attempt_at"]
    assert sent_mails() == []


def test_tick_folds_what_the_stream_never_reported(api: Gateway, world: World, table: Table) -> None:
    happened(table, event("rule_evaluation", "crosses_threshold"))  # long ago, and nobody was woken
    run("tick", event("tick", "minute"))
    assert [bonus["amount"] for bonus in rows_of_rule(api, world)] == [420]


def test_one_account_that_cannot_be_folded_keeps_no_other_waiting(api: Gateway, world: World, table: Table) -> None:
    (first, second) = happened(table, event("rule_evaluation", "crosses_threshold"))
    nobody = {**first, "body": {**first["body"], "member_id": "mem_" + "0" * 26}}
    table.write(Put(nobody))
    table.write(Put({**second, "body": {**second["body"], "member_id": world.ben}}))
    (mail,) = happened(table, event("mail", "pending"))
    with pytest.raises(ExceptionGroup, match="could not sweep everything"):
        run("tick", event("tick", "minute"))
    assert "pend" in (table.get(Key(first["pk"], first["sk"])) or {})
    assert "pend" not in (table.get(Key(second["pk"], second["sk"])) or {})
    assert (table.get(Key(mail["pk"], mail["sk"])) or {})["revision"] == mail["revision"] + 1


def test_tick_wakes_the_sender_of_a_mail_that_is_due(table: Table) -> None:
    (image,) = happened(table, event("mail", "pending"))
    run("tick", event("tick", "minute"))
    woken = table.get(Key(image["pk"], image["sk"])) or {}
    assert (woken["outbox"], woken["revision"]) == ("pending", image["revision"] + 1)


def test_tick_tells_a_number_even_where_nothing_is_overdue(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    run("tick", event("tick", "minute"))
    assert overdue_told(capsys) == [0]


def overdue_told(capsys: pytest.CaptureFixture[str]) -> list[float]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [number for line in lines for number in line.get("OverduePending", [])]


def test_tick_tells_how_many_commissions_were_overdue(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    happened(table, event("rule_evaluation", "crosses_threshold"))
    run("tick", event("tick", "minute"))
    assert overdue_told(capsys) == [2]


def test_a_job_goes_on_until_it_is_done(api: Gateway, world: World, table: Table) -> None:
    happened(table, event("rule_evaluation", "crosses_threshold"))
    program_id = world.program.program_id
    job_id = jobs.start(table, queue.queue(), program_id, "settle_overdue", "2026-11-18T10:0", AT)
    assert run("jobs", event("jobs", "settle_overdue")) == {"batchItemFailures": []}
    job = jobs.find(table, program_id, job_id)
    assert job is not None
    assert (job.status, job.done) == ("done", 2)
    assert len(rows_of_rule(api, world)) == 1


def recurring_order(api: Gateway, world: World, limit: int) -> str:
    """A counted first payment of long ago, which `limit` daily commissions follow; its offer."""
    daily = {"interval": "day", "mode": "automatic", "limit": limit}
    options = [{"name": "Box", "default": True, "terms": {"type": "flat_per_sale", "amount": 50, "recurring": daily}}]
    body = {"name": "Boxes", "kind": "promo_code", "payout_options": options}
    offer_id = str(api.post("/v1/offers", body).body["offer_id"])
    api.put(enrollment_path(world, world.ada, offer_id), {"promo_code": "BOX"})
    order = {"order_id": "1", "amount": 1_000, "currency": "EUR", "promo_code": "BOX"}
    api.post("/v1/conversions", {**order, "occurred_at": "2025-01-31T10:00:00Z"}, key=world.reporter)
    return offer_id


def test_tick_makes_the_recurring_commissions_that_are_due(api: Gateway, world: World, table: Table) -> None:
    offer_id = recurring_order(api, world, 3)
    drain(table)
    for _ in range(2):
        run("tick", event("tick", "minute"))
    drain(table)
    made = api.get(f"/v1/commissions?offer_id={offer_id}&type=recurring").body["items"]
    assert [(row["amount"], row["occurred_at"]) for row in made] == [
        (50, "2025-02-02T23:00:00Z"),
        (50, "2025-02-01T23:00:00Z"),
        (50, "2025-01-31T23:00:00Z"),
    ]


def test_a_job_makes_the_recurring_commissions_that_one_sweep_cannot(api: Gateway, world: World, table: Table) -> None:
    offer_id = recurring_order(api, world, 30)
    drain(table)
    program_id = world.program.program_id
    job_id = jobs.start(table, queue.queue(), program_id, "make_recurrences", "2026-11-18T10:0", AT)
    rulebook = Rulebooks().current(table, program_id)
    job = job_pages.run(table, queue.queue(), rulebook, job_id, clock.now(), lambda: True)
    assert (job.status, job.done) == ("done", 30)
    listed = api.get(f"/v1/commissions?offer_id={offer_id}&type=recurring&limit=100").body["items"]
    assert len(listed) == 30


def test_a_message_that_cannot_be_read_comes_again(table: Table) -> None:
    unreadable = event("jobs", "unreadable")
    failed = [{"itemIdentifier": unreadable["Records"][0]["messageId"]}]
    assert run("jobs", unreadable) == {"batchItemFailures": failed}


def test_a_held_commission_is_approved_when_its_hold_is_over(api: Gateway, world: World, table: Table) -> None:
    api.patch("/v1/program", {"approval": {"mode": "hold", "hold_days": 7}})
    order = {
        "order_id": "1",
        "amount": 1_000,
        "currency": "EUR",
        "promo_code": "ADA10",
        "occurred_at": "2026-01-05T10:00:00Z",
    }
    sold = api.post("/v1/conversions", order, key=world.reporter)
    assert sold.body["status"] == "pending"
    key = keys.commission(world.program.program_id, sold.body["conversion_id"])
    run("rule_evaluation", as_stream(table.get(key) or {}))
    run("tick", event("tick", "minute"))
    approved = table.get(key) or {}
    assert (approved["body"]["status"], approved["pend"]) == ("approved", 1)
    run("rule_evaluation", as_stream(approved))
    assert ledger.contribution_of(table.get(key) or {}).bucket.state == "approved"
    replay = api.post("/v1/conversions", order, key=world.reporter)
    assert (replay.status, replay.body["status"]) == (200, "pending")  # the first answer, as it was
