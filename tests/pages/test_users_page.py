"""Settings > Users: invited, given roles, removed; the example that other pages are written after."""

import pytest

from laurel.store.table import Table
from laurel.workflows.people import users
from tests.functional.kit.world import World
from tests.kit import spreadsheets
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader, Sheet

USERS = "/console/settings/users"


def opened(owner: Reader, people: People, role: str) -> Sheet:
    return owner.get(f"{USERS}/{people.users[role].user_id}")  # type: ignore[index]


def test_everybody_sees_who_may_sign_in_and_owners_may_change_it(people: People, owner: Reader):
    seen = reader(people, "viewer").get(USERS)
    assert "Max Manager manager@people.example.com manager" in seen.text
    assert "Invite somebody" not in seen.text
    assert "Invite somebody" in owner.get(USERS).text
    file = spreadsheets.read(reader(people, "viewer").get(f"{USERS}.csv").html)
    assert {line["Name"]: line["Role"] for line in file}["Max Manager"] == "manager"


def test_somebody_is_invited_once_however_often_the_form_is_sent(owner: Reader, table: Table, world: World):
    form = owner.get(f"{USERS}/new")
    for _ in range(2):
        done = owner.send(form, "Send the invitation", email="nina@example.com", name="Nina", role="manager")
        assert "Nina is invited." in done.text
    known = users.page(table, world.program.program_id, 100, None).items
    assert [user.role for user in known if user.email == "nina@example.com"] == ["manager"]


@pytest.mark.parametrize(
    ("email", "said"),
    [("nobody", "Not an e-mail address"), ("", "This is needed"), ("owner@people.example.com", "is a user's already")],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_lost(
    owner: Reader, table: Table, world: World, email: str, said: str
):
    again = owner.send(owner.get(f"{USERS}/new"), "Send the invitation", email=email, name="<b>Nina</b>", role="owner")
    assert again.status in {409, 422}
    assert said in again.text
    assert again.form("Send the invitation").fields == {
        **again.form("Send the invitation").fields,
        "email": email,
        "name": "<b>Nina</b>",
        "role": "owner",
    }
    assert "<b>Nina" not in again.html
    assert len(users.page(table, world.program.program_id, 100, None).items) == 3


def test_a_role_is_changed_and_told_once(owner: Reader, people: People):
    done = owner.send(opened(owner, people, "viewer"), "Save", role="manager")
    assert "Vera Viewer is a manager now." in done.text
    assert "is a manager now." not in owner.get(USERS).text
    assert reader(people, "viewer").get("/console/settings/users/new").status == 403
    assert opened(owner, people, "viewer").form("Save").fields["role"] == "manager"


def test_a_form_that_somebody_was_faster_than_shows_both_and_can_be_saved_again(owner: Reader, people: People):
    form = opened(owner, people, "viewer")
    assert owner.send(form, "Save", name="Vera V.").status == 200
    stale = owner.send(form, "Save", name="Vera Voss")
    assert (stale.status, stale.form("Save").fields["name"]) == (412, "Vera Voss")
    assert "Stored now: Vera V." in stale.text
    assert "Vera Voss is a viewer now." in owner.send(stale, "Save").text


def test_whoever_is_removed_is_signed_out_at_once(owner: Reader, people: People):
    vera = reader(people, "viewer")
    assert vera.get("/console").status == 200
    done = owner.send(opened(owner, people, "viewer"), "Remove Vera Viewer")
    assert "The user is removed" in done.text
    assert vera.get("/console").headings == ["Sign in"]
    assert opened(owner, people, "viewer").status == 404


@pytest.mark.parametrize(("button", "fields"), [("Remove Olga Owner", {}), ("Save", {"role": "viewer"})])
def test_the_last_owner_stays(owner: Reader, people: People, button: str, fields: dict[str, str]):
    refused = owner.send(opened(owner, people, "owner"), button, **fields)
    assert (refused.status, "This is the last owner" in refused.text) == (409, True)
    assert owner.get("/console/settings/users/new").status == 200


def test_a_field_that_no_form_has_is_refused(owner: Reader, people: People):
    refused = owner.send(opened(owner, people, "viewer"), "Save", user_id="usr_1")
    assert (refused.status, "There is no such field here" in refused.text) == (422, True)
