"""From a link with a name of its own, deeper into the shop, to the order of the member who shared it."""

import secrets
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tests.journeys.kit.client import Answer
from tests.journeys.kit.connected import connect
from tests.journeys.kit.shop import TEN_PERCENT, Shop
from tests.journeys.test_clicks import FIREFOX, link_of, link_offer
from tests.kit.shop_bodies import shopify_order

SHOP = "https://shop.example.com"


def visit(shop: Shop, path: str, method: str = "GET", **headers: str) -> Answer:
    return shop.admin.with_key(None).send(method, path, user_agent=FIREFOX, **headers)


def test_an_order_with_the_landing_address_of_a_deeper_link_is_the_members(shop: Shop) -> None:
    slug = f"ada-{secrets.token_hex(4)}"
    link = link_of(shop, link_offer(shop, TEN_PERCENT), slug=slug)
    assert link["url"].endswith(f"/r/{slug}")
    for typed in (slug.upper(), f"{slug}/", f"{slug}."):
        landed = visit(shop, f"/r/{typed}?utm_source=insta&to=%2Fwinter%2Fboots").headers["Location"]
        assert landed.startswith(f"{SHOP}/winter/boots?utm_source=insta&laurel_click=clk_")
    shopify = connect(shop, "shopify")
    landing_site = urlsplit(landed)._replace(scheme="", netloc="").geturl()
    now = datetime.now(UTC).isoformat()
    goods = {"shop_money": {"amount": "250.00", "currency_code": "USD"}}
    body = shopify_order(
        currency="USD", subtotal_price_set=goods, discount_codes=[], landing_site=landing_site, created_at=now
    )
    assert shopify.deliver("orders/create", body).status == 200
    won = shopify.conversion("5930000000001")
    assert (won["member_id"], won["attribution"]["by"]) == (shop.member_id, "click")


def test_a_link_is_never_an_open_door(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, TEN_PERCENT))
    for to in (
        "//evil.example",
        "/%5Cevil.example",
        "/%252f/evil.example",
        "https://evil.example",
        "/..//evil.example",
    ):
        landed = visit(shop, f"/r/{link['slug']}?to={to}").headers["Location"]
        assert landed.startswith(f"{SHOP}/new?season=autumn&laurel_click=")


def test_people_who_follow_a_dead_link_see_a_page(shop: Shop) -> None:
    link = link_of(shop, offer_id := link_offer(shop, TEN_PERCENT))
    shop.admin.patch(f"/v1/offers/{offer_id}", {"status": "archived"})
    for slug in ("nobody-has-this", link["slug"]):
        page = visit(shop, f"/r/{slug}", accept="text/html")
        assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_shops_page_counts_a_visit_once_it_may(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, TEN_PERCENT))
    path = f"/c/{shop.storefront_id}"
    asked = {"access_control_request_method": "POST", "access_control_request_headers": "content-type"}
    assert visit(shop, path, "OPTIONS", origin=SHOP, **asked).status == 403
    shop.admin.patch(f"/v1/storefronts/{shop.storefront_id}", {"origins": [SHOP, "http://localhost:3000"]})
    for origin in (SHOP, "http://localhost:3000"):
        leave = visit(shop, path, "OPTIONS", origin=origin, **asked)
        assert (leave.status, leave.headers["Access-Control-Allow-Origin"]) == (204, origin)
    body = {"slug": link["slug"], "visitor_id": "v"}
    public = shop.admin.with_key(None)
    told = [public.send("POST", path, body, user_agent=FIREFOX, origin=SHOP) for _ in range(2)]
    assert [(each.status, each.headers["Access-Control-Allow-Origin"]) for each in told] == [(201, SHOP), (200, SHOP)]
    assert public.send("POST", path, body, user_agent=FIREFOX, origin="https://evil.example").status == 403
    sold = shop.sell(20_000, promo_code=None, click_id=told[0].json["click_id"])
    assert sold["member_id"] == shop.member_id


def test_the_snippet_is_served_to_every_page(shop: Shop) -> None:
    script = visit(shop, "/laurel.js")
    assert (script.status, script.headers["Access-Control-Allow-Origin"]) == (200, "*")
