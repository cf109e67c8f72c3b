"""Signing in: by a link that was mailed, once, wherever it is opened; and nobody learns who is known here."""

from datetime import timedelta
from secrets import token_bytes

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.members.members import Application
from laurel.domain.values.errors import Conflict
from laurel.settings import ALLOW_LOOPBACK, settings
from laurel.store.keys import Key
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.members import applying, members
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World
from tests.kit.interference import Interfering
from tests.pages.conftest import reader
from tests.pages.kit.mailbox import Mailbox
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader, Sheet

OLGA, ADA = "owner@people.example.com", "ada@example.com"


@pytest.fixture
def mailbox(table: Table, people: People, outside: None) -> Mailbox:
    box = Mailbox(table)
    box.new()  # the invitations
    return box


def asked(site: str, address: str, visitor: Reader | None = None) -> Sheet:
    visitor = visitor or Reader()
    return visitor.send(visitor.get(f"{site}/sign-in"), "Send me a link", email=address)


def entered(link: str, visitor: Reader | None = None) -> Sheet:
    visitor = visitor or Reader()
    return visitor.send(visitor.get(link), "Sign in")


def test_a_user_signs_in_by_the_link_that_was_mailed(mailbox: Mailbox):
    assert asked("/console", f" {OLGA.upper()} ").headings == ["Look into your mail"]
    link = mailbox.link()
    visitor = Reader()
    page = visitor.get(link)
    assert (page.status, page.headings, visitor.cookies) == (200, ["Welcome, Olga Owner"], {})
    assert entered(link, visitor).headings == ["Overview"]
    assert visitor.get("/console/settings").status == 200


@pytest.mark.parametrize("site", ["console", "portal"])
def test_a_mailed_link_leads_to_us_whatever_host_the_request_for_it_names(mailbox: Mailbox, portal: str, site: str):
    path, address = ("/console", OLGA) if site == "console" else (portal, ADA)
    poisoned = Reader(headers={"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "ftp"})
    asked(path, address, poisoned)
    assert mailbox.link().startswith(f"{path}/sign-in/")


def test_a_member_signs_in_to_the_portal_of_their_program(mailbox: Mailbox, portal: str):
    asked(portal, ADA)
    visitor = Reader()
    assert entered(mailbox.link(), visitor).headings == ["Overview"]
    assert visitor.get("/console").headings == ["Sign in"]


def test_looking_at_a_link_uses_nothing_up_and_signing_in_uses_it_up(mailbox: Mailbox):
    asked("/console", OLGA)
    link = mailbox.link()
    for _ in range(3):
        assert Reader().get(link).status == 200
    form = Reader().get(link)
    assert entered(link).headings == ["Overview"]
    for again in (Reader().get(link), Reader().send(form, "Sign in")):
        assert (again.status, "This link has been used" in again.text) == (410, True)
        assert again.links["Ask for a new link"] == "/console/sign-in"


def test_a_link_signs_in_when_it_is_opened_in_a_local_environment_alone(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
):
    asked("/console", OLGA)
    link = f"{mailbox.link()}?now=yes"
    assert Reader().get(link).headings == ["Welcome, Olga Owner"]
    monkeypatch.setenv(ALLOW_LOOPBACK, "yes")
    settings.cache_clear()
    assert Reader().get(link).headings == ["Overview"]
    assert Reader().get(link).status == 410


def test_a_link_is_good_for_a_quarter_of_an_hour_and_an_invitation_for_a_week(
    mailbox: Mailbox, owner: Reader, monkeypatch: pytest.MonkeyPatch
):
    asked("/console", OLGA)
    link = mailbox.link()
    owner.send(owner.get("/console/settings/users/new"), "Send the invitation", email="n@example.com", role="viewer")
    invitation, now = mailbox.link(), clock.now()
    for at, answers in ((timedelta(minutes=14), [200, 200]), (timedelta(minutes=16), [410, 200])):
        monkeypatch.setattr(clock, "now", lambda at=at: now + at)
        assert [Reader().get(each).status for each in (link, invitation)] == answers
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=7, minutes=1))
    assert Reader().get(invitation).status == 410


