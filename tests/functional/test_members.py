"""Members: one address each, declared fields, who brought whom."""

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.members.members import NewMember
from laurel.domain.values.errors import Conflict
from laurel.store import keys
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.requests import access, idempotency
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import AT, Randomness, World
from tests.kit.interference import Interfering


def test_a_member_shows_all_fields_of_the_contract(api: Gateway, world: World):
    member = api.get(f"/v1/members/{world.ben}").body
    assert member["referrer_id"] == member["original_referrer_id"] == member["parent_id"] == world.ada
    assert {"email", "first_name", "last_name", "status", "fields", "approved_at", "created_at", "version"} <= set(
        member
    )


@pytest.mark.parametrize(
    ("member", "pointer"),
    [
        ({}, "/email"),
        ({"email": "nobody"}, "/email"),
        ({"email": "a\x00@example.com"}, "/email"),
        ({"email": "x" * 300 + "@example.com"}, "/email"),
        ({"email": "c@example.com", "first_name": "a\x00b"}, "/first_name"),
        ({"email": "c@example.com", "first_name": "x" * 201}, "/first_name"),
        ({"email": "c@example.com", "status": "banned"}, "/status"),
        ({"email": "c@example.com", "referrer_id": "mem_00000000000000000000000000"}, "/referrer_id"),
        ({"email": "c@example.com", "referrer_id": "ada"}, "/referrer_id"),
        ({"email": "c@example.com", "fields": {"unknown": "x"}}, "/fields"),
        ({"email": "c@example.com", "fields": {"level": 3}}, "/fields/level"),
        ({"email": "c@example.com", "member_id": "mem_00000000000000000000000000"}, "/member_id"),
    ],
)
def test_a_member_that_makes_no_sense_is_refused(api: Gateway, member: object, pointer: str):
    answer = api.post("/v1/members", member)
    assert answer.status == 422
    assert pointer in answer.pointers
    assert len(api.get("/v1/members").body["items"]) == 2


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", "Ada@example.com"])
def test_an_address_belongs_to_one_member_whatever_its_case(api: Gateway, world: World, email: str):
    assert api.post("/v1/members", {"email": email}).code == "email_taken"
    assert api.patch(f"/v1/members/{world.ben}", {"email": email}).code == "email_taken"
    assert api.get(f"/v1/members/{world.ben}").body["email"] == "ben@example.com"


@pytest.mark.parametrize(
    ("sent", "kept"), [("cleo@x.test", "cleo@x.test"), (" Cleo@Shop.TEST ", "Cleo@shop.test"), ("c@bücher.de",) * 2]
)
def test_the_addresses_of_a_trial_are_addresses(api: Gateway, sent: str, kept: str):
    assert api.post("/v1/members", {"email": sent}).body["email"] == kept


@pytest.mark.parametrize("name", ["status", "email"])
def test_a_null_resets_nothing_of_a_member(api: Gateway, world: World, name: str):
    path = f"/v1/members/{world.ada}"
    api.patch(path, {"status": "suspended"})
    answer = api.patch(path, {name: None})
    assert (answer.status, answer.pointers) == (422, [f"/{name}"])
    assert api.get(path).body["status"] == "suspended"


def test_a_null_clears_what_can_be_empty(api: Gateway, world: World):
    cleared = api.patch(f"/v1/members/{world.ada}", {"last_name": None, "fields": None}).body
    assert (cleared["last_name"], cleared["fields"]) == ("", {})


def test_a_new_address_is_taken_and_the_old_one_is_free(api: Gateway, world: World):
    assert api.patch(f"/v1/members/{world.ada}", {"email": "ada@elsewhere.example"}).status == 200
    assert api.post("/v1/members", {"email": "ada@elsewhere.example"}).code == "email_taken"
    assert api.post("/v1/members", {"email": "ada@example.com"}).status == 201
    assert api.patch(f"/v1/members/{world.ada}", {"email": "ada@example.com"}).code == "email_taken"


def test_an_address_can_be_taken_back(api: Gateway, world: World):
    for email in ("ada@elsewhere.example", "ada@example.com"):
        assert api.patch(f"/v1/members/{world.ada}", {"email": email}).status == 200
    assert api.post("/v1/members", {"email": "ada@example.com"}).code == "email_taken"


def test_the_case_of_an_address_can_be_corrected(api: Gateway, world: World):
    assert api.patch(f"/v1/members/{world.ada}", {"email": "Ada@example.com"}).body["email"] == "Ada@example.com"
    assert api.post("/v1/members", {"email": "ada@example.com"}).code == "email_taken"


