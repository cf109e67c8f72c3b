"""Deliveries leave a trace: a merchant lists them, looks at what was refused, mends the cause and applies it again."""

from datetime import datetime, timedelta

import pytest

from laurel import clock
from laurel.store.keys import TTL_ATTRIBUTE
from laurel.store.table import Table
from tests.functional.kit.deliveries import calls_of_the_table, listed, look, newest, path, retry
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World, program
from tests.kit.shop_bodies import as_sent, shopify_order, stripe_charge, woocommerce_order

ORDER = "5930000000001"
UNPRICED = woocommerce_order(line_items=[{"total": "much"}])
FOREIGN = woocommerce_order(currency="USD")


def told(delivery: dict[str, object]) -> tuple[object, ...]:
    return tuple(delivery[name] for name in ("topic", "order_id", "outcome", "reason"))


def stored(items: Table, kind: str) -> list[dict[str, object]]:
    return [item for item in everything(items) if item["kind"] == kind]


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_every_signed_delivery_is_listed_newest_first_with_what_became_of_it(shop: Shop):
    shop.woocommerce("order.created", woocommerce_order())
    shop.woocommerce("product.updated", {"id": 7})
    shop.woocommerce("order.updated", UNPRICED)
    shop.woocommerce("order.created", "no json")
    assert [told(each) for each in listed(shop, "woocommerce")] == [
        ("order.created", None, "refused", "malformed_json"),
        ("order.updated", "4711", "refused", "amount_not_understood"),
        ("product.updated", None, "ignored", "unknown_topic"),
        ("order.created", "4711", "applied", None),
    ]


def test_the_topic_of_stripe_is_within_its_body(shop: Shop):
    shop.stripe("charge.refunded", stripe_charge(900))
    assert newest(shop, "stripe")["topic"] == "charge.refunded"


def test_a_delivery_that_is_not_signed_leaves_nothing(shop: Shop, items: Table):
    assert shop.shopify("orders/create", shopify_order(), secret="a guess").status == 401
    unsigned = {"x-wc-webhook-signature": "", "content-type": "application/x-www-form-urlencoded"}
    assert shop.woocommerce("", "webhook_id=12", headers=unsigned).status == 200
    assert stored(items, "delivery") == []


def test_the_same_delivery_told_again_is_a_delivery_more_and_no_order_more(shop: Shop):
    for _ in range(3):
        shop.shopify("orders/create", shopify_order())
    assert [told(each) for each in listed(shop, "shopify")] == [("orders/create", ORDER, "applied", None)] * 3


def test_a_delivery_is_forgotten_with_its_body_after_30_days(shop: Shop, items: Table):
    shop.woocommerce("order.updated", UNPRICED)
    (delivery,), (body,) = stored(items, "delivery"), stored(items, "delivery body")
    ends = datetime.fromisoformat(newest(shop, "woocommerce")["at"]) + timedelta(days=30)
    assert delivery[TTL_ATTRIBUTE] == body[TTL_ATTRIBUTE] == int(ends.timestamp())


