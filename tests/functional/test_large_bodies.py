"""Bodies of shops are read as large as they can arrive, and hundreds of refunds in one body end in time."""

import importlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from laurel import clock
from laurel.store.table import Table
from tests.functional.kit.deliveries import calls_of_the_table, listed, look, newest, path, retry
from tests.functional.kit.gateway import Context
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import everything
from tests.functional.kit.world import http_event
from tests.kit.shop_bodies import Json, as_sent, shopify_order, signed, woocommerce_order

PLATFORMS_OWN = 5 * 1024 * 1024
LAMBDAS_OWN = 6 * 1024 * 1024
"""Bytes of an invocation with the request around it. HTTP API hands JSON on as text, in which a quote takes two."""
ARTICLE = {
    "id": 315,
    "name": "Serum with vitamin C and hyaluronic acid, 30 ml, in a jar of glass",
    "product_id": 93,
    "variation_id": 94,
    "quantity": 2,
    "tax_class": "reduced-rate",
    "subtotal": "0.00",
    "total": "0.00",
    "total_tax": "0.00",
    "taxes": [],
    "image": {
        "id": "1203",
        "src": "https://shop.example.com/wp-content/uploads/2026/10/serum-with-vitamin-c-30-ml.jpg",
    },
}


def order_of(size: int) -> str:
    """An order of articles, as large as that."""
    plain = woocommerce_order()
    room = (size - len(as_sent(plain))) // (len(json.dumps(ARTICLE)) + 2)
    text = as_sent({**plain, "line_items": [*plain["line_items"], *[ARTICLE] * room]})
    return text[:-1] + " " * (size - len(text)) + text[-1]


def event_of(shop: Shop, text: str) -> dict[str, Any]:
    headers = dict(signed("woocommerce", "order.created", text, clock.now()))
    return http_event("POST", f"/webhooks/{shop.ids['woocommerce']}/woocommerce", text, headers=headers)


def test_an_order_of_five_megabytes_arrives_and_is_read(shop: Shop):
    text = order_of(PLATFORMS_OWN)
    event = event_of(shop, text)
    assert len(text.encode()) == PLATFORMS_OWN
    assert len(json.dumps(event, ensure_ascii=False).encode()) < LAMBDAS_OWN
    assert shop.api.send(event).body == {"order_id": "4711"}
    assert shop.conversion("woocommerce", "4711")["commission"] == 1504


def test_whatever_lambda_takes_is_read(shop: Shop):
    text = '{"id": 4711, "note": "' + "x" * (LAMBDAS_OWN - 2048) + '"}'
    event = event_of(shop, text)
    assert LAMBDAS_OWN - 2048 < len(json.dumps(event, ensure_ascii=False).encode()) < LAMBDAS_OWN
    assert shop.api.send(event).status == 200


def test_in_base64_a_quarter_less_arrives(shop: Shop):
    text = order_of(LAMBDAS_OWN * 3 // 4 - 3000)
    answer = shop.woocommerce("order.created", text, as_base64=True)
    assert (answer.status, answer.body) == (200, {"order_id": "4711"})


def test_what_cannot_have_arrived_is_not_read(shop: Shop):
    answer = shop.shopify("orders/create", "x" * (LAMBDAS_OWN + 1))
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_other_bodies_go_to_256_kb_as_before(shop: Shop):
    largest = '{"name": "' + "x" * (256 * 1024 - 12) + '"}'
    assert [shop.api.post("/v1/offers", body).status for body in (largest, largest + " ")] == [422, 413]


def test_a_refused_body_of_five_megabytes_is_kept_whole_and_shown_in_part(shop: Shop, items: Table):
    noise = random.Random(7)
    hardest = '{"a": "' + "".join(noise.choices('"\\é🎉abc 123', k=1_500_000))
    assert shop.shopify("orders/create", hardest).body == {"refused": "malformed_json"}
    pieces = [item for item in everything(items) if item["kind"] == "delivery body"]
    assert all(len(json.dumps(item)) < 400_000 for item in pieces)
    delivery_id = newest(shop, "shopify")["delivery_id"]
    shown = look(shop, "shopify", delivery_id)["body"]
    assert hardest.startswith(shown[:-1])
    assert len(shown.encode()) > 749_000
    again = retry(shop, "shopify", delivery_id)
    assert again.body["reason"] == "malformed_json"
    assert listed(shop, "shopify", "?outcome=refused")[0]["delivery_id"] == delivery_id


def test_a_body_that_is_shown_fits_into_an_answer_of_lambda(shop: Shop):
    shop.shopify("orders/create", "\x01" * PLATFORMS_OWN)
    one = path(shop, "shopify", f"deliveries/{newest(shop, 'shopify')['delivery_id']}")
    answer = importlib.import_module("deliveries.handler").handler(http_event("GET", one, key=shop.api.key), Context())
    assert len(json.dumps(answer).encode()) < LAMBDAS_OWN


def test_a_text_without_an_end_is_searched_once(shop: Shop):
    endless = "[" * 100_000 + '"' + '\\"' * 2_000_000  # once for each quote would take weeks
    assert shop.shopify("orders/create", endless).body == {"refused": "malformed_json"}


def woocommerce_refund(number: int) -> Json:
    return {"id": number, "total": "-0.10"}


def refund_of_shopify(number: int) -> Json:
    return {"id": number, "created_at": "2026-11-21T09:00:00-05:00", "refund_line_items": [{"subtotal": "0.10"}]}


@pytest.mark.parametrize(
    ("platform", "order_id", "refund"),
    [("woocommerce", "4711", woocommerce_refund), ("shopify", "5930000000001", refund_of_shopify)],
)
def test_four_hundred_refunds_in_one_body_are_kept_in_a_few_dozen_calls(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, platform: str, order_id: str, refund: Callable[[int], Json]
):
    order = {"woocommerce": woocommerce_order, "shopify": shopify_order}[platform]
    topic = {"woocommerce": "order.updated", "shopify": "orders/updated"}[platform]
    with calls_of_the_table(monkeypatch) as made:
        assert shop.send(platform, topic, order(refunds=[refund(number) for number in range(400)])).status == 200
    assert len(made) <= 40
    known = shop.conversion(platform, order_id)["conversion_id"]
    assert len(shop.api.get(f"/v1/conversions/{known}/refunds").body["items"]) == 400
