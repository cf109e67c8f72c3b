"""Idempotency-Key: the same request is done once and answered the same, whoever else is under way."""

import pytest

from laurel.domain.members.members import NewMember
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.requests import access, idempotency
from laurel.workflows.requests.idempotency import Request
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import AT, Randomness, World
from tests.kit.interference import Interfering

CLEO = {"email": "cleo@example.com", "first_name": "Cleo"}


def test_a_request_sent_again_is_answered_as_before(api: Gateway):
    first = api.post("/v1/members", CLEO, idempotency_key="sign-up 1")
    again = api.post("/v1/members", CLEO, idempotency_key="sign-up 1")
    assert (again.status, again.body) == (201, first.body)


def test_the_answer_is_that_of_the_first_time_whatever_happened_since(api: Gateway):
    first = api.post("/v1/members", CLEO, idempotency_key="1").body
    api.patch(f"/v1/members/{first['member_id']}", {"first_name": "Cleopatra"})
    assert api.post("/v1/members", CLEO, idempotency_key="1").body == first


def test_key_order_does_not_make_another_body(api: Gateway):
    first = api.post("/v1/members", '{"email": "cleo@example.com", "first_name": "Cleo"}', idempotency_key="1")
    again = api.post("/v1/members", '{ "first_name":"Cleo","email":"cleo@example.com"}', idempotency_key="1")
    assert (again.status, again.body) == (201, first.body)


def test_a_default_spelled_out_makes_another_body(api: Gateway):
    api.post("/v1/members", CLEO, idempotency_key="1")
    answer = api.post("/v1/members", {**CLEO, "status": "approved"}, idempotency_key="1")
    assert (answer.status, answer.code) == (409, "idempotency_conflict")


def test_a_refusal_is_not_kept(api: Gateway, world: World):
    assert api.post("/v1/members", {"email": "ada@example.com"}, idempotency_key="1").code == "email_taken"
    api.patch(f"/v1/members/{world.ada}", {"email": "ada@elsewhere.example"})
    assert api.post("/v1/members", {"email": "ada@example.com"}, idempotency_key="1").status == 201


def test_the_key_counts_for_one_path_and_one_api_key(api: Gateway):
    storefront = {"name": "Shop", "platform": "api"}
    first = api.post("/v1/storefronts", storefront, idempotency_key="1").body
    assert api.post("/v1/members", CLEO, idempotency_key="1").status == 201
    other = api.post("/v1/api-keys", {"scopes": ["admin"]}).body["key"]
    assert api.post("/v1/storefronts", storefront, key=other, idempotency_key="1").body != first


def _request(world: World, table: Table, body_hash: str = "same", at: object = AT) -> Request:
    caller = access.identify(table, world.admin)
    return idempotency.request(caller, "/v1/members", "twin", body_hash=body_hash, at=at)


def test_of_twins_the_slower_is_told_what_the_faster_was(items: Table, world: World):
    new, told = NewMember.model_validate(CLEO), []
    request = _request(world, items)
    racing = Interfering(items, lambda: told.append(members.create(items, request, new, Randomness("faster"))))
    assert members.create(racing, request, new, Randomness("slower")) == told[0]


def test_of_twins_with_different_bodies_the_slower_is_refused(items: Table, world: World):
    new = NewMember.model_validate(CLEO)
    faster = _request(world, items, "another body")
    racing = Interfering(items, lambda: members.create(items, faster, new, Randomness("faster")))
    with pytest.raises(idempotency.Conflict):
        members.create(racing, _request(world, items), new, Randomness("slower"))


def test_after_a_day_the_key_is_free_again(items: Table, world: World):
    first = _request(world, items)
    cleo, dora = (NewMember(email=f"{name}@example.com") for name in ("cleo", "dora"))
    members.create(items, first, cleo, Randomness("1"))
    later = _request(world, items, "another body", AT + idempotency.KEPT_FOR + idempotency.KEPT_FOR / 24)
    assert members.create(items, later, dora, Randomness("2"))[0].email == "dora@example.com"


def test_what_is_null_in_the_first_answer_is_null_in_the_second(api: Gateway, world: World):
    whole = {"storefront_id": world.storefront_id, "order_id": "not yet told", "refund_id": "1", "reason": "refund"}
    first, again = (api.post("/v1/refunds", whole, idempotency_key="1") for _ in range(2))
    assert (again.status, again.body) == (first.status, first.body)
    assert first.body["amount"] is None
