"""The health of a storefront: its orders by day and by who won them, each once, and its deliveries by outcome."""

from datetime import date, datetime, timedelta

import pytest

from laurel import clock
from laurel.workflows.tracking import health as workflow
from tests.functional.kit.deliveries import path
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shop import Shop
from tests.functional.kit.world import World
from tests.kit.shop_bodies import Json, woocommerce_order

NOBODY = {"promo_code": 0, "click": 0, "customer": 0, "member": 0}
NO_DELIVERY = {"applied": 0, "ignored": 0, "refused": 0}


def today(shop: Shop) -> date:
    return shop.world.program.calendar.day_of(clock.now())


def health(shop: Shop, platform: str, query: str = "") -> Json:
    answer = shop.api.get(path(shop, platform, "health") + query)
    assert answer.status == 200, answer
    return dict(answer.body)


def order(number: int, at: datetime | None = None, **changes: object) -> Json:
    placed = f"{at or clock.now():%Y-%m-%dT%H:%M:%S}"
    return woocommerce_order(id=number, date_created_gmt=placed, date_modified_gmt=placed, **changes)


def by_click(shop: Shop, world: World, number: int, at: datetime | None = None) -> Json:
    click = shop.api.post("/v1/clicks", {"slug": world.slug, "visitor_id": f"v{number}"}, key=world.reporter)
    meta = [{"key": "laurel_click", "value": click.body["click_id"]}]
    return order(number, at, coupon_lines=[], meta_data=meta)


def test_orders_are_counted_by_who_won_them(shop: Shop, world: World):
    shop.woocommerce("order.created", order(1))
    shop.woocommerce("order.created", by_click(shop, world, 2))
    shop.woocommerce("order.created", order(3, coupon_lines=[]))
    shop.woocommerce("order.created", order(4, currency="USD"))
    (day,) = health(shop, "woocommerce", f"?from={today(shop)}")["days"]
    assert day == {
        "day": str(today(shop)),
        "orders": 4,
        "by": {**NOBODY, "promo_code": 1, "click": 1},
        "nobody": {"exchange_rate_missing": 1, "no_match": 1},
        "deliveries": {"applied": 3, "ignored": 0, "refused": 1},
    }


def test_an_order_that_is_told_five_times_revised_and_cancelled_is_one_order(shop: Shop):
    for status in ("on-hold", "processing", "completed", "completed", "cancelled"):
        shop.woocommerce("order.updated", order(1, status=status))
    known = shop.conversion("woocommerce", "1")["conversion_id"]
    assert shop.api.patch(f"/v1/conversions/{known}", {"amount": 100}).status == 200
    (day,) = health(shop, "woocommerce", f"?from={today(shop)}")["days"]
    assert (day["orders"], day["by"]["promo_code"], day["deliveries"]["applied"]) == (1, 1, 5)


def test_orders_of_the_api_count_without_a_delivery_and_other_shops_orders_do_not(shop: Shop, world: World):
    report = {"order_id": "a", "amount": 100, "currency": "EUR"}
    mine = f"/v1/storefronts/{world.storefront_id}/health?from={today(shop)}"
    for order_id, further in (("a", {"promo_code": "ADA10"}), ("b", {}), ("c", {"member_id": world.ada})):
        named = {"offer_id": world.codes_offer} if "member_id" in further else {}
        body = {**report, "order_id": order_id, **further, **named}
        assert Gateway(world.reporter).post("/v1/conversions", body).status == 201
    shop.woocommerce("order.created", order(1))
    (day,) = shop.api.get(mine).body["days"]
    assert (day["orders"], day["by"]) == (3, {**NOBODY, "promo_code": 1, "member": 1})
    assert (day["nobody"], day["deliveries"]) == ({"no_match": 1}, NO_DELIVERY)


def test_an_order_that_is_given_away_by_hand_is_nobodys_no_more(shop: Shop, world: World):
    shop.woocommerce("order.created", order(1, coupon_lines=[]))
    known = shop.conversion("woocommerce", "1")["conversion_id"]
    given = {"member_id": world.ada, "offer_id": world.codes_offer}
    assert shop.api.post(f"/v1/conversions/{known}/attribute", given).status == 200
    (day,) = health(shop, "woocommerce", f"?from={today(shop)}")["days"]
    assert (day["orders"], day["by"]["member"], day["nobody"]) == (1, 1, {})


