"""Notices to members: sent like any mail, in words that need no template, and forgotten with their member."""

from datetime import date, timedelta
from typing import Any

import pytest

from laurel.domain.mail.notices import AddressChangedMail, Notice, Paid, PayeeChangedMail, StatementMail
from laurel.domain.program.mail_reports import MailOutcome, MailReport
from laurel.domain.values.ids import new_id
from laurel.store import items as stored
from laurel.store import outbox
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.members import members
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import as_stream, everything, run
from tests.functional.kit.world import AT, World
from tests.functional.test_erasure import finish
from tests.functional.test_resent_mails import sent_mails

PAYOUT = new_id("pay", AT, b"payout")
PAID = Paid(PAYOUT, 20_420, "EUR", 4, date(2026, 10, 31))


def left(items: Table, world: World, mail: Notice) -> dict[str, Any]:
    """The mail in the outbox, as a transaction leaves it."""
    put = outbox.put(world.program.program_id, mail)
    items.write(put)
    return put.item


def listed(api: Gateway, world: World) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/mails?member_id={world.ada}").body["items"])


def text_of(sent: Any) -> str:
    body = sent.body
    return body if isinstance(body, str) else str(body)


def test_a_statement_tells_what_was_paid_for_how_many_rows(
    api: Gateway, items: Table, world: World, outside: None
) -> None:
    run("mail", as_stream(left(items, world, StatementMail.of(world.ada, PAID, AT))))
    (sent,) = sent_mails()
    assert sent.subject == "Your payout of 204.20 EUR"
    for told in ("Hello Ada,", "Glow Cosmetics has paid you 204.20 EUR", "4 of your commissions", "2026-10-31", PAYOUT):
        assert told in text_of(sent)
    (mail,) = listed(api, world)
    assert (mail["kind"], mail["status"], mail["to"]) == ("statement", "sent", "ada@example.com")
    assert (mail["payout_id"], mail["amount"], mail["currency"], mail["rows"]) == (PAYOUT, 20_420, "EUR", 4)
    assert mail["until"] == "2026-10-31"


def test_one_line_makes_one_statement(world: World) -> None:
    first, again = StatementMail.of(world.ada, PAID, AT), StatementMail.of(world.ada, PAID, AT)
    assert first == again
    others = [StatementMail.of(world.ben, PAID, AT), StatementMail.of(world.ada, PAID, AT + timedelta(seconds=1))]
    assert first.mail_id not in {other.mail_id for other in others}


@pytest.mark.parametrize(("first_name", "greeting"), [("Ada", "Hello Ada,"), ("", "Hello Lovelace,")])
def test_who_has_no_first_name_is_greeted_all_the_same(
    api: Gateway, items: Table, world: World, outside: None, first_name: str, greeting: str
) -> None:
    api.patch(f"/v1/members/{world.ada}", {"first_name": first_name})
    api.patch("/v1/program", {"merchant_email": "shop@example.com"})
    run("mail", as_stream(left(items, world, PayeeChangedMail.of(world.ada, 1, None, "PayPal a***@example.com", AT))))
    (sent,) = sent_mails()
    for told in (
        greeting,
        "Before: none",
        "Now: PayPal a***@example.com",
        "2026-11-02 10:00 (Europe/Berlin)",
        "shop@example.com",
    ):
        assert told in text_of(sent)


def changed(api: Gateway, items: Table, world: World, email: str) -> list[Any]:
    """The mails that an edit of the address sends."""
    assert api.patch(f"/v1/members/{world.ada}", {"email": email}).status == 200
    run("mail", as_stream(*(item for item in everything(items) if item.get("outbox") == "pending")))
    return sent_mails()


def test_who_reads_a_members_former_address_is_told_that_it_was_changed_and_not_to_which(
    api: Gateway, items: Table, world: World, outside: None
) -> None:
    api.patch("/v1/program", {"merchant_email": "shop@example.com"})
    (sent,) = changed(api, items, world, "mallory@elsewhere.example")
    assert (sent.subject, sent.destinations["ToAddresses"]) == (
        "Your e-mail address was changed",
        ["ada@example.com"],
    )
    for told in ("Hello Ada,", "Glow Cosmetics has another e-mail address of yours", "tell shop@example.com at once"):
        assert told in text_of(sent)
    assert "mallory" not in text_of(sent)
    (mail,) = listed(api, world)
    assert (mail["kind"], mail["status"], mail["to"]) == ("address_changed", "sent", "ada@example.com")


def test_an_address_in_other_letters_is_the_same_one(api: Gateway, items: Table, world: World, outside: None) -> None:
    assert changed(api, items, world, "ADA@example.com") == []


def test_each_address_that_a_member_had_is_told(api: Gateway, items: Table, world: World, outside: None) -> None:
    changed(api, items, world, "b@example.com")
    sent = changed(api, items, world, "c@example.com")
    assert [mail.destinations["ToAddresses"] for mail in sent] == [["ada@example.com"], ["b@example.com"]]


@pytest.mark.parametrize(("outcome", "told"), [("complained", 1), ("bounced", 0)])
def test_a_former_address_is_told_as_long_as_mail_arrives_there(
    api: Gateway, items: Table, world: World, outside: None, outcome: MailOutcome, told: int
) -> None:
    ada = members.get(items, world.program.program_id, world.ada)
    report = MailReport(outcome=outcome, reason="other", permanent=True, at=AT)
    items.write(Put(stored.member(world.program.program_id, ada.model_copy(update={"mail_stopped": report}))))
    assert len(changed(api, items, world, "ada@elsewhere.example")) == told


@pytest.mark.parametrize(
    "of", [lambda ada: StatementMail.of(ada, PAID, AT), lambda ada: PayeeChangedMail.of(ada, 1, "W***", "A***", AT)]
)
def test_an_erased_member_is_told_nothing_and_the_notice_forgets_them(
    api: Gateway, items: Table, world: World, outside: None, of: Any
) -> None:
    waiting = left(items, world, of(world.ada))
    job_id = api.post(f"/v1/members/{world.ada}/erase?confirm=true").body["job_id"]
    run("mail", as_stream(waiting))
    assert sent_mails() == []
    finish(items, world, job_id)
    (mail,) = listed(api, world)
    assert (mail["status"], mail["to"], mail.get("before"), mail.get("after")) == ("failed", None, None, None)


def test_the_notice_to_a_former_address_is_forgotten_with_the_member(
    api: Gateway, items: Table, world: World, outside: None
) -> None:
    changed(api, items, world, "ada@elsewhere.example")
    api.patch(f"/v1/members/{world.ada}", {"email": "ada@third.example"})
    job_id = api.post(f"/v1/members/{world.ada}/erase?confirm=true").body["job_id"]
    finish(items, world, job_id)
    assert [(mail["status"], mail["to"]) for mail in listed(api, world)] == [("failed", None), ("sent", None)]


def test_every_kind_comes_back_from_the_table(items: Table, world: World) -> None:
    ada = members.get(items, world.program.program_id, world.ada)
    for mail in (
        StatementMail.of(world.ada, PAID, AT),
        PayeeChangedMail.of(world.ada, 1, None, None, AT),
        AddressChangedMail.of(ada, 2, AT),
    ):
        assert outbox.parse(left(items, world, mail)) == mail
