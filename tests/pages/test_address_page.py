"""Another e-mail address: a member asks for it, whoever reads it agrees, and nobody learns who else has it."""

from datetime import timedelta

import pytest

from laurel import clock
from laurel.store.table import Table
from laurel.workflows.members import members
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World
from tests.functional.test_erasure import finish
from tests.pages.kit.mailbox import Mailbox
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader, Sheet

NEW = "ada@new.example.com"


@pytest.fixture
def mailbox(table: Table, people: People, outside: None) -> Mailbox:
    box = Mailbox(table)
    box.new()
    return box


def asked(ada: Reader, portal: str, address: str = NEW) -> Sheet:
    return ada.send(ada.get(f"{portal}/profile/address"), "Mail me a link", email=address)


def confirmed(link: str, reader: Reader | None = None) -> Sheet:
    reader = reader or Reader()
    return reader.send(reader.get(link), "Use this address")


def address_of(table: Table, world: World) -> str:
    return members.get(table, world.program.program_id, world.ada).email


def test_an_address_counts_once_whoever_reads_it_has_agreed(
    mailbox: Mailbox, ada: Reader, portal: str, table: Table, world: World
):
    assert asked(ada, portal, f" {NEW} ").headings == ["Look into your mail"]
    (mail,) = mailbox.new()
    assert (mail.destinations["ToAddresses"], "Ada" in mail.body) == ([NEW], False)
    link = mail.body.partition("https://api.example.com")[2].split()[0]
    for _ in range(2):
        page = Reader().get(link)
        assert (page.headings, NEW in page.text, "Ada" in page.text) == (["Is this your address?"], True, False)
    assert address_of(table, world) == "ada@example.com"
    assert ada.get(f"{portal}/profile").status == 200
    done = confirmed(link)
    assert (done.headings, done.links["Sign in"]) == (["Your address is changed"], f"{portal}/sign-in")
    assert address_of(table, world) == NEW
    (line, *_) = Gateway(world.admin).get(f"/v1/members/{world.ada}/history").body["items"]
    assert (line["actor"], line["changes"][0]["after"]) == (f"member:{world.ada}", NEW)


def test_with_another_address_everybody_is_signed_out_and_the_one_before_is_told(
    mailbox: Mailbox, ada: Reader, portal: str
):
    asked(ada, portal)
    confirmed(mailbox.link())
    assert ada.get(f"{portal}/profile").headings == ["Sign in"]
    (told,) = mailbox.new()
    assert (told.subject, told.destinations["ToAddresses"]) == (
        "Your e-mail address was changed",
        ["ada@example.com"],
    )
    visitor = Reader()
    visitor.send(visitor.get(f"{portal}/sign-in"), "Send me a link", email=NEW)
    link = mailbox.link()
    assert visitor.send(visitor.get(link), "Sign in").headings == ["Overview"]


def test_a_link_is_good_once_and_for_a_quarter_of_an_hour_and_ends_with_another_address(
    mailbox: Mailbox, ada: Reader, portal: str, monkeypatch: pytest.MonkeyPatch
):
    asked(ada, portal, "b@example.com")
    first = mailbox.link()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=16))
    assert confirmed_at_all(first) == 410
    asked(ada, portal, "c@example.com")
    second = mailbox.link()
    asked(ada, portal, "d@example.com")
    third = mailbox.link()
    assert confirmed_at_all(second) == 200
    assert [confirmed_at_all(link) for link in (second, third)] == [410, 404]


def confirmed_at_all(link: str) -> int:
    return Reader().post(link, {}).status


