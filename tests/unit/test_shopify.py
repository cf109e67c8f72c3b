"""What Shopify says of an order: what is left of it, in the shop's money, without tax and shipping, as it stands."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import shopify, wire
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    DisputeTold,
    Event,
    Ignored,
    OrderTold,
    RefundTold,
    Refused,
    StateTold,
)
from laurel.domain.values.money import EXPONENTS
from tests.kit.shop_bodies import as_sent, shopify_dispute, shopify_money, shopify_order, shopify_refund
from tests.unit.kit.builders import at, steady

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])
CLICK = "clk_01kagg1qg0" + "a" * 16


def told(topic: str, body: Any) -> Event:
    (event,) = shopify.events(topic, wire.read(as_sent(body).encode()), "EUR")
    return event


def order(topic: str = "orders/create", **changes: Any) -> OrderTold:
    event = told(topic, shopify_order(**changes))
    assert isinstance(event, OrderTold)
    return event


def priced(amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {"subtotal_price_set": shopify_money(amount, currency)}


def left_of(placed: OrderTold) -> int:
    """What is left of an order whose refunds all tell their lines."""
    back = [refund.amount for refund in placed.refunds or () if refund.stands and not refund.is_total]
    return placed.report.amount - sum(amount for amount in back if amount)


def test_an_order_is_what_its_lines_cost_after_discounts():
    placed = order()
    assert (placed.report.order_id, placed.report.amount, placed.report.currency) == ("5930000000001", 15040, "EUR")
    assert (placed.report.occurred_at, placed.at) == (at("2026-11-19 17:30"), at("2026-11-19 17:30:02"))
    assert (placed.codes, placed.money, placed.state, placed.payment) == (("ADA10",), "collected", "standing", None)
    assert (placed.report.customer_id, placed.report.customer_email) == ("7210000000003", "carla@example.net")
    assert (placed.gross, placed.refunds) == (18598, None)


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


def test_tax_is_read_in_the_money_of_the_shop_like_all_else():
    lines = [{"tax_lines": [{"price": "209.00", "price_set": shopify_money("19.00")}]}]
    assert order(**priced("119.00"), taxes_included=True, line_items=lines).report.amount == 10000


def test_what_a_gift_card_paid_reduces_nothing_and_the_card_itself_is_no_goods():
    assert order(payment_gateway_names=["gift_card"], total_outstanding="0.00").report.amount == 15040
    card = {"price": "50.00", "quantity": 2, "current_quantity": 2, "gift_card": True}
    assert order(**priced("250.40"), line_items=[card, {"price": "150.40", "quantity": 1}]).report.amount == 15040


class TestAnOrderThatChanges:
    """100.00 and 50.00 were ordered."""

    PLACED = priced("150.00")
    BACK = shopify_refund(refund_line_items=[{"subtotal_set": shopify_money("40.00")}], transactions=[])

    def test_edited_before_it_is_paid_it_is_worth_what_is_in_it(self):
        pending = order(**priced("175.00"), financial_status="pending")
        paid = order("orders/updated", **priced("175.00"), current_subtotal_price_set=shopify_money("75.00"))
        assert (left_of(pending), pending.money) == (17500, "awaiting")
        assert (left_of(paid), paid.money) == (7500, "collected")

    def test_goods_back_and_other_goods_added_are_worth_what_is_left_of_both(self):
        placed = order("orders/updated", **self.PLACED, refunds=[self.BACK])  # 150.00 are in it again
        assert placed.report.amount == 19000
        assert [refund.amount for refund in placed.refunds or ()] == [4000]
        assert left_of(placed) == 15000

    def test_goods_back_leave_the_rest(self):
        now = {"current_subtotal_price_set": shopify_money("110.00")}
        placed = order("orders/updated", **self.PLACED, **now, refunds=[self.BACK])
        assert (placed.report.amount, left_of(placed)) == (15000, 11000)

    def test_where_prices_include_tax_what_is_left_has_none(self):
        line = {"subtotal_set": shopify_money("119.00"), "total_tax_set": shopify_money("19.00")}
        placed = order(
            "orders/updated",
            taxes_included=True,
            **priced("238.00"),
            current_subtotal_price_set=shopify_money("119.00"),
            line_items=[{"quantity": 2, "current_quantity": 1, "tax_lines": [{"price": "38.00", "rate": 0.19}]}],
            refunds=[shopify_refund(refund_line_items=[line])],
        )
        assert (placed.report.amount, left_of(placed)) == (20000, 10000)

    def test_nothing_is_left_once_all_went_back_however_its_tax_was_rounded(self):
        line = {"subtotal_set": shopify_money("9.99"), "total_tax_set": shopify_money("1.59")}
        placed = order(
            "orders/updated",
            taxes_included=True,
            **priced("9.99"),
            current_subtotal_price_set=shopify_money("0.00"),
            line_items=[{"tax_lines": [{"price": "1.60", "rate": 0.19}]}],
            refunds=[shopify_refund(refund_line_items=[line])],
        )
        assert (placed.report.amount, left_of(placed)) == (840, 0)

    def test_all_its_refunds_are_told_at_the_time_of_the_picture(self):
        failed = [{"kind": "refund", "status": "failure", "amount": "10.00", "currency": "EUR"}]
        second = shopify_refund(880_000_000_002, transactions=failed)
        placed = order("orders/updated", refunds=[self.BACK, second], updated_at="2026-11-22T09:00:00Z")
        noon = at("2026-11-22 09:00")
        assert placed.refunds == (
            RefundTold("5930000000001", "880000000001", 4000, at=noon),
            RefundTold("5930000000001", "880000000002", 6040, stands=False, at=noon),
        )

    def test_a_picture_without_refunds_says_that_there_are_none_and_one_that_lists_none_says_nothing(self):
        assert order(refunds=[]).refunds == ()
        assert order(refunds=None).refunds is None

    def test_refunds_of_no_goods_are_not_told(self):
        shipping = shopify_refund(refund_line_items=[], transactions=[], refund_shipping_lines=[{"id": 1}])
        assert order("orders/updated", refunds=[shipping]).refunds == ()

    def test_its_gross_is_all_that_was_ever_to_pay(self):
        line = {"subtotal": "40.00", "total_tax": "7.60"}
        back = shopify_refund(
            refund_line_items=[line], refund_shipping_lines=[{"subtotal_amount_set": shopify_money("7.00")}]
        )
        now = {"current_subtotal_price_set": shopify_money("110.40"), "current_total_price": "130.90"}
        assert order(total_price="150.00", **now, refunds=[back]).gross == 18550
        assert order(total_price="185.51", **now, refunds=[back]).gross == 18551
        assert order(total_price="7.00", current_total_price="?").gross is None
        assert order(total_price=None).gross is None


@given(st.integers(2**53, 10**30))
@steady
def test_ids_beyond_what_floats_hold_stay_exact(number: int):
    assert order(order_id=number).report.order_id == str(number)
    refund = told("refunds/create", shopify_refund(refund_id=number, order_id=number + 1))
    assert isinstance(refund, RefundTold)
    assert (refund.refund_id, refund.order_id) == (str(number), str(number + 1))


@pytest.mark.parametrize(
    ("changes", "click"),
    [
        ({"note_attributes": [{"name": "laurel_click", "value": CLICK}]}, CLICK),
        ({"note_attributes": [{"name": "laurel_click", "value": f" {CLICK} "}]}, CLICK),
        (
            {"note_attributes": [{"name": "laurel_click", "value": ""}], "landing_site": f"/?laurel_click={CLICK}"},
            CLICK,
        ),
        ({"landing_site": f"/?a=b&laurel_click={CLICK}#top"}, CLICK),
        ({"landing_site": f"https://[shop?laurel_click={CLICK}"}, CLICK),
        ({"note_attributes": [{"name": "laurel_click", "value": CLICK}], "landing_site": "/?laurel_click=b"}, CLICK),
        ({"note_attributes": [{"name": "laurel_click", "value": 12}], "landing_site": None}, None),
        ({"note_attributes": [{"name": "laurel_click", "value": "x" * 65}]}, None),
        ({"note_attributes": None, "landing_site": None}, None),
        ({"note_attributes": "laurel_click", "landing_site": 7}, None),
    ],
)
def test_the_click_is_noted_with_the_order_or_in_where_the_visitor_landed(changes: dict[str, Any], click: str | None):
    assert order(**changes).report.click_id == click


def test_all_codes_are_told_without_blanks_and_those_that_nobody_could_have_are_left_out():
    codes = ["WELCOME", " ADA10 ", "WELCOME", "x" * 65, "1/2", None, 7, "", "  ", "10%Off", "DankeFür"]
    placed = order(discount_codes=[{"code": code} for code in codes])
    assert placed.codes == ("WELCOME", "ADA10", "10%Off", "DankeFür")


@pytest.mark.parametrize("email", ["not an address", "x" * 400, "", None, 7, "a\nb@example.net", {"a": 1}])
def test_no_order_is_lost_over_an_address(email: Any):
    assert order(email=email, customer=None).report.amount == 15040


@pytest.mark.parametrize(
    ("status", "money"),
    [
        ("pending", "awaiting"),
        ("authorized", "awaiting"),
        ("partially_paid", "awaiting"),
        ("expired", "awaiting"),
        (None, "awaiting"),
        ("paid", "collected"),
        ("partially_refunded", "collected"),
        ("refunded", "collected"),
        ("voided", "void"),
    ],
)
def test_money_comes_in_or_never_will(status: str | None, money: str):
    assert order("orders/updated", financial_status=status).money == money


def test_an_order_that_shopify_calls_paid_is_whatever_its_status_says_yet():
    assert order("orders/paid", financial_status="pending").money == "collected"
    assert order("orders/paid", financial_status="voided").money == "void"


def test_a_cancelled_order_does_not_stand_whatever_the_topic():
    assert order("orders/updated", cancelled_at="2026-11-20T10:00:00Z").state == "cancelled"
    assert order("orders/cancelled", financial_status="voided").state == "cancelled"
    thin = {"id": 5, "cancelled_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:01Z"}
    at_once = at("2026-11-20 10:00:01")
    assert told("orders/cancelled", thin) == StateTold("5", "cancelled", "awaiting", at_once)


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/updated", "orders/edited", "orders/paid", "orders/cancelled"]
)
def test_a_test_order_is_ignored(topic: str):
    assert told(topic, shopify_order(test=True)) == Ignored("test")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (shopify_order(**priced("1.00", "XBT")), "unknown_currency"),
        (shopify_order(**priced("1.00", ""), currency=None), "unknown_currency"),
        (shopify_order(**priced("100000000000.00")), "amount_too_large"),
        (shopify_order(**priced("1e90")), "amount_too_large"),
        (shopify_order(**priced("1,00")), "amount_not_understood"),
        (shopify_order(subtotal_price_set=None, subtotal_price=None), "amount_not_understood"),
        (shopify_order(subtotal_price_set={"shop_money": {"amount": [1]}}), "amount_not_understood"),
        (shopify_order(taxes_included=True, line_items=[{"tax_lines": [{"price": "?"}]}]), "amount_not_understood"),
        (shopify_order(refunds=[{"id": 1, "refund_line_items": [{"subtotal": "?"}]}]), "amount_not_understood"),
        (shopify_order(refunds=[shopify_refund(None)]), "id_not_understood"),
        (shopify_order(None), "id_not_understood"),
        (shopify_order(""), "id_not_understood"),
        (shopify_order(order_id=True), "id_not_understood"),
        (shopify_order("x" * 256), "id_not_understood"),
        (shopify_order("\ud800"), "id_not_understood"),
    ],
)
def test_an_order_that_cannot_be_counted_is_refused(body: Any, reason: str):
    assert told("orders/create", body) == Refused(reason)


EDIT = {"order_edit": {"id": 78912328793, "order_id": 5, "committed_at": "2026-11-20T10:00:00Z", "line_items": {}}}


@pytest.mark.parametrize("body", [{}, {"order": shopify_order()}, {"id": 1}, EDIT, {"id": None}, {"errors": "no"}])
@pytest.mark.parametrize("topic", ["orders/create", "orders/edited"])
def test_what_is_no_order_is_ignored(topic: str, body: Any):
    assert told(topic, body) == Ignored("no_order")


@pytest.mark.parametrize("topic", ["", "orders/fulfilled", "products/create", "Orders/Create"])
def test_other_topics_are_ignored_whatever_they_say(topic: str):
    assert told(topic, {"id": "nonsense"}) == UNKNOWN_TOPIC


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "yesterday"},
        {"created_at": "0000-00-00 00:00:00", "updated_at": "0000-00-00 00:00:00", "cancelled_at": ""},
        {"created_at": None, "updated_at": 7},
        {"total_price": 185.980000000000000000001, "total_tax": None, "total_discounts": ""},
        {"line_items": None},
        {"line_items": {}},
        {"line_items": [None, 7, {"tax_lines": {"0": {"price": "?"}}}]},
        {"customer": [], "discount_codes": {"0": {"code": "ADA10"}}},
        {"note": "\ud800", "client_details": {"user_agent": "\udfff"}},
        {"taxes_included": "perhaps", "test": "perhaps"},
        {"total_weight": "many"},
        {"tags": [[[[[[[[[[[[[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]},
    ],
)
def test_what_is_not_needed_loses_no_order(changes: dict[str, Any]):
    placed = order(**changes)
    assert (placed.report.amount, placed.codes) == (15040, ("ADA10",))


@pytest.mark.parametrize("amount", ["150.4000000000000000000000000001", "1.504e2", 150.4, " 150.40 "])
def test_odd_numbers_are_numbers(amount: Any):
    written = {"shop_money": {"amount": amount, "currency_code": "eur"}}
    assert order(subtotal_price_set=written).report.amount == 15040


class TestADispute:
    @pytest.mark.parametrize(
        ("kind", "status", "standing"),
        [
            ("inquiry", "needs_response", "inquiry"),
            ("inquiry", "lost", "inquiry"),
            ("chargeback", "needs_response", "open"),
            ("chargeback", "under_review", "open"),
            ("chargeback", "charge_refunded", "open"),
            ("chargeback", "something_new", "open"),
            ("chargeback", "won", "won"),
            ("chargeback", "lost", "lost"),
            ("chargeback", "accepted", "lost"),
            ("chargeback", "prevented", "inquiry"),
        ],
    )
    @pytest.mark.parametrize("topic", ["disputes/create", "disputes/update"])
    def test_stands_as_its_kind_and_status_say(self, topic: str, kind: str, status: str, standing: str):
        event = told(topic, shopify_dispute(status, kind))
        began = at("2026-11-25 15:00")
        assert isinstance(event, DisputeTold)
        assert (event.standing, event.amount, event.currency) == (standing, 18598, "EUR")
        assert (event.order_id, event.dispute_id, event.at) == ("5930000000001", "990000000001", began)

    def test_is_as_old_as_the_last_that_happened_to_it(self):
        sent, ended = "2026-11-27T10:00:00Z", "2026-12-24T10:00:00Z"
        events = [
            told("disputes/update", shopify_dispute("under_review", evidence_sent_on=sent)),
            told("disputes/update", shopify_dispute("won", evidence_sent_on=sent, finalized_on=ended)),
        ]
        assert [event.at for event in events if isinstance(event, DisputeTold)] == [
            at("2026-11-27 10:00"),
            at("2026-12-24 10:00"),
        ]

    @pytest.mark.parametrize(
        ("changes", "event"),
        [
            ({"order_id": None}, Ignored("no_order")),
            ({"id": None}, Ignored("no_order")),
            ({"amount": "0.00"}, Ignored("nothing_disputed")),
            ({"amount": None}, Refused("amount_not_understood")),
            ({"currency": "XBT"}, Refused("unknown_currency")),
        ],
    )
    def test_of_nothing_is_ignored(self, changes: dict[str, Any], event: Event):
        assert told("disputes/create", shopify_dispute(**changes)) == event