def test_the_share_of_clicks_is_told_beside_that_of_the_28_days_before(shop: Shop, world: World):
    now = clock.now()
    shop.woocommerce("order.created", by_click(shop, world, 1))
    shop.woocommerce("order.created", order(2))
    for number, days in ((3, 1), (4, 27), (5, 28), (6, 29)):  # the last one lies before
        body = order(number, now - timedelta(days=days)) if days > 1 else order(number, now - timedelta(days=1))
        shop.woocommerce("order.created", body)
    told = health(shop, "woocommerce", f"?from={today(shop)}&to={today(shop)}")
    assert (told["click_share"], told["click_share_before"]) == (0.5, 0)
    whole = health(shop, "woocommerce", f"?from={today(shop) - timedelta(days=28)}")
    assert (whole["click_share"], sum(day["orders"] for day in whole["days"])) == (0.2, 5)
    assert len(whole["days"]) == 29


def test_without_orders_there_is_no_share(shop: Shop):
    told = health(shop, "shopify")
    assert (len(told["days"]), told["click_share"], told["click_share_before"]) == (28, None, None)
    assert told["days"][-1]["day"] == str(today(shop))
    assert all(day["orders"] == 0 and day["by"] == NOBODY and day["nobody"] == {} for day in told["days"])


def test_days_of_which_no_delivery_is_kept_any_more_do_not_say_that_there_was_none(shop: Shop):
    told = health(shop, "shopify", f"?from={today(shop) - timedelta(days=40)}&to={today(shop)}")
    counted = [day["day"] for day in told["days"] if day["deliveries"] == NO_DELIVERY]
    assert counted == [str(today(shop) - timedelta(days=back)) for back in range(30, -1, -1)]
    assert all(day["deliveries"] == {} for day in told["days"] if day["day"] < counted[0])


def test_an_order_counts_on_the_local_day_on_which_it_was_placed(shop: Shop):
    placed = datetime.fromisoformat("2026-11-01T23:30:00+00:00")  # the second of November in Berlin
    shop.woocommerce("order.created", order(1, placed))
    told = health(shop, "woocommerce", "?from=2026-11-01&to=2026-11-02")
    assert [day["orders"] for day in told["days"]] == [0, 1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?from=2026-11-21&to=2026-11-20", "invalid_range"),
        ("?from=2026-01-01&to=2026-04-03", "range_too_large"),
        ("?from=1990-01-01&to=2110-12-31", "range_too_large"),
        ("?from=2020-01-01", "range_too_large"),
        ("?from=now", "invalid_request"),
        ("?day=2026-11-20", "unknown_parameter"),
    ],
)
def test_a_range_that_means_nothing_or_is_too_large_is_refused(shop: Shop, query: str, code: str):
    answer = shop.api.get(path(shop, "shopify", "health") + query)
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize(
    "query", ["?to=1990-01-01", "?from=1990-01-01&to=1990-01-02", "?from=2110-12-31&to=2110-12-31"]
)
def test_days_far_away_hold_nothing(shop: Shop, query: str):
    assert health(shop, "shopify", query)["click_share"] is None


def test_ninety_two_days_are_not_too_many(shop: Shop):
    assert len(health(shop, "shopify", "?from=2026-01-01&to=2026-04-02")["days"]) == 92


def test_more_rows_than_can_be_read_at_once_are_refused_and_before_them_weeks_are_left_out(
    shop: Shop, world: World, monkeypatch: pytest.MonkeyPatch
):
    mine, now = f"/v1/storefronts/{world.storefront_id}/health", clock.now()
    for number, days in enumerate((0, 0, 2, 3, 9)):
        placed = f"{now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
        body = {"order_id": str(number), "amount": 100, "currency": "EUR", "occurred_at": placed}
        assert Gateway(world.reporter).post("/v1/conversions", body).status == 201
    monkeypatch.setattr(workflow, "MOST_ROWS", 2)
    told = shop.api.get(f"{mine}?from={today(shop)}").body
    assert (told["click_share"], told["click_share_before"]) == (0, 0)
    answer = shop.api.get(f"{mine}?from={today(shop) - timedelta(days=3)}")
    assert (answer.status, answer.code) == (422, "range_too_large")


def test_more_deliveries_than_can_be_read_at_once_are_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    for _ in range(3):
        shop.woocommerce("other", {})
    monkeypatch.setattr(workflow, "MOST_DELIVERIES", 2)
    answer = shop.api.get(path(shop, "woocommerce", "health"))
    assert (answer.status, answer.code) == (422, "range_too_large")


def test_an_unknown_storefront_has_no_health(shop: Shop):
    assert shop.api.get("/v1/storefronts/sf_00000000000000000000000000/health").code == "storefront_not_found"
