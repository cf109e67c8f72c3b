"""Members: found, added, approved, suspended, erased; and everything about one of them."""

from urllib.parse import urlencode

import pytest

from laurel.store.table import Table
from laurel.workflows.members import enrollments, finding, members
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.payouts import payees
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed
from tests.functional.kit.world import World, program
from tests.kit import spreadsheets
from tests.pages.conftest import reader
from tests.pages.kit.filled import fill
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import SAME, Reader

LIST = "/console/members"
TABS = ("", "/earnings", "/rewards", "/payouts", "/mails", "/history")
SCRIPT = "<script>alert(1)</script>"
ODD = "\U0001f9ff"


@pytest.fixture
def ada_page(world: World) -> str:
    return f"{LIST}/{world.ada}"


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


def member(table: Table, world: World, email: str):
    return finding.with_email(table, world.program.program_id, email, None).items[0]


@pytest.mark.parametrize(
    ("query", "missing"),
    [("", ""), ("?q=love", ""), ("?q=ada@", ""), ("?q=zz", "Nobody like that"), ("?status=pending", "Nobody waits")],
)
def test_members_are_found(manager: Reader, query: str, missing: str):
    page = manager.get(LIST + query)
    assert ("Ada Lovelace" in page.links) == (not missing)
    assert missing in page.text


@pytest.mark.parametrize(
    "path",
    [
        LIST,
        "/console/offers",
        "/console/offers/{offer}/members",
        "/console/offers/{offer}/add",
        "{ada}/earnings",
        "/console/offers/{offer}/history",
    ],
)
@pytest.mark.parametrize(
    "query", [f"q={'x' * 2000}", f"q={'%EF%B7%BA' * 100}", "path=x&self=y&query=z", "cursor=%00", "q=%20a"]
)
def test_no_address_however_odd_breaks_a_list(manager: Reader, world: World, path: str, query: str, ada_page: str):
    address = path.format(offer=world.codes_offer, ada=ada_page)
    assert manager.get(f"{address}?{query}").status in {200, 422}


def test_a_member_is_added_once_with_who_brought_them(manager: Reader, table: Table, world: World):
    form = manager.get(f"{LIST}/new")
    told = {"email": "cleo@example.com", "first_name": SCRIPT, "fields__level": "gold", "referrer": "ADA@example.com"}
    for _ in range(2):
        done = manager.send(form, "Add the member", **told)
        assert "is added." in done.text
        assert SCRIPT not in done.html
    assert done.links["Ada Lovelace"].endswith(world.ada)
    cleo = member(table, world, "cleo@example.com")
    assert (cleo.original_referrer_id, cleo.fields, cleo.status) == (world.ada, {"level": "gold"}, "approved")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": ""}, "This is needed"),
        ({"email": "nobody"}, "Not an e-mail address"),
        ({"email": "ADA@example.com"}, "Another member has this e-mail address"),
        ({"referrer": "nobody@example.com"}, "No member has this address"),
        ({"referrer": "x" * 5000}, "At most 320 characters fit here"),
        ({"first_name": "x" * 201}, "200"),
        ({"status": "nonsense"}, "pending"),
    ],
)
def test_what_does_not_fit_is_said_and_nobody_is_added(
    manager: Reader, table: Table, world: World, fields: dict[str, str], said: str
):
    again = manager.send(manager.get(f"{LIST}/new"), "Add the member", **{"email": "new@example.com", **fields})
    assert (again.status in {409, 422}, said in again.text) == (True, True), again.text
    assert not finding.with_email(table, world.program.program_id, "new@example.com", None).items


@pytest.mark.parametrize(
    "name", ["email", "first_name", "status", "fields", "fields.level", "referrer", "fields.nothing"]
)
@pytest.mark.parametrize("kind", ["", ":many", ":flag", ":money", ":lines"])
def test_no_field_however_odd_breaks_the_form(manager: Reader, name: str, kind: str):
    form = manager.get(f"{LIST}/new").form("Add the member")
    fields = {key: value for key, value in form.fields.items() if not key.startswith(name)}
    assert manager.post(form.action, {**fields, name + kind: ODD}).status in {200, 409, 422}


