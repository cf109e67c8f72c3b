"""API keys: who gets in, how far, and that revoking is at once."""

import pytest

from laurel.domain.values.errors import Absent, Conflict, Unauthenticated
from laurel.store import keys
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.program import api_keys
from laurel.workflows.requests import access
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import AT, Randomness, World, program
from tests.kit.interference import Interfering
from tools import keys as tool

UNKNOWN = "lk_01m6dqs9m00c94h1kncayttybn_" + "A" * 43


@pytest.mark.parametrize("key", [None, "", "nonsense", UNKNOWN, "lk_" + "0" * 26 + "_" + "A" * 43, "lk_\x00é🎉"])
def test_without_a_key_of_ours_nobody_gets_in(api: Gateway, key: str | None):
    answer = api.get("/v1/program", key=key)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_scheme_is_no_key(api: Gateway, world: World):
    assert api.get("/v1/program", key=None, authorization=f"Basic {world.admin}").status == 401


def test_the_scheme_may_be_written_in_any_case(api: Gateway, world: World):
    assert api.get("/v1/program", key=None, authorization=f"bearer {world.admin}").status == 200


@pytest.mark.parametrize("body", ["{", '{"nonsense": 1}', "[1]", "x" * 300_000])
def test_a_stranger_learns_nothing_of_what_is_wrong_with_the_body(api: Gateway, body: str):
    assert api.post("/v1/offers", body, key=None).status == 401


def test_a_key_that_may_only_read_learns_nothing_of_what_is_wrong_with_the_body(api: Gateway, world: World):
    assert api.post("/v1/offers", {"nonsense": 1}, key=world.reader).status == 403


def test_a_reader_reads_and_changes_nothing(api: Gateway, world: World):
    assert api.get("/v1/members", key=world.reader).status == 200
    assert api.post("/v1/members", {"email": "x@example.com"}, key=world.reader).status == 403


def test_a_storefront_key_does_not_read(api: Gateway, world: World):
    assert api.get("/v1/members", key=world.reporter).status == 403


def test_a_revoked_key_is_refused_from_the_next_request_on(api: Gateway):
    issued = api.post("/v1/api-keys", {"scopes": ["read"]}).body
    assert api.get("/v1/program", key=issued["key"]).status == 200
    assert api.delete(f"/v1/api-keys/{issued['key_id']}").status == 204
    assert api.get("/v1/program", key=issued["key"]).status == 401


def test_a_key_cannot_name_another_program(api: Gateway, world: World, items: Table):
    other = program(items, "Other")
    swapped = other.admin.replace(other.admin[3:29], world.admin[3:29])
    assert api.get("/v1/program", key=swapped).status == 401


def test_a_door_opens_only_the_program_that_it_belongs_to(items: Table, world: World):
    other = program(items, "Other")
    forged = other.admin.replace(other.admin[3:29], world.admin[3:29])
    door = items.get(keys.api_key_door(access.digest(other.admin)))
    items.write(Put(door | {"pk": keys.api_key_door(access.digest(forged)).pk}))
    with pytest.raises(Unauthenticated):
        access.identify(items, forged)


def test_the_secret_is_shown_once_and_kept_nowhere(api: Gateway, items: Table):
    issued = api.post("/v1/api-keys", {"scopes": ["read"]}).body
    secret = issued["key"].split("_", 2)[2]
    assert len(secret) == 43
    stored = items._client.scan(TableName=items._name)["Items"]
    assert secret not in str(stored)
    assert secret not in str(api.get("/v1/api-keys").body)


def test_an_answer_told_again_has_no_secret(api: Gateway):
    first = api.post("/v1/api-keys", {"scopes": ["read"]}, idempotency_key="one")
    again = api.post("/v1/api-keys", {"scopes": ["read"]}, idempotency_key="one")
    assert again.status == 201
    assert (again.body["key_id"], again.body["key"]) == (first.body["key_id"], None)
    assert len([each for each in api.get("/v1/api-keys").body["items"] if each["scopes"] == ["read"]]) == 2