def test_an_invited_user_is_in_with_one_click(mailbox: Mailbox, owner: Reader):
    owner.send(owner.get("/console/settings/users/new"), "Send the invitation", email="n@example.com", role="viewer")
    visitor = Reader()
    assert entered(mailbox.link(), visitor).headings == ["Overview"]
    assert "n@example.com (you)" in visitor.get("/console/settings/users").text.replace(" ( you)", " (you)")


def test_an_invited_member_is_in_with_one_click(mailbox: Mailbox, owner: Reader, world: World):
    sent = owner.send(owner.get(f"/console/members/{world.ada}"), "Mail a link to sign in")
    assert "A link is on its way to ada@example.com." in sent.text
    assert entered(mailbox.link()).headings == ["Overview"]


def test_whoever_invites_a_member_floods_no_mailbox(mailbox: Mailbox, owner: Reader, world: World):
    profile = owner.get(f"/console/members/{world.ada}")
    *_, refused = [owner.send(profile, "Mail a link to sign in") for _ in range(6)]
    assert "Nothing was sent: this address was mailed 5 links within the hour" in refused.text
    assert len(mailbox.new()) == 5


def test_whoever_may_not_sign_in_is_not_invited(mailbox: Mailbox, owner: Reader, api: Gateway, world: World):
    profile = owner.get(f"/console/members/{world.ada}")
    assert api.patch(f"/v1/members/{world.ada}", {"status": "suspended"}).status == 200
    refused = owner.send(profile, "Mail a link to sign in")
    assert "Nothing was sent: the member may not sign in." in refused.text
    assert "Mail a link to sign in" not in refused.text
    assert mailbox.new() == []


@pytest.mark.parametrize("site", ["console", "portal"])
def test_nothing_tells_whether_an_address_is_known(
    mailbox: Mailbox, portal: str, site: str, monkeypatch: pytest.MonkeyPatch
):
    path, known = ("/console", OLGA) if site == "console" else (portal, ADA)
    written, transact = [], Table.transact
    monkeypatch.setattr(Table, "transact", lambda table, ops: written.append(len(ops)) or transact(table, ops))
    first, second = asked(path, known), asked(path, "nobody@example.com")
    assert (first.status, first.html, dict(first.headers)) == (second.status, second.html, dict(second.headers))
    assert written == [2, 2]
    assert [mail.destinations["ToAddresses"] for mail in mailbox.new()] == [[known]]


def test_an_address_gets_at_most_five_links_an_hour(mailbox: Mailbox, portal: str):
    for _ in range(7):
        assert asked(portal, ADA).headings == ["Look into your mail"]
    assert len(mailbox.new()) == 5


def test_nobody_floods_a_mailbox_by_applying_under_many_names_for_it(mailbox: Mailbox, api: Gateway, portal: str):
    assert api.patch("/v1/program", {"applications": {"open": True}}).status == 200
    for number in range(7):
        told = {"email": f"Eve+{number}@example.com", "first_name": "Eve"}
        assert Reader().post(f"{portal}/join", told).headings == ["Thank you"]
    assert len(mailbox.new()) == 5


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "<script>@x", "x" * 400])
def test_what_is_no_address_is_said_beside_the_field(mailbox: Mailbox, email: str):
    again = asked("/console", email)
    assert again.status == 422
    assert again.form("Send me a link").fields["email"] == email
    assert mailbox.new() == []


@pytest.mark.parametrize("token", ["x", "0" * 26 + "_" + "A" * 43, "%2e%2e", "<b>"])
def test_a_link_that_is_none_of_ours_leads_to_a_new_one(people: People, portal: str, token: str):
    for site in ("/console", portal):
        for answer in (Reader().get(f"{site}/sign-in/{token}"), Reader().post(f"{site}/sign-in/{token}", {})):
            assert answer.status == 404


def test_a_link_leads_into_its_own_site_alone(mailbox: Mailbox, portal: str):
    asked("/console", OLGA)
    asked(portal, ADA)
    links = sorted(mail.body.partition("https://api.example.com")[2].split()[0] for mail in mailbox.new())
    for link, other in zip(links, (portal, "/console"), strict=True):
        token = link.rpartition("/")[2]
        for answer in (Reader().get(f"{other}/sign-in/{token}"), Reader().post(f"{other}/sign-in/{token}", {})):
            assert answer.status == 404


