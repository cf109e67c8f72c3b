"""Customers won for a lifetime: by the first order that is counted, for good, and told apart by storefront."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World

OPTIONS = [{"name": "Basic", "default": True, "terms": {"type": "percent_of_sale", "percent": "10"}}]


@pytest.fixture
def lasting(api: Gateway, world: World) -> str:
    """An offer for a lifetime; Ada has the code ADAS there, and Ben BENS."""
    body = {"name": "For a lifetime", "kind": "promo_code", "lifetime": True, "payout_options": OPTIONS}
    offer_id = api.post("/v1/offers", body).body["offer_id"]
    for member_id, code in ((world.ada, "ADAS"), (world.ben, "BENS")):
        assert api.put(f"/v1/offers/{offer_id}/enrollments/{member_id}", {"promo_code": code}).status == 201
    return offer_id


@pytest.fixture
def passing(api: Gateway, world: World) -> str:
    """An offer that is not for a lifetime; Ben has the code BENP there."""
    body = {"name": "In passing", "kind": "promo_code", "payout_options": OPTIONS}
    offer_id = api.post("/v1/offers", body).body["offer_id"]
    assert api.put(enrollment_path(world, world.ben, offer_id), {"promo_code": "BENP"}).status == 201
    return offer_id


def order(api: Gateway, key: str, number: str, **changes: Any) -> dict[str, Any]:
    body = {"order_id": number, "amount": 1000, "currency": "EUR", **changes}
    answer = api.post("/v1/conversions", body, key=key)
    assert answer.status == 201, answer.body
    return answer.body


@pytest.mark.parametrize("who", [{"customer_id": "c1"}, {"customer_email": "Carl@Example.com"}])
def test_who_brings_a_customer_first_keeps_them(
    api: Gateway, world: World, items: Table, lasting: str, who: dict[str, str]
):
    order(api, world.reporter, "1", promo_code="ADAS", **who)
    drain(items)
    again = order(api, world.reporter, "2", **who)
    assert (again["member_id"], again["offer_id"], again["attribution"]["by"]) == (world.ada, lasting, "customer")
    rival = order(api, world.reporter, "3", promo_code="BENS", **who)
    assert (rival["member_id"], rival["attribution"]["by"]) == (world.ada, "customer")


def test_a_guest_who_comes_back_with_an_account_is_the_same_customer(
    api: Gateway, world: World, items: Table, lasting: str
):
    order(api, world.reporter, "1", promo_code="ADAS", customer_email="carl@example.com")
    drain(items)
    known = {"customer_id": "c1", "customer_email": "carl@example.com"}
    assert order(api, world.reporter, "2", **known)["member_id"] == world.ada
    both = {"customer_id": "d1", "customer_email": "dora@example.com"}
    order(api, world.reporter, "3", promo_code="BENS", **both)
    drain(items)
    assert order(api, world.reporter, "4", customer_id="d1")["member_id"] == world.ben
    assert order(api, world.reporter, "5", customer_email="dora@example.com")["member_id"] == world.ben


def test_an_address_is_the_same_customer_in_every_shop(api: Gateway, world: World, items: Table, lasting: str):
    shop = api.post("/v1/storefronts", {"name": "Second shop", "platform": "api"}).body["storefront_id"]
    order(api, world.reporter, "1", promo_code="ADAS", customer_email="carl@example.com")
    drain(items)
    told = order(api, world.admin, "1", customer_email="carl@example.com", storefront_id=shop)
    assert told["member_id"] == world.ada


def test_an_address_in_another_spelling_is_the_same_customer(api: Gateway, world: World, items: Table, lasting: str):
    order(api, world.reporter, "1", promo_code="ADAS", customer_email="carl@example.com")
    drain(items)
    assert order(api, world.reporter, "2", customer_email=" CARL@Example.COM ")["member_id"] == world.ada


def test_until_the_first_order_is_counted_the_customer_is_nobodys(
    api: Gateway, world: World, items: Table, lasting: str
):
    order(api, world.reporter, "1", promo_code="ADAS", customer_id="c1")
    assert order(api, world.reporter, "2", promo_code="BENS", customer_id="c1")["member_id"] == world.ben
    drain(items)
    (claim,) = (item for item in everything(items) if item["kind"] == "customer claim")
    winner = claim[world.storefront_id]["member_id"]
    assert order(api, world.reporter, "3", customer_id="c1")["member_id"] == winner


@pytest.mark.parametrize("is_decline_counted", [False, True])
def test_an_order_that_is_approved_after_a_decline_wins_its_customer_however_fast_it_was_counted(
    api: Gateway, world: World, items: Table, lasting: str, is_decline_counted: bool
):
    sold = order(api, world.reporter, "1", promo_code="ADAS", customer_id="c1")["conversion_id"]
    for verb in ("decline", "approve"):
        assert api.post(f"/v1/conversions/{sold}/{verb}").status == 200
        if is_decline_counted:
            drain(items)
    drain(items)
    assert order(api, world.reporter, "2", customer_id="c1")["member_id"] == world.ada


def test_an_order_that_is_approved_after_a_decline_wins_no_customer_whom_somebody_won_before(
    api: Gateway, world: World, items: Table, lasting: str
):
    sold = order(api, world.reporter, "1", promo_code="ADAS", customer_id="c1")["conversion_id"]
    assert api.post(f"/v1/conversions/{sold}/decline").status == 200
    drain(items)
    order(api, world.reporter, "2", promo_code="BENS", customer_id="c1")
    drain(items)
    assert api.post(f"/v1/conversions/{sold}/approve").status == 200
    drain(items)
    assert order(api, world.reporter, "3", customer_id="c1")["member_id"] == world.ben


def test_an_offer_that_is_not_for_a_lifetime_wins_no_customer(
    api: Gateway, world: World, items: Table, lasting: str, passing: str
):
    order(api, world.reporter, "1", promo_code="BENP", customer_id="c1")
    drain(items)
    assert order(api, world.reporter, "2", customer_id="c1")["member_id"] is None
    order(api, world.reporter, "3", promo_code="ADAS", customer_id="c1")
    drain(items)
    assert order(api, world.reporter, "4", promo_code="BENP", customer_id="c1")["member_id"] == world.ada


def test_a_customer_of_another_shop_with_the_same_number_is_another_customer(
    api: Gateway, world: World, items: Table, lasting: str
):
    shop = api.post("/v1/storefronts", {"name": "Second shop", "platform": "api"}).body["storefront_id"]
    order(api, world.reporter, "1", promo_code="ADAS", customer_id="1")
    order(api, world.admin, "1", promo_code="BENS", customer_id="1", storefront_id=shop)
    drain(items)
    assert order(api, world.reporter, "2", customer_id="1")["member_id"] == world.ada
    assert order(api, world.admin, "2", customer_id="1", storefront_id=shop)["member_id"] == world.ben


@pytest.mark.parametrize(
    "change",
    [
        ("/v1/members/{ada}", {"status": "suspended"}),
        ("/v1/offers/{offer}/enrollments/{ada}", {"active": False}),
        ("/v1/offers/{offer}", {"lifetime": False}),
    ],
)
def test_a_known_customer_goes_to_the_next_if_their_member_cannot_win(
    api: Gateway, world: World, items: Table, lasting: str, passing: str, change: tuple[str, dict[str, Any]]
):
    order(api, world.reporter, "1", promo_code="ADAS", customer_id="c1")
    drain(items)
    path, patch = change
    assert api.patch(path.format(ada=world.ada, offer=lasting), patch).status == 200
    told = order(api, world.reporter, "2", promo_code="BENP", customer_id="c1")
    assert (told["member_id"], told["attribution"]["by"]) == (world.ben, "promo_code")


def test_the_member_whom_a_storefront_names_comes_before_the_known_customer(
    api: Gateway, world: World, items: Table, lasting: str
):
    order(api, world.reporter, "1", promo_code="ADAS", customer_id="c1")
    drain(items)
    named = order(api, world.reporter, "2", customer_id="c1", member_id=world.ben, offer_id=lasting)
    assert (named["member_id"], named["attribution"]["by"]) == (world.ben, "member")
    assert order(api, world.reporter, "3", customer_id="c1")["member_id"] == world.ada


def test_the_order_of_precedence_is_the_programs(api: Gateway, world: World, items: Table, lasting: str):
    order(api, world.reporter, "1", promo_code="ADAS", customer_id="c1")
    drain(items)
    assert api.patch("/v1/program", {"attribution": {"order": ["promo_code", "customer"]}}).status == 200
    assert order(api, world.reporter, "2", promo_code="BENS", customer_id="c1")["member_id"] == world.ben
    assert order(api, world.reporter, "3", customer_id="c1")["member_id"] == world.ada


def test_of_a_customer_nothing_but_a_hash_is_stored(api: Gateway, world: World, items: Table, lasting: str):
    order(api, world.reporter, "1", promo_code="ADAS", customer_id="number-4711", customer_email="carl@example.com")
    drain(items)
    everything_stored = str(everything(items))
    assert "number-4711" not in everything_stored
    assert "carl@example.com" not in everything_stored
