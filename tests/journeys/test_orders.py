"""Storefronts report orders: once, twice, at the same instant, wrongly."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.kit.client import Api
from tests.journeys.kit.shop import Shop


def test_reporting_an_order_twice_records_one_conversion(shop: Shop):
    order = shop.order(5_000)
    first = shop.storefront.send("POST", "/v1/conversions", order)
    again = shop.storefront.send("POST", "/v1/conversions", dict(reversed(order.items())))
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert len(shop.rows()) == 1


def test_reporting_an_order_eight_times_at_the_same_instant_records_one_conversion(shop: Shop):
    order = shop.order(5_000)
    with ThreadPoolExecutor(4) as storefronts:
        answers = list(storefronts.map(lambda _: shop.storefront.send("POST", "/v1/conversions", order), range(8)))
    assert sorted(answer.status for answer in answers) == [200] * 7 + [201]
    assert len({answer.json["conversion_id"] for answer in answers}) == 1
    assert len(shop.rows()) == 1


def test_another_body_for_a_known_order_is_refused_and_changes_nothing(shop: Shop):
    order = shop.order(5_000)
    shop.storefront.post("/v1/conversions", order)
    other = shop.storefront.send("POST", "/v1/conversions", {**order, "amount": 6_000})
    assert (other.status, other.json["code"]) == (409, "order_conflict")
    assert [row["amount"] for row in shop.rows()] == [500]


def test_an_order_that_nobody_brought_is_kept_with_its_reason(shop: Shop):
    told = shop.sell(5_000, promo_code="NOBODY")
    assert (told["member_id"], told["commission"], told["status"], told["payout"]) == (None, 0, None, None)
    assert told["attribution"]["reason"] == "no_match"
    listed = shop.admin.get("/v1/conversions?attributed=false&limit=100")["items"]
    assert told["conversion_id"] in [each["conversion_id"] for each in listed]


def test_a_deactivated_code_wins_orders_from_before_and_none_from_after(shop: Shop):
    shop.admin.patch(f"/v1/offers/{shop.offer_id}/enrollments/{shop.member_id}", {"active": False})
    assert shop.sell(5_000)["attribution"]["reason"] == "code_inactive"
    assert shop.sell(5_000, occurred_at="2026-01-05T10:00:00Z")["commission"] == 500


def test_codes_are_the_same_whatever_their_case(shop: Shop):
    assert shop.sell(5_000, promo_code=shop.code.lower())["member_id"] == shop.member_id


def test_a_member_named_by_the_storefront_needs_no_code(shop: Shop):
    told = shop.sell(5_000, promo_code="NOBODY", member_id=shop.member_id)
    assert (told["attribution"]["by"], told["commission"]) == ("member", 500)


def test_each_report_of_a_bulk_has_its_own_result(shop: Shop):
    good, known = shop.order(1_000), shop.order(2_000)
    shop.storefront.post("/v1/conversions", known)
    reports = [good, known, {**known, "amount": 1}, {"order_id": "x"}, good]
    results = shop.storefront.post("/v1/conversions/bulk", {"conversions": reports})["results"]
    assert [each["http_status"] for each in results] == [201, 200, 409, 422, 200]
    assert results[3]["problem"]["errors"][0]["pointer"] == "/amount"


def test_a_storefront_cannot_report_for_another(shop: Shop, admin: Api):
    other = admin.post("/v1/storefronts", {"name": "Other", "platform": "api"})["storefront_id"]
    answer = shop.storefront.send("POST", "/v1/conversions", shop.order(1_000, storefront_id=other))
    assert answer.status == 403
    assert shop.rows() == []


def test_an_admin_must_name_the_storefront(shop: Shop):
    without = shop.admin.send("POST", "/v1/conversions", shop.order(1_000))
    assert (without.status, without.json["code"]) == (422, "storefront_required")
    named = shop.admin.send("POST", "/v1/conversions", shop.order(1_000, storefront_id=shop.storefront_id))
    assert named.status == 201


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"amount": "10.00"}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"amount": 10**12 + 1}, "/amount"),
        ({"amount": True}, "/amount"),
        ({"amount": 1.5}, "/amount"),
        ({"currency": "usd"}, "/currency"),
        ({"currency": "EUR"}, "/currency"),
        ({"order_id": ""}, "/order_id"),
        ({"order_id": "a\x00b"}, "/order_id"),
        ({"order_id": "x" * 256}, "/order_id"),
        ({"promo_code": "A\x00"}, "/promo_code"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"occurred_at": 1_700_000_000}, "/occurred_at"),
        ({"exchange_rate": "NaN"}, "/exchange_rate"),
        ({"type": "action"}, "/action_code"),
        ({"surprise": 1}, "/surprise"),
        ({"member_id": "mem_" + "0" * 26}, "/member_id"),
        ({"offer_id": "off_" + "0" * 26}, "/offer_id"),
        ({"metadata": {"note": "x" * 5_000}}, "/metadata"),
    ],
)
def test_nonsense_is_refused_with_a_pointer_and_nothing_is_written(shop: Shop, changed: dict, pointer: str):
    answer = shop.storefront.send("POST", "/v1/conversions", {**shop.order(1_000), **changed})
    assert answer.status == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert shop.rows() == []