def test_nothing_tells_whether_another_member_has_an_address(
    mailbox: Mailbox, ada: Reader, portal: str, table: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    written, transact = [], Table.transact
    monkeypatch.setattr(Table, "transact", lambda table, ops: written.append(len(ops)) or transact(table, ops))
    known, free = asked(ada, portal, "ben@example.com"), asked(ada, portal, "xyz@example.com")
    assert known.html.replace("ben@", "xyz@") == free.html
    assert written == [3, 3]
    assert [mail.destinations["ToAddresses"] for mail in mailbox.new()] == [["xyz@example.com"]]


def test_an_address_that_somebody_took_meanwhile_stays_theirs(
    mailbox: Mailbox, ada: Reader, portal: str, table: Table, world: World
):
    asked(ada, portal)
    link = mailbox.link()
    assert Gateway(world.admin).post("/v1/members", {"email": NEW}).status == 201
    again = confirmed(link)
    assert (again.status, "Another member has this address by now." in again.text) == (409, True)
    assert address_of(table, world) == "ada@example.com"


def test_a_member_asks_for_five_links_an_hour_and_an_address_gets_as_many(
    mailbox: Mailbox, ada: Reader, portal: str, monkeypatch: pytest.MonkeyPatch
):
    for number in range(5):
        assert asked(ada, portal, f"x{number}@example.com").headings == ["Look into your mail"]
    again = asked(ada, portal, "x5@example.com")
    assert (again.status, "try again later" in again.text) == (409, True)
    assert len(mailbox.new()) == 5
    visitor = Reader()
    for _ in range(5):
        visitor.send(visitor.get(f"{portal}/sign-in"), "Send me a link", email=NEW)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=60))
    for _ in range(5):
        visitor.send(visitor.get(f"{portal}/sign-in"), "Send me a link", email=NEW)
    assert asked(ada, portal).headings == ["Look into your mail"]
    assert mailbox.new() == []


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("", "This is needed"),
        ("nobody", "address"),
        ("<script>@x", "address"),
        ("ADA@example.com", "This is your address already"),
    ],
)
def test_what_can_be_no_new_address_is_said_beside_the_field(
    mailbox: Mailbox, ada: Reader, portal: str, entered: str, said: str
):
    again = asked(ada, portal, entered)
    assert (again.status, said in again.text) == (422, True)
    assert again.form("Mail me a link").fields["email"] == entered
    assert mailbox.new() == []


def test_links_of_both_kinds_open_their_own_doors_alone(mailbox: Mailbox, ada: Reader, portal: str, people: People):
    asked(ada, portal)
    change = mailbox.link().rpartition("/")[2]
    ada.send(ada.get(f"{portal}/sign-in"), "Send me a link", email="ada@example.com")
    sign_in = mailbox.link().rpartition("/")[2]
    for path in (f"sign-in/{change}", f"address/{sign_in}", f"address/{'x' * 40}"):
        assert Reader().get(f"{portal}/{path}").status == 404
        assert Reader().post(f"{portal}/{path}", {}).status == 404
    elsewhere = f"/portal/prg_{'0' * 26}/address/{change}"
    assert (Reader().get(elsewhere).status, Reader().post(elsewhere, {}).status) == (404, 404)


def test_who_was_suspended_since_gets_no_other_address(
    mailbox: Mailbox, ada: Reader, portal: str, table: Table, world: World
):
    api = Gateway(world.admin)
    asked(ada, portal)
    link = mailbox.link()
    asked(ada, portal, "late@example.com")
    for status in ("suspended", "approved"):
        assert api.patch(f"/v1/members/{world.ada}", {"status": status}).status == 200
    assert mailbox.new() == [], "a link that was not mailed yet is not mailed any more"
    assert (Reader().get(link).status, confirmed_at_all(link)) == (404, 404)
    assert address_of(table, world) == "ada@example.com"


def test_an_erased_member_leaves_no_address_that_they_asked_for(
    mailbox: Mailbox, ada: Reader, portal: str, table: Table, world: World
):
    asked(ada, portal)
    link = mailbox.link()
    job_id = Gateway(world.admin).post(f"/v1/members/{world.ada}/erase?confirm=true").body["job_id"]
    finish(table, world, job_id)
    assert Reader().get(link).status == 404
    assert NEW not in str(everything(table))
