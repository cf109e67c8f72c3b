"""Amounts and subscriptions in shops' own bodies, signed, on the deployed stack: each earns what is right."""

from tests.journeys.kit.baskets import basket, cart, checkout, invoice
from tests.journeys.kit.connected import Connected
from tests.kit.shop_bodies import (
    shopify_money,
    shopify_refund,
    stripe_charge,
    stripe_intent,
    woocommerce_subscription,
)

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
    woocommerce.tell("order.created", basket(37, None, meta_data=renews))
    assert (woocommerce.conversion("37")["type"], woocommerce.earned("37")) == ("recurring", ("approved", 1_000))