def test_whoever_is_removed_or_suspended_is_out_at_once_and_their_links_are_over(
    mailbox: Mailbox, api: Gateway, table: Table, world: World, people: People, portal: str
):
    ada, member = reader(people, "member"), f"/v1/members/{world.ada}"
    asked(portal, ADA)
    link = mailbox.link()
    assert ada.get(f"{portal}/profile").status == 200
    assert api.patch(member, {"status": "suspended"}).status == 200
    assert ada.get(f"{portal}/profile").headings == ["Sign in"]
    assert Reader().get(link).status == 404
    asked(portal, ADA)
    assert mailbox.new() == []
    assert api.patch(member, {"status": "approved"}).status == 200
    assert ada.get(f"{portal}/profile").headings == ["Sign in"], "a session that was ended stays so"
    assert Reader().get(link).status == 404
    asked(portal, ADA)
    assert entered(mailbox.link()).headings == ["Overview"]


def test_whoever_reads_the_address_that_a_member_had_before_is_out_and_their_links_are_over(
    mailbox: Mailbox, api: Gateway, world: World, people: People, portal: str
):
    ada, member = reader(people, "member"), f"/v1/members/{world.ada}"
    asked(portal, ADA)
    link = mailbox.link()
    assert api.patch(member, {"email": ADA.upper(), "first_name": "Ada"}).status == 200
    assert ada.get(f"{portal}/profile").status == 200, "the same address in other letters"
    assert "address_since" not in api.patch(member, {"email": "ada@new.example.com"}).body
    assert "address_since" not in str(api.get(f"{member}/history").body)
    assert ada.get(f"{portal}/profile").headings == ["Sign in"]
    assert Reader().get(link).status == 404
    assert [mail.destinations["ToAddresses"] for mail in mailbox.new()] == [["ADA@example.com"]], "whose owner is told"
    asked(portal, "ada@new.example.com")
    assert entered(mailbox.link()).headings == ["Overview"]


def test_a_member_who_was_erased_is_out_at_once(
    mailbox: Mailbox, table: Table, world: World, people: People, portal: str
):
    author = people.users["owner"].person
    members.erase(table, world.program, world.ada, Author(author.actor, clock.now()), confirmed=True)
    assert reader(people, "member").get(f"{portal}/profile").headings == ["Sign in"]
    asked(portal, ADA)
    assert mailbox.new() == []


def test_a_session_lasts_thirty_days_from_its_last_use_which_is_noted_once_a_day(
    owner: Reader, table: Table, monkeypatch: pytest.MonkeyPatch
):
    now, written = clock.now(), []
    write = Table.write
    monkeypatch.setattr(Table, "write", lambda self, op: written.append(op) or write(self, op))
    for days in (0, 20, 20, 40, 69):
        monkeypatch.setattr(clock, "now", lambda days=days: now + timedelta(days=days))
        assert owner.get("/console").headings == ["Overview"]
    assert len([op for op in written if isinstance(op, Update) and op.key.pk.startswith("session#")]) == 3
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=100))
    assert owner.get("/console").headings == ["Sign in"]


def test_only_hashes_of_what_a_browser_or_a_mail_has_are_kept(
    mailbox: Mailbox, table: Table, people: People, portal: str
):
    asked(portal, ADA)
    link = mailbox.link()
    kept = str(everything(table))
    assert link.rpartition("/")[2] not in kept
    assert not any(session in kept or session.partition(".")[2] in kept for session in people.sessions.values())


def test_a_link_is_used_once_also_by_two_at_the_same_time(
    mailbox: Mailbox, table: Table, monkeypatch: pytest.MonkeyPatch
):
    asked("/console", OLGA)
    link = mailbox.link()
    form, transact, others = Reader().get(link), Table.transact, []

    def faster(self: Table, ops: object, **kwargs: object) -> None:
        if not others:
            others.append(None)
            others[0] = Reader().send(form, "Sign in")
        transact(self, ops, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Table, "transact", faster)
    second = Reader().send(form, "Sign in")
    assert (others[0].headings, second.status) == (["Overview"], 410)


