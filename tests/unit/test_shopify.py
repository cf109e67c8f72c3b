"""What Shopify's deliveries say: amounts exact, without tax and shipping, in the shop's money."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import shopify, wire
from laurel.domain.tracking.webhooks.events import UNKNOWN_TOPIC, Ignored, OrderReported, RefundReported
from laurel.domain.values.errors import Invalid
from laurel.domain.values.money import EXPONENTS
from tests.kit.shop_bodies import as_sent, shopify_order, shopify_refund
from tests.unit.kit.builders import at, steady

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])
CLICK = "clk_01kagg1qg0" + "a" * 16


def told(topic: str, body: Any):
    (event,) = shopify.events(topic, wire.read(as_sent(body).encode()), "EUR")
    return event


def order(**changes: Any) -> OrderReported:
    event = told("orders/create", shopify_order(**changes))
    assert isinstance(event, OrderReported)
    return event


def priced(amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {"subtotal_price_set": {"shop_money": {"amount": amount, "currency_code": currency}}}


def test_an_order_is_what_its_lines_cost_after_discounts():
    placed = order()
    assert (placed.report.order_id, placed.report.amount, placed.report.currency) == ("5930000000001", 15040, "EUR")
    assert placed.report.occurred_at == at("2026-11-19 17:30")
    assert (placed.codes, placed.is_paid, placed.payment) == (("ADA10",), True, None)
    assert (placed.report.customer_id, placed.report.customer_email) == ("7210000000003", "carla@example.net")


@given(st.integers(0, 10**12), CURRENCIES)
@steady
def test_every_amount_is_exact_in_every_currency(minor: int, currency: str):
    text = f"{Decimal(minor).scaleb(-EXPONENTS[currency]):f}"
    assert order(**priced(text, currency)).report.amount == minor
    assert order(subtotal_price_set=None, subtotal_price=text, currency=currency).report.amount == minor


@pytest.mark.parametrize(("text", "minor"), [("0.1", 10), ("1", 100), ("19.995", 2000), ("0.004", 0), ("-5.00", 0)])
def test_amounts_finer_than_the_currency_are_rounded_half_up_and_none_is_negative(text: str, minor: int):
    assert order(**priced(text)).report.amount == minor


def test_where_prices_include_tax_the_tax_of_the_lines_is_taken_out_and_that_of_shipping_is_not():
    lines = [{"tax_lines": [{"price": "19.00", "rate": 0.19}]}, {"tax_lines": [{"price": "0.50", "rate": 0.07}]}]
    placed = order(**priced("126.64"), taxes_included=True, total_tax="20.62", line_items=lines)
    assert placed.report.amount == 10714


def test_what_a_gift_card_paid_reduces_nothing():
    assert order(payment_gateway_names=["gift_card"], total_outstanding="0.00").report.amount == 15040


@given(st.integers(2**53, 10**30))
@steady
def test_ids_beyond_what_floats_hold_stay_exact(number: int):
    assert order(order_id=number).report.order_id == str(number)
    refund = told("refunds/create", shopify_refund(refund_id=number, order_id=number + 1))
    assert (refund.refund_id, refund.order_id) == (str(number), str(number + 1))


@pytest.mark.parametrize(
    ("changes", "click"),
    [
        ({"note_attributes": [{"name": "laurel_click", "value": CLICK}]}, CLICK),
        ({"landing_site": f"/?a=b&laurel_click={CLICK}#top"}, CLICK),
        ({"landing_site": f"https://[shop?laurel_click={CLICK}"}, CLICK),
        ({"note_attributes": [{"name": "laurel_click", "value": CLICK}], "landing_site": "/?laurel_click=b"}, CLICK),
        ({"note_attributes": [{"name": "laurel_click", "value": 12}], "landing_site": None}, None),
        ({"note_attributes": [{"name": "laurel_click", "value": "x" * 65}]}, None),
        ({"note_attributes": None, "landing_site": None}, None),
    ],
)
def test_the_click_is_noted_with_the_order_or_in_where_the_visitor_landed(changes: dict[str, Any], click: str | None):
    assert order(**changes).report.click_id == click


def test_all_codes_are_told_and_those_that_nobody_could_have_are_left_out():
    codes = ["WELCOME", "ADA10", "WELCOME", "x" * 65, "1/2", None, 7, ""]
    assert order(discount_codes=[{"code": code} for code in codes]).codes == ("WELCOME", "ADA10")


@pytest.mark.parametrize("email", ["not an address", "x" * 400, "", None, 7, "a\nb@example.net"])
def test_no_order_is_lost_over_an_address(email: Any):
    assert order(email=email, customer=None).report.amount == 15040


@pytest.mark.parametrize("status", ["pending", "authorized", "partially_paid"])
def test_an_order_whose_money_is_not_there_yet_is_not_paid(status: str):
    assert not order(financial_status=status).is_paid
    paid = told("orders/paid", shopify_order(financial_status=status))
    assert isinstance(paid, OrderReported)
    assert paid.is_paid


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test": True}, "test"),
        ({"financial_status": "voided"}, "voided"),
        (priced("1.00", "XBT"), "unknown_currency"),
        (priced("100000000000.00"), "amount_too_large"),
    ],
)
def test_what_earns_nothing_is_ignored(changes: dict[str, Any], reason: str):
    assert told("orders/create", shopify_order(**changes)) == Ignored(reason)


def test_a_cancelled_order_is_a_refund_of_the_rest():
    cancelled = told("orders/cancelled", shopify_order(financial_status="voided", cancelled_at="2026-11-20T10:00:00Z"))
    assert cancelled == RefundReported("5930000000001", "cancelled:5930000000001", None)
    assert told("orders/cancelled", shopify_order(test=True)) == Ignored("test")


@pytest.mark.parametrize("topic", ["", "orders/updated", "products/create", "Orders/Create"])
def test_other_topics_are_ignored_whatever_they_say(topic: str):
    assert told(topic, {"id": "nonsense"}) == UNKNOWN_TOPIC


def test_a_refund_is_what_its_lines_cost_without_tax():
    assert told("refunds/create", shopify_refund()) == RefundReported("5930000000001", "880000000001", 6040)


@given(st.integers(2000, 10**9), st.sampled_from([Decimal("0.05"), Decimal("0.19"), Decimal("0.25")]))
@steady
def test_tax_is_taken_out_of_a_refund_just_where_its_prices_include_it(cents: int, rate: Decimal):
    """From some cents on, that is: the tax of 1.65 at 5 % is 0.08 either way."""
    tax = round(cents * rate)
    line = {"tax_lines": [{"price": "0.00", "rate": rate}]}

    def refunded(subtotal: int) -> Any:
        row = {"subtotal": money(subtotal), "total_tax": money(tax), "line_item": line}
        return told("refunds/create", json.dumps(shopify_refund(refund_line_items=[row]), default=str)).amount

    assert refunded(cents) == cents  # tax was added to it
    assert refunded(cents + tax) == cents  # tax was in it


def money(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):f}"


def test_without_lines_a_refund_is_what_was_sent_back_less_shipping():
    transactions = [
        {"kind": "refund", "status": "success", "amount": "25.00", "currency": "EUR"},
        {"kind": "refund", "status": "failure", "amount": "99.00", "currency": "EUR"},
        {"kind": "void", "status": "success", "amount": "98.00", "currency": "EUR"},
    ]
    shipping = {"kind": "shipping_refund", "amount": "-5.00", "tax_amount": "-0.95"}
    body = shopify_refund(refund_line_items=[], transactions=transactions)
    assert told("refunds/create", body).amount == 2500
    assert told("refunds/create", body | {"order_adjustments": [shipping]}).amount == 1905
    only_shipping = body | {"order_adjustments": [shipping | {"amount": "-24.05"}]}
    assert told("refunds/create", only_shipping) == Ignored("nothing_refunded")


def test_lines_without_subtotals_are_passed_over_for_what_was_sent_back():
    rows = [{"quantity": 1, "line_item": {"price": "199.00"}}, {"quantity": 1, "subtotal": "3.00"}]
    assert told("refunds/create", shopify_refund(refund_line_items=rows)).amount == 7188


def test_a_refund_that_names_no_currency_is_in_that_of_the_program():
    rows = [{"subtotal": "2.50"}]
    assert told("refunds/create", shopify_refund(refund_line_items=rows, transactions=[])).amount == 250


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/id"),
        (shopify_order() | {"id": None}, "/id"),
        (shopify_order() | {"id": ""}, "/id"),
        (shopify_order() | {"id": True}, "/id"),
        (shopify_order() | {"id": "x" * 256}, "/id"),
        (shopify_order() | {"created_at": "yesterday"}, "/created_at"),
        (shopify_order() | {"currency": None}, "/currency"),
        (shopify_order() | {"test": "perhaps"}, "/test"),
        (shopify_order() | priced("1e3"), "/subtotal_price_set/shop_money/amount"),
        (shopify_order() | priced("1,00"), "/subtotal_price_set/shop_money/amount"),
        (shopify_order() | {"subtotal_price": None, "subtotal_price_set": None}, "/subtotal_price"),
        (shopify_order() | {"line_items": {}}, "/line_items"),
    ],
)
def test_what_is_no_order_is_refused_with_its_place(body: Any, pointer: str):
    with pytest.raises(Invalid) as refused:
        told("orders/create", body)
    assert pointer in dict(refused.value.errors)
