"""Orders that Shopify is asked for are read as those that its webhooks tell."""

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import graphql_sync

from laurel.connectors import Denied, Strange, shopify_orders
from laurel.domain.tracking.webhooks import shopify, wire
from tests.kit.public_orders import Case
from tests.kit.public_orders.shopify import CASES
from tests.kit.shop_bodies import as_sent, shopify_money, shopify_order, shopify_refund
from tests.kit.shops.shopify import Shopify
from tests.kit.shops.shopify_schema import published

EVER = datetime(2020, 1, 1, tzinfo=UTC)
PICTURES = [case for case in CASES if case.body.get("current_subtotal_price_set")]


class Shop:
    """A shop that is asked within this process; `refuses`: a word of the questions that its token may not ask."""

    def __init__(self, refuses: str | None = None) -> None:
        self.kept, self.asked, self.refuses = Shopify(), list[str](), refuses

    def __call__(self, query: str, **variables: Any) -> Any:
        self.asked.append(query)
        if self.refuses is not None and self.refuses in query:
            raise Denied("the token lacks a scope")
        done = graphql_sync(published(), query, self.kept, variable_values=variables)
        assert done.errors is None, done.errors
        return done.data


def asked(shop: Shop, most: int = 20) -> list[bytes]:
    found, page = list[bytes](), None
    while True:
        told = shopify_orders.changes(shop, EVER, page, most)
        found += [change.read() for change in told.changes]
        if (page := told.next_page) is None:
            return found


def told(body: bytes) -> Any:
    (event,) = shopify.events("orders/updated", wire.read(body), "USD")
    return event


@pytest.mark.parametrize("case", PICTURES, ids=lambda case: case.name)
def test_a_published_order_is_the_same_whether_it_was_sent_or_asked_for(case: Case):
    shop = Shop()
    shop.kept.sell(case.body)
    (body,) = asked(shop)
    sent, read = told(as_sent(case.body).encode()), told(body)
    assert read == sent


def test_who_bought_and_how_they_came_are_told_too():
    shop = Shop()
    shop.kept.sell(shopify_order(landing_site="/?laurel_click=clk_1", note_attributes=[]))
    (body,) = asked(shop)
    report = told(body).report
    assert (report.click_id, report.customer_id, report.customer_email) == (
        "clk_1",
        "7210000000003",
        "carla@example.net",
    )


def test_without_the_scope_of_customers_an_order_is_read_without_them():
    shop = Shop(refuses="customer {")
    shop.kept.sell(shopify_order())
    (body,) = asked(shop)
    assert (told(body).report.amount, told(body).report.customer_id) == (15_040, None)


def test_long_orders_and_long_refunds_are_read_to_their_end():
    lines = [{"price": "1.19", "quantity": 1, "tax_lines": [{"price": "0.19", "rate": 0.19}]} for _ in range(60)]
    back = [{"subtotal_set": shopify_money("1.19"), "total_tax_set": shopify_money("0.19")} for _ in range(40)]
    money = {"current_subtotal_price_set": shopify_money("23.80"), "subtotal_price_set": shopify_money("71.40")}
    refund = shopify_refund(refund_line_items=back)
    body = shopify_order(line_items=lines, refunds=[refund], taxes_included=True, **money)
    shop = Shop()
    shop.kept.sell(body)
    (read,) = asked(shop)
    assert told(read).report.amount == told(as_sent(body).encode()).report.amount == 6_000
    assert [each.amount for each in told(read).refunds] == [4_000]


def test_many_orders_come_page_by_page_each_once():
    shop = Shop()
    for number in range(45):
        shop.kept.sell(shopify_order(number + 1, updated_at=f"2026-11-19T12:{number:02}:00Z"))
    assert [told(body).report.order_id for body in asked(shop, most=20)] == [str(n + 1) for n in range(45)]


@pytest.mark.parametrize(
    "nonsense",
    [None, [], {}, {"orders": None}, {"orders": []}, "orders"],
)
def test_an_answer_that_is_no_list_of_orders_is_none(nonsense: Any):
    with pytest.raises(Strange):
        shopify_orders.changes(lambda *_, **__: nonsense, EVER, None, 20)


def test_odd_nodes_do_not_hurt_others():
    told = shopify_orders.changes(
        lambda *_, **__: {"orders": {"nodes": [1, None, {}, {"id": 5, "updatedAt": "soon"}], "pageInfo": 3}},
        EVER,
        None,
        9,
    )
    assert [change.at for change in told.changes] == [None, None]
    assert told.next_page is None
