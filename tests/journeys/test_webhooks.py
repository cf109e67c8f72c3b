"""A merchant connects shops of three platforms: each sends signed bodies, and a member is paid for what is left."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest

from tests.journeys.kit.client import eventually
from tests.journeys.kit.connected import connect
from tests.journeys.kit.shop import Shop, week_above
from tests.kit.shop_bodies import (
    Json,
    as_sent,
    shopify_order,
    shopify_refund,
    stripe_charge,
    stripe_event,
    stripe_invoice,
    stripe_session,
    woocommerce_order,
)


def test_an_order_of_shopify_is_placed_paid_and_refunded_in_part(shop: Shop):
    shopify = connect(shop, "shopify")
    body = shopify_order(
        currency="USD",
        subtotal_price_set={"shop_money": {"amount": "250.00", "currency_code": "USD"}},
        discount_codes=[{"code": "WELCOME"}, {"code": shop.code}],
        financial_status="authorized",
        created_at=datetime.now(UTC).isoformat(),
    )
    rule = shop.rule("Strong week", week_above(2_000), {"type": "add_bonus_commission", "percent": "2"})
    assert shopify.deliver("orders/create", body).json == {"order_id": "5930000000001"}
    assert shopify.totals() == [("5930000000001", 25_000, 2_500, "pending")]
    assert shopify.deliver("orders/paid", {**body, "financial_status": "paid"}).status == 200
    assert shop.bonus(rule)["amount"] == 50
    line = {"subtotal": "50.00", "subtotal_set": {"shop_money": {"amount": "50.00", "currency_code": "USD"}}}
    for _ in range(2):
        assert shopify.deliver("refunds/create", shopify_refund(refund_line_items=[line])).status == 200
    assert shopify.totals() == [("5930000000001", 25_000, 2_000, "approved")]
    assert shopify.deliver("orders/cancelled", body, secret="a guess").status == 401
    assert shopify.deliver("orders/cancelled", body).status == 200
    assert shopify.totals() == [("5930000000001", 25_000, 0, "declined")]


def test_an_order_of_woocommerce_is_told_again_whenever_it_changes(shop: Shop):
    woocommerce = connect(shop, "woocommerce")
    changes: Json = {"currency": "USD", "coupon_lines": [{"code": shop.code.lower()}]}
    assert woocommerce.deliver("order.created", woocommerce_order(status="on-hold", **changes)).status == 200
    assert woocommerce.totals() == [("4711", 15_040, 1_504, "pending")]
    refunds = [{"id": 726, "total": "-50.40"}]
    for _ in range(2):
        assert woocommerce.deliver("order.updated", woocommerce_order(refunds=refunds, **changes)).status == 200
    assert woocommerce.totals() == [("4711", 15_040, 1_096, "approved")]  # the share of the goods: 40.76
    for status, left in (("cancelled", (0, "declined")), ("processing", (1_096, "approved"))):
        body = woocommerce_order(status=status, refunds=refunds, **changes)
        assert woocommerce.deliver("order.updated", body).status == 200
        assert woocommerce.totals() == [("4711", 15_040, *left)]


def test_an_order_that_was_refused_for_its_currency_is_mended_and_won(shop: Shop):
    woocommerce = connect(shop, "woocommerce")
    path, admin = f"/v1/storefronts/{woocommerce.storefront_id}", shop.admin
    body = woocommerce_order(currency="GBP", coupon_lines=[{"code": shop.code}])
    refused = {"order_id": "4711", "refused": "exchange_rate_missing"}
    assert woocommerce.deliver("order.created", body).json == refused
    assert (
        woocommerce.deliver("order.created", woocommerce_order(order_id=1, line_items=[{"total": "?"}])).status == 200
    )
    unread, unpriced = admin.get(f"{path}/deliveries?outcome=refused")["items"]
    assert (unread["reason"], unread["order_id"]) == ("amount_not_understood", "1")
    assert admin.get(f"{path}/deliveries/{unpriced['delivery_id']}")["body"] == as_sent(body)
    admin.patch(path, {"exchange_rates": {"GBP": "2"}})
    mended = admin.send("POST", f"{path}/deliveries/{unpriced['delivery_id']}/retry")
    assert (mended.status, mended.json["outcome"]) == (200, "applied")
    assert woocommerce.totals() == [("4711", 15_040, 3_008, "approved")]
    assert len(admin.get(f"{path}/deliveries?outcome=refused")["items"]) == 1
    told = admin.get(f"{path}/health?from=2026-11-19&to=2026-11-20")
    assert [(day["orders"], day["by"]["promo_code"]) for day in told["days"]] == [(1, 1), (0, 0)]


def test_a_subscription_of_stripe_is_one_order_whatever_is_told_first(shop: Shop):
    stripe = connect(shop, "stripe")
    paid = {"id": "inpay_1", "invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}}
    session = stripe_session(
        invoice="in_1", subscription="sub_1", payment_intent=None, currency="usd", metadata={"promo_code": shop.code}
    )
    for kind, about in (
        ("charge.refunded", stripe_charge(1_000, currency="usd")),
        ("invoice.paid", stripe_invoice(currency="usd")),
        ("charge.refunded", stripe_charge(5_040, currency="usd")),
        ("checkout.session.completed", session),
        ("invoice_payment.paid", paid),
        ("charge.refunded", stripe_charge(1_000, currency="usd")),
    ):
        assert stripe.deliver("", stripe_event(kind, about)).status == 200
    assert stripe.totals() == [("in_1", 15_040, 1_081, "approved")]  # the share of the goods: 42.35


def test_a_shop_without_a_platform_reports_by_a_signed_address(shop: Shop):
    shop.admin.patch(f"/v1/storefronts/{shop.storefront_id}", {"webhook_secret": "whsec_own"})
    order = {"order_id": "A 1/ä", "amount": "5000", "currency": "USD", "code": shop.code}
    query = urlencode(sorted(order.items()), quote_via=quote, safe="")
    signature = hmac.new(b"whsec_own", query.encode(), hashlib.sha256).hexdigest()
    visitor = shop.admin.with_key(None)
    path = f"/t/{shop.storefront_id}?{query}&sig="
    assert visitor.send("GET", path + "0" * 64).status == 401
    assert visitor.send("GET", path + signature).json == {"order_id": "A 1/ä"}
    assert [row["amount"] for row in eventually(shop.rows)] == [500]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "stripe"])
def test_a_secret_is_changed_without_losing_an_order(shop: Shop, platform: str):
    connected = connect(shop, platform)
    body = stripe_event("plan.created", {"id": "x"}) if platform == "stripe" else {}
    path = f"/v1/storefronts/{connected.storefront_id}"

    def believed(secret: str) -> bool:
        return connected.deliver("other", body, secret).status == 200

    shop.admin.patch(path, {"webhook_secret": "whsec_new"})
    assert believed("whsec_new")
    assert believed(connected.secret)
    shop.admin.patch(path, {"drop_previous_secret": True})
    assert believed("whsec_new")
    assert not believed(connected.secret)
