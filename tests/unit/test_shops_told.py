"""Orders made up line by line, told as each platform tells them, and read again: what is left is what was left.

And whatever else a body says, reading it ends in events.
"""

import json
import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import events as told
from laurel.domain.tracking.webhooks import shopify, wire, woocommerce
from tests.kit.mutations import mutated
from tests.kit.shop_bodies import (
    shopify_dispute,
    shopify_money,
    shopify_order,
    shopify_refund,
    woocommerce_order,
    woocommerce_subscription,
)
from tests.unit.kit.builders import steady

Json = dict[str, Any]
CENT: Final = Decimal("0.01")


def euros(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):f}"


@dataclass(frozen=True)
class Article:
    """`units` pieces at `net` cents each, of which `back` were returned; each bears `tax` cents."""

    units: int
    net: int
    tax: int
    back: int


ARTICLES: Final = st.builds(
    lambda units, net, percent, back: Article(units, net, net * percent // 100, min(back, units)),
    st.integers(1, 9),
    st.integers(1, 50_000),
    st.sampled_from([0, 7, 19, 25]),
    st.integers(0, 9),
)
BASKETS: Final = st.lists(ARTICLES, min_size=1, max_size=6)


def told_by_shopify(basket: list[Article], shipping: int, *, includes_tax: bool) -> told.OrderTold:
    """The order, one refund for each article that came back, and its totals as they stand now."""

    def price(article: Article, units: int) -> int:
        return units * (article.net + (article.tax if includes_tax else 0))

    def line(article: Article) -> Json:
        taxes = [{"price": euros(article.units * article.tax), "rate": 0.19}]
        return {"quantity": article.units, "current_quantity": article.units - article.back, "tax_lines": taxes}

    def refund(number: int, article: Article) -> Json:
        subtotal, tax = euros(price(article, article.back)), euros(article.back * article.tax)
        row = {"subtotal_set": shopify_money(subtotal), "total_tax_set": shopify_money(tax)}
        return shopify_refund(number, refund_line_items=[row])

    now = sum(price(article, article.units - article.back) for article in basket)
    back = [refund(number, article) for number, article in enumerate(basket, start=1) if article.back]
    body = shopify_order(
        taxes_included=includes_tax,
        line_items=[line(article) for article in basket],
        subtotal_price_set=shopify_money(euros(sum(price(article, article.units) for article in basket))),
        current_subtotal_price_set=shopify_money(euros(now)),
        current_total_price=euros(now + shipping),
        total_price=None,
        refunds=back,
    )
    (event,) = shopify.events("orders/updated", wire.read(json.dumps(body).encode()), "EUR")
    assert isinstance(event, told.OrderTold)
    return event


@given(BASKETS, st.integers(0, 5000), st.booleans())
@steady
def test_an_order_of_shopify_less_its_refunds_is_what_the_customer_kept(
    basket: list[Article], shipping: int, includes_tax: bool
):
    placed = told_by_shopify(basket, shipping, includes_tax=includes_tax)
    assert placed.report.amount == sum(article.units * article.net for article in basket)
    back = sum(refund.amount or 0 for refund in placed.refunds or ())
    assert placed.report.amount - back == sum((article.units - article.back) * article.net for article in basket)
    with_tax = sum(article.units * (article.net + article.tax) for article in basket)
    if includes_tax:
        assert placed.gross == with_tax + shipping


@given(BASKETS, st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
@steady
def test_an_order_of_woocommerce_is_worth_its_lines_less_discounts(
    basket: list[Article], shipping: int, discount: int, fee: int
):
    goods = sum(article.units * article.net for article in basket)
    tax = sum(article.units * article.tax for article in basket)
    body = woocommerce_order(
        line_items=[{"total": euros(article.units * article.net)} for article in basket],
        fee_lines=[{"total": euros(-discount)}, {"total": euros(fee)}],
        shipping_lines=[{"total": euros(shipping)}],
        total_tax=euros(tax),
        total=euros(max(0, goods - discount + fee + shipping + tax)),
    )
    (event,) = woocommerce.events("order.updated", wire.read(json.dumps(body).encode()))
    assert isinstance(event, told.OrderTold)
    assert event.report.amount == max(0, goods - discount)
    assert event.gross == max(event.report.amount, goods - discount + fee + shipping + tax)


def test_an_order_as_the_manual_of_shopify_shows_one():
    """Three players of 199.00 less 10.00, of which two were returned at 195.66 and 195.67, taxed on top."""
    rows = [
        {"subtotal_set": shopify_money(price), "total_tax_set": shopify_money("3.98")} for price in ("195.66", "195.67")
    ]
    body = shopify_order(
        financial_status="partially_refunded",
        subtotal_price_set=shopify_money("597.00"),
        current_subtotal_price_set=shopify_money("195.67"),
        total_price="598.94",
        current_total_price="199.65",
        refunds=[shopify_refund(refund_line_items=rows)],
    )
    (event,) = shopify.events("orders/updated", body, "EUR")
    assert isinstance(event, told.OrderTold)
    goods, back = 3 * Decimal("199.00") - 10, Decimal("195.66") + Decimal("195.67")
    assert (event.report.amount, [refund.amount for refund in event.refunds or ()]) == (goods * 100, [back * 100])


def test_an_order_as_the_manual_of_woocommerce_shows_one():
    """Two albums of 9.00 and 20.00, shipped for 10.00; 9.00 and 10.00 were sent back, for whatever."""
    body = woocommerce_order(
        status="completed",
        line_items=[{"total": "9.00"}, {"total": "20.00"}],
        shipping_lines=[{"total": "10.00"}],
        total="39.00",
        total_tax="0.00",
        refunds=[{"id": 726, "refund": "", "total": "-10.00"}, {"id": 724, "refund": "", "total": "-9.00"}],
    )
    (event,) = woocommerce.events("order.updated", body)
    assert isinstance(event, told.OrderTold)
    assert event.gross is not None
    shares = [Decimal(sum(r.amount or 0 for r in event.refunds or ())) * event.report.amount / event.gross]
    assert (event.report.amount, event.gross) == (2900, 3900)
    assert [share.quantize(1, ROUND_HALF_UP) for share in shares] == [1413]  # of 19.00


ODD: Final = (
    None,
    True,
    "",
    "  ",
    "?",
    "-",
    "0000-00-00 00:00:00",
    "1e9999",
    "NaN",
    "\ud800",
    "x" * 300,
    0,
    -1,
    10**40,
    Decimal("1E+400"),
    Decimal("0.00000000000000000000000001"),
    [],
    [None],
    [[[]]],
    {},
    {"0": {"id": 1, "total": "?"}},
    {"shop_money": {"amount": "7"}},
)
SHOPIFY_TOPICS: Final = ("orders/create", "orders/paid", "orders/cancelled", "refunds/create", "disputes/update")
WOOCOMMERCE_TOPICS: Final = ("order.updated", "order.restored", "order.deleted", "subscription.created")


def in_depth(refund: Json) -> Json:
    """A refund with one of each of its parts."""
    shipping = {"subtotal_amount_set": shopify_money("7.00"), "shipping_line": {"tax_lines": [{"rate": 0.19}]}}
    adjustment = {"amount_set": shopify_money("-1.00"), "tax_amount": "0", "kind": "refund_discrepancy", "reason": "?"}
    return {**refund, "refund_shipping_lines": [shipping], "order_adjustments": [adjustment]}


LINELESS: Final = in_depth(shopify_refund(2, refund_line_items=[]))
BODIES: Final[dict[str, tuple[Json, ...]]] = {
    "shopify": (
        shopify_order(
            taxes_included=True,
            current_subtotal_price_set=shopify_money("100.00"),
            refunds=[in_depth(shopify_refund()), LINELESS],
        ),
        in_depth(shopify_refund()),
        {**LINELESS, "total_duties_set": shopify_money("0.00")},
        shopify_dispute(),
    ),
    "woocommerce": (
        woocommerce_order(
            refunds=[{"id": 1, "total": "-9.00", "line_items": [{"total": "-9.00"}]}, {"id": 2, "total": "-1"}],
            fee_lines=[{"total": "-5.00"}],
            meta_data=[{"key": "_subscription_renewal", "value": "9"}, {"key": "laurel_click", "value": "c"}],
        ),
        woocommerce_order(status="refunded", date_paid_gmt="2026-11-19T17:30:00"),
        woocommerce_subscription(),
    ),
}


def exact(body: Json) -> Json:
    """The body as it is read: its numbers are exact."""
    read: Json = json.loads(json.dumps(body), parse_float=Decimal)
    return read


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_whatever_a_body_says_reading_it_ends_in_events(platform: str):
    chance = random.Random(20_261_119)
    topics = SHOPIFY_TOPICS if platform == "shopify" else WOOCOMMERCE_TOPICS
    seen: set[type[told.Event]] = set()
    for _ in range(3000):
        topic, body = chance.choice(topics), mutated(chance, exact(chance.choice(BODIES[platform])), ODD)
        if platform == "shopify":
            found = list(shopify.events(topic, body, chance.choice(["EUR", "JPY"])))
        else:
            found = list(woocommerce.events(topic, body))
        (event,) = found
        assert isinstance(event, told.Event)
        if isinstance(event, told.OrderTold):
            assert 0 <= event.report.amount <= 10**12
            assert all((refund.amount or 0) >= 0 for refund in event.refunds or ())
        seen.add(type(event))
    assert seen >= {told.OrderTold, told.StateTold, told.Ignored, told.Refused}
