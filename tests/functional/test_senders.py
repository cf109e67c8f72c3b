"""Senders: mail comes from an address only after its owner agreed, and until then from the environment's own."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from laurel import clock
from laurel.domain.mail.mails import Confirmation
from laurel.domain.program.senders import Asking, SenderDomains
from laurel.domain.values.errors import Absent, Gone, Invalid
from laurel.mailer import Letter, MailOutcomeUnknown, MailRefused
from laurel.store import keys
from laurel.store import outbox as stored
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.mail import outbox
from laurel.workflows.mail.letters import Senders
from laurel.workflows.mail.outbox import Result
from laurel.workflows.program import programs, senders
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.quick_moto import REGION
from tests.functional.kit.stream import as_stream, event, everything, happened, run
from tests.functional.kit.world import World, program
from tests.kit.interference import Interfering


@pytest.fixture(autouse=True)
def verified(outside: None) -> None:
    """SES knows the domain, so that it would send as anybody there."""
    boto3.client("sesv2", REGION).create_email_identity(EmailIdentity="laurel.example")


OURS = "rewards@laurel.example"
WANTED = "hello@laurel.example"
BROWSER = {"accept": "text/html,application/xhtml+xml"}
DOMAINS = SenderDomains.of("laurel.example")


def sent_mails() -> list[Any]:
    return list(sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages)


def mails_of(items: Table, world: World) -> list[dict[str, Any]]:
    return [item for pk in keys.mails(world.program.program_id) for item in items.query(pk)]


def send_all(items: Table, world: World) -> list[Any]:
    """Sends what is pending; all that SES was given so far."""
    for image in mails_of(items, world):
        assert run("mail", as_stream(image)) == {"batchItemFailures": []}
    return sent_mails()


def link_in(mail: Any) -> str:
    """The path of the link in a mail."""
    found = re.search(r"https://api\.example\.com(/confirm-sender/\S+)", mail.body)
    assert found, mail.body
    return found[1]


def asked(api: Gateway, items: Table, world: World, address: str = WANTED) -> str:
    """The path of the link that the address got."""
    assert api.patch("/v1/program", {"sender_email": address}).status == 200
    return link_in(send_all(items, world)[-1])


def status_of(api: Gateway) -> Any:
    return api.get("/v1/program").body["sender"]["status"]


def sender_of_a_rules_mail(items: Table) -> str:
    waiting = event("mail", "pending")
    happened(items, waiting)
    before = len(sent_mails())
    run("mail", waiting)
    (mail,) = sent_mails()[before:]
    return str(mail.source)


# -- asking ------------------------------------------------------------------------------------------------------------


def test_a_new_sender_is_unconfirmed_and_mailed_a_link_by_the_environment(api: Gateway, items: Table, world: World):
    answer = api.patch("/v1/program", {"sender_email": WANTED})
    assert answer.body["sender_email"] == WANTED
    assert (answer.body["sender"]["status"], answer.body["sender"]["confirmed_at"]) == ("unconfirmed", None)
    (mail,) = send_all(items, world)
    assert (mail.source, mail.destinations["ToAddresses"]) == (OURS, [WANTED])
    assert "Glow Cosmetics" in mail.subject
    (listed,) = api.get("/v1/mails").body["items"]
    assert (listed["kind"], listed["to"], listed["status"], listed["attempts"]) == ("confirmation", WANTED, "sent", 1)


def test_until_it_is_confirmed_mail_comes_from_the_environment_and_none_is_lost(
    api: Gateway, items: Table, world: World
):
    api.patch("/v1/program", {"sender_email": WANTED})
    assert sender_of_a_rules_mail(items) == OURS


def test_once_it_is_confirmed_mail_comes_from_it(api: Gateway, items: Table, world: World):
    link = asked(api, items, world)
    assert api.post(link, key=None, **BROWSER).status == 200
    assert status_of(api) == "confirmed"
    assert sender_of_a_rules_mail(items) == WANTED


def test_a_sender_of_before_that_nobody_confirmed_sends_nothing(items: Table, world: World):
    key = keys.program(world.program.program_id)
    body = (items.get(key) or {})["body"]
    items.write(Update(key, set={"body": {**body, "sender_email": WANTED}}))
    assert sender_of_a_rules_mail(items) == OURS


def test_a_confirmed_sender_whose_domain_is_no_longer_the_environments_sends_nothing(
    api: Gateway, items: Table, world: World
):
    programs_own = senders.bind(items, world.program.program_id, "a@b.example", SenderDomains.of("*"), clock.now())
    assert programs_own.sender is not None
    assert programs_own.sender.status == "confirmed"
    assert sender_of_a_rules_mail(items) == OURS


@pytest.mark.parametrize("address", ["hello@elsewhere.example", "hello@sub.laurel.example", "hello@laurel.example.org"])
def test_a_sender_outside_the_environments_domains_is_refused(api: Gateway, items: Table, world: World, address: str):
    before = everything(items)
    answer = api.patch("/v1/program", {"sender_email": address, "name": "Other"})
    assert (answer.status, answer.code, answer.pointers) == (422, "sender_domain_refused", ["/sender_email"])
    assert everything(items) == before


@pytest.mark.parametrize("address", ["no address", "a@b@laurel.example", "", 1, ["hello@laurel.example"]])
def test_what_is_no_address_is_no_sender(api: Gateway, address: object):
    assert api.patch("/v1/program", {"sender_email": address}).pointers == ["/sender_email"]


def test_the_list_of_mails_tells_those_of_rules_from_those_that_ask(api: Gateway, items: Table, world: World):
    (image,) = happened(items, event("mail", "pending"))
    api.patch("/v1/program", {"sender_email": WANTED})
    send_all(items, world)
    kinds = [mail["kind"] for mail in api.get("/v1/mails").body["items"]]
    assert sorted(kinds) == ["confirmation", "rule"]
    (mail,) = api.get(f"/v1/mails?member_id={image['message']['member_id']}").body["items"]
    assert (mail["kind"], mail["rule_id"]) == ("rule", image["message"]["rule_id"])


@pytest.mark.parametrize("patch", [{"sender": {"status": "confirmed"}}, {"sender": None}, {"sender_link": "x"}])
def test_nobody_confirms_a_sender_by_a_setting(api: Gateway, items: Table, world: World, patch: dict[str, Any]):
    before = everything(items)
    answer = api.patch("/v1/program", {"sender_email": WANTED, **patch})
    assert (answer.status, answer.pointers) == (422, [f"/{next(iter(patch))}"])
    assert everything(items) == before


def test_edits_of_other_settings_mail_no_link(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    api.patch("/v1/program", {"sender_email": WANTED, "name": "Renamed"})
    api.patch("/v1/program", {"merchant_email": "me@example.com"})
    assert len(mails_of(items, world)) == 1


def test_a_sender_that_is_taken_away_sends_nothing_and_its_link_ends(api: Gateway, items: Table, world: World):
    link = asked(api, items, world)
    answer = api.patch("/v1/program", {"sender_email": None})
    assert (answer.body["sender_email"], answer.body["sender"]) == (None, None)
    assert api.post(link, key=None).status == 404
    assert sender_of_a_rules_mail(items) == OURS


def test_two_edits_at_once_leave_one_open_link(api: Gateway, items: Table, world: World):
    asking = Asking(DOMAINS, "https://api.example.com")

    def other() -> None:
        programs.edit(items, world.program, {"sender_email": "b@laurel.example"}, None, clock.now(), asking)

    racing = Interfering(items, other)
    programs.edit(racing, world.program, {"sender_email": "a@laurel.example"}, None, clock.now(), asking)
    assert [mail.destinations["ToAddresses"] for mail in send_all(items, world)] == [["a@laurel.example"]]
    assert api.get("/v1/program").body["sender_email"] == "a@laurel.example"


# -- the link ----------------------------------------------------------------------------------------------------------


def test_looking_at_the_page_changes_nothing_as_mail_scanners_look(api: Gateway, items: Table, world: World):
    link = asked(api, items, world)
    before = everything(items)
    for _ in range(3):
        page = api.get(f"{link}?utm_source=scanner", key=None, **BROWSER)
        assert page.status == 200
    assert everything(items) == before
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.body.count("<button>") == 1
    assert WANTED in page.body
    assert "Glow Cosmetics" in page.body


def test_a_page_loads_nothing_runs_nothing_and_is_not_kept(api: Gateway, items: Table, world: World):
    headers = api.get(asked(api, items, world), key=None, **BROWSER).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_a_name_is_text_on_the_page(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"name": "<script>alert(1)</script>"})
    page = api.get(asked(api, items, world), key=None, **BROWSER).body
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_link_is_good_once(api: Gateway, items: Table, world: World):
    link = asked(api, items, world)
    assert api.post(link, key=None, **BROWSER).status == 200
    before = everything(items)
    for answer in (api.post(link, key=None, **BROWSER), api.get(link, key=None, **BROWSER)):
        assert answer.status == 410
        assert "has been used" in answer.body
    assert everything(items) == before


@pytest.mark.parametrize("body", ["", "button=", "{", '{"sender_email": "a@laurel.example"}'])
def test_whatever_a_browser_sends_with_the_button_means_nothing(api: Gateway, items: Table, world: World, body: str):
    link = asked(api, items, world)
    assert api.post(link, body, key=None, **BROWSER).status == 200
    assert (api.get("/v1/program").body["sender_email"], status_of(api)) == (WANTED, "confirmed")


def test_two_who_press_the_button_at_once_confirm_once(api: Gateway, items: Table, world: World):
    token = asked(api, items, world).rpartition("/")[2]
    racing = Interfering(items, lambda: senders.confirm(items, token, clock.now()))
    with pytest.raises(Gone, match="link_used"):
        senders.confirm(racing, token, clock.now())
    assert status_of(api) == "confirmed"


def test_an_edit_that_comes_between_looking_and_confirming_is_kept(api: Gateway, items: Table, world: World):
    token = asked(api, items, world).rpartition("/")[2]
    racing = Interfering(items, lambda: api.patch("/v1/program", {"name": "Renamed"}))
    assert senders.confirm(racing, token, clock.now()).name == "Renamed"
    assert status_of(api) == "confirmed"


def test_an_address_that_changes_between_looking_and_confirming_is_not_confirmed(
    api: Gateway, items: Table, world: World
):
    token = asked(api, items, world).rpartition("/")[2]
    racing = Interfering(items, lambda: api.patch("/v1/program", {"sender_email": "other@laurel.example"}))
    with pytest.raises(Absent, match="link_unknown"):
        senders.confirm(racing, token, clock.now())
    assert status_of(api) == "unconfirmed"


def test_a_link_ends_after_seven_days(api: Gateway, items: Table, world: World):
    token = asked(api, items, world).rpartition("/")[2]
    sent = clock.now()
    assert senders.look(items, token, sent + timedelta(days=7, minutes=-5)).sender_email == WANTED
    for way in (senders.look, senders.confirm):
        with pytest.raises(Gone, match="link_expired"):
            way(items, token, sent + timedelta(days=7, seconds=1))
    assert status_of(api) == "unconfirmed"


def test_another_address_ends_the_link_of_the_one_before(api: Gateway, items: Table, world: World):
    first = asked(api, items, world)
    second = asked(api, items, world, "other@laurel.example")
    assert api.post(first, key=None).status == 404
    assert status_of(api) == "unconfirmed"
    assert api.post(second, key=None).status == 200
    assert api.get("/v1/program").body["sender_email"] == "other@laurel.example"


def test_an_address_that_comes_back_is_asked_again(api: Gateway, items: Table, world: World):
    first = asked(api, items, world)
    api.post(first, key=None)
    asked(api, items, world, "other@laurel.example")
    again = asked(api, items, world)
    assert status_of(api) == "unconfirmed"
    assert api.post(first, key=None).status == 404
    assert api.post(again, key=None).status == 200


NONSENSE: list[Callable[[str], str]] = [
    lambda link: link[:-1],
    lambda link: link + "A",
    lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"),
    lambda link: link.rpartition("/")[0] + "/" + "0" * 26 + "_" + "A" * 43,
    lambda _: "/confirm-sender/nonsense",
    lambda _: "/confirm-sender/" + "x" * 5_000,
    lambda _: "/confirm-sender/%F0%9F%8E%89",
]


@pytest.mark.parametrize("spoiled", NONSENSE)
def test_a_link_that_is_none_leads_to_a_page_that_says_so(
    api: Gateway, items: Table, world: World, spoiled: Callable[[str], str]
):
    link = spoiled(asked(api, items, world))
    before = everything(items)
    for method in ("GET", "POST"):
        answer = api.call(method, link, key=None, **BROWSER)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "There is nothing here" in answer.body
        told = api.call(method, link, key=None)
        assert (told.status, told.headers["Content-Type"]) == (404, "application/problem+json")
    assert everything(items) == before


def test_the_token_is_kept_nowhere(api: Gateway, items: Table, world: World):
    token = asked(api, items, world).rpartition("/")[2]
    secret = token.partition("_")[2]
    assert len(secret) == 43
    assert all(secret not in str(item) for item in everything(items))
    assert secret not in str(api.get("/v1/mails").body) + str(api.get("/v1/program").body)


def test_a_program_cannot_confirm_by_the_link_of_another(api: Gateway, items: Table, world: World):
    link, other = asked(api, items, world), program(items, "Other")
    forged = link.replace(world.admin[3:29], other.admin[3:29])
    Gateway(other.admin).patch("/v1/program", {"sender_email": WANTED})
    assert api.post(forged, key=None).status == 404


def test_two_programs_have_one_sender_only_if_its_owner_agreed_to_both(api: Gateway, items: Table, world: World):
    api.post(asked(api, items, world), key=None)
    other = program(items, "Other")
    theirs = Gateway(other.admin)
    answer = theirs.patch("/v1/program", {"sender_email": WANTED})
    assert (answer.status, answer.body["sender"]["status"]) == (200, "unconfirmed")
    assert theirs.post(link_in(send_all(items, other)[-1]), key=None).status == 200
    assert (status_of(api), status_of(theirs)) == ("confirmed", "confirmed")


# -- asking again ------------------------------------------------------------------------------------------------------


def test_a_link_that_got_lost_is_mailed_anew_and_ends_the_one_before(api: Gateway, items: Table, world: World):
    first = asked(api, items, world)
    assert api.post("/v1/program/sender/ask").body["sender"]["status"] == "unconfirmed"
    second = link_in(send_all(items, world)[-1])
    assert api.post(first, key=None).status == 404
    assert api.post(second, key=None).status == 200


def test_of_links_asked_for_one_after_the_other_only_the_last_is_mailed(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    api.post("/v1/program/sender/ask")
    api.post("/v1/program/sender/ask")
    assert len(send_all(items, world)) == 1
    told = api.get("/v1/mails").body["items"]
    assert sorted(mail["status"] for mail in told) == ["failed", "failed", "sent"]


def test_there_is_nothing_to_ask_without_a_sender_or_once_it_is_confirmed(api: Gateway, items: Table, world: World):
    assert api.post("/v1/program/sender/ask").code == "no_sender"
    api.post(asked(api, items, world), key=None)
    answer = api.post("/v1/program/sender/ask")
    assert (answer.status, answer.code) == (409, "sender_confirmed")


def test_only_admins_ask(api: Gateway, world: World):
    for key, status in ((None, 401), (world.reader, 403), (world.reporter, 403)):
        assert api.post("/v1/program/sender/ask", key=key).status == status
        assert api.patch("/v1/program", {"sender_email": WANTED}, key=key).status == status


def test_an_address_gets_five_mails_an_hour_and_the_next_one_waits(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    for _ in range(4):
        send_all(items, world)
        api.post("/v1/program/sender/ask")
    send_all(items, world)
    assert len(sent_mails()) == 5
    other = program(items, "Other")
    answer = Gateway(other.admin).patch("/v1/program", {"sender_email": WANTED.replace("h", "H", 1)})
    assert answer.status == 200  # whoever asks learns nothing of what the address got from others
    assert len(send_all(items, other)) == 5
    (waiting,) = mails_of(items, other)
    mail = stored.parse(waiting)
    assert isinstance(mail, Confirmation)
    assert (mail.status, mail.attempts, mail.failure) == ("pending", 0, None)
    assert timedelta(minutes=55) < mail.next_attempt_at - clock.now() <= timedelta(hours=1)
    assert dispatched(items, other, mail.next_attempt_at, Post()) == Result.SENT


class Post:
    """An SES that keeps the letters, or where each mail ends in `how`."""

    def __init__(self, how: Exception | None = None) -> None:
        self.letters: list[Letter] = []
        self._how = how

    def send(self, letter: Letter) -> str:
        self.letters.append(letter)
        if self._how:
            raise self._how
        return "id"


def dispatched(items: Table, world: World, now: Any, post: Post) -> Result:
    """The result of the newest mail, sent at `now`."""
    image = max(mails_of(items, world), key=lambda item: str(item["sk"]))
    senders_here = Senders(OURS, DOMAINS)
    return outbox.dispatch(items, post, world.program.program_id, image, now, senders_here)  # type: ignore[arg-type]


def token_in(letter: Letter) -> str:
    return letter.rendered.text.partition("/confirm-sender/")[2].split()[0]


def test_a_mail_that_ses_refused_gets_another_link_when_it_is_tried_again(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    now, refusing, post = clock.now(), Post(MailRefused("no")), Post()
    assert dispatched(items, world, now, refusing) == Result.RETRY
    assert dispatched(items, world, now + timedelta(minutes=2), post) == Result.SENT
    with pytest.raises(Absent):
        senders.confirm(items, token_in(refusing.letters[0]), now)
    assert senders.confirm(items, token_in(post.letters[0]), now).sender_email == WANTED


def test_a_mail_whose_fate_is_unknown_may_have_arrived_and_its_link_is_good(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    lost = Post(MailOutcomeUnknown("no answer"))
    assert dispatched(items, world, clock.now(), lost) == Result.UNKNOWN
    assert senders.look(items, token_in(lost.letters[0]), clock.now()).sender_email == WANTED


def test_an_unknown_mail_that_is_sent_again_brings_a_new_link(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    lost, post = Post(MailOutcomeUnknown("no answer")), Post()
    dispatched(items, world, clock.now(), lost)
    (mail,) = api.get("/v1/mails").body["items"]
    assert api.post(f"/v1/mails/{mail['mail_id']}/resend").body["status"] == "pending"
    assert dispatched(items, world, clock.now(), post) == Result.SENT
    with pytest.raises(Absent):
        senders.look(items, token_in(lost.letters[0]), clock.now())
    assert senders.look(items, token_in(post.letters[0]), clock.now()).sender_email == WANTED


def test_an_address_that_changes_while_its_mail_is_being_sent_is_not_mailed(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    post = Post()
    racing = Interfering(items, lambda: api.patch("/v1/program", {"sender_email": "other@laurel.example"}))
    assert dispatched(racing, world, clock.now(), post) == Result.NOT_OURS  # type: ignore[arg-type]
    assert post.letters == []


def test_the_same_mail_handed_out_twice_is_sent_once(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"sender_email": WANTED})
    (image,) = mails_of(items, world)
    for _ in range(2):
        run("mail", as_stream(image))
    assert len(sent_mails()) == 1


# -- by the operator ---------------------------------------------------------------------------------------------------


def test_an_operator_binds_a_sender_without_a_mail(api: Gateway, items: Table, world: World):
    link = asked(api, items, world)
    senders.bind(items, world.program.program_id, "bound@laurel.example", DOMAINS, clock.now())
    assert (api.get("/v1/program").body["sender_email"], status_of(api)) == ("bound@laurel.example", "confirmed")
    assert sender_of_a_rules_mail(items) == "bound@laurel.example"
    assert api.post(link, key=None).status == 404


def test_what_an_operator_misspells_binds_nothing(items: Table, world: World):
    before = everything(items)
    with pytest.raises(Absent, match="program_not_found"):
        senders.bind(items, "prg_" + "0" * 26, WANTED, DOMAINS, clock.now())
    with pytest.raises(Invalid, match="sender_domain_refused"):
        senders.bind(items, world.program.program_id, "a@elsewhere.example", DOMAINS, clock.now())
    assert everything(items) == before


def test_pages_are_for_browsers_and_answers_for_all_others(api: Gateway):
    page: Answer = api.get("/confirm-sender/none", key=None, accept="text/html")
    assert "viewport" in page.body
    assert "color-scheme:light dark" in page.body
    assert api.get("/confirm-sender/none", key=None).code == "link_unknown"
