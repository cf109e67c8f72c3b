"""Links and clicks on the deployed stack: led on, counted once a day and visitor, paid, brought home by an order."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.journeys.kit.client import Answer, Api, eventually
from tests.journeys.kit.shop import TEN_PERCENT, Shop

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LANDING = "https://shop.example.com/new?season=autumn"


def link_offer(shop: Shop, terms: dict[str, Any], **settings: object) -> str:
    options = [{"name": "Standard", "default": True, "terms": terms}]
    body = {"name": "Links", "kind": "link", "landing_url": LANDING, "payout_options": options, **settings}
    return str(shop.admin.post("/v1/offers", body)["offer_id"])


def link_of(shop: Shop, offer_id: str, **settings: object) -> dict[str, str]:
    link: dict[str, str] = shop.admin.put(f"/v1/offers/{offer_id}/enrollments/{shop.member_id}", settings)["link"]
    return link


def follow(link: dict[str, str], method: str = "GET", agent: str = FIREFOX, **headers: str) -> Answer:
    return Api(link["url"], None).send(method, "", user_agent=agent, **headers)


def click_in(answer: Answer) -> str | None:
    assert answer.status == 302, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"].startswith(LANDING)
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("laurel_click", [None])[0]


def click_rows(shop: Shop, clicks: int) -> list[dict[str, Any]]:
    return eventually(lambda: [row for row in shop.rows(type="click") if row["clicks"] == clicks])


def test_a_link_pays_for_each_visitor_of_the_day_once(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, {"type": "per_click", "amount": 15}))
    first = follow(link)
    assert click_in(first) is not None
    assert click_in(follow(link)) == click_in(first)
    (cookie,) = first.headers.getlist("set-cookie")
    assert click_in(follow(link, agent="Another browser", cookie=cookie.partition(";")[0])) == click_in(first)
    assert click_in(follow(link, agent="Mozilla/5.0 (compatible; Googlebot/2.1)")) is None
    assert click_in(follow(link, sec_purpose="prefetch")) is None
    assert click_in(follow(link, "HEAD")) is None
    assert click_in(follow(link, agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)")) not in {click_in(first), None}
    (row,) = click_rows(shop, 2)
    assert (row["amount"], row["status"], row["payout"]) == (30, "approved", "unpaid")


def test_many_visitors_at_the_same_instant_are_counted_one_by_one(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, {"type": "per_click", "amount": 1}))
    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(lambda n: click_in(follow(link, agent=f"Mozilla/5.0 visitor {n % 30}")), range(60)))
    assert len(set(found)) == 30
    (row,) = click_rows(shop, 30)
    assert row["amount"] == 30
    assert len(shop.rows(type="click")) == 1


def test_an_inactive_link_leads_on_and_counts_nothing(shop: Shop) -> None:
    offer_id = link_offer(shop, {"type": "per_click", "amount": 15})
    link = link_of(shop, offer_id)
    assert click_in(follow(link)) is not None
    shop.admin.patch(f"/v1/offers/{offer_id}/enrollments/{shop.member_id}", {"active": False})
    assert click_in(follow(link, agent="Another browser")) is None
    reported = shop.storefront.post("/v1/clicks", {"slug": link["slug"], "visitor_id": "v"})
    assert reported == {"click_id": None, "unique": False, "reason": "code_inactive"}


def test_an_unknown_link_is_not_there(shop: Shop) -> None:
    answer = shop.admin.with_key(None).send("GET", "/r/zzzzzzzzzz")
    assert (answer.status, answer.json["code"]) == (404, "link_not_found")


def test_an_order_goes_to_the_link_that_was_clicked_last(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, TEN_PERCENT))
    click_id = click_in(follow(link))
    sold = shop.sell(20_000, promo_code=None, click_id=click_id)
    assert (sold["member_id"], sold["commission"], sold["attribution"]["by"]) == (shop.member_id, 2_000, "click")
    assert sold["attribution"]["click_id"] == click_id


def test_a_storefront_that_routes_clicks_itself_reports_them(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, {"type": "per_click", "amount": 10}))
    click = {"slug": link["slug"], "visitor_id": secrets.token_hex(8)}
    told = [shop.storefront.send("POST", "/v1/clicks", click) for _ in range(2)]
    assert [each.status for each in told] == [201, 200]
    assert told[0].json["click_id"] == told[1].json["click_id"]
    assert [each.json["unique"] for each in told] == [True, False]
    assert click_rows(shop, 1)[0]["amount"] == 10


def test_clicks_set_off_rules(shop: Shop) -> None:
    link = link_of(shop, offer_id := link_offer(shop, {"type": "none"}))
    ten = {"metric": "clicks_count", "operator": "gte", "value": 3, "period": {"type": "current_day"}}
    rule = shop.rule("Busy link", ten, {"type": "add_bonus_commission", "amount": 500}, offers=[offer_id])
    for visitor in range(3):
        follow(link, agent=f"Mozilla/5.0 visitor {visitor}")
    assert shop.bonus(rule)["amount"] == 500
    assert shop.rows(type="click") == []


def test_a_customer_won_for_a_lifetime_comes_back_to_the_member_who_won_them(shop: Shop) -> None:
    link = link_of(shop, link_offer(shop, TEN_PERCENT, lifetime=True))
    customer = {"customer_id": secrets.token_hex(8), "promo_code": None}
    first = shop.sell(1_000, click_id=click_in(follow(link)), **customer)
    shop.drain()
    again = shop.sell(5_000, **customer)
    assert (again["member_id"], again["offer_id"]) == (shop.member_id, first["offer_id"])
    assert (again["commission"], again["attribution"]["by"]) == (500, "customer")
