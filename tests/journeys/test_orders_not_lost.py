"""Orders that are hard to read or to give to somebody, signed, on the deployed stack: none of them is lost."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.journeys.kit.baskets import basket, cart
from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.connected import Connected, connect
from tests.journeys.kit.shop import TEN_PERCENT, open_shop
from tests.kit.shop_bodies import as_sent, shopify_money


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
    woocommerce.tell("order.created", basket(41, None, meta_data=began, date_created_gmt=now))
    won = woocommerce.conversion("41")
    assert (won["attribution"]["by"], won["offer_id"], won["commission"]) == ("click", offer_id, 1_000)


def test_an_order_of_hundreds_of_lines_is_not_too_large(shopify: Connected):
    lines = [{"id": n, "quantity": 1, "price": "0.25", "properties": [], "title": "x" * 700} for n in range(400)]
    body = cart(44, "100.00", shopify.shop.code, line_items=lines)
    assert len(as_sent(body)) > 300_000
    shopify.tell("orders/create", body)
    assert shopify.earned("44") == ("approved", 1_000)


@pytest.mark.parametrize("around", ["100%Off {}", "DankeFür+{}"])
def test_a_code_may_have_any_characters_that_shops_let_people_type(woocommerce: Connected, around: str):
    shop, code = woocommerce.shop, around.format(woocommerce.shop.code)
    offer = {"name": "Odd", "kind": "promo_code"}
    options = [{"name": "Standard", "default": True, "terms": TEN_PERCENT}]
    offer_id = shop.admin.post("/v1/offers", {**offer, "payout_options": options})["offer_id"]
    shop.admin.put(f"/v1/offers/{offer_id}/enrollments/{shop.member_id}", {"promo_code": code})
    order_id = 45 + len(around)
    woocommerce.tell("order.created", basket(order_id, code.upper()))
    assert woocommerce.earned(str(order_id)) == ("approved", 1_000)


def test_odd_fields_that_nobody_reads_lose_no_order(shopify: Connected):
    deep: Any = "deep"
    for _ in range(30):
        deep = [deep]
    odd = {"total_weight": "many", "note": "\ud800", "closed_at": "0000-00-00 00:00:00", "tags": deep, "total_tax": ""}
    shopify.tell(
        "orders/create", cart(42, "100.00", shopify.shop.code, **odd, total_tip_received=1.0000000000000000001)
    )
    assert shopify.earned("42") == ("approved", 1_000)


def test_whoever_is_suspended_neither_earns_nor_is_paid(admin: Api):
    alone = open_shop(admin)
    alone.sell(10_000)
    alone.drain()
    woocommerce = connect(alone, "woocommerce")
    admin.patch(f"/v1/members/{alone.member_id}", {"status": "suspended"})
    woocommerce.tell("order.created", basket(43, alone.code))
    told = woocommerce.conversion("43")
    assert (told["member_id"], told["attribution"]["reason"], told["commission"]) == (None, "member_inactive", 0)
    begun = admin.post("/v1/payouts", {"until": admin.today(), "member_ids": [alone.member_id]})
    draft = eventually(lambda: _drafted(admin.get(f"/v1/payouts/{begun['payout_id']}")))
    assert (draft["total"], [each["reason"] for each in draft["left_out"]]) == (0, ["not_approved"])
    assert alone.rows(payout="in_payout") == []


def _drafted(payout: Any) -> Any:
    return payout if payout["status"] == "draft" else None
