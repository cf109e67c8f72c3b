"""Clicks over HTTP: the redirect, what counts as a click, what it earns, and how it brings an order home."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from laurel import clock
from laurel.domain.tracking.clicks import Click, Visit
from laurel.domain.values.model import instant_text
from laurel.store import items as stored
from laurel.store import keys
from laurel.store.operations import Conflict, Put, Throttled, Update, Write
from laurel.store.table import Table
from laurel.workflows.tracking import clicks
from laurel.workflows.tracking.clicks import Followed, LinkLookups
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import as_stream, drain, everything, run
from tests.functional.kit.world import Randomness, World, program

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
UNKNOWN = "zzzzzzzzzz"


def offer(api: Gateway, amount: int | None = 10, **changes: Any) -> str:
    """A link offer that pays `amount` a click, or 10 % of sales."""
    terms = {"type": "percent_of_sale", "percent": "10"} if amount is None else {"type": "per_click", "amount": amount}
    options = [{"name": "Basic", "default": True, "terms": terms}]
    body = {"name": "Clicks", "kind": "link", "landing_url": "https://shop.example.com/?a=1", "payout_options": options}
    made = api.post("/v1/offers", {**body, **changes})
    assert made.status == 201, made.body
    return made.body["offer_id"]


def slug_of(api: Gateway, offer_id: str, member_id: str) -> str:
    return api.put(f"/v1/offers/{offer_id}/enrollments/{member_id}", {}).body["link"]["slug"]


def follow(api: Gateway, slug: str, agent: str = FIREFOX, method: str = "GET", **headers: str) -> Answer:
    return api.call(method, f"/r/{slug}", key=None, user_agent=agent, **headers)


def click_of(answer: Answer) -> str | None:
    assert answer.status == 302
    assert answer.headers["Cache-Control"] == "no-store"
    led_to = urlsplit(answer.headers["Location"])
    assert (led_to.scheme, led_to.netloc) == ("https", "shop.example.com")
    return parse_qs(led_to.query).get("laurel_click", [None])[0]


def click_rows(api: Gateway, member_id: str) -> list[dict[str, Any]]:
    return api.get(f"/v1/commissions?member_id={member_id}&type=click").body["items"]


def clicks_in(items: Table) -> int:
    return sum(item["kind"] == "click" for item in everything(items))


def test_a_click_leads_on_counts_once_and_earns(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer(api, 25), world.ada)
    first = click_of(follow(api, slug))
    assert first is not None
    assert click_of(follow(api, slug)) == first
    assert click_of(follow(api, slug, SAFARI)) not in {first, None}
    drain(items)
    (row,) = click_rows(api, world.ada)
    assert (row["amount"], row["clicks"], row["status"], row["payout"]) == (50, 2, "approved", "unpaid")
    follow(api, slug, "Another browser")
    drain(items)
    (row,) = click_rows(api, world.ada)
    assert (row["amount"], row["clicks"]) == (75, 3)


def test_clicks_are_no_conversions(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer(api, 25), world.ada)
    follow(api, slug)
    drain(items)
    (row,) = click_rows(api, world.ada)
    assert api.get(f"/v1/conversions?member_id={world.ada}").body["items"] == []
    assert api.get(f"/v1/conversions/{row['commission_id']}").status == 404


def test_clicks_of_an_offer_that_pays_for_sales_are_counted_and_are_nobodys_pay(
    api: Gateway, world: World, items: Table
):
    slug = slug_of(api, offer(api, None), world.ada)
    assert click_of(follow(api, slug)) is not None
    drain(items)
    assert click_rows(api, world.ada) == []
    (tally,) = (item for item in everything(items) if item["kind"] == "commission")
    assert (tally["body"]["clicks"], tally["counted"][1], tally["counted"][5]) == (1, "tally", 1)


def test_a_cookie_makes_no_second_visitor_of_the_first_day(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer(api), world.ada)
    event_answer = follow(api, slug)
    (cookie,) = event_answer.cookies
    assert cookie.startswith("laurel_visitor=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    again = follow(api, slug, SAFARI, cookie=f"a=b; {cookie.split(';')[0]}")
    assert click_of(again) == click_of(event_answer)
    assert again.cookies == ()
    assert clicks_in(items) == 1


def test_nothing_of_a_visitors_address_or_browser_is_stored(api: Gateway, world: World, items: Table):
    follow(api, slug_of(api, offer(api), world.ada))
    assert clicks_in(items) == 1
    assert "192.0.2.1" not in str(everything(items))
    assert FIREFOX not in str(everything(items))


@pytest.mark.parametrize(
    ("method", "agent", "headers"),
    [
        ("HEAD", FIREFOX, {}),
        ("GET", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", {}),
        ("GET", "facebookexternalhit/1.1", {}),
        ("GET", "Slackbot-LinkExpanding 1.0", {}),
        ("GET", FIREFOX, {"sec_purpose": "prefetch;prerender"}),
        ("GET", FIREFOX, {"purpose": "prefetch"}),
        ("GET", FIREFOX, {"x_moz": "prefetch"}),
    ],
)
def test_crawlers_prefetches_and_heads_are_led_on_without_a_click(
    api: Gateway, world: World, items: Table, method: str, agent: str, headers: dict[str, str]
):
    answer = follow(api, slug_of(api, offer(api), world.ada), agent, method, **headers)
    assert click_of(answer) is None
    assert answer.headers["Location"] == "https://shop.example.com/?a=1"
    assert clicks_in(items) == 0


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/v1/offers/{offer}/enrollments/{member}", {"active": False}),
        ("/v1/offers/{offer}/enrollments/{member}", {"active_until": "2026-01-01T00:00:00Z"}),
        ("/v1/offers/{offer}", {"status": "paused"}),
        ("/v1/offers/{offer}", {"active_from": "2099-01-01T00:00:00Z"}),
        ("/v1/members/{member}", {"status": "suspended"}),
    ],
)
def test_a_link_that_is_not_active_leads_on_without_a_click(
    api: Gateway, world: World, items: Table, path: str, change: dict[str, Any]
):
    offer_id = offer(api)
    slug = slug_of(api, offer_id, world.ada)
    follow(api, slug)  # the door is known by now
    assert api.patch(path.format(offer=offer_id, member=world.ada), change).status == 200
    assert click_of(follow(api, slug, SAFARI)) is None
    reported = api.post("/v1/clicks", {"slug": slug, "visitor_id": "v"}, key=world.reporter)
    assert (reported.status, reported.body["click_id"], reported.body["unique"]) == (200, None, False)
    assert reported.body["reason"] in {"code_inactive", "code_expired", "offer_inactive", "member_inactive"}
    assert clicks_in(items) == 1


@pytest.mark.parametrize("slug", [UNKNOWN, "x", "A" * 10, "..%2F..%2F", "https:evil.example"])
def test_an_unknown_link_leads_nowhere(api: Gateway, slug: str):
    answer = follow(api, slug)
    assert answer.status == 404
    assert "Location" not in answer.headers


def test_nothing_in_a_request_changes_where_a_link_leads(api: Gateway, world: World):
    slug = slug_of(api, offer(api), world.ada)
    answer = api.call("GET", f"/r/{slug}?url=https://evil.example&laurel_click=x", key=None, user_agent=FIREFOX)
    assert click_of(answer) not in {None, "x"}


def test_an_old_offer_without_a_landing_page_leads_nowhere(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer_id := offer(api), world.ada)
    key = keys.offer(world.program.program_id, offer_id)
    body = {name: value for name, value in (items.get(key) or {})["body"].items() if name != "landing_url"}
    items.write(Update(key, set={"body": body}))
    answer = follow(api, slug)
    assert (answer.status, answer.code) == (404, "landing_url_missing")


def test_a_reported_click_counts_once_a_day_and_visitor(api: Gateway, world: World, items: Table):
    body = {"slug": slug_of(api, offer(api, 10), world.ada), "visitor_id": "visitor-1"}
    first = api.post("/v1/clicks", body, key=world.reporter)
    again = api.post("/v1/clicks", body, key=world.reporter)
    assert (first.status, first.body["unique"]) == (201, True)
    assert (again.status, again.body) == (200, {**first.body, "unique": False})
    yesterday = {**body, "occurred_at": instant_text(clock.now() - timedelta(days=1))}
    assert api.post("/v1/clicks", yesterday, key=world.reporter).status == 201
    assert api.post("/v1/clicks", {**body, "visitor_id": "visitor-2"}).status == 201
    drain(items)
    assert sorted((row["clicks"], row["amount"]) for row in click_rows(api, world.ada)) == [(1, 10), (2, 20)]


def test_a_reported_click_is_told_again_under_its_key(api: Gateway, world: World, items: Table):
    body = {"slug": slug_of(api, offer(api), world.ada), "visitor_id": "v"}
    told = [api.post("/v1/clicks", body, key=world.reporter, idempotency_key="one") for _ in range(2)]
    assert [each.status for each in told] == [201, 201]
    assert told[0].body == told[1].body
    other = api.post("/v1/clicks", {**body, "visitor_id": "w"}, key=world.reporter, idempotency_key="one")
    assert (other.status, other.code) == (409, "idempotency_conflict")
    repeated = [api.post("/v1/clicks", body, key=world.reporter, idempotency_key="two") for _ in range(2)]
    assert [(each.status, each.body["unique"]) for each in repeated] == [(200, False), (200, False)]
    assert clicks_in(items) == 1


def test_a_click_that_cannot_count_is_told_again_under_its_key(api: Gateway, world: World, items: Table):
    offer_id = offer(api)
    body = {"slug": slug_of(api, offer_id, world.ada), "visitor_id": "v"}
    api.patch(f"/v1/offers/{offer_id}", {"status": "paused"})
    told = [api.post("/v1/clicks", body, key=world.reporter, idempotency_key="one") for _ in range(2)]
    assert [(each.status, each.body) for each in told] == [
        (200, {"click_id": None, "unique": False, "reason": "offer_inactive"})
    ] * 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"visitor_id": ""}, "/visitor_id"),
        ({"slug": "no pe"}, "/slug"),
        ({"slug": 1}, "/slug"),
        ({"nonsense": 1}, "/nonsense"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, "/occurred_at"),
    ],
)
def test_what_is_no_click_is_refused(api: Gateway, world: World, items: Table, change: dict[str, Any], pointer: str):
    body = {"slug": slug_of(api, offer(api), world.ada), "visitor_id": "v"}
    answer = api.post("/v1/clicks", {**body, **change}, key=world.reporter)
    assert (answer.status, answer.pointers) == (422, [pointer])
    assert clicks_in(items) == 0


def test_a_link_of_another_program_is_not_there_to_report(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer(api), world.ada)
    stranger = Gateway(program(items, "Other").admin)
    assert stranger.post("/v1/clicks", {"slug": slug, "visitor_id": "v"}).code == "link_not_found"
    assert api.post("/v1/clicks", {"slug": UNKNOWN, "visitor_id": "v"}).status == 404
    assert clicks_in(items) == 0


def test_edited_terms_pay_later_clicks_only(api: Gateway, world: World, items: Table):
    offer_id = offer(api, 10)
    slug, (option,) = slug_of(api, offer_id, world.ada), api.get(f"/v1/offers/{offer_id}").body["payout_options"]
    follow(api, slug)
    edit = {"terms": {"type": "per_click", "amount": 20}}
    assert api.patch(f"/v1/offers/{offer_id}/payout-options/{option['payout_option_id']}", edit).status == 200
    follow(api, slug, SAFARI)
    drain(items)
    assert sorted(row["amount"] for row in click_rows(api, world.ada)) == [10, 20]


def test_a_click_after_its_row_was_paid_begins_a_new_row(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer(api, 10), world.ada)
    follow(api, slug)
    drain(items)
    (row,) = click_rows(api, world.ada)
    key = keys.commission(world.program.program_id, row["commission_id"])
    item = items.get(key)
    items.write(Put({**item, "payout": "paid", "version": item["version"] + 1}))
    follow(api, slug, SAFARI)
    drain(items)
    rows = {(row["payout"], row["clicks"], row["amount"]) for row in click_rows(api, world.ada)}
    assert rows == {("paid", 1, 10), ("unpaid", 1, 10)}


def test_an_order_goes_to_who_brought_the_click(api: Gateway, world: World):
    offer_id = offer(api, None)
    click_id = click_of(follow(api, slug_of(api, offer_id, world.ada)))
    order = {"order_id": "1", "amount": 1000, "currency": "EUR", "click_id": click_id}
    told = api.post("/v1/conversions", order, key=world.reporter)
    assert (told.status, told.body["member_id"], told.body["commission"]) == (201, world.ada, 100)
    assert told.body["attribution"]["by"] == "click"
    assert told.body["attribution"]["click_id"] == click_id


def test_a_click_of_too_long_ago_brings_nothing(api: Gateway, world: World):
    offer_id = offer(api, None, window_days=7)
    slug = slug_of(api, offer_id, world.ada)
    for days, won in ((6, world.ada), (7, None)):
        clicked = instant_text(clock.now() - timedelta(days=days, minutes=1))
        click = {"slug": slug, "visitor_id": str(days), "occurred_at": clicked}
        click_id = api.post("/v1/clicks", click, key=world.reporter).body["click_id"]
        order = {"order_id": str(days), "amount": 1000, "currency": "EUR", "click_id": click_id}
        told = api.post("/v1/conversions", order, key=world.reporter).body
        assert told["member_id"] == won
        assert told["attribution"].get("reason") == (None if won else "no_match")


def test_a_click_that_another_program_counted_brings_nothing_here(api: Gateway, world: World, items: Table):
    click_id = click_of(follow(api, slug_of(api, offer(api, None), world.ada)))
    stranger = Gateway(program(items, "Other").admin)
    shop = stranger.post("/v1/storefronts", {"name": "Shop", "platform": "api"}).body["storefront_id"]
    order = {"order_id": "1", "amount": 1000, "currency": "EUR", "click_id": click_id, "storefront_id": shop}
    assert stranger.post("/v1/conversions", order).body["member_id"] is None


def test_visitors_of_two_shops_with_one_number_are_two_visitors(api: Gateway, world: World, items: Table):
    shop = api.post("/v1/storefronts", {"name": "Second shop", "platform": "api"}).body["storefront_id"]
    key = api.post("/v1/api-keys", {"scopes": ["storefront"], "storefront_id": shop}).body["key"]
    body = {"slug": slug_of(api, offer(api), world.ada), "visitor_id": "42"}
    told = [api.post("/v1/clicks", body, key=each).status for each in (world.reporter, key, key)]
    assert told == [201, 201, 200]


@pytest.mark.parametrize(
    "url", ["https://user[x@shop.example.com/", "https://a]b@h/", "https://shop.example.com:99999/"]
)
def test_a_landing_page_that_cannot_be_led_to_is_refused(api: Gateway, url: str):
    options = [{"name": "Basic", "default": True, "terms": {"type": "none"}}]
    answer = api.post("/v1/offers", {"name": "L", "kind": "link", "landing_url": url, "payout_options": options})
    assert (answer.status, answer.pointers) == (422, ["/landing_url"])


class Counting(Table):
    """A table in which the click is just being counted, the first time it is written."""

    met = False

    def write(self, op: Write) -> None:
        if not self.met:
            self.met = True
            raise Conflict("the click is being counted")
        super().write(op)


def test_a_repeated_click_that_meets_the_first_one_is_not_lost(world: World, items: Table, api: Gateway):
    slug = slug_of(api, offer(api), world.ada)
    follow(api, slug)
    busy = Counting(items._name, items._client)
    visit = Visit("192.0.2.9", FIREFOX, "", is_human=True)
    assert clicks.follow(busy, LinkLookups(), slug, visit, clock.now(), Randomness("busy")).lost is None
    assert clicks_in(items) == 2


class Refusing(Table):
    """A table that is too busy to write."""

    def write(self, op: Write) -> None:  # noqa: ARG002
        raise Throttled("busy")


def test_a_visitor_arrives_even_if_the_click_cannot_be_written(world: World, items: Table, api: Gateway):
    slug = slug_of(api, offer(api), world.ada)
    follow(api, slug)  # from now on the program is in use, and nothing but the click is written
    visit = Visit("192.0.2.9", FIREFOX, "", is_human=True)
    busy = Refusing(items._name, items._client)
    followed = clicks.follow(busy, LinkLookups(), slug, visit, clock.now(), Randomness("busy"))
    assert isinstance(followed.lost, Throttled)
    assert followed.location.startswith("https://shop.example.com/?a=1&laurel_click=clk_")


def test_counting_the_same_clicks_twice_or_late_changes_nothing(api: Gateway, world: World, items: Table):
    slug = slug_of(api, offer(api, 10), world.ada)
    follow(api, slug)
    follow(api, slug, SAFARI)
    waiting = [item for item in everything(items) if item["kind"] == "click"]
    drain(items)
    before = everything(items)
    for image in waiting:  # the stream tells of them again, as they were
        assert stored.parse(Click, image).row.member_id == world.ada
    assert run("rule_evaluation", as_stream(*waiting)) == {"batchItemFailures": []}
    drain(items)
    assert everything(items) == before


def test_what_was_followed_says_nothing_of_a_visitor_who_is_known(world: World, items: Table, api: Gateway):
    slug = slug_of(api, offer(api), world.ada)
    fresh = Visit("192.0.2.9", FIREFOX, "", is_human=True)
    first = clicks.follow(items, LinkLookups(), slug, fresh, clock.now(), Randomness("a"))
    assert first.visitor is not None
    known = Visit("192.0.2.9", FIREFOX, first.visitor.text, is_human=True)
    assert clicks.follow(items, LinkLookups(), slug, known, clock.now(), Randomness("b")) == Followed(first.location)