def test_of_two_who_sign_up_with_one_address_one_is_a_member(items: Table, world: World):
    def sign_up(table: Table, name: str) -> object:
        request = idempotency.request(access.identify(items, world.admin), "/v1/members", None, body_hash="", at=AT)
        return members.create(table, request, NewMember(email="cleo@example.com"), Randomness(name))

    with pytest.raises(Conflict, match="email_taken"):
        sign_up(Interfering(items, lambda: sign_up(items, "faster")), "slower")


def test_approved_at_is_the_first_approval(api: Gateway):
    member = api.post("/v1/members", {"email": "cleo@example.com", "status": "pending"}).body
    assert member["approved_at"] is None
    path = f"/v1/members/{member['member_id']}"
    approved = api.patch(path, {"status": "approved"}).body["approved_at"]
    assert approved is not None
    api.patch(path, {"status": "suspended"})
    assert api.patch(path, {"status": "approved"}).body["approved_at"] == approved


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_field_is_cleared(api: Gateway, world: World, empty: str | None):
    assert api.patch(f"/v1/members/{world.ada}", {"fields": {"level": empty}}).body["fields"] == {}


def test_a_field_that_is_no_longer_declared_stays_until_it_is_cleared(api: Gateway, world: World):
    path = f"/v1/members/{world.ada}"
    api.patch("/v1/program", {"user_fields": []})
    assert api.patch(path, {"last_name": "Byron"}).body["fields"] == {"level": "silver"}
    assert api.patch(path, {"fields": {"level": "gold"}}).code == "unknown_user_field"
    assert api.patch(path, {"fields": {"level": ""}}).body["fields"] == {}


def test_who_brought_a_member_never_changes(api: Gateway, world: World):
    for name in ("referrer_id", "original_referrer_id", "parent_id", "approved_at"):
        for value in (None, world.ben):
            assert api.patch(f"/v1/members/{world.ben}", {name: value}).pointers == [f"/{name}"]
    assert api.get(f"/v1/members/{world.ben}").body["referrer_id"] == world.ada


def test_a_profile_write_moves_the_account_on(api: Gateway, items: Table, world: World):
    key = keys.head(world.program.program_id, world.ada)
    before = items.get(key)["version"]
    api.patch(f"/v1/members/{world.ada}", {"first_name": "Augusta"})
    assert items.get(key)["version"] == before + 1


def test_a_field_set_by_a_rule_meanwhile_is_not_lost(items: Table, world: World):
    def rule_sets_level() -> None:
        members.edit(
            items, world.program, world.ada, {"fields": {"level": "gold"}}, None, Author("key:tests", clock.now())
        )

    racing = Interfering(items, rule_sets_level)
    after = members.edit(
        racing, world.program, world.ada, {"first_name": "Augusta"}, None, Author("key:tests", clock.now())
    )
    assert (after.first_name, after.fields) == ("Augusta", {"level": "gold"})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email=ada@example.com", ["ada"]),
        ("email=ADA@Example.COM", ["ada"]),
        ("email=nobody@example.com", []),
        ("email=ada@example.com&status=approved", ["ada"]),
        ("email=ada@example.com&status=suspended", []),
        ("status=suspended", ["ben"]),
        ("status=approved", ["ada"]),
        ("status=pending", []),
    ],
)
def test_members_are_found_by_address_and_status(api: Gateway, world: World, query: str, found: list[str]):
    api.patch(f"/v1/members/{world.ben}", {"status": "suspended"})
    page = api.get(f"/v1/members?{query}").body
    assert [member["member_id"] for member in page["items"]] == [getattr(world, name) for name in found]
    assert page["next_cursor"] is None


def test_by_an_address_that_was_given_up_nobody_is_found(api: Gateway, world: World):
    api.patch(f"/v1/members/{world.ada}", {"email": "ada@elsewhere.example"})
    assert api.get("/v1/members?email=ada@example.com").body["items"] == []
    (found,) = api.get("/v1/members?email=ada@elsewhere.example").body["items"]
    assert found["member_id"] == world.ada


@pytest.mark.parametrize("query", ["email=nonsense", "email=", "status=banned"])
def test_a_filter_that_can_match_nobody_is_refused(api: Gateway, query: str):
    answer = api.get(f"/v1/members?{query}")
    assert (answer.status, answer.pointers) == (422, [f"?{query.partition('=')[0]}"])
