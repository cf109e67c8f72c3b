"""Orders that shops tell of again and again, signed, on the deployed stack: they end worth what is true of them.

All are orders of one member at 10 %; what they come to together is in the reports at the end.
"""

import pytest

from tests.journeys.kit.baskets import basket, cart, changed, checkout
from tests.journeys.kit.client import Api
from tests.journeys.kit.connected import Connected, connect
from tests.journeys.kit.shop import Shop, at_least_one_sale, open_shop
from tests.kit.shop_bodies import (
    shopify_dispute,
    shopify_money,
    shopify_refund,
    stripe_charge,
    stripe_dispute,
    stripe_refund,
)

CHARGEBACK, INQUIRY = "chargeback", "inquiry"


# -- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order_id", "statuses"),
    [
        (1, ("pending", "cancelled", "processing")),
        (2, ("on-hold", "failed", "processing")),
        (3, ("processing", "cancelled", "processing", "completed")),
    ],
)
def test_an_order_that_was_cancelled_or_failed_and_comes_back_earns(
    woocommerce: Connected, order_id: int, statuses: tuple[str, ...]
):
    for minute, status in enumerate(statuses):
        woocommerce.tell("order.updated", basket(order_id, woocommerce.shop.code, status=status, **changed(minute)))
    assert woocommerce.earned(str(order_id)) == ("approved", 1_000)


def test_an_order_in_the_trash_earns_nothing_until_it_is_taken_out(woocommerce: Connected):
    code = woocommerce.shop.code
    woocommerce.tell("order.created", basket(4, code, status="processing", **changed(0)))
    woocommerce.tell("order.deleted", {"id": 4})
    assert woocommerce.earned("4") == ("declined", 0)
    woocommerce.tell("order.restored", basket(4, code, status="processing", **changed(0)))
    assert woocommerce.earned("4") == ("approved", 1_000)


def test_an_authorisation_that_was_voided_earns_nothing(shopify: Connected):
    code = shopify.shop.code
    shopify.tell("orders/create", cart(5, "100.00", code, **changed(0), financial_status="authorized"))
    assert shopify.earned("5") == ("pending", 1_000)
    shopify.tell("orders/updated", cart(5, "100.00", code, **changed(1), financial_status="voided"))
    assert shopify.earned("5") == ("declined", 0)


# -- disputes ----------------------------------------------------------------------------------------------------------


def test_a_question_of_the_bank_takes_nothing_a_chargeback_does_and_one_that_is_won_gives_it_back(stripe: Connected):
    stripe.happen("checkout.session.completed", checkout(6, stripe.shop.code))
    for kind, status, left in (
        ("charge.dispute.created", "warning_needs_response", ("approved", 1_000)),
        ("charge.dispute.created", "needs_response", ("declined", 0)),
        ("charge.dispute.closed", "won", ("approved", 1_000)),
    ):
        about = stripe_dispute(10_000, "pi_6", currency="usd", status=status, id=f"dp_{status[:4]}")
        if kind == "charge.dispute.closed":
            about["id"] = "dp_need"
        stripe.happen(kind, about)
        assert stripe.earned("cs_6") == left


def test_a_chargeback_in_a_shop_of_shopify_takes_its_amount_while_it_is_open(shopify: Connected):
    shopify.tell("orders/create", cart(7, "100.00", shopify.shop.code, **changed(0)))
    for kind, status, finalized, left in (
        (INQUIRY, "needs_response", None, 1_000),
        (CHARGEBACK, "needs_response", None, 400),
        (CHARGEBACK, "won", "2026-12-24T10:00:00Z", 1_000),
    ):
        dispute = shopify_dispute(status, kind, id=len(kind), order_id=7, amount="60.00", currency="USD")
        shopify.tell("disputes/update", {**dispute, "finalized_on": finalized})
        assert shopify.earned("7") == ("approved", left)


# -- refunds that are undone -------------------------------------------------------------------------------------------


