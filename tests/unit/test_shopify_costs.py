"""Shopify counts points: no question of Laurel's costs more than one may, and an empty bucket is waited for."""

from typing import Any

import pytest

from laurel import connectors
from laurel.connectors import shopify, shopify_orders
from tests.kit.shops import server
from tests.kit.shops.shopify import CREDENTIALS, Shopify
from tests.kit.shops.shopify_costs import MOST, Bucket, actual, requested
from tests.kit.shops.shopify_schema import published

VARIABLES = {"id": "1", "code": "ADA10", "since": "", "page": None, "most": 20, "discount": {}}
QUESTIONS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": question
    for module in (shopify, shopify_orders)
    for name, question in vars(module).items()
    if name.isupper() and isinstance(question, str) and question.startswith(("query", "mutation"))
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_costs_more_than_one_may(name: str):
    assert 0 < requested(published(), QUESTIONS[name], VARIABLES) <= MOST


@pytest.mark.parametrize(
    ("question", "points"),
    [
        ("query { shop { currencyCode } }", 1),
        ("query { codeDiscountNodes(first: 3) { nodes { id } } }", 2 + 3),
        ('query { order(id: "1") { lineItems(first: 4) { nodes { isGiftCard taxLines(first: 2) { rate } } } } }', 15),
        (shopify.END, 10),
    ],
)
def test_points_are_those_of_shopify(question: str, points: int):
    assert requested(published(), question, VARIABLES) == points


def test_what_was_not_there_is_not_taken():
    data: dict[str, Any] = {"orders": {"nodes": [{"id": "1"}], "pageInfo": {"hasNextPage": False}}}
    assert actual("query { orders(first: 20) { nodes { id } } }", data) == 2 + 1


def test_a_bucket_that_is_not_full_enough_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    with server.opened(Shopify()) as shop:
        bucket = shop.platform.bucket = Bucket(left=0, a_second=2)

        def sleep(seconds: float) -> None:
            assert 1 < seconds <= 2  # for four points
            bucket.left += 4

        monkeypatch.setattr(shopify.time, "sleep", sleep)
        line = connectors.connect("shopify", {**CREDENTIALS, "base_url": shop.url}, is_local=True)
        assert (line.check(), len(shop.calls)) == ("EUR", 2)
