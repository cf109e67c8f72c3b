"""Erasing a member: nothing tells any more who it was, nothing more is earned, and the ledger stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from laurel import clock, queue
from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.jobs import Job
from laurel.domain.values.ids import instant_of
from laurel.domain.values.model import milliseconds
from laurel.store import items as entities
from laurel.store import keys, mail_items
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows import erasure
from laurel.workflows.kernel import transitions
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.members import members
from laurel.workflows.program import jobs
from laurel.workflows.upkeep import job_pages, sweeps
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import as_stream, drain, everything, run
from tests.functional.kit.world import World
from tests.kit.interference import Interfering

PERSONAL = ("ada@example.com", "Lovelace", "silver", "shop@example.com")


def erase(api: Gateway, member_id: str) -> Answer:
    return api.post(f"/v1/members/{member_id}/erase?confirm=true")


def finish(items: Table, world: World, job_id: str) -> Job:
    program_id = world.program.program_id
    rulebook = Rulebooks().current(items, program_id)
    return job_pages.run(items, queue.queue(), rulebook, job_id, clock.now(), lambda: True)


def mails(api: Gateway, member_id: str) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/mails?member_id={member_id}").body["items"])


@pytest.fixture
def ada(api: Gateway, items: Table, world: World, outside: None) -> str:
    """A member with everything: fields, an enrollment that was edited, a bonus, and a mail that waits."""
    api.patch(f"/v1/members/{world.ada}", {"last_name": "Lovelace", "fields": {"level": "silver"}})
    path = enrollment_path(world, world.ada)
    api.patch(path, {"payout_option_id": world.options[1]})
    sell(world, items, amount=250_000)
    return world.ada


def test_erasing_asks_for_confirmation(api: Gateway, items: Table, ada: str):
    before = everything(items)
    for query in ("", "?confirm=false"):
        answer = api.post(f"/v1/members/{ada}/erase{query}")
        assert (answer.status, answer.code) == (409, "confirmation_required")
    assert everything(items) == before
    assert api.post("/v1/members/mem_" + "0" * 26 + "/erase?confirm=true").code == "member_not_found"


def test_the_profile_is_blank_at_once(api: Gateway, world: World, ada: str):
    answer = erase(api, ada)
    assert answer.status == 200
    shown = api.get(f"/v1/members/{ada}").body
    assert (shown["email"], shown["first_name"], shown["last_name"], shown["fields"]) == ("", "", "", {})
    assert (shown["status"], shown["erased_at"] is None) == ("suspended", False)
    assert {**shown, "job_id": answer.body["job_id"]} == answer.body
    assert api.get("/v1/members?email=ada@example.com").body["items"] == []
    assert api.get("/v1/members?status=suspended").body["items"] == [shown]


def test_nothing_in_the_table_tells_who_it_was(api: Gateway, items: Table, world: World, ada: str):
    before = str(everything(items))
    assert all(each in before for each in PERSONAL[:3])
    done = finish(items, world, erase(api, ada).body["job_id"])
    assert done.status == "done"
    after = str([item for item in everything(items) if item["kind"] != "promo code"])
    assert not [each for each in PERSONAL if each in after]


def test_the_ledger_stays(api: Gateway, items: Table, world: World, ada: str):
    rows, summary = (
        api.get(f"/v1/commissions?member_id={ada}").body,
        api.get("/v1/reports/summary?group_by=member").body,
    )
    finish(items, world, erase(api, ada).body["job_id"])
    assert len(rows["items"]) == 2
    assert api.get(f"/v1/commissions?member_id={ada}").body == rows
    assert api.get("/v1/reports/summary?group_by=member").body == summary


def test_the_address_is_free(api: Gateway, ada: str):
    erase(api, ada)
    assert api.post("/v1/members", {"email": "ada@example.com"}).status == 201


def test_erasing_again_changes_nothing(api: Gateway, items: Table, world: World, ada: str):
    first = erase(api, ada).body
    finish(items, world, first["job_id"])
    before = everything(items)
    assert erase(api, ada).body == first
    assert everything(items) == before


def test_of_two_who_erase_at_once_both_are_answered(items: Table, world: World, ada: str):
    def by_now(table: Table, seconds: int) -> members.ErasedMember:
        now = clock.now() + timedelta(seconds=seconds)
        return members.erase(table, world.program, ada, Author("key:tests", now), confirmed=True)

    faster: list[members.ErasedMember] = []
    slower = by_now(Interfering(items, lambda: faster.append(by_now(items, 0))), 5)
    assert faster == [slower]


def test_an_edit_that_was_faster_is_erased_too(api: Gateway, items: Table, world: World, ada: str):
    racing = Interfering(items, lambda: api.patch(f"/v1/members/{ada}", {"email": "shop@example.com"}))
    members.erase(racing, world.program, ada, Author("key:tests", clock.now()), confirmed=True)
    assert api.get(f"/v1/members/{ada}").body["email"] == ""
    for email in ("shop@example.com", "ada@example.com"):
        assert api.post("/v1/members", {"email": email}).status == 201


def test_an_erased_member_is_edited_no_more(api: Gateway, items: Table, world: World, ada: str):
    erase(api, ada)
    offer, other = (f"/v1/offers/{offer_id}/enrollments" for offer_id in (world.codes_offer, world.links_offer))
    before = everything(items)
    answers = [
        api.patch(f"/v1/members/{ada}", {"status": "approved"}),
        api.patch(f"/v1/members/{ada}", {"first_name": "Ada"}),
        api.put(f"{offer}/{ada}", {"promo_code": "ADALOVE"}),
        api.patch(f"{offer}/{ada}", {"active": True}),
        api.put(f"{other}/{ada}", {}),
        api.post(f"{offer}/{ada}/promo-code", {"promo_code": "ADALOVE"}),
    ]
    assert [(each.status, each.code) for each in answers] == [(409, "member_erased")] * 6
    bulk = api.post(f"{offer}/bulk", {"member_ids": [ada], "set": {"active": False}}).body
    assert bulk["results"] == [{"member_id": ada, "status": "error", "code": "member_erased"}]
    assert everything(items) == before


def test_code_and_link_earn_nothing_more_and_the_code_stays_taken(api: Gateway, items: Table, world: World, ada: str):
    erase(api, ada)
    sold = report(world).body
    assert (sold["member_id"], sold["attribution"]["reason"]) == (None, "member_inactive")
    followed = api.get(f"/r/{world.slug}", key=None)
    assert (followed.status, "laurel_click" in followed.headers["Location"]) == (302, False)
    path = enrollment_path(world, world.ben)
    assert api.put(path, {"promo_code": "ADA10"}).code == "promo_code_taken"


def test_a_mail_that_waits_is_not_sent(api: Gateway, items: Table, world: World, ada: str):
    (waiting,) = mails(api, ada)
    key = keys.mail(world.program.program_id, waiting["mail_id"], instant_of(waiting["mail_id"]))
    image = items.get(key) or {}
    job_id = erase(api, ada).body["job_id"]
    run("mail", as_stream(image))  # before the job comes to it
    (mail,) = mails(api, ada)
    assert (mail["status"], mail["failure"], mail["to"]) == ("failed", "the member was erased", None)
    finish(items, world, job_id)
    assert api.post(f"/v1/mails/{mail['mail_id']}/resend").status == 200
    run("mail", as_stream(items.get(key) or {}))
    assert mails(api, ada)[0]["status"] == "failed"


@pytest.mark.parametrize(
    ("status", "after"), [("pending", "failed"), ("sending", "unknown"), ("sent", "sent"), ("unknown", "unknown")]
)
def test_the_outbox_forgets_addresses(api: Gateway, items: Table, world: World, ada: str, status: str, after: str):
    (waiting,) = mails(api, ada)
    key = keys.mail(world.program.program_id, waiting["mail_id"], instant_of(waiting["mail_id"]))
    item = items.get(key) or {}
    item[mail_items.MESSAGE] |= {"status": status, "to": "ada@example.com", "failure": "no such box: ada@example.com"}
    items.write(Put({**item, "outbox": status}))
    finish(items, world, erase(api, ada).body["job_id"])
    (mail,) = mails(api, ada)
    assert (mail["status"], mail["to"], mail["failure"]) == (after, None, "the member was erased")
    stored = items.get(key) or {}
    assert stored["outbox"] == after
    assert "work_pk" not in stored or after == "sent"


def test_the_history_says_that_something_changed_and_not_what(api: Gateway, items: Table, world: World, ada: str):
    path = f"/v1/offers/{world.codes_offer}/history"
    before = api.get(f"{path}?member_id={ada}").body["items"]
    of_offer = [line for line in api.get(path).body["items"] if line["member_id"] is None]
    finish(items, world, erase(api, ada).body["job_id"])
    after = api.get(f"{path}?member_id={ada}").body["items"]
    assert [[change["field"] for change in line["changes"]] for line in after] == [
        [change["field"] for change in line["changes"]] for line in before
    ]
    assert {str(change[when]) for line in after for change in line["changes"] for when in ("before", "after")} == {
        "None"
    }
    assert [line for line in api.get(path).body["items"] if line["member_id"] is None] == of_offer


def test_a_stored_answer_tells_no_more_who_it_was(api: Gateway, world: World, outside: None):
    body = {"email": "cleo@example.com", "first_name": "Cleo"}
    made = api.post("/v1/members", body, idempotency_key="k").body
    erase(api, made["member_id"])
    again = api.post("/v1/members", body, idempotency_key="k")
    assert (again.status, again.body["member_id"], again.body["email"]) == (201, made["member_id"], "")


def test_erased_members_keep_their_place_in_the_tree(api: Gateway, world: World, ada: str):
    erase(api, ada)
    ben = api.get(f"/v1/members/{world.ben}").body
    assert (ben["parent_id"], ben["original_referrer_id"]) == (ada, ada)


# -- nothing more is earned, not even by those who did not know yet ----------------------------------------------------


def test_an_order_that_was_attributed_just_before_is_declined_when_it_is_counted(
    api: Gateway, items: Table, world: World, ada: str
):
    sold = sell(world, amount=250_000)
    key = keys.commission(world.program.program_id, sold)
    erased_at = erase(api, ada).body["erased_at"]
    late = items.get(key) or {}
    late["body"] |= {"created_at": milliseconds(datetime.fromisoformat(erased_at))}  # as if it had been written after
    late["body"].pop("updated_at", None)
    items.write(Put(late))
    drain(items)
    row = entities.parse(Commission, items.get(key) or {})
    assert (row.status, row.reason, row.amount) == ("declined", "member_erased", 37_500)
    assert api.get("/v1/reports/summary?group_by=member").body["totals"]["conversions"] == 1


def test_what_was_earned_before_is_counted_after(api: Gateway, items: Table, world: World, ada: str):
    sold = sell(world, amount=250_000)
    erase(api, ada)
    drain(items)
    row = items.get(keys.commission(world.program.program_id, sold)) or {}
    assert (row["body"]["status"], "pend" in row) == ("approved", False)


def test_no_rule_pays_sets_or_mails_for_who_was_erased(api: Gateway, items: Table, world: World, ada: str):
    actions = [
        {"type": "update_user_field", "field": "level", "value": "gold"},
        {"type": "add_bonus_commission", "amount": 5},
    ]
    sold = report(world, amount=250_000).body
    condition = {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "all_time"}}
    api.post("/v1/rules", {"name": "Any", "conditions": [condition], "actions": actions})
    erase(api, ada)
    drain(items)
    assert api.get(f"/v1/members/{ada}").body["fields"] == {}
    assert len(api.get(f"/v1/commissions?member_id={ada}").body["items"]) == 3
    assert sold["status"] == "approved"


@pytest.mark.parametrize("is_known", [True, False])
def test_a_bonus_for_who_brought_a_member_is_none_once_they_are_erased(
    api: Gateway, items: Table, world: World, ada: str, monkeypatch: pytest.MonkeyPatch, is_known: bool
):
    if not is_known:  # read at the same instant: the row is made, and declined when it is counted
        monkeypatch.setattr(transitions, "read_approved", lambda *read: dict.fromkeys(read[-1], True))
    api.patch("/v1/program", {"features": {"forced_matrix": {"active": True, "width": 2}}})
    pays = {"type": "add_bonus_to_original_referrer", "frequency": "every_sale", "percent": "10"}
    condition = {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "all_time"}}
    api.post("/v1/rules", {"name": "Thanks", "conditions": [condition], "actions": [pays]})
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN"})
    erase(api, ada)
    order = {"order_id": "b", "amount": 10_000, "currency": "EUR", "promo_code": "BEN"}
    api.post("/v1/conversions", order, key=world.reporter)
    drain(items)
    thanks = [row for row in api.get(f"/v1/commissions?member_id={ada}").body["items"] if row["amount"] == 100]
    assert [row["status"] for row in thanks] == ([] if is_known else ["declined"])


# -- the job -----------------------------------------------------------------------------------------------------------


def test_tick_sends_the_job_its_first_message(api: Gateway, items: Table, world: World, ada: str):
    job_id = erase(api, ada).body["job_id"]
    assert job_pages.resend_stalled(items, queue.queue(), world.program.program_id, clock.now()) == 1
    assert api.get(f"/v1/jobs/{job_id}").body["kind"] == "erase_member"
    finish(items, world, job_id)
    assert job_pages.resend_stalled(items, queue.queue(), world.program.program_id, clock.now()) == 0
    assert sweeps.PAGE


def test_the_job_goes_on_where_it_was_killed_and_looks_twice(
    api: Gateway, items: Table, world: World, ada: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(erasure, "PAGE", 1)
    program_id, job_id = world.program.program_id, erase(api, ada).body["job_id"]
    rulebook = Rulebooks().current(items, program_id)
    pages = 0
    while (job := jobs.find(items, program_id, job_id)) is not None and job.status == "running":
        once = iter([True, False])
        job_pages.run(items, queue.queue(), rulebook, job_id, clock.now(), lambda once=once: next(once))
        pages += 1
    assert pages > 6
    assert job is not None
    assert job.done == 5  # a mail and four lines of history, that of the erasure itself has no values
    personal = str([item for item in everything(items) if item["kind"] == "history"])
    assert "ADA10" not in personal
