"""What a refund of Shopify's took: the goods of its lines, or the money that nobody says what it was for."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import shopify, wire
from laurel.domain.tracking.webhooks.events import Event, Ignored, RefundTold, Refused
from tests.kit.shop_bodies import as_sent, shopify_money, shopify_refund
from tests.unit.kit.builders import at, steady

Json = dict[str, Any]
NOTHING = Ignored("nothing_refunded")


def told(body: Json | str, currency: str = "EUR") -> Event:
    (event,) = shopify.events("refunds/create", wire.read(as_sent(body).encode()), currency)
    return event


def refund(**changes: Any) -> RefundTold:
    event = told(shopify_refund(**changes))
    assert isinstance(event, RefundTold)
    return event


def sent(amount: str, status: str = "success", currency: str = "EUR", kind: str = "refund") -> Json:
    return {"kind": kind, "status": status, "amount": amount, "currency": currency}


def adjustment(amount: str, reason: str = "Refund discrepancy", **changes: Any) -> Json:
    return {"amount_set": shopify_money(amount), "reason": reason, **changes}


def money(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):f}"


def test_a_refund_is_what_its_lines_cost_without_tax():
    assert refund() == RefundTold("5930000000001", "880000000001", 6040, at=at("2026-11-21 14:00"))


def test_it_is_as_old_as_it_is_or_as_its_import():
    assert refund(created_at=None, processed_at="2026-11-20T10:00:00Z").at == at("2026-11-20 10:00")
    assert refund(created_at="0000-00-00 00:00:00").at is None


@given(st.integers(2000, 10**9), st.sampled_from([Decimal("0.05"), Decimal("0.19"), Decimal("0.25")]))
@steady
def test_tax_is_taken_out_of_a_refund_just_where_its_prices_include_it(cents: int, rate: Decimal):
    """From some cents on, that is: the tax of 1.65 at 5 % is 0.08 either way."""
    tax = round(cents * rate)
    line = {"tax_lines": [{"price": "0.00", "rate": rate}]}

    def refunded(subtotal: int) -> Any:
        row = {"subtotal": money(subtotal), "total_tax": money(tax), "line_item": line}
        event = told(json.dumps(shopify_refund(refund_line_items=[row]), default=str))
        return event.amount if isinstance(event, RefundTold) else event

    assert refunded(cents) == cents  # tax was added to it
    assert refunded(cents + tax) == cents  # tax was in it


def test_tax_that_fits_no_rate_is_not_taken_for_tax_in_the_price():
    row = {"subtotal": "195.66", "total_tax": "3.98", "line_item": {"tax_lines": [{"rate": 0.06}]}}
    assert refund(refund_line_items=[row]).amount == 19566


def test_gift_cards_and_tips_are_no_goods():
    card = {"subtotal": "50.00", "line_item": {"gift_card": True}}
    tip = {"subtotal": "5.00", "line_item": {"tip": {"payment_gateway": "bogus"}}}
    assert refund(refund_line_items=[card, tip, {"subtotal": "3.00"}]).amount == 300
    assert told(shopify_refund(refund_line_items=[card, tip])) == NOTHING


class TestMoneyWithoutLines:
    """It is a total: tax, and whatever else nobody names, may be in it."""

    @pytest.mark.parametrize(
        ("adjustments", "amount"),
        [
            ([adjustment("-10.00")], 1000),
            ([adjustment("-10.00", tax_amount_set=shopify_money("-1.90"))], 1190),
            ([adjustment("-10.00"), adjustment("-10.00", "Pending refund discrepancy"), adjustment("10.00")], 1000),
            ([adjustment("-10.00"), adjustment("10.00")], 1000),  # while the payment is on its way
            ([adjustment("-10.00"), adjustment("-7.00", "Shipping refund")], 1000),
            ([adjustment("-10.00"), adjustment("-7.00", kind="shipping_refund")], 1000),
        ],
    )
    def test_is_told_by_its_adjustments_in_the_money_of_the_shop(self, adjustments: list[Json], amount: int):
        """105.00 crowns are 10.00 here."""
        crowns = [sent("105.00", currency="SEK")]
        back = refund(refund_line_items=[], transactions=crowns, order_adjustments=adjustments)
        assert (back.amount, back.is_total) == (amount, True)

    def test_is_else_told_by_its_transactions(self):
        transactions = [sent("25.00"), sent("99.00", "failure"), sent("98.00", kind="void")]
        back = refund(refund_line_items=[], transactions=transactions)
        assert (back.amount, back.is_total, back.stands) == (2500, True, True)

    def test_without_the_money_of_the_shop_it_is_refused_rather_than_taken_by_its_number(self):
        crowns = shopify_refund(
            refund_line_items=[], transactions=[sent("105.00", currency="SEK")], total_duties_set=shopify_money("0.00")
        )
        assert told(crowns) == Refused("amount_not_understood")

    def test_is_in_the_currency_of_its_payment_where_nothing_else_names_one(self):
        assert refund(refund_line_items=[], transactions=[sent("25", currency="JPY")]).amount == 25
        plain = told(shopify_refund(refund_line_items=[{"subtotal": "2.5"}], transactions=[]), "KWD")
        assert isinstance(plain, RefundTold)
        assert plain.amount == 2500


SHIPPING = {"subtotal_amount_set": shopify_money("7.00"), "shipping_line": {"tax_lines": [{"rate": 0.19}]}}


class TestShippingTaxAndDuties:
    """Alone, they take nothing back."""

    @pytest.mark.parametrize(
        "body",
        [
            {"refund_shipping_lines": [SHIPPING], "transactions": [sent("8.33")]},
            {"refund_shipping_lines": [SHIPPING], "transactions": [sent("8.33", "pending")]},
            {"refund_shipping_lines": [SHIPPING], "transactions": [sent("91.63", currency="SEK")]},
            # what stands against a payment on its way, and the entry that takes it back
            {
                "refund_shipping_lines": [SHIPPING],
                "transactions": [sent("8.33")],
                "order_adjustments": [adjustment("8.33")],
            },
            {
                "refund_shipping_lines": [SHIPPING],
                "transactions": [sent("8.33")],
                "order_adjustments": [adjustment("8.33"), adjustment("-8.33", "Pending refund discrepancy")],
            },
            # before 2024-10: the whole of the shipping, and what was kept of it
            {
                "transactions": [sent("5.00")],
                "order_adjustments": [
                    adjustment("-7.00", "Shipping refund", kind="shipping_refund"),
                    adjustment("2.00", kind="refund_discrepancy"),
                ],
            },
            {"transactions": [sent("9.83")], "total_duties_set": shopify_money("9.83")},
            {"transactions": [sent("4.00")], "total_additional_fees_set": shopify_money("4.00")},
            {"transactions": []},
        ],
    )
    def test_earned_nothing_and_take_nothing(self, body: Json):
        assert told(shopify_refund(**{"refund_line_items": [], **body})) == NOTHING

    def test_beside_other_money_they_are_left_out(self):
        shipping = {"kind": "shipping_refund", "amount": "-5.00", "tax_amount": "-0.95"}
        older = refund(refund_line_items=[], transactions=[sent("25.00")], order_adjustments=[shipping])
        newer = refund(
            refund_line_items=[],
            refund_shipping_lines=[{"subtotal_amount_set": shopify_money("5.00"), "tax_amount": "0.95"}],
            transactions=[sent("25.00")],
        )
        assert (older.amount, newer.amount) == (1905, 1905)

    def test_beside_lines_they_do_not_count(self):
        assert refund(refund_shipping_lines=[SHIPPING], transactions=[sent("80.21")]).amount == 6040


@pytest.mark.parametrize(
    ("statuses", "stands"),
    [
        (["success"], True),
        (["pending"], True),
        (["failure"], False),
        (["error", "failure"], False),
        (["failure", "pending"], True),
        ([], True),
    ],
)
def test_a_refund_stands_unless_all_its_payments_failed(statuses: list[str], stands: bool):
    assert refund(transactions=[sent("71.88", status) for status in statuses]).stands is stands


def test_one_without_lines_that_is_on_its_way_stands_with_its_money():
    on_its_way = refund(refund_line_items=[], transactions=[sent("25.00", "pending")])
    assert (on_its_way.amount, on_its_way.stands) == (2500, True)


def test_lines_without_subtotals_are_passed_over_for_what_was_sent_back():
    rows = [{"quantity": 1, "line_item": {"price": "199.00"}}, {"quantity": 1, "subtotal": "3.00"}]
    back = refund(refund_line_items=rows)
    assert (back.amount, back.is_total) == (7188, True)


@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({}, Ignored("no_order")),
        ({"refund": shopify_refund()}, Ignored("no_order")),
        (shopify_refund(None), Refused("id_not_understood")),
        (shopify_refund(order_id=None), Refused("id_not_understood")),
        (shopify_refund(refund_line_items=[{"subtotal": "many"}]), Refused("amount_not_understood")),
        (
            shopify_refund(refund_line_items=[{"subtotal_set": shopify_money("1.00", "XBT")}]),
            Refused("unknown_currency"),
        ),
    ],
)
def test_what_is_no_refund_is_ignored_and_what_cannot_be_counted_is_refused(body: Json, event: Event):
    assert told(body) == event