def test_what_is_past_its_time_is_gone_even_if_the_table_still_has_it(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    shop.woocommerce("order.updated", UNPRICED)
    delivery_id, key = newest(shop, "woocommerce")["delivery_id"], shop.api.key
    later = clock.now() + timedelta(days=30, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert listed(shop, "woocommerce") == listed(shop, "woocommerce", "?outcome=refused") == []
    assert shop.api.get(path(shop, "woocommerce", f"deliveries/{delivery_id}"), key=key).code == "delivery_not_found"
    assert retry(shop, "woocommerce", delivery_id).status == 404


def test_a_trace_is_one_small_write_and_an_entry_of_an_index_only_while_it_is_refused(shop: Shop, items: Table):
    shop.shopify("orders/create", shopify_order())
    (delivery,) = stored(items, "delivery")
    assert "owner_pk" not in delivery
    assert len(str(delivery)) < 1024
    assert stored(items, "delivery body") == []


def test_a_topic_of_any_length_is_kept_to_a_length(shop: Shop):
    shop.shopify("x" * 5000, {})
    assert newest(shop, "shopify")["topic"] == "x" * 64
    shop.send("stripe", "", '{"type": "\\ud800", "data": {"object": {"id": "\\ud800"}}}')
    assert newest(shop, "stripe")["topic"] == "?"


# -- lists -------------------------------------------------------------------------------------------------------------


def test_deliveries_are_listed_by_outcome(shop: Shop):
    for topic, body in (("order.created", woocommerce_order()), ("x", {}), ("order.updated", UNPRICED)):
        shop.woocommerce(topic, body)
    for outcome in ("applied", "ignored", "refused"):
        assert [each["outcome"] for each in listed(shop, "woocommerce", f"?outcome={outcome}")] == [outcome]


def test_deliveries_are_listed_in_pages(shop: Shop):
    for number in range(7):
        shop.shopify("orders/create", shopify_order(number + 1))
    seen: list[str] = []
    cursor = ""
    while True:
        page = shop.api.get(path(shop, "shopify") + f"?limit=3{cursor}").body
        seen += [each["order_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == [str(number + 1) for number in range(7)]


def test_deliveries_are_listed_by_local_days(shop: Shop):
    shop.shopify("orders/create", shopify_order())
    day = shop.world.program.calendar.day_of(clock.now())
    yesterday = day - timedelta(days=1)
    assert len(listed(shop, "shopify", f"?from={day}&to={day}")) == 1
    assert listed(shop, "shopify", f"?to={yesterday}") == []
    for far in ("?to=1990-01-01", "?from=2110-12-31", "?from=1990-01-01&to=1990-01-01"):
        assert listed(shop, "shopify", far) == listed(shop, "shopify", f"{far}&outcome=refused") == []


def test_a_shop_sees_its_own_deliveries_only(shop: Shop):
    shop.shopify("orders/create", "no json")
    delivery_id = newest(shop, "shopify")["delivery_id"]
    assert listed(shop, "woocommerce") == []
    answer = shop.api.get(path(shop, "woocommerce", f"deliveries/{delivery_id}"))
    assert (answer.status, answer.code) == (404, "delivery_not_found")
    assert retry(shop, "woocommerce", delivery_id).status == 404


def test_another_program_sees_nothing(shop: Shop, items: Table):
    shop.shopify("orders/create", "no json")
    delivery_id = newest(shop, "shopify")["delivery_id"]
    stranger = Gateway(program(items, "Other").admin)
    for rest in ("deliveries", f"deliveries/{delivery_id}", "health"):
        assert stranger.get(path(shop, "shopify", rest)).status == 404, rest
    assert stranger.post(path(shop, "shopify", f"deliveries/{delivery_id}/retry")).status == 404


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("outcome=nonsense", "?outcome"),
        ("from=2026-11-21&to=2026-11-20", "?from"),
        ("from=yesterday", "?from"),
        ("limit=0", "?limit"),
        ("cursor=%00", "?cursor"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(shop: Shop, query: str, pointer: str):
    answer = shop.api.get(path(shop, "shopify") + f"?{query}")
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_what_is_no_id_is_absent(shop: Shop):
    assert shop.api.get(path(shop, "shopify", "deliveries/dlv_1")).status == 404
    assert shop.api.get("/v1/storefronts/sf_1/deliveries").status == 404
    unknown = path(shop, "shopify", "deliveries/dlv_zzzzzzzzzzzzzzzzzzzzzzzzzz")
    assert (shop.api.get(unknown).status, shop.api.post(f"{unknown}/retry").status) == (404, 404)


def test_readers_look_and_only_admins_apply_again(shop: Shop, world: World):
    shop.woocommerce("order.updated", UNPRICED)
    delivery_id = newest(shop, "woocommerce")["delivery_id"]
    one = path(shop, "woocommerce", f"deliveries/{delivery_id}")
    reads = (path(shop, "woocommerce"), one, path(shop, "woocommerce", "health"))
    assert [shop.api.get(each, key=world.reader).status for each in reads] == [200] * 3
    assert [shop.api.get(each, key=world.reporter).status for each in reads] == [403] * 3
    retries = [shop.api.post(f"{one}/retry", key=key).status for key in (world.reader, world.reporter, world.admin)]
    assert retries == [403, 403, 200]


# -- looking, and applying again ---------------------------------------------------------------------------------------


def test_the_text_of_a_refused_delivery_is_kept_as_it_came(shop: Shop):
    shop.woocommerce("order.updated", UNPRICED)
    shop.shopify("orders/create", '{"naïve": "🎉')
    assert look(shop, "woocommerce", newest(shop, "woocommerce")["delivery_id"])["body"] == as_sent(UNPRICED)
    assert look(shop, "shopify", newest(shop, "shopify")["delivery_id"])["body"] == '{"naïve": "🎉'


def test_no_text_is_kept_of_what_was_applied_or_ignored(shop: Shop):
    shop.woocommerce("order.created", woocommerce_order())
    shop.woocommerce("other", {})
    for delivery in listed(shop, "woocommerce"):
        assert look(shop, "woocommerce", delivery["delivery_id"])["body"] is None
        answer = retry(shop, "woocommerce", delivery["delivery_id"])
        assert (answer.status, answer.code) == (409, "delivery_without_body")


def give_rate(shop: Shop, told: str | None = "0.5") -> None:
    rate = {"exchange_rates": {"USD": told}}
    assert shop.api.patch(f"/v1/storefronts/{shop.ids['woocommerce']}", rate).status == 200


def test_an_order_without_its_rate_is_won_once_the_rate_is_given(shop: Shop, world: World):
    answer = shop.woocommerce("order.created", FOREIGN)
    assert (answer.status, answer.body) == (200, {"order_id": "4711", "refused": "exchange_rate_missing"})
    refused = newest(shop, "woocommerce")
    assert told(refused) == ("order.created", "4711", "refused", "exchange_rate_missing")
    assert shop.conversion("woocommerce", "4711")["member_id"] is None

    again = retry(shop, "woocommerce", refused["delivery_id"])
    assert (again.status, told(again.body)) == (200, told(refused))

    give_rate(shop)
    mended = retry(shop, "woocommerce", refused["delivery_id"])
    assert (mended.status, told(mended.body)) == (200, ("order.created", "4711", "applied", None))
    won = shop.conversion("woocommerce", "4711")
    assert (won["member_id"], won["amount"], won["commission"]) == (world.ada, 15040, 752)
    assert listed(shop, "woocommerce", "?outcome=refused") == []
    assert [told(each) for each in listed(shop, "woocommerce")] == [told(mended.body)]


def test_the_next_delivery_of_an_order_that_lacked_a_rate_brings_it_too(shop: Shop, world: World):
    shop.woocommerce("order.created", FOREIGN)
    give_rate(shop)
    assert shop.woocommerce("order.updated", FOREIGN).body == {"order_id": "4711"}
    assert shop.conversion("woocommerce", "4711")["commission"] == 752


def test_a_rate_that_a_hand_gave_is_not_overwritten_by_the_shops(shop: Shop):
    shop.woocommerce("order.created", FOREIGN)
    known = shop.conversion("woocommerce", "4711")["conversion_id"]
    assert shop.api.patch(f"/v1/conversions/{known}", {"exchange_rate": "2"}).status == 200
    give_rate(shop)
    assert retry(shop, "woocommerce", newest(shop, "woocommerce")["delivery_id"]).body["outcome"] == "applied"
    assert shop.conversion("woocommerce", "4711")["commission"] == 3008


def test_applying_again_what_was_mended_changes_nothing(shop: Shop, items: Table):
    shop.woocommerce("order.created", FOREIGN)
    delivery_id = newest(shop, "woocommerce")["delivery_id"]
    give_rate(shop)
    first = retry(shop, "woocommerce", delivery_id)
    before = everything(items)
    again = retry(shop, "woocommerce", delivery_id)
    assert (again.status, again.body) == (200, first.body)
    assert everything(items) == before


def test_two_who_apply_at_once_win_the_order_once(shop: Shop, monkeypatch: pytest.MonkeyPatch, pauses: list[float]):
    shop.woocommerce("order.created", FOREIGN)
    delivery_id = newest(shop, "woocommerce")["delivery_id"]
    give_rate(shop)
    real, others = Table.write, []

    def meanwhile(self: Table, op: object) -> None:
        if not others:  # just before the first one writes what became of it
            others.append("begun")
            others.append(retry(shop, "woocommerce", delivery_id).body["outcome"])
        real(self, op)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", meanwhile)
        answer = retry(shop, "woocommerce", delivery_id)
    assert (answer.status, answer.body["outcome"], others) == (200, "applied", ["begun", "applied"])
    assert shop.conversion("woocommerce", "4711")["commission"] == 752


def test_what_was_applied_later_counts_as_of_its_arrival(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    timeless = {**FOREIGN, "date_created_gmt": None, "date_modified_gmt": None}
    shop.woocommerce("order.created", timeless)
    arrived = newest(shop, "woocommerce")
    give_rate(shop)
    shop.woocommerce("order.updated", {**timeless, "status": "cancelled"})
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    retry(shop, "woocommerce", arrived["delivery_id"])
    order = shop.conversion("woocommerce", "4711")
    assert (order["occurred_at"], order["state"]) == (arrived["at"], "cancelled")


def test_a_body_that_is_still_not_understood_stays_refused(shop: Shop):
    shop.shopify("orders/create", "no json")
    delivery_id = newest(shop, "shopify")["delivery_id"]
    assert [retry(shop, "shopify", delivery_id).body["reason"] for _ in range(2)] == ["malformed_json"] * 2


# -- what breaks off ---------------------------------------------------------------------------------------------------

BREAKABLE = {
    "applied": ("order.created", woocommerce_order(), {"order_id": "4711"}),
    "ignored": ("other", {}, {"ignored": "unknown_topic"}),
    "refused whole": ("order.created", UNPRICED, {"order_id": "4711", "refused": "amount_not_understood"}),
    "kept without its rate": ("order.created", FOREIGN, {"order_id": "4711", "refused": "exchange_rate_missing"}),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("case", BREAKABLE)
def test_whatever_breaks_off_no_order_is_lost_or_doubled_and_no_trace_says_too_much(
    shop: Shop, items: Table, monkeypatch: pytest.MonkeyPatch, case: str, after: bool
):
    topic, body, whole = BREAKABLE[case]
    shop.woocommerce("other", {})  # so that the function knows the shop
    count = 0
    with calls_of_the_table(monkeypatch) as made:
        shop.woocommerce(topic, {**body, "id": 1} if body else {})
        count = len(made)
    for step in range(1, count + 1):
        order = {**body, "id": 1000 + step} if body else {}
        with calls_of_the_table(monkeypatch, step, after=after):
            answer = shop.woocommerce(topic, order)
        for delivery in listed(shop, "woocommerce", "?outcome=applied"):
            assert shop.conversion("woocommerce", delivery["order_id"])["member_id"] is not None
        if answer.status == 503:
            if not after:
                assert "conversion_id" not in shop.conversion("woocommerce", str(order.get("id")))
            answer = shop.woocommerce(topic, order)
        elif "refused" in whole:
            assert is_kept_or_stored(shop, order)
        named = {"order_id": str(order["id"])} if "order_id" in whole else {}
        assert (answer.status, answer.body) == (200, {**whole, **named})
    for delivery in listed(shop, "woocommerce", "?outcome=refused"):
        assert look(shop, "woocommerce", delivery["delivery_id"])["body"] is not None
    rows = [item for item in stored(items, "commission") if item["sk"] == "commission"]
    assert len(rows) == (0 if case in {"ignored", "refused whole"} else count + 1)


def is_kept_or_stored(shop: Shop, order: dict[str, object]) -> bool:
    """Whether somebody will find it: in the list of refused deliveries, or as an order that nobody won."""
    refused = {delivery["order_id"] for delivery in listed(shop, "woocommerce", "?outcome=refused")}
    return str(order["id"]) in refused or "conversion_id" in shop.conversion("woocommerce", str(order["id"]))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_retry_that_breaks_off_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, after: bool, pauses: list[float]
):
    step, is_broken = 0, True
    while is_broken:
        step += 1
        order = {**FOREIGN, "id": step}
        give_rate(shop, None)
        shop.woocommerce("order.created", order)
        delivery_id = newest(shop, "woocommerce")["delivery_id"]
        give_rate(shop)
        with calls_of_the_table(monkeypatch, step, after=after) as made:
            is_broken = retry(shop, "woocommerce", delivery_id).status == 503
        is_broken = is_broken or len(made) >= step
        if look(shop, "woocommerce", delivery_id)["outcome"] == "applied":
            assert shop.conversion("woocommerce", str(step))["commission"] == 752
        assert retry(shop, "woocommerce", delivery_id).body["outcome"] == "applied"
        assert shop.conversion("woocommerce", str(step))["commission"] == 752


def test_an_order_that_nobody_won_says_why_once_it_has_its_rate(shop: Shop):
    shop.woocommerce("order.created", {**FOREIGN, "coupon_lines": []})
    give_rate(shop)
    assert retry(shop, "woocommerce", newest(shop, "woocommerce")["delivery_id"]).body["outcome"] == "applied"
    assert shop.conversion("woocommerce", "4711")["attribution"]["reason"] == "no_match"


def test_a_rate_that_makes_an_order_too_large_leaves_it_refused(shop: Shop):
    shop.woocommerce("order.created", FOREIGN)
    give_rate(shop, "100000000")
    again = retry(shop, "woocommerce", newest(shop, "woocommerce")["delivery_id"])
    assert (again.body["outcome"], again.body["reason"]) == ("refused", "amount_too_large")
    assert shop.conversion("woocommerce", "4711")["member_id"] is None