def test_somebody_who_applies_waits_for_approval_and_can_sign_in(
    mailbox: Mailbox, api: Gateway, table: Table, world: World, portal: str
):
    terms = "https://shop.example.com/terms"
    assert api.patch("/v1/program", {"applications": {"open": True, "terms_url": terms}}).status == 200
    visitor = Reader()
    form = visitor.get(f"{portal}/join")
    refused = visitor.send(form, "Apply", email="eve@example.com", first_name="Eve")
    assert (refused.status, "agree to its terms" in refused.text) == (422, True)
    done = visitor.send(form, "Apply", email="eve@example.com", first_name="Eve", agrees="on")
    assert (done.headings, done.links["Ask for another one"]) == (["Thank you"], f"{portal}/sign-in")
    (made,) = [each for each in api.get("/v1/members").body["items"] if each["email"] == "eve@example.com"]
    assert (made["status"], made["approved_at"]) == ("pending", None)
    assert entered(mailbox.link()).headings == ["Overview"]


def test_an_application_from_a_known_address_changes_nobody_and_is_answered_the_same(
    mailbox: Mailbox, api: Gateway, world: World, portal: str
):
    assert api.patch("/v1/program", {"applications": {"open": True}}).status == 200
    before = api.get(f"/v1/members/{world.ada}").body
    visitor = Reader()
    form = visitor.get(f"{portal}/join")
    answers = [visitor.send(form, "Apply", email=each, first_name="X") for each in (ADA, "new@example.com")]
    assert answers[0].html == answers[1].html
    assert api.get(f"/v1/members/{world.ada}").body == before


def test_a_program_that_takes_no_applications_makes_no_member(people: People, api: Gateway, portal: str):
    assert "takes no applications" in Reader().get(f"{portal}/join").text
    known = api.get("/v1/members").body["items"]
    assert Reader().post(f"{portal}/join", {"email": "eve@example.com"}).status == 403
    assert api.get("/v1/members").body["items"] == known


def test_a_program_takes_so_many_applications_an_hour_and_mails_no_more_strangers(
    mailbox: Mailbox, api: Gateway, portal: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(applying, "MOST_APPLICATIONS", 3)
    assert api.patch("/v1/program", {"applications": {"open": True}}).status == 200
    visitor = Reader()
    form = visitor.get(f"{portal}/join")
    refused_ones = visitor.send(form, "Apply", email="nobody", first_name="N")
    assert refused_ones.status == 422, "what makes no member counts for nothing"
    for name in ("new1@example.com", ADA, "new2@example.com"):
        assert visitor.send(form, "Apply", email=name, first_name="N").headings == ["Thank you"]
    assert len(mailbox.new()) == 3
    for name in ("new3@example.com", ADA):
        again = visitor.send(form, "Apply", email=name, first_name="N")
        assert (again.status, "try again in an hour" in again.text) == (409, True)
        assert again.form("Apply").fields["email"] == name
    assert mailbox.new() == []
    assert "new3@example.com" not in str(api.get("/v1/members").body)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=1))
    assert visitor.send(form, "Apply", email="new3@example.com", first_name="N").headings == ["Thank you"]


def test_of_applications_at_once_no_more_are_taken_than_may_be(
    mailbox: Mailbox, table: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(applying, "MOST_APPLICATIONS", 1)

    def apply(into: Table, email: str) -> None:
        wanted = Application(email=email)
        applying.apply(into, world.program, wanted, "", clock.now(), token_bytes)

    racing = Interfering(table, lambda: apply(table, "first@example.com"))
    with pytest.raises(Conflict, match="too_many_applications"):
        apply(racing, "second@example.com")


def test_what_is_the_merchants_to_decide_cannot_be_applied_for(mailbox: Mailbox, api: Gateway, portal: str):
    assert api.patch("/v1/program", {"applications": {"open": True}}).status == 200
    sent = {"email": "eve@example.com", "first_name": "Eve", "status": "approved"}
    assert Reader().post(f"{portal}/join", sent).status == 422
    assert "eve@example.com" not in str(api.get("/v1/members").body)


def test_an_unknown_program_has_no_portal(people: People):
    nobody = Key("prg_" + "0" * 26, "program").pk
    assert Reader().get(f"/portal/{nobody}/sign-in").status == 404