def test_who_applied_is_approved_from_the_list(manager: Reader, table: Table, world: World):
    manager.send(manager.get(f"{LIST}/new"), "Add the member", email="cleo@example.com", status="pending")
    done = manager.send(manager.get(f"{LIST}?status=pending"), "Approve")
    assert "cleo@example.com is approved." in done.text
    assert (done.headings, "Nobody waits for approval" in done.text) == (["Members"], True)
    assert member(table, world, "cleo@example.com").status == "approved"


def test_who_applied_is_turned_down_and_may_be_approved_later(manager: Reader, table: Table, world: World):
    made = manager.send(manager.get(f"{LIST}/new"), "Add the member", email="cleo@example.com", status="pending")
    done = manager.send(made, "Turn down cleo@example.com")
    assert (member(table, world, "cleo@example.com").status, "Turn down" in done.text) == ("suspended", False)
    assert "cleo@example.com is approved." in manager.send(done, "Approve").text


def test_several_who_applied_are_approved_at_once(manager: Reader, table: Table, world: World):
    for name in ("cleo", "dora"):
        manager.send(manager.get(f"{LIST}/new"), "Add the member", email=f"{name}@example.com", status="pending")
    page = manager.get(f"{LIST}?status=pending")
    action, token = page.form("Approve the selected").action, page.form("Approve the selected").fields["_token"]
    known = [member(table, world, f"{name}@example.com").member_id for name in ("cleo", "dora")]
    fields = [("_token", token), *(("members:many", each) for each in [*known, "mem_" + "0" * 26])]
    done = manager.ask("POST", action, urlencode(fields), SAME)
    assert "2 members are approved, 1 could not be." in done.text
    assert {member(table, world, f"{name}@example.com").status for name in ("cleo", "dora")} == {"approved"}
    for nobody in ({}, {"members:many": ODD}, {"members:many": "x" * 5000}):
        assert "Select somebody first." in manager.post(action, {"_token": token, **nobody}).text


def test_a_member_is_suspended_and_approved_again_and_the_history_says_by_whom(manager: Reader, ada_page: str):
    done = manager.send(manager.get(ada_page), "Suspend Ada Lovelace")
    assert "Ada Lovelace is suspended." in done.text
    assert "Ada Lovelace is approved." in manager.send(done, "Approve").text
    told = manager.get(f"{ada_page}/history").text
    assert "Max Manager" in told
    assert "Status suspended → approved" in told
    file = spreadsheets.read(manager.get(f"{ada_page}/history.csv").html)
    assert [(line["Before and after"], line["By"]) for line in file[:2]] == [
        ("Status: suspended → approved", "Max Manager"),
        ("Status: approved → suspended", "Max Manager"),
    ]
    assert manager.get(f"{ada_page[:-4]}none/history.csv").status == 404


def test_a_status_that_there_is_not_changes_nothing_and_says_so(manager: Reader, ada_page: str):
    token = manager.get(ada_page).form("Sign out").fields["_token"]
    for status in ("", "nonsense", ODD):
        told = manager.post(f"{ada_page}/status", {"_token": token, "status": status})
        assert (told.status, told.headings, "Nothing was changed" in told.text) == (200, ["Ada Lovelace"], True)
    manager.send(manager.get(ada_page), "Erase Ada Lovelace for ever")
    assert "was erased" in manager.post(f"{ada_page}/status", {"_token": token, "status": "approved"}).text