def test_a_refund_that_failed_at_the_bank_gives_its_money_back(stripe: Connected):
    stripe.happen("checkout.session.completed", checkout(8, stripe.shop.code))
    refund = stripe_refund(4_000, "re_8", "pi_8", currency="usd", charge="ch_8")
    stripe.happen("refund.created", refund)
    stripe.happen("charge.refunded", stripe_charge(4_000, "ch_8", "pi_8", currency="usd", amount=10_000))
    assert stripe.earned("cs_8") == ("approved", 600)
    stripe.happen("refund.failed", {**refund, "status": "failed"}, created=1_795_109_500)
    assert stripe.earned("cs_8") == ("approved", 1_000)


def test_a_refund_that_the_shop_deleted_was_never_made(woocommerce: Connected):
    code, refunds = woocommerce.shop.code, [{"id": 91, "total": "-25.00"}]
    woocommerce.tell("order.updated", basket(9, code, status="completed", **changed(0), refunds=refunds))
    assert woocommerce.earned("9") == ("approved", 750)
    woocommerce.tell("order.updated", basket(9, code, status="completed", **changed(1), refunds=[]))
    assert woocommerce.earned("9") == ("approved", 1_000)


# -- orders that are edited --------------------------------------------------------------------------------------------


def test_an_order_that_is_edited_before_it_is_paid_earns_on_what_was_paid(shopify: Connected):
    code = shopify.shop.code
    shopify.tell("orders/create", cart(10, "175.00", code, **changed(0), financial_status="pending"))
    shopify.tell("orders/updated", cart(10, "75.00", code, **changed(1), financial_status="pending"))
    shopify.tell("orders/paid", cart(10, "75.00", code, **changed(2), financial_status="paid"))
    assert shopify.earned("10") == ("approved", 750)


def test_an_exchange_of_equal_goods_changes_nothing(shopify: Connected):
    code = shopify.shop.code
    shopify.tell("orders/create", cart(11, "100.00", code, **changed(0)))
    line = {"subtotal_set": shopify_money("40.00", "USD"), "total_tax_set": shopify_money("0.00", "USD")}
    back = shopify_refund(111, 11, refund_line_items=[line], transactions=[])
    shopify.tell("refunds/create", back)
    assert shopify.earned("11") == ("approved", 600)
    # and 40.00 of other goods came in
    shopify.tell("orders/updated", cart(11, "100.00", code, **changed(9), refunds=[back]))
    assert shopify.earned("11") == ("approved", 1_000)


def test_older_news_never_replaces_newer(woocommerce: Connected):
    code = woocommerce.shop.code
    woocommerce.tell(
        "order.updated", basket(12, code, status="processing", **changed(9), line_items=[{"total": "60.00"}])
    )
    woocommerce.tell("order.updated", basket(12, code, status="on-hold", **changed(1)))
    assert woocommerce.earned("12") == ("approved", 600)


# -- what follows ------------------------------------------------------------------------------------------------------


def test_an_order_that_was_refunded_whole_before_it_came_makes_no_bonus(admin: Api):
    """The rule asks for a sale; the next one is the first."""
    alone = open_shop(admin)
    shopify = connect(alone, "shopify")
    rule = alone.rule("First", at_least_one_sale(), {"type": "add_bonus_commission", "amount": 100})
    line = {"subtotal_set": shopify_money("100.00", "USD")}
    shopify.tell("refunds/create", shopify_refund(131, 13, refund_line_items=[line]))
    shopify.tell("orders/create", cart(13, "100.00", alone.code, **changed(0)))
    assert shopify.earned("13") == ("declined", 0)
    shopify.tell("orders/create", cart(14, "50.00", alone.code, **changed(0)))
    bonus = alone.bonus(rule)
    assert (bonus["amount"], bonus["evidence"]["value"]) == (100, "1")


def test_what_all_orders_come_to_is_in_the_summary(busy_shop: Shop):
    shop = busy_shop
    shop.drain()
    query = f"member_id={shop.member_id}"
    listed = [row for row in shop.rows() if row["type"] == "sale"]
    summary = shop.admin.get(f"/v1/reports/summary?{query}")["totals"]
    assert summary["commission"] == sum(row["amount"] for row in listed if row["status"] != "declined")
    assert summary["conversions"] == sum(row["status"] != "declined" for row in listed)
