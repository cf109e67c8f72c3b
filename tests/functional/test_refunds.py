"""Refunds and chargebacks over HTTP: each once, clamped to what is left, before or after their order."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World

ORDER = {"order_id": "1001", "amount": 10_000, "currency": "EUR", "promo_code": "ADA10"}
DATED = {**ORDER, "occurred_at": "2026-11-18T10:00:00Z"}


@pytest.fixture
def sold(storefront: Gateway) -> str:
    """A conversion of 100.00 at 10 %."""
    return str(storefront.post("/v1/conversions", DATED).body["conversion_id"])


def refund(storefront: Gateway, conversion: str, refund_id: str, amount: int | None = None, **more: Any) -> Answer:
    body = {"refund_id": refund_id, "reason": "refund", **({} if amount is None else {"amount": amount}), **more}
    return storefront.post(f"/v1/conversions/{conversion}/refunds", body)


def by_order(storefront: Gateway, refund_id: str, amount: int | None = None, **more: Any) -> Answer:
    body = {"order_id": "1001", "refund_id": refund_id, "reason": "refund", **more}
    return storefront.post("/v1/refunds", body | ({} if amount is None else {"amount": amount}))


def brief(api: Gateway, conversion: str) -> tuple[Any, ...]:
    told = api.get(f"/v1/conversions/{conversion}").body
    return told["refunded_amount"], told["commission"], told["status"], told["reason"]


def totals(api: Gateway, world: World) -> tuple[int, ...]:
    told = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    return told["conversions"], told["sales"], told["commission"], told["payout_due"]


def parked(api: Gateway) -> list[str]:
    return [each["refund_id"] for each in api.get("/v1/refunds?parked=true").body["items"]]


def test_a_refund_leaves_the_commission_on_what_is_left(api: Gateway, storefront: Gateway, sold: str) -> None:
    told = refund(storefront, sold, "r1", 3_300)
    assert told.status == 201
    assert {name: told.body[name] for name in ("refund_id", "conversion_id", "amount", "reason", "parked")} == {
        "refund_id": "r1",
        "conversion_id": sold,
        "amount": 3_300,
        "reason": "refund",
        "parked": False,
    }
    assert brief(api, sold) == (3_300, 670, "approved", "refund")


def test_without_an_amount_all_that_is_left_is_refunded(api: Gateway, storefront: Gateway, sold: str) -> None:
    refund(storefront, sold, "r1", 4_000)
    assert refund(storefront, sold, "r2", reason="chargeback").body["amount"] == 6_000
    assert brief(api, sold) == (10_000, 0, "declined", "chargeback")
    assert api.post(f"/v1/conversions/{sold}/approve", {}).code == "not_approvable"


def test_more_than_is_left_is_clamped_and_the_next_refund_takes_nothing(
    api: Gateway, storefront: Gateway, sold: str
) -> None:
    assert refund(storefront, sold, "r1", 15_000).body["amount"] == 10_000
    again = refund(storefront, sold, "r2", 1)
    assert (again.status, again.body["amount"]) == (201, 0)
    assert brief(api, sold) == (10_000, 0, "declined", "refund")


def test_the_same_refund_again_changes_nothing(api: Gateway, storefront: Gateway, sold: str) -> None:
    first = refund(storefront, sold, "r1", 3_300)
    for again in (refund(storefront, sold, "r1", 3_300), by_order(storefront, "r1", 3_300)):
        assert (again.status, again.body) == (200, first.body)
    for other in (
        refund(storefront, sold, "r1", 3_301),
        refund(storefront, sold, "r1"),
        by_order(storefront, "r1", 3_300, reason="chargeback"),
    ):
        assert (other.status, other.code) == (409, "refund_conflict")
    assert brief(api, sold) == (3_300, 670, "approved", "refund")


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_or_less_cannot_be_refunded(storefront: Gateway, sold: str, amount: int) -> None:
    assert refund(storefront, sold, "r1", amount).pointers == ["/amount"]
    assert by_order(storefront, "r1", amount).status == 422


def test_the_totals_fall_with_the_refund(
    api: Gateway, storefront: Gateway, world: World, items: Table, sold: str
) -> None:
    drain(items)
    refund(storefront, sold, "r1", 3_300)
    drain(items)
    assert totals(api, world) == (1, 6_700, 670, 670)
    refund(storefront, sold, "r2")
    drain(items)
    assert totals(api, world) == (0, 0, 0, 0)


def test_a_refund_that_comes_first_waits_for_its_order(
    api: Gateway, storefront: Gateway, world: World, items: Table
) -> None:
    told = by_order(storefront, "r1", 3_300)
    assert (told.status, told.body["parked"], told.body["amount"]) == (202, True, 3_300)
    conversion = told.body["conversion_id"]
    assert parked(api) == ["r1"]
    assert api.get(f"/v1/conversions/{conversion}").status == 404
    assert api.get(f"/v1/commissions/{conversion}").status == 404
    assert api.delete(f"/v1/commissions/{conversion}?confirm=true").status == 404
    sold = storefront.post("/v1/conversions", DATED)
    assert (sold.status, sold.body["conversion_id"]) == (201, conversion)
    assert (sold.body["refunded_amount"], sold.body["commission"]) == (3_300, 670)
    assert brief(api, conversion) == (3_300, 670, "approved", "refund")
    assert parked(api) == []
    drain(items)
    assert totals(api, world) == (1, 6_700, 670, 670)
    again = by_order(storefront, "r1", 3_300)
    assert (again.status, again.body["parked"]) == (200, False)


@pytest.mark.parametrize("headers", [{}, {"idempotency_key": "one"}])
def test_an_order_whose_refunds_came_first_is_told_again_as_it_was(
    storefront: Gateway, headers: dict[str, str]
) -> None:
    by_order(storefront, "r1", 3_300)
    first = storefront.post("/v1/conversions", DATED, **headers)
    by_order(storefront, "r2", 1_000)
    again = storefront.post("/v1/conversions", DATED, **headers)
    assert again.body == first.body
    assert storefront.post("/v1/conversions", {**DATED, "amount": 1}).code == "order_conflict"


def test_parked_refunds_are_clamped_in_the_order_of_their_arrival(
    api: Gateway, storefront: Gateway, items: Table
) -> None:
    for number, amount in enumerate((6_000, 6_000, 6_000)):
        assert by_order(storefront, f"r{number}", amount).status == 202
    assert by_order(storefront, "r0", 6_000).status == 202
    assert by_order(storefront, "r0", 6_001).code == "refund_conflict"
    conversion = storefront.post("/v1/conversions", DATED).body["conversion_id"]
    assert brief(api, conversion) == (10_000, 0, "declined", "refund")
    refunds = sorted(
        (each["body"]["refund_id"], each["body"]["amount"]) for each in everything(items) if each["kind"] == "refund"
    )
    assert refunds == [("r0", 6_000), ("r1", 4_000), ("r2", 0)]


def test_a_refused_report_does_not_take_the_place_that_refunds_keep(api: Gateway, storefront: Gateway) -> None:
    by_order(storefront, "r1")
    assert storefront.post("/v1/conversions", {**DATED, "currency": "USD"}).code == "currency_mismatch"
    assert parked(api) == ["r1"]


def test_a_storefront_refunds_its_own_orders_only(api: Gateway, storefront: Gateway, world: World, sold: str) -> None:
    other = api.post("/v1/storefronts", {"name": "Other", "platform": "api"}).body["storefront_id"]
    key = api.post("/v1/api-keys", {"scopes": ["storefront"], "storefront_id": other}).body["key"]
    assert refund(Gateway(key), sold, "r1").code == "other_storefront"
    assert by_order(Gateway(key), "r1", storefront_id=world.storefront_id).code == "other_storefront"
    assert by_order(Gateway(key), "r1").status == 202  # an order of its own by the same number
    assert by_order(api, "r1").code == "storefront_required"
    assert by_order(api, "r1", storefront_id="sf_" + "0" * 26).code == "unknown_storefront"
    assert by_order(api, "r1", 500, storefront_id=world.storefront_id).status == 201
    assert by_order(Gateway(world.reader), "r2").status == 403


def test_a_refund_takes_an_idempotency_key(storefront: Gateway, sold: str) -> None:
    body = {"refund_id": "r1", "amount": 100, "reason": "refund"}
    path = f"/v1/conversions/{sold}/refunds"
    first, again = (storefront.post(path, body, idempotency_key="one") for _ in range(2))
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert storefront.post(path, {**body, "amount": 5}, idempotency_key="one").code == "idempotency_conflict"
    assert storefront.post(path, body, idempotency_key="two").status == 200


def test_the_history_tells_of_refunds(api: Gateway, storefront: Gateway, sold: str) -> None:
    refund(storefront, sold, "r1", 3_300)
    refund(storefront, sold, "r2", reason="chargeback")
    charged, refunded = api.get(f"/v1/conversions/{sold}/history").body["items"]
    assert (charged["action"], refunded["action"]) == ("charged_back", "refunded")
    changes = {each["field"]: (each["before"], each["after"]) for each in refunded["changes"]}
    assert changes == {"refunded_amount": (0, 3_300), "commission": (1_000, 670), "reason": (None, "refund")}


def test_an_order_that_nobody_won_is_refunded_and_worth_less_to_who_gets_it(
    api: Gateway, storefront: Gateway, world: World, items: Table
) -> None:
    nobodys = [
        storefront.post("/v1/conversions", {**DATED, "order_id": str(n), "promo_code": "NOBODY"}).body["conversion_id"]
        for n in range(2)
    ]
    assert refund(storefront, nobodys[0], "r1", 4_000).status == 201
    assert refund(storefront, nobodys[1], "r1").status == 201
    assert brief(api, nobodys[1]) == (10_000, 0, None, "refund")
    for each in nobodys:
        claimant = {"member_id": world.ada, "offer_id": world.codes_offer}
        assert api.post(f"/v1/conversions/{each}/attribute", claimant).status == 200
    assert brief(api, nobodys[0]) == (4_000, 600, "approved", "refund")
    assert brief(api, nobodys[1]) == (10_000, 0, "declined", "refund")
    drain(items)
    assert totals(api, world) == (1, 6_000, 600, 600)


def test_ids_of_refunds_are_the_shops(storefront: Gateway, sold: str) -> None:
    assert refund(storefront, sold, "\U0001f4b8" * 255, 1).status == 201
    assert refund(storefront, sold, "x" * 256, 1).status == 422