def test_a_profile_is_edited_and_two_who_do_at_once_see_both(
    manager: Reader, table: Table, world: World, ada_page: str
):
    form = manager.get(f"{ada_page}/edit")
    assert manager.send(form, "Save", first_name="Augusta", fields__level="").headings == ["Augusta Lovelace"]
    assert members.get(table, world.program.program_id, world.ada).fields == {}
    stale = manager.send(form, "Save", first_name="A.")
    assert (stale.status, "Stored now: Augusta" in stale.text) == (412, True)
    taken = manager.send(manager.get(f"{ada_page}/edit"), "Save", email="ben@example.com")
    assert (taken.status, "another member has" in taken.text.lower()) == (409, True)


def test_erasing_says_what_follows_and_how_far_it_is(manager: Reader, ada_page: str):
    page = manager.get(ada_page)
    assert "This cannot be undone." in page.text
    done = manager.send(page, "Erase Ada Lovelace for ever")
    assert "The member is erased." in done.text
    assert "Mails and history are being blanked" in done.text
    assert "Lovelace" not in done.html
    assert {button for form in done.forms for button in form.buttons} == {"Sign out"}
    for path in ("/edit", "/offers"):
        assert manager.get(ada_page + path).status == 409
    for part in TABS:
        assert manager.get(ada_page + part).status == 200


def test_a_profile_shows_everything_about_one_person(manager: Reader, table: Table, world: World, ada_page: str):
    fill(table, world)
    page = manager.get(ada_page)
    for said in (
        "Autumn glow",
        "ADA10",
        world.slug,
        "10 % of each sale",
        "silver",
        "Due €91.60",
        "No payment details yet",
    ):
        assert said in page.text, said
    earned = manager.get(f"{ada_page}/earnings")
    assert "Sale, order 1003" in earned.links
    assert "refund" in earned.text
    assert "Sale, order 1003" not in manager.get(f"{ada_page}/earnings?from=2026-11-14").links
    assert "Nothing of that kind" in manager.get(f"{ada_page}/earnings?type=click").text
    assert "of €200.00" in manager.get(f"{ada_page}/rewards").text
    assert "Nothing paid yet" in manager.get(f"{ada_page}/payouts").text
    assert "No mails yet" in manager.get(f"{ada_page}/mails").text
    assert (
        "Level" in manager.get(f"{ada_page}/history").text or "level: silver" in manager.get(f"{ada_page}/history").text
    )


def test_what_was_paid_and_mailed_is_told(
    manager: Reader, table: Table, world: World, jobs_queue: JobsQueue, ada_page: str
):
    fill(table, world)
    api = Gateway(world.admin)
    assert api.patch("/v1/program", {"statements": {"mail_members": True}}).status == 200
    confirmed(api, jobs_queue)
    paid = manager.get(f"{ada_page}/payouts")
    assert "€91.60" in paid.text
    assert "sent" in paid.text
    assert "Statement of a payout" in manager.get(f"{ada_page}/mails").text
    assert "paid" in manager.get(f"{ada_page}/earnings").text


def test_payment_details_given_after_another_address_are_marked_for_whoever_pays(
    owner: Reader, ada_page: str, api: Gateway, world: World, secrets_key: str
):
    path, warned = f"/v1/members/{world.ada}", "Given after the e-mail address was changed"
    assert api.put(f"{path}/payee", {"method": "paypal", "email": "ada@example.com"}).status == 200
    assert warned not in owner.get(ada_page).text
    assert api.patch(path, {"email": "mallory@example.com"}).status == 200
    assert warned not in owner.get(ada_page).text
    assert api.put(f"{path}/payee", {"method": "paypal", "email": "mallory@example.com"}).status == 200
    page = owner.get(ada_page)
    assert (warned in page.text, page.links["See the history"]) == (True, f"{ada_page}/history")


