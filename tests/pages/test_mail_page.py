"""Mail: what was sent, templates with a look at the mail, the sender."""

from datetime import timedelta

import pytest

from laurel.console.mail import KINDS, REASONS, Kind
from laurel.console.mail_templates import VARIABLES
from laurel.domain.mail import templates as domain
from laurel.domain.program.mail_reports import MailReason, MailReport
from laurel.store import items, outbox
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.mail import mails, templates
from laurel.workflows.program import programs
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import AT, World
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader

MAIL, TEMPLATES, SENDER = "/console/mail", "/console/mail/templates", "/console/mail/sender"


@pytest.fixture
def sent(table: Table, world: World) -> str:
    """The id of a mail that the small program's rule has left in the outbox, for Ada."""
    order = {"order_id": "1", "amount": 300_000, "type": "sale", "currency": "EUR", "promo_code": "ADA10"}
    api = Gateway(world.admin)
    assert api.post("/v1/conversions", {**order, "storefront_id": world.storefront_id}).status == 201
    drain(table)
    (mail,) = mails.page(
        table, world.program.program_id, member_id=None, rule_id=None, kind="rule", limit=9, cursor=None
    ).items
    return mail.root.mail_id


def failed(table: Table, world: World) -> None:
    (view,) = mails.page(
        table, world.program.program_id, member_id=world.ada, rule_id=world.rule_id, limit=9, cursor=None
    ).items
    later = view.root.updated_at + timedelta(minutes=1)
    after = view.root.model_copy(update={"status": "failed", "failure": "refused", "updated_at": later, "version": 9})
    table.write(outbox.moved(world.program.program_id, view.root, after))


@pytest.mark.usefixtures("sent")
def test_what_was_sent_is_found_by_kind_and_state_and_as_a_file(owner: Reader, world: World):
    page = owner.get(f"{MAIL}?kind=rule&status=pending")
    assert "Strong week" in page.text
    assert "Ada Lovelace" in page.text
    assert "No mail like that" in owner.get(f"{MAIL}?kind=statement").text
    assert "No mail like that" in owner.get(f"{MAIL}?rule_id=rul_{'0' * 26}").text
    assert "Strong week" in owner.get(f"{MAIL}?format=csv&member_id={world.ada}").html
    assert owner.get(f"{MAIL}?kind=nonsense").status == 422


@pytest.mark.usefixtures("sent")
def test_a_mail_that_failed_is_sent_again(owner: Reader, people: People, table: Table, world: World):
    failed(table, world)
    assert "Send again" not in reader(people, "viewer").get(MAIL).text
    page = owner.get(MAIL)
    assert "The mail is sent again." in owner.send(page, "Send it again").text
    assert owner.send(page, "Send it again").status == 409


def test_all_that_a_mail_can_say_of_itself_has_words():
    assert set(KINDS) == set(Kind.__args__)  # type: ignore[attr-defined]
    assert set(REASONS) == set(MailReason.__args__)  # type: ignore[attr-defined]
    assert set(VARIABLES) == domain.VARIABLES


def test_a_template_is_opened_from_its_rule_and_leads_back_to_it(owner: Reader, world: World):
    rule = owner.get(f"/console/rules/{world.rule_id}")
    page = owner.get(rule.links["Go to email template"])
    assert "Well done" in page.text
    done = owner.send(page, "Save", subject="Very well done")
    assert (done.headings, "Strong week is saved." in done.text) == (["Strong week on"], True)


def test_a_mail_is_looked_at_while_it_is_written(owner: Reader):
    form = owner.get(f"{TEMPLATES}/new").form("Look at it")
    fields = {**form.fields, "name:": "x", "subject": "For {{ member.first_name }}", "text:long": "{{ bonus }} <b>"}
    page = owner.post(f"{TEMPLATES}/preview", fields, {"hx-request": "true", "sec-fetch-site": "same-origin"})
    assert page.html.lstrip().startswith("<section")
    assert "For Ada" in page.text
    assert "4.20 EUR &lt;b&gt;" in page.html
    assert "there is no variable 'nobody'" in owner.post(
        f"{TEMPLATES}/preview", {**fields, "subject": "{{ nobody }}"}
    ).text.replace("There", "there")


