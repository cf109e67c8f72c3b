"""Codes as shops have them: with signs, umlauts and blanks, in whatever spelling an order brings them."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from laurel.domain.tracking.webhooks.signatures import canonical_query
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.shop import Shop
from tests.functional.kit.world import World, http_event
from tests.kit.shop_bodies import SECRET, shopify_order, stripe_event, stripe_session, woocommerce_order

CHOSEN = ("10%Off", "DankeFür", "Nimm 2", "50+50", "夏 & co?")


@pytest.fixture
def shop(api: Gateway, world: World, shops: dict[str, str]) -> Shop:
    return Shop(api, world, shops)


def choose(api: Gateway, world: World, code: str, member: str | None = None) -> Answer:
    path = f"/v1/offers/{world.codes_offer}/enrollments/{member or world.ada}"
    return api.put(path, {"promo_code": code})


def order(code: str, number: str = "1") -> dict[str, Any]:
    return {"order_id": number, "amount": 5_000, "currency": "EUR", "promo_code": code}


@pytest.mark.parametrize("code", CHOSEN)
def test_a_member_has_the_code_that_was_chosen_and_wins_by_it_in_any_spelling(
    api: Gateway, world: World, code: str
) -> None:
    assert choose(api, world, code).body["promo_code"] == code
    for number, told in enumerate((code, code.upper(), f"  {code.lower()}\n")):
        won = Gateway(world.reporter).post("/v1/conversions", order(told, str(number))).body
        assert (won["member_id"], won["attribution"]["by"]) == (world.ada, "promo_code")
        assert won["attribution"]["promo_code"] == told.strip()


def test_several_orders_of_one_call_find_their_codes(api: Gateway, world: World) -> None:
    choose(api, world, "DankeFür")
    choose(api, world, "10%Off", world.ben)
    reports = [order(code, str(number)) for number, code in enumerate(("DANKEFÜR", "10%off ", "Danke für"))]
    results = Gateway(world.reporter).post("/v1/conversions/bulk", {"conversions": reports}).body["results"]
    assert [each["conversion"]["member_id"] for each in results] == [world.ada, world.ben, None]


def test_a_code_in_another_spelling_is_taken(api: Gateway, world: World) -> None:
    choose(api, world, "Straße")
    answer = choose(api, world, "STRASSE", world.ben)
    assert (answer.status, answer.code) == (409, "promo_code_taken")


def test_a_code_that_is_taken_back_is_spelt_as_it_is_now(api: Gateway, world: World) -> None:
    choose(api, world, "DankeFür")
    choose(api, world, "Tschüss")
    assert choose(api, world, "dankefür").body["promo_code"] == "dankefür"
    told = [Gateway(world.reporter).post("/v1/conversions", order(code, code)).body for code in ("DankeFür", "tschüss")]
    assert [each["attribution"]["reason"] for each in told] == [None, "code_inactive"]


def test_shops_bring_them_by_their_webhooks(shop: Shop, world: World, api: Gateway) -> None:
    choose(api, world, "DankeFür 10%")
    shop.send("shopify", "orders/create", shopify_order(discount_codes=[{"code": "DANKEFÜR 10%"}]))
    shop.send("woocommerce", "order.created", woocommerce_order(coupon_lines=[{"id": 9, "code": "dankefür 10%"}]))
    session = stripe_session(metadata={"promo_code": " DankeFür 10% "})
    shop.send("stripe", "", stripe_event("checkout.session.completed", session))
    for platform, order_id in (("shopify", "5930000000001"), ("woocommerce", "4711"), ("stripe", "cs_live_a1")):
        assert shop.conversion(platform, order_id)["member_id"] == world.ada, platform


def test_signed_addresses_bring_them(shop: Shop, world: World, api: Gateway) -> None:
    choose(api, world, "50+50 für %")
    told = [("order_id", "1"), ("amount", "5000"), ("currency", "EUR"), ("code", "50+50 FÜR %")]
    sig = hmac.new(SECRET.encode(), canonical_query(told).encode(), hashlib.sha256).hexdigest()
    assert api.get(f"/t/{shop.ids['api']}?{urlencode([*told, ('sig', sig)])}", key=None).status == 200
    assert shop.conversion("api", "1")["member_id"] == world.ada


def test_a_report_is_narrowed_by_a_code_in_any_spelling(api: Gateway, world: World) -> None:
    choose(api, world, "DankeFür")
    for number, code in enumerate(("DankeFür", "DANKEFÜR", "ADA10")):
        Gateway(world.reporter).post("/v1/conversions", order(code, str(number)))
    query = f"member_id={world.ada}&promo_code={quote('dankefür')}"
    event = http_event("GET", f"/v1/reports/conversions?{query}", None, world.admin)
    event["queryStringParameters"]["promo_code"] = "dankefür"  # the gateway decodes it
    found = api.send(json.loads(json.dumps(event))).body["items"]
    assert [each["order_id"] for each in found] == ["1", "0"]