def test_lists_are_files_of_the_same_rows(manager: Reader, table: Table, world: World, ada_page: str):
    fill(table, world)
    people = manager.get(f"{LIST}.csv?q=love")
    assert people.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert people.html.splitlines()[1].startswith(f"{world.ada},Ada Lovelace,ada@example.com,approved,2026-11-02")
    assert len(people.html.splitlines()) == 2
    assert "order" in manager.get(f"{ada_page}/earnings.csv?from=2026-11-20").html.lower()
    assert len(manager.get(f"{ada_page}/earnings.csv?from=2026-11-20").html.splitlines()) == 4
    offers = manager.get("/console/offers.csv?kind=promo_code").html.splitlines()
    assert (len(offers), "10\u00a0% of each sale" in offers[1], "Standard, Gold" in offers[1]) == (2, True, True)
    inside = manager.get(f"/console/offers/{world.codes_offer}/members.csv").html.splitlines()
    assert (len(inside), ",ADA10," in inside[1]) == (2, True)


def test_a_member_joins_an_offer_from_the_profile(manager: Reader, table: Table, world: World):
    page = manager.get(f"{LIST}/{world.ben}/offers")
    wrong = manager.send(page, "Add to Autumn glow", promo_code="ADA10")
    assert (wrong.status, "belongs to somebody else" in wrong.text) == (409, True)
    done = manager.send(page, "Add to Autumn glow", promo_code="BEN", payout_option_id=world.options[1])
    assert done.headings == ["Ben in Autumn glow"]
    place = Place(world.program.program_id, world.codes_offer, world.ben)
    assert enrollments.get(table, place).payout_option_id == world.options[1]
    assert "Add to Autumn glow" not in manager.get(f"{LIST}/{world.ben}/offers").html
    assert f"/offers/{world.codes_offer}/members/{world.ben}" in manager.get(f"{LIST}/{world.ben}").html


@pytest.mark.usefixtures("secrets_key")
def test_payment_details_are_the_owners_to_change_and_shown_masked(
    people: People, manager: Reader, owner: Reader, table: Table, world: World, ada_page: str
):
    form = owner.get(f"{ada_page}/payee")
    wrong = owner.send(form, "Save", method="iban", holder="Ada", iban="DE00 1234")
    assert wrong.status == 422
    done = owner.send(form, "Save", method="iban", holder="Ada Lovelace", iban="DE89370400440532013000", email=ODD)
    assert "The payment details are saved" in done.text
    for page in (done, manager.get(ada_page), owner.get(f"{ada_page}/payee"), owner.get(f"{ada_page}/history")):
        assert "DE89370400440532013000" not in page.html
    assert "payee" not in " ".join(manager.get(ada_page).links.values())
    assert manager.get(f"{ada_page}/payee").status == 403
    gone = owner.send(owner.get(f"{ada_page}/payee"), "Forget DE** **** **** **** **30 00 (Ada Lovelace)")
    assert "The payment details are forgotten." in gone.text
    assert "Payment details removed" in owner.get(f"{ada_page}/history").text
    assert payees.history_of(table, payees.Place(world.program.program_id, world.ada), 10, None).items


def test_a_viewer_reads_and_sees_no_form(people: People, ada_page: str):
    viewer = reader(people, "viewer")
    for path in (LIST, *(ada_page + part for part in TABS)):
        page = viewer.get(path)
        assert page.status == 200, path
        assert {button for form in page.forms for button in form.buttons} <= {"Sign out", "Show"}, path
        assert not {"Add a member", "Add to an offer", "Change", "Enter them"} & set(page.links), path


def test_nobody_of_another_program_sees_or_changes_anything(table: Table, world: World, ada_page: str):
    stranger = reader(seated(table, program(table, "Another"), "elsewhere"), "owner")
    for part in (*TABS, "/edit", "/offers", "/payee", "/earnings.csv"):
        assert stranger.get(ada_page + part).status == 404, part
    token = stranger.get(LIST).form("Sign out").fields["_token"]
    for part in ("/edit", "/status", "/erase", "/payee", "/payee/remove", f"/offers/{world.codes_offer}"):
        fields = {"_token": token, "status": "suspended", "first_name": "X", "method": "other", "text": "X"}
        assert stranger.post(ada_page + part, fields).status == 404, part
    assert members.get(table, world.program.program_id, world.ada).first_name == "Ada"
