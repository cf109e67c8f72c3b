"""Mails that bounce or are complained of: the mail says so, and nothing more is sent to the address."""

import json
from datetime import timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.mails import AnyMail, Confirmation
from laurel.domain.mail.notices import PayeeChangedMail, StatementMail
from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.ses_reports import Heard
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.people.sign_in_links import LinkKind
from laurel.domain.program.mail_reports import MailReport
from laurel.domain.values.ids import derived_id, new_id
from laurel.store import outbox
from laurel.store.table import Table
from laurel.workflows.mail.outbox import resend
from laurel.workflows.members import bounces
from laurel.workflows.members.bounces import Result
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import as_stream, event, everything, run
from tests.functional.kit.world import AT, World
from tests.functional.test_erasure import finish
from tests.functional.test_notices import PAID
from tests.functional.test_resent_mails import sent_mails
from tests.kit.interference import Interfering
from tools import invoke

pytestmark = pytest.mark.usefixtures("outside")
HARD = MailReport(outcome="bounced", reason="no_such_address", permanent=True, at=AT)
SOFT = MailReport(outcome="bounced", reason="mailbox_full", permanent=False, at=AT)
COMPLAINT = MailReport(outcome="complained", reason="spam", permanent=True, at=AT)


def sent(items: Table, world: World, mail: AnyMail | None = None) -> Outgoing:
    """A mail (a statement, if none is given) that SES has taken."""
    put = outbox.put(world.program.program_id, mail or statement(world))
    items.write(put)
    run("mail", as_stream(put.item))
    found = now_of(items, put.item)
    assert found.status == "sent"
    return found


def statement(world: World, at: Any = AT) -> StatementMail:
    return StatementMail.of(world.ada, PAID, at)


def now_of(items: Table, item: dict[str, Any]) -> Any:
    return outbox.parse(
        next(each for each in everything(items) if (each["pk"], each["sk"]) == (item["pk"], item["sk"]))
    )


def told(items: Table, world: World, mail: Outgoing, report: MailReport, message_id: str | None = None) -> Result:
    heard = Heard(world.program.program_id, mail.mail_id, message_id or mail.message_id or "ses-1", report)
    return bounces.take(items, heard, clock.now())


def shown(api: Gateway, mail: Outgoing) -> dict[str, Any]:
    return next(each for each in api.get("/v1/mails").body["items"] if each["mail_id"] == mail.mail_id)


def stopped(api: Gateway, world: World) -> Any:
    return api.get(f"/v1/members/{world.ada}").body["mail_stopped"]


def history(api: Gateway, world: World) -> list[Any]:
    lines = api.get(f"/v1/members/{world.ada}/history").body["items"]
    return [line for line in lines if "mail_stopped" in {change["field"] for change in line["changes"]}]


def everything_of(items: Table) -> list[Any]:
    return sorted(everything(items), key=lambda item: (item["pk"], item["sk"]))


def rows_after(items: Table, world: World, reports: list[MailReport]) -> list[Any]:
    """What the member and the mail say after these reports, in this order."""
    mail = sent(items, world)
    for report in reports:
        told(items, world, mail, report)
    member = next(item for item in everything(items) if item["kind"] == "member" and item["sk"] == "member")
    return [member["body"].get("mail_stopped"), now_of(items, outbox.item(world.program.program_id, mail)).status]  # type: ignore[arg-type]


def test_a_permanent_bounce_shows_at_the_mail_and_at_the_member_and_in_the_history(
    api: Gateway, items: Table, world: World
):
    mail = sent(items, world)
    assert told(items, world, mail, HARD) is Result.BOUNCED
    now = shown(api, mail)
    assert (now["status"], now["report"]["reason"], now["report"]["at"]) == (
        *("bounced", "no_such_address"),
        "2026-11-02T09:00:00Z",
    )
    assert stopped(api, world) == now["report"]
    (line,) = history(api, world)
    assert (line["actor"], line["changes"][0]["after"]["outcome"]) == ("system", "bounced")


