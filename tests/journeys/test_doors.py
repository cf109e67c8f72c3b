"""Keys, programs and paths: who gets in, and what strangers learn."""

import json

import pytest

from tests.journeys.kit.client import Api
from tests.journeys.kit.shop import Shop


@pytest.mark.parametrize("key", [None, "", "nonsense", "lk_" + "0" * 26 + "_" + "a" * 43])
def test_without_a_good_key_nothing_is_told_or_written(shop: Shop, key: str | None):
    for method, path in [("GET", "/v1/program"), ("POST", "/v1/conversions"), ("GET", f"/v1/offers/{shop.offer_id}")]:
        answer = shop.admin.with_key(key).send(method, path, {"nonsense": True} if method == "POST" else None)
        assert answer.status == 401
        assert answer.json["code"] in {"missing_key", "invalid_key"}


def test_a_storefront_key_opens_only_its_own_doors(shop: Shop):
    for method, path in [("GET", "/v1/program"), ("GET", "/v1/members"), ("POST", "/v1/offers")]:
        assert shop.storefront.send(method, path, {} if method == "POST" else None).status in {403, 422}
    assert shop.storefront.send("GET", "/v1/program").json["code"] == "scope_missing"


def test_a_revoked_key_is_refused_at_once(admin: Api):
    made = admin.post("/v1/api-keys", {"scopes": ["read"]})
    reader = admin.with_key(made["key"])
    assert reader.send("GET", "/v1/program").status == 200
    assert reader.send("PATCH", "/v1/program", {"name": "Mine"}).status == 403
    assert admin.send("DELETE", f"/v1/api-keys/{made['key_id']}").status == 204
    assert reader.send("GET", "/v1/program").status == 401


def test_another_program_sees_and_changes_nothing_of_this_one(shop: Shop, stranger: Api):
    sold = shop.sell(1_000)
    rule = shop.rule(
        "R",
        {"metric": "sales_count", "operator": "gte", "value": 9, "period": {"type": "all_time"}},
        {"type": "add_bonus_commission", "amount": 1},
    )
    for path in (
        f"/v1/offers/{shop.offer_id}",
        f"/v1/members/{shop.member_id}",
        f"/v1/rules/{rule['rule_id']}",
        f"/v1/conversions/{sold['conversion_id']}",
        f"/v1/commissions/{sold['conversion_id']}",
        f"/v1/storefronts/{shop.storefront_id}",
        f"/v1/storefronts/{shop.storefront_id}/deliveries",
        f"/v1/storefronts/{shop.storefront_id}/health",
        f"/v1/offers/{shop.offer_id}/enrollments/{shop.member_id}",
    ):
        assert stranger.send("GET", path).status == 404, path
    assert stranger.send("PATCH", f"/v1/members/{shop.member_id}", {"first_name": "Eve"}).status == 404
    assert stranger.get(f"/v1/conversions?offer_id={shop.offer_id}")["items"] == []
    order = shop.order(1_000, storefront_id=shop.storefront_id)
    assert stranger.send("POST", "/v1/conversions", order).status == 422


def test_unknown_paths_are_404_and_known_ones_tell_their_methods(admin: Api):
    assert admin.send("GET", "/v1/nothing").json["code"] == "not_found"
    wrong = admin.send("DELETE", "/v1/program")
    assert wrong.status == 405
    assert set(wrong.headers["allow"].replace(" ", "").split(",")) >= {"GET", "PATCH"}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"amount": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b'{"order_id": "' + b"x" * 300_000 + b'"}', 413),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b'{"amount": ' + b"9" * 5_000 + b"}", 400),
    ],
)
def test_bodies_that_are_no_request_are_told_apart(shop: Shop, raw: bytes, status: int):
    answer = shop.storefront.send("POST", "/v1/conversions", raw=raw)
    assert answer.status == status, answer.text
    assert answer.json["code"]


def test_the_document_the_page_and_the_pulse_are_public(admin: Api):
    anybody = admin.with_key(None)
    assert anybody.send("GET", "/healthz").json == {"status": "ok"}
    document = anybody.send("GET", "/v1/openapi.json").json
    assert "/v1/conversions" in json.dumps(document["paths"])
    page = anybody.send("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/v1/conversions" in page.text