def test_a_template_is_made_once_and_deleted(owner: Reader, table: Table, world: World):
    page = owner.get(f"{TEMPLATES}/new")
    for _ in range(2):
        done = owner.send(page, "Save", name="Hello", subject="Hi", text="Hi {{ member.fields.level }}")
        assert "Hello is saved." in done.text
    known = templates.page(table, world.program.program_id, 100, None).items
    assert sorted(each.name for each in known) == ["Hello", "Strong week"]
    gone = owner.send(owner.get(done.links["Hello"]), "Delete Hello")
    assert "The template is deleted." in gone.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": ""}, "This is needed"),
        ({"text": "{{ oops"}, "A {{ is not followed by a variable"),
        ({"subject": "a\x07b"}, "Control characters are not allowed"),
        ({"template_id": "tpl_1"}, "There is no such field here"),
    ],
)
def test_what_no_mail_could_be_is_refused_beside_its_field(
    owner: Reader, world: World, fields: dict[str, str], said: str
):
    page = owner.get(f"{TEMPLATES}/{world.template_id}")
    refused = owner.send(page, "Save", **{"name": "<script>", **fields})
    assert (refused.status, said in refused.text) == (422, True), refused.text
    assert "<script>" not in refused.html


def test_a_template_that_a_rule_sends_stays(owner: Reader, people: People, world: World):
    path = f"{TEMPLATES}/{world.template_id}"
    assert "Delete" not in owner.get(path).text
    form = owner.get(path).form("Save").fields
    refused = owner.post(f"{path}/delete", {"_token": form["_token"]})
    assert (refused.status, "rules mail from this template" in refused.text.lower()) == (409, True)
    assert [form for form in reader(people, "viewer").get(path).forms if form.buttons != ["Sign out"]] == []


def test_somebody_elses_change_of_a_template_is_shown(owner: Reader, world: World):
    page = owner.get(f"{TEMPLATES}/{world.template_id}")
    owner.send(page, "Save", subject="First")
    stale = owner.send(page, "Save", subject="Second")
    assert (stale.status, "Stored now: First" in stale.text) == (412, True)
    assert owner.send(stale, "Save").status == 200


def test_the_sender_is_asked_for_and_asked_again(owner: Reader, table: Table, world: World):
    done = owner.send(owner.get(SENDER), "Save", sender_email="hi@laurel.example", merchant_email="me@example.com")
    assert "A link was mailed" in done.text
    assert "not confirmed yet" in done.text
    assert "Another link was mailed" in owner.send(done, "Mail the link again").text
    assert programs.get(table, world.program.program_id).merchant_email == "me@example.com"


def test_the_settings_lead_to_the_one_place_where_addresses_are_set(owner: Reader):
    page = owner.get("/console/settings")
    assert page.links["Change the addresses"] == SENDER
    assert {"sender_email", "merchant_email"} & page.form("Save").fields.keys() == set()


def test_who_gets_no_mail_any_more_is_told_where_the_address_is_changed(owner: Reader, table: Table, world: World):
    report = MailReport(outcome="bounced", reason="no_such_address", permanent=True, at=AT)
    stopped = world.program.model_copy(update={"merchant_email": "me@example.com", "merchant_mail_stopped": report})
    table.write(Put(items.program(stopped)))
    assert "Nothing more is sent to me@example.com" in owner.get(SENDER).text


@pytest.mark.parametrize("address", ["nobody", "x@y", "<script>"])
def test_an_address_that_cannot_be_mailed_to_is_refused(owner: Reader, address: str):
    refused = owner.send(owner.get(SENDER), "Save", merchant_email=address)
    assert (refused.status, refused.form("Save").fields["merchant_email"]) == (422, address)


@pytest.mark.parametrize("address", ["nobody", "hi@elsewhere.test"])
def test_an_address_that_cannot_be_the_sender_is_refused(owner: Reader, address: str):
    refused = owner.send(owner.get(SENDER), "Save", sender_email=address)
    assert (refused.status, refused.form("Save").fields["sender_email"]) == (422, address)
