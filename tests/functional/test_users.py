"""Users over the API: invited, given roles, removed; a program that has owners keeps one."""

from typing import Any

import pytest

from laurel import clock
from laurel.domain.people.people import NewUser
from laurel.store.table import Table
from laurel.workflows.people import entrances, users
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import Randomness, World
from tests.functional.kit.world import program as another_program

NINA = {"email": "Nina@Example.com", "name": "Nina", "role": "manager"}


def invited(api: Gateway, **changes: Any) -> Answer:
    return api.post("/v1/users", {**NINA, **changes})


def test_a_user_is_invited_by_mail_and_listed(api: Gateway, table: Table):
    made = invited(api)
    assert (made.status, made.body["role"], made.body["signed_in_at"]) == (201, "manager", None)
    assert api.get("/v1/users").body["items"] == [made.body]
    assert api.get(f"/v1/users/{made.body['user_id']}").body == made.body
    (mail,) = api.get("/v1/mails").body["items"]
    assert (mail["kind"], mail["to"], mail["status"]) == ("invitation", made.body["email"], "pending")


@pytest.mark.parametrize("email", ["nina@example.com", "NINA@EXAMPLE.COM"])
def test_an_address_is_one_user_of_a_program_whatever_its_case(api: Gateway, table: Table, email: str):
    assert invited(api).status == 201
    before = len(everything(table))
    again = invited(api, email=email)
    assert (again.status, again.code, len(everything(table))) == (409, "user_exists", before)


def test_the_same_person_may_be_a_user_of_several_programs(api: Gateway, table: Table, world: World):
    other = Gateway(another_program(table, "Another").admin)
    assert [invited(api).status, invited(other).status] == [201, 201]
    assert other.get("/v1/users").body["items"] != api.get("/v1/users").body["items"]


def test_an_invitation_sent_twice_under_one_key_invites_once(api: Gateway):
    answers = [api.post("/v1/users", NINA, idempotency_key="once") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert len(api.get("/v1/mails").body["items"]) == 1


def test_an_address_is_invited_five_times_an_hour_at_most(api: Gateway):
    for _ in range(5):
        assert api.delete(f"/v1/users/{invited(api).body['user_id']}").status == 204
    refused = invited(api)
    assert (refused.status, refused.code) == (409, "too_many_mails")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"role": "king"}, "/role"), ({"email": "x"}, "/email"), ({"scopes": []}, "/scopes"), ({"name": 1}, "/name")],
)
def test_what_does_not_fit_invites_nobody(api: Gateway, table: Table, changes: dict[str, Any], pointer: str):
    before = everything(table)
    refused = invited(api, **changes)
    assert (refused.status, refused.pointers) == (422, [pointer])
    assert everything(table) == before


def test_a_role_is_patched_under_its_version(api: Gateway):
    user = invited(api).body
    path = f"/v1/users/{user['user_id']}"
    changed = api.patch(path, {"role": "viewer"}, if_match="1")
    assert (changed.body["role"], changed.body["name"], changed.body["version"]) == ("viewer", "Nina", 2)
    assert api.patch(path, {"role": "owner"}, if_match="1").status == 412
    assert api.patch(path, {"name": None}).body["name"] is None
    assert api.patch(path, {"role": None}).pointers == ["/role"]
    assert api.patch(path, {"email": "x@example.com"}).pointers == ["/email"]


def test_another_programs_users_are_nobody_here(api: Gateway, table: Table):
    user_id = invited(api).body["user_id"]
    other = Gateway(another_program(table, "Another").admin)
    path = f"/v1/users/{user_id}"
    for answer in (other.get(path), other.patch(path, {"role": "viewer"}), other.delete(path)):
        assert (answer.status, answer.code) == (404, "user_not_found")
    assert api.get("/v1/users").body["items"][0]["role"] == "manager"


def test_the_last_owner_stays_one(api: Gateway):
    owner = f"/v1/users/{invited(api, role='owner').body['user_id']}"
    for refused in (api.delete(owner), api.patch(owner, {"role": "manager"})):
        assert (refused.status, refused.code) == (409, "last_owner")
    assert invited(api, email="second@example.com", role="owner").status == 201
    assert api.delete(owner).status == 204


def test_two_owners_who_remove_each_other_at_once_leave_one(
    api: Gateway, table: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    first, second = (invited(api, email=f"{n}@example.com", role="owner").body["user_id"] for n in (1, 2))
    transact, others = Table.transact, []

    def faster(own: Table, ops: Any, **kwargs: Any) -> None:
        if not others:
            others.append("")
            users.remove(table, world.program.program_id, second)
        transact(own, ops, **kwargs)

    monkeypatch.setattr(Table, "transact", faster)
    assert api.delete(f"/v1/users/{first}").code == "last_owner"


def test_a_user_takes_an_admin_key_to_change_and_any_to_read(api: Gateway, world: World):
    reader = Gateway(world.reader)
    assert reader.get("/v1/users").status == 200
    assert invited(reader).code == "scope_missing"
    assert invited(Gateway(world.reporter)).code == "scope_missing"


def test_an_operator_appoints_a_programs_first_owner(api: Gateway, table: Table, world: World):
    new = NewUser(email="olga@example.com", role="owner")
    path = entrances.appoint(table, world.program.program_id, new, clock.now(), Randomness("olga"))
    assert path.startswith("/console/sign-in/")
    assert [user["role"] for user in api.get("/v1/users").body["items"]] == ["owner"]