@pytest.mark.parametrize(("case", "status"), [("permanent", "bounced"), ("complaint", "complained")])
def test_an_event_of_ses_is_taken_as_it_comes(api: Gateway, world: World, case: str, status: str):
    assert invoke.invoke("bounces", event("bounces", case)) == {}
    (mail,) = api.get("/v1/mails").body["items"]
    assert (mail["mail_id"], mail["status"]) == (invoke.SENT_MAIL, status)
    assert stopped(api, world) == mail["report"]


def test_nothing_more_is_sent_to_an_address_that_bounced(api: Gateway, items: Table, world: World):
    told(items, world, sent(items, world), HARD)
    later = outbox.put(world.program.program_id, statement(world, AT + timedelta(days=1)))
    items.write(later)
    run("mail", as_stream(later.item))
    now = now_of(items, later.item)
    assert (len(sent_mails()), now.status) == (1, "failed")
    assert now.failure == "an earlier mail to this address bounced (no_such_address)"


def test_a_mailbox_that_is_full_gets_the_next_mail(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    assert told(items, world, mail, SOFT) is Result.BOUNCED
    assert (shown(api, mail)["status"], stopped(api, world), history(api, world)) == ("bounced", None, [])
    sent(items, world, statement(world, AT + timedelta(days=1)))


def test_who_complained_is_still_told_that_their_account_was_changed(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    assert told(items, world, mail, COMPLAINT) is Result.COMPLAINED
    assert shown(api, mail)["status"] == stopped(api, world)["outcome"] == "complained"
    sent(items, world, PayeeChangedMail.of(world.ada, 1, None, "PayPal a***@example.com", AT))


@pytest.mark.parametrize(("kind", "status"), [("sign_in", "sent"), ("invitation", "failed")])
def test_who_complained_gets_the_link_that_they_ask_for_and_no_invitation(
    api: Gateway, items: Table, world: World, kind: LinkKind, status: str
):
    told(items, world, sent(items, world), COMPLAINT)
    put = outbox.put(
        world.program.program_id, SignInMail.of(kind, world.ada, "ada@example.com", "https://api.example.com", AT)
    )
    items.write(put)
    run("mail", as_stream(put.item))
    assert now_of(items, put.item).status == status


def test_an_address_that_bounced_is_not_told_even_that(api: Gateway, items: Table, world: World):
    told(items, world, sent(items, world), HARD)
    put = outbox.put(world.program.program_id, PayeeChangedMail.of(world.ada, 1, None, "PayPal", AT))
    items.write(put)
    run("mail", as_stream(put.item))
    assert now_of(items, put.item).status == "failed"


def test_another_address_gets_mail(api: Gateway, items: Table, world: World):
    told(items, world, sent(items, world), HARD)
    api.patch(f"/v1/members/{world.ada}", {"first_name": "Augusta", "email": "ADA@example.com"})
    assert stopped(api, world) is not None
    assert api.patch(f"/v1/members/{world.ada}", {"email": "ada@lovelace.example"}).body["mail_stopped"] is None
    sent(items, world, statement(world, AT + timedelta(days=1)))


def test_nobody_stops_mail_by_a_setting(api: Gateway, world: World):
    for path in (f"/v1/members/{world.ada}", "/v1/program"):
        for field in ("mail_stopped", "merchant_mail_stopped"):
            assert api.patch(path, {field: None}).status == 422


def test_a_person_who_knows_better_lets_mail_go_there_again(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    told(items, world, mail, HARD)
    assert api.delete(f"/v1/members/{world.ada}/mail-stop").status == 204
    assert stopped(api, world) is None
    assert [line["actor"].partition(":")[0] for line in history(api, world)] == ["key", "system"]
    sent(items, world, statement(world, AT + timedelta(days=1)))
    assert told(items, world, mail, HARD) is Result.KNOWN  # the report of before comes once more
    assert stopped(api, world) is None


def test_ending_what_is_not_stopped_changes_nothing(api: Gateway, items: Table, world: World):
    before = everything_of(items)
    assert api.delete(f"/v1/members/{world.ada}/mail-stop").status == 204
    assert everything_of(items) == before


def test_only_admins_let_mail_go_again_and_only_to_members_of_theirs(api: Gateway, items: Table, world: World):
    told(items, world, sent(items, world), HARD)
    for key in (world.reader, world.reporter):
        assert api.delete(f"/v1/members/{world.ada}/mail-stop", key=key).status == 403
    assert api.delete(f"/v1/members/{world.ada}/mail-stop", if_match="1").code == "version_mismatch"
    unknown = api.delete(f"/v1/members/{derived_id('mem', 'nobody')}/mail-stop")
    assert (unknown.status, unknown.code) == (404, "member_not_found")
    assert stopped(api, world) is not None


@pytest.mark.parametrize(
    "reports", [[SOFT, HARD, COMPLAINT], [COMPLAINT, HARD, SOFT], [HARD, COMPLAINT, HARD], [COMPLAINT, SOFT, HARD]]
)
def test_reports_in_any_order_end_the_same(items: Table, world: World, reports: list[MailReport]):
    now, status = rows_after(items, world, reports)
    assert (now["outcome"], now["reason"], status) == ("complained", "spam", "complained")


def test_a_report_that_comes_twice_changes_nothing(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    told(items, world, mail, HARD)
    before = everything_of(items)
    assert told(items, world, mail, HARD) is Result.KNOWN
    assert everything_of(items) == before


def test_a_report_may_come_before_ses_has_answered(api: Gateway, items: Table, world: World):
    mail = statement(world)
    put = outbox.put(world.program.program_id, mail.model_copy(update={"status": "sending", "to": "ada@example.com"}))
    items.write(put)
    assert told(items, world, mail, HARD, "ses-7") is Result.BOUNCED
    assert (shown(api, mail)["message_id"], stopped(api, world)["outcome"]) == ("ses-7", "bounced")


def test_a_bounce_says_what_became_of_a_mail_whose_fate_was_unknown(api: Gateway, items: Table, world: World):
    mail = statement(world)
    items.write(outbox.put(world.program.program_id, mail.model_copy(update={"status": "unknown"})))
    told(items, world, mail, SOFT)
    assert shown(api, mail)["status"] == "bounced"


def test_a_bounced_mail_is_sent_again_and_the_report_of_before_is_not_about_it(
    api: Gateway, items: Table, world: World
):
    mail = sent(items, world)
    told(items, world, mail, SOFT)
    again = resend(items, world.program.program_id, mail.mail_id, clock.now())
    assert (again.status, again.report) == ("pending", None)
    assert told(items, world, mail, SOFT) is Result.KNOWN
    run("mail", as_stream(outbox.item(world.program.program_id, again)))
    assert told(items, world, mail, HARD) is Result.KNOWN
    assert (shown(api, mail)["status"], stopped(api, world)) == ("sent", None)


def test_a_mail_that_was_complained_of_is_not_sent_again(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    told(items, world, mail, COMPLAINT)
    assert api.post(f"/v1/mails/{mail.mail_id}/resend").code == "mail_not_resendable"


def test_a_report_on_the_address_of_before_does_not_stop_the_one_of_now(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    api.patch(f"/v1/members/{world.ada}", {"email": "ada@lovelace.example"})
    assert told(items, world, mail, HARD) is Result.BOUNCED
    assert (shown(api, mail)["status"], stopped(api, world)) == ("bounced", None)


def test_an_edit_that_comes_between_is_kept(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    faster = Interfering(items, lambda: api.patch(f"/v1/members/{world.ada}", {"first_name": "Augusta"}))
    told(faster, world, mail, HARD)  # type: ignore[arg-type]
    member = api.get(f"/v1/members/{world.ada}").body
    assert (member["first_name"], member["mail_stopped"]["outcome"]) == ("Augusta", "bounced")


def test_what_is_about_no_mail_of_ours_is_counted_and_changes_nothing(
    items: Table, world: World, capsys: pytest.CaptureFixture[str]
):
    before = everything_of(items)
    for told in (event("bounces", "greeting"), event("bounces", "complaint"), event("bounces", "permanent")):
        assert run("bounces", told) == {}
    assert everything_of(items) == before
    assert capsys.readouterr().out.count('"MailReportsUnknown":[1.0]') == 3


def test_a_report_cannot_reach_another_program(items: Table, world: World):
    mail = sent(items, world)
    heard = Heard(new_id("prg", AT, b"other-prog"), mail.mail_id, mail.message_id or "", HARD)
    assert bounces.take(items, heard, clock.now()) is Result.UNKNOWN


def test_nothing_that_a_stranger_wrote_is_kept_or_logged(
    items: Table, world: World, capsys: pytest.CaptureFixture[str]
):
    invoke.invoke("bounces", event("bounces", "permanent"))
    assert "user unknown" not in json.dumps(everything(items), default=str) + capsys.readouterr().out


def test_the_merchants_address_is_stopped_too_until_it_is_another(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"merchant_email": "shop@example.com"})
    notice = EndpointPausedMail.of(derived_id("end", "1"), "https://example.com/hook", 1, AT)
    mail = sent(items, world, notice)
    assert told(items, world, mail, HARD) is Result.BOUNCED
    assert api.get("/v1/program").body["merchant_mail_stopped"]["reason"] == "no_such_address"
    later = EndpointPausedMail.of(derived_id("end", "2"), "https://example.com/hook", 1, AT)
    put = outbox.put(world.program.program_id, later)
    items.write(put)
    run("mail", as_stream(put.item))
    assert now_of(items, put.item).status == "failed"
    patched = api.patch("/v1/program", {"merchant_email": "office@example.com"})
    assert patched.body["merchant_mail_stopped"] is None


def test_a_mail_that_asks_a_sender_shows_that_it_bounced(api: Gateway, items: Table, world: World):
    mail = Confirmation.of(world.program, "hello@laurel.example", "https://api.example.com", AT)
    items.write(outbox.put(world.program.program_id, mail.model_copy(update={"status": "sent"})))
    told(items, world, mail, HARD)
    assert shown(api, mail)["status"] == "bounced"


def test_an_erased_member_is_not_marked(api: Gateway, items: Table, world: World):
    mail = sent(items, world)
    job_id = api.post(f"/v1/members/{world.ada}/erase?confirm=true").body["job_id"]
    finish(items, world, job_id)
    told(items, world, mail, HARD)
    assert stopped(api, world) is None
    assert api.delete(f"/v1/members/{world.ada}/mail-stop").code == "member_erased"


def test_the_program_is_told_of_a_stopped_address(api: Gateway, items: Table, world: World):
    api.get("/v1/events")
    told(items, world, sent(items, world), HARD)
    (changed,) = [each for each in api.get("/v1/events").body["items"] if each["type"] == "member.changed"]
    assert [change["field"] for change in changed["changes"]] == ["mail_stopped"]
    assert changed["data"]["mail_stopped"]["outcome"] == "bounced"


def test_every_mail_says_whose_and_which_it_is(items: Table, world: World, monkeypatch: pytest.MonkeyPatch):
    from laurel import mailer

    asked: list[dict[str, Any]] = []

    class Client:
        def send_email(self, **request: Any) -> dict[str, str]:
            asked.append(request)
            return {"MessageId": "ses-1"}

    monkeypatch.setattr(mailer, "_connect", Client)
    mail = sent(items, world)
    (request,) = asked
    assert request["EmailTags"] == [
        {"Name": "program_id", "Value": world.program.program_id},
        {"Name": "mail_id", "Value": mail.mail_id},
    ]
    assert request["ConfigurationSetName"] == "laurel"