def test_the_last_admin_key_stays(api: Gateway):
    (admin,) = (each for each in api.get("/v1/api-keys").body["items"] if each["scopes"] == ["admin"])
    answer = api.delete(f"/v1/api-keys/{admin['key_id']}")
    assert (answer.status, answer.code) == (409, "last_admin_key")


def test_two_admins_who_revoke_each_other_do_not_both_succeed(api: Gateway, items: Table, world: World):
    second = api.post("/v1/api-keys", {"scopes": ["admin"]}).body
    first = api.get("/v1/api-keys").body["items"][-1]
    program_id = world.program.program_id
    racing = Interfering(items, lambda: api_keys.revoke(items, program_id, first["key_id"], AT))
    with pytest.raises(Conflict):
        api_keys.revoke(racing, program_id, second["key_id"], AT)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes/0"),
        ({"scopes": ["read", "read"]}, "/scopes"),
        ({"scopes": ["storefront"]}, "/storefront_id"),
        ({"scopes": ["storefront"], "storefront_id": "sf_" + "0" * 26}, "/storefront_id"),
        ({"scopes": "admin"}, "/scopes"),
        ({"scopes": ["read"], "name": ""}, "/name"),
        ({"scopes": ["read"], "name": "n" * 201}, "/name"),
        ({"scopes": ["read"], "expires_at": "2026-01-05T10:00:00Z"}, "/expires_at"),
        ({"scopes": ["read"], "expires_at": "2031-01-05"}, "/expires_at"),
        ({"scopes": ["read"], "expires_at": 1_900_000_000}, "/expires_at"),
    ],
)
def test_what_is_no_key_is_refused(api: Gateway, body: object, pointer: str):
    answer = api.post("/v1/api-keys", body)
    assert answer.status == 422
    assert pointer in answer.pointers


def test_secrets_of_one_program_differ():
    random = Randomness("keys")
    assert access.new_secret("prg_x", random) != access.new_secret("prg_x", random)


# -- by the operator ---------------------------------------------------------------------------------------------------


def test_an_operator_issues_an_admin_key_for_who_lost_theirs(api: Gateway, items: Table, world: World):
    key_id, line = next(iter(tool.told(items, "issue", world.program.program_id, None))).split("\n")
    secret = line.split()[2]
    assert api.get("/v1/program", key=secret).status == 200
    assert api.post("/v1/api-keys", {"scopes": ["read"]}, key=secret).status == 201
    assert key_id in {key["key_id"] for key in api.get("/v1/api-keys").body["items"]}
    assert all(secret[-43:] not in str(item) for item in everything(items))


def test_an_operator_revokes_a_key_that_leaked(api: Gateway, items: Table, world: World):
    program_id = world.program.program_id
    (told,) = tool.told(items, "issue", program_id, None)
    leaked, secret = told.split()[0], told.split()[3]
    list(tool.told(items, "revoke", program_id, leaked))
    assert api.get("/v1/program", key=secret).status == 401
    assert leaked not in "".join(tool.told(items, "list", program_id, None))
    assert api.get("/v1/program").status == 200


def test_an_operator_sees_all_keys_and_no_secret(items: Table, world: World):
    lines = list(tool.told(items, "list", world.program.program_id, None))
    assert [line.split()[2] for line in lines] == ["storefront", "read", "admin"]
    assert world.storefront_id in lines[0]


@pytest.mark.parametrize(
    ("task", "program_id", "code"),
    [("issue", "prg_" + "0" * 26, "program_not_found"), ("revoke", None, "api_key_not_found")],
)
def test_what_an_operator_misspells_changes_nothing(
    items: Table, world: World, task: str, program_id: str | None, code: str
):
    before = everything(items)
    with pytest.raises(Absent, match=code):
        list(tool.told(items, task, program_id or world.program.program_id, "key_" + "0" * 26))
    assert everything(items) == before
