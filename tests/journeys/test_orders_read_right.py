"""Amounts, subscriptions and people in shops' own bodies, signed, on the deployed stack: each earns what is right."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.journeys.kit.client import Api
from tests.journeys.kit.connected import Connected, connect
from tests.journeys.kit.shop import TEN_PERCENT, Shop, open_shop
from tests.kit.shop_bodies import (
    Json,
    shopify_money,
    shopify_order,
    shopify_refund,
    stripe_charge,
    stripe_intent,
    stripe_invoice,
    stripe_session,
    woocommerce_order,
    woocommerce_subscription,
)

BY_THE_MONTH = {**TEN_PERCENT, "recurring": {"interval": "month", "mode": "on_payment", "limit": 1}}


@pytest.fixture(scope="module")
def shop(admin: Api) -> Shop:
    return open_shop(admin, **BY_THE_MONTH)


@pytest.fixture(scope="module")
def woocommerce(shop: Shop) -> Connected:
    return connect(shop, "woocommerce")


@pytest.fixture(scope="module")
def shopify(shop: Shop) -> Connected:
    return connect(shop, "shopify")


@pytest.fixture(scope="module")
def stripe(shop: Shop) -> Connected:
    return connect(shop, "stripe")


def basket(order_id: int, code: str, total: str = "100.00", **changes: Any) -> Json:
    """An order of WooCommerce of one line without tax and shipping."""
    told = {
        "currency": "USD",
        "coupon_lines": [{"code": code}],
        "line_items": [{"total": total, "total_tax": "0.00"}],
        "shipping_lines": [],
        "total": total,
        "total_tax": "0.00",
        "customer_id": 0,
        "billing": {},
    }
    return woocommerce_order(order_id, **{**told, **changes})


def cart(order_id: int, goods: str, code: str, **changes: Any) -> Json:
    """An order of Shopify without tax and shipping."""
    told = {
        "currency": "USD",
        "discount_codes": [{"code": code}],
        "subtotal_price_set": shopify_money(goods, "USD"),
        "total_price": goods,
        "line_items": [],
        "customer": None,
        "email": None,
    }
    return shopify_order(order_id, **{**told, **changes})


def checkout(number: int, code: str | None, amount: int = 10_000, **changes: Any) -> Json:
    told = {
        "amount_total": amount,
        "total_details": {},
        "currency": "usd",
        "payment_intent": f"pi_{number}",
        "metadata": {"promo_code": code},
        "customer": None,
        "customer_details": None,
    }
    return stripe_session(f"cs_{number}", **{**told, **changes})


def invoice(number: int, total: int, code: str | None = None, subscription: str | None = None, **changes: Any) -> Json:
    details = {"type": "subscription_details", "subscription_details": {"subscription": subscription}}
    told = {
        "currency": "usd",
        "total": total,
        "total_excluding_tax": total,
        "amount_due": total,
        "amount_paid": total,
        "total_taxes": [],
        "metadata": {"promo_code": code},
        "customer": None,
        "customer_email": None,
        "parent": details if subscription else None,
        "billing_reason": "subscription_cycle" if subscription else "manual",
    }
    return stripe_invoice(f"in_{number}", **{**told, **changes})


# -- amounts -----------------------------------------------------------------------------------------------------------


def test_tax_inside_prices_earns_nothing(stripe: Connected):
    stripe.happen(
        "checkout.session.completed", checkout(21, stripe.shop.code, 11_900, total_details={"amount_tax": 1_900})
    )
    assert stripe.earned("cs_21") == ("approved", 1_000)
    stripe.happen("invoice.paid", invoice(22, 11_900, stripe.shop.code, total_excluding_tax=10_000))
    assert stripe.earned("in_22") == ("approved", 1_000)


def test_a_discount_of_one_line_is_taken_off_once(stripe: Connected):
    told = {
        "subtotal": 25_230,
        "total_excluding_tax": 22_707,
        "amount_paid": 24_512,
        "total_discount_amounts": [{"amount": 2_523, "discount": "di_1"}, {"amount": 870, "discount": "di_2"}],
    }
    stripe.happen("invoice.paid", invoice(23, 24_512, stripe.shop.code, **told))
    assert stripe.earned("in_23") == ("approved", 2_271)


def test_what_a_customers_credit_settles_was_earned_on_before(stripe: Connected):
    code = stripe.shop.code
    settled = invoice(24, 5_000, code, amount_due=0, amount_paid=0, starting_balance=-5_000)
    assert stripe.happen("invoice.paid", settled) == {"ignored": "nothing_paid"}
    stripe.happen("invoice.paid", invoice(25, 5_000, code, amount_due=2_000, amount_paid=2_000))
    assert stripe.earned("in_25") == ("approved", 200)


def test_a_fee_below_zero_is_a_discount(woocommerce: Connected):
    lines = {"line_items": [{"total": "100.00"}], "fee_lines": [{"total": "-20.00"}]}
    woocommerce.tell("order.created", basket(26, woocommerce.shop.code, "80.00", **lines))
    assert woocommerce.earned("26") == ("approved", 800)


def test_a_refund_of_shipping_takes_no_goods(shopify: Connected):
    shopify.tell("orders/create", cart(27, "100.00", shopify.shop.code, total_price="110.00"))
    refund = shopify_refund(
        271,
        27,
        refund_line_items=[],
        refund_shipping_lines=[{"subtotal_amount_set": shopify_money("10.00", "USD")}],
        transactions=[{"kind": "refund", "status": "success", "amount": "10.00", "currency": "USD"}],
    )
    shopify.tell("refunds/create", refund)
    assert shopify.earned("27") == ("approved", 1_000)


def test_a_refund_in_the_customers_money_takes_what_it_is_in_the_shops(shopify: Connected):
    shopify.tell("orders/create", cart(28, "100.00", shopify.shop.code, presentment_currency="SEK"))
    refund = shopify_refund(
        281,
        28,
        refund_line_items=[],
        order_adjustments=[{"reason": "Refund discrepancy", "amount_set": shopify_money("-10.00", "USD")}],
        transactions=[{"kind": "refund", "status": "success", "amount": "105.00", "currency": "SEK"}],
    )
    shopify.tell("refunds/create", refund)
    assert shopify.earned("28") == ("approved", 900)


def test_a_refund_whose_worth_nobody_tells_is_refused_and_never_taken_by_its_number(stripe: Connected):
    stripe.happen("checkout.session.completed", checkout(29, stripe.shop.code))
    charge = stripe_charge(9_000, "ch_29", "pi_29", currency="sek", amount=95_000)
    assert stripe.happen("charge.refunded", charge)["refused"] == "currency_mismatch"
    assert stripe.earned("cs_29") == ("approved", 1_000)


def test_a_payment_without_a_checkout_earns_on_what_was_captured(stripe: Connected):
    told = {"currency": "usd", "metadata": {"promo_code": stripe.shop.code}, "customer": None, "receipt_email": None}
    held = stripe_intent("pi_30", amount=10_000, amount_received=6_000, capture_method="manual", **told)
    stripe.happen("payment_intent.succeeded", held)
    assert stripe.earned("pi_30") == ("approved", 600)


# -- subscriptions -----------------------------------------------------------------------------------------------------


def test_a_trial_is_no_sale_the_first_payment_is_and_a_proration_uses_up_no_renewal(stripe: Connected):
    shop = stripe.shop
    session = checkout(
        31, shop.code, 0, subscription="sub_31", invoice="in_31", mode="subscription", payment_intent=None
    )
    stripe.happen("checkout.session.completed", {**session, "payment_status": "no_payment_required"})
    assert stripe.earned("in_31") == ("approved", 0)
    shop.drain()  # the subscription is the member's once its beginning is counted
    stripe.happen("invoice.paid", invoice(32, 5_000, subscription="sub_31"))
    assert (stripe.conversion("in_32")["type"], stripe.earned("in_32")) == ("sale", ("approved", 500))
    shop.drain()
    lines = {"data": [{"type": "invoiceitem", "proration": True, "amount": 1_500}], "has_more": False}
    change = invoice(33, 1_500, subscription="sub_31", billing_reason="subscription_update", lines=lines)
    stripe.happen("invoice.paid", change)
    stripe.happen("invoice.paid", invoice(34, 5_000, subscription="sub_31"))
    stripe.happen("invoice.paid", invoice(35, 5_000, subscription="sub_31"))
    assert [stripe.earned(order)[1] for order in ("in_33", "in_34", "in_35")] == [150, 500, 0]  # of one renewal


def test_renewals_of_a_subscription_of_woocommerce_are_paid(woocommerce: Connected):
    woocommerce.tell("order.created", basket(36, woocommerce.shop.code))
    woocommerce.tell("subscription.created", woocommerce_subscription(360, 36))
    woocommerce.shop.drain()
    renews = [{"id": 1, "key": "_subscription_renewal", "value": "360"}]
    woocommerce.tell("order.created", basket(37, "", coupon_lines=[], meta_data=renews))
    assert (woocommerce.conversion("37")["type"], woocommerce.earned("37")) == ("recurring", ("approved", 1_000))


# -- orders that were lost ---------------------------------------------------------------------------------------------


def test_an_order_in_other_money_is_kept_and_won_once_a_rate_is_given(shopify: Connected):
    shopify.tell(
        "orders/create",
        cart(38, "100.00", shopify.shop.code, currency="SEK", subtotal_price_set=shopify_money("100.00", "SEK")),
    )
    kept = shopify.conversion("38")
    assert (kept["member_id"], kept["attribution"]["reason"]) == (None, "exchange_rate_missing")
    shopify.shop.admin.patch(f"/v1/conversions/{kept['conversion_id']}", {"exchange_rate": "0.1"})
    won = shopify.conversion("38")
    assert (won["member_id"], won["commission"]) == (shopify.shop.member_id, 100)


@pytest.mark.parametrize(("order_id", "around"), [(39, "  {} "), (40, "\t{}\n")])
def test_blanks_around_a_code_do_not_lose_the_order(woocommerce: Connected, order_id: int, around: str):
    woocommerce.tell("order.created", basket(order_id, around.format(woocommerce.shop.code.lower())))
    assert woocommerce.earned(str(order_id)) == ("approved", 1_000)


def test_the_address_that_the_visit_began_with_wins_the_order_for_the_click(woocommerce: Connected):
    shop = woocommerce.shop
    body = {
        "name": "Links",
        "kind": "link",
        "landing_url": "https://shop.example.com/",
        "payout_options": [{"name": "Standard", "default": True, "terms": TEN_PERCENT}],
    }
    offer_id = shop.admin.post("/v1/offers", body)["offer_id"]
    link = shop.admin.put(f"/v1/offers/{offer_id}/enrollments/{shop.member_id}", {})["link"]
    click = shop.storefront.post("/v1/clicks", {"slug": link["slug"], "visitor_id": "v1"})["click_id"]
    entry = f"https://shop.example.com/new?utm_source=x&laurel_click={click}&page=2"
    began = [{"id": 1, "key": "_wc_order_attribution_session_entry", "value": entry}]
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
    woocommerce.tell("order.created", basket(41, "", coupon_lines=[], meta_data=began, date_created_gmt=now))
    won = woocommerce.conversion("41")
    assert (won["attribution"]["by"], won["offer_id"], won["commission"]) == ("click", offer_id, 1_000)


def test_odd_fields_that_nobody_reads_lose_no_order(shopify: Connected):
    deep: Any = "deep"
    for _ in range(30):
        deep = [deep]
    odd = {"total_weight": "many", "note": "\ud800", "closed_at": "0000-00-00 00:00:00", "tags": deep, "total_tax": ""}
    shopify.tell(
        "orders/create", cart(42, "100.00", shopify.shop.code, **odd, total_tip_received=1.0000000000000000001)
    )
    assert shopify.earned("42") == ("approved", 1_000)


def test_whoever_is_suspended_when_the_order_comes_does_not_earn(admin: Api):
    alone = open_shop(admin)
    woocommerce = connect(alone, "woocommerce")
    admin.patch(f"/v1/members/{alone.member_id}", {"status": "suspended"})
    woocommerce.tell("order.created", basket(43, alone.code))
    told = woocommerce.conversion("43")
    assert (told["member_id"], told["attribution"]["reason"], told["commission"]) == (None, "member_inactive", 0)
