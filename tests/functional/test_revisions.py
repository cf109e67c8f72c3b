"""Revisions of conversions: what a merchant corrects by hand, there and back, and what the shop tells afterwards."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paths import enrollment_path, option_path
from tests.functional.kit.paying import pay_out
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.kit.shop_bodies import (
    shopify_money,
    shopify_order,
    stripe_dispute,
    stripe_invoice,
    stripe_session,
    woocommerce_order,
)

ORDER = {"order_id": "1001", "amount": 10_000, "currency": "EUR", "promo_code": "ADA10"}
DATED = {**ORDER, "occurred_at": "2026-11-18T10:00:00Z"}
UNKNOWN = "com_" + "0" * 26


@pytest.fixture
def sold(world: World) -> str:
    """A conversion of 100.00 at 10 %."""
    return report(world)


@pytest.fixture
def shop(api: Gateway, world: World, shops: dict[str, str]) -> Shop:
    return Shop(api, world, shops)


def report(world: World, **changes: Any) -> str:
    return str(Gateway(world.reporter).post("/v1/conversions", {**DATED, **changes}).body["conversion_id"])


def revise(api: Gateway, conversion: str, revision: dict[str, Any], **headers: Any) -> Answer:
    return api.patch(f"/v1/conversions/{conversion}", revision, **headers)


def worth(told: Any) -> tuple[Any, ...]:
    return told["amount"], told["commission"], told["status"], told["reason"]


def totals(api: Gateway, world: World) -> tuple[int, ...]:
    told = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    return told["conversions"], told["sales"], told["commission"], told["payout_due"]


def adjustments(api: Gateway, world: World) -> list[int]:
    items = api.get(f"/v1/commissions?member_id={world.ada}&type=adjustment").body["items"]
    return sorted(each["amount"] for each in items)


def test_another_amount_is_worth_what_it_comes_to_and_back_what_it_was(
    api: Gateway, world: World, items: Table, sold: str
):
    for amount, commission in ((7_505, 751), (25_000, 2_500), (0, 0), (10_000, 1_000)):
        told = revise(api, sold, {"amount": amount})
        assert (told.status, worth(told.body)) == (200, (amount, commission, "approved", None))
        drain(items)
        assert totals(api, world) == (1, amount, commission, commission)


def test_an_order_that_is_cancelled_by_hand_earns_nothing_until_it_is_reopened(
    api: Gateway, world: World, items: Table, sold: str
):
    told = revise(api, sold, {"state": "cancelled"}).body
    assert (*worth(told), told["state"]) == (10_000, 0, "declined", "cancelled", "cancelled")
    drain(items)
    assert totals(api, world) == (0, 0, 0, 0)
    refused = api.post(f"/v1/conversions/{sold}/approve", {})
    assert (refused.status, refused.code) == (409, "not_approvable")
    told = revise(api, sold, {"state": "standing"}).body
    assert (*worth(told), told["state"]) == (10_000, 1_000, "approved", None, "standing")
    drain(items)
    assert totals(api, world) == (1, 10_000, 1_000, 1_000)


def test_what_a_hand_had_declined_stays_declined_when_its_order_comes_back(api: Gateway, sold: str):
    api.post(f"/v1/conversions/{sold}/decline", {"reason": "fraud"})
    revise(api, sold, {"state": "cancelled"})
    assert worth(revise(api, sold, {"state": "standing"}).body) == (10_000, 1_000, "declined", "fraud")


def test_a_refund_counts_on_the_amount_of_now(api: Gateway, sold: str):
    api.post(f"/v1/conversions/{sold}/refunds", {"refund_id": "r1", "amount": 6_000, "reason": "refund"})
    assert worth(revise(api, sold, {"amount": 6_000}).body) == (6_000, 0, "declined", "refund")
    assert worth(revise(api, sold, {"amount": 9_000}).body) == (9_000, 300, "approved", "refund")


def test_a_paid_row_keeps_its_amount_and_is_adjusted_up_and_down(
    api: Gateway, world: World, items: Table, jobs_queue: JobsQueue, sold: str
):
    drain(items)
    pay_out(api, jobs_queue, world.ada)
    for revision, made, figures in (
        ({"amount": 15_000}, [500], (1, 15_000, 1_500, 500)),
        ({"amount": 8_000}, [-700, 500], (1, 8_000, 800, -200)),
        ({"state": "cancelled"}, [-800, -700, 500], (1, 0, 0, -1_000)),
        ({"state": "standing"}, [-800, -700, 500, 800], (1, 8_000, 800, -200)),
        ({"amount": 10_000}, [-800, -700, 200, 500, 800], (1, 10_000, 1_000, 0)),
    ):
        told = revise(api, sold, revision)
        assert (told.body["commission"], told.body["status"], told.body["payout"]) == (1_000, "approved", "paid")
        drain(items)
        assert adjustments(api, world) == made
        assert totals(api, world) == figures


def test_the_history_tells_who_revised_it_when_and_why(api: Gateway, sold: str):
    told = revise(api, sold, {"amount": 8_000, "reason": "counted twice"}).body
    revise(api, sold, {"state": "cancelled"})
    revise(api, sold, {"state": "standing"})
    reopened, cancelled, line = api.get(f"/v1/conversions/{sold}/history").body["items"]
    assert (reopened["action"], cancelled["action"], line["action"]) == ("reopened", "cancelled", "revised")
    assert line["actor"].startswith("key:")
    assert line["at"] >= told["occurred_at"]
    changes = {each["field"]: (each["before"], each["after"]) for each in line["changes"]}
    assert changes == {"amount": (10_000, 8_000), "commission": (1_000, 800), "why": (None, "counted twice")}


def test_what_is_known_already_is_worth_the_same_and_nothing_at_all_changes_nothing(api: Gateway, sold: str):
    first, again = (revise(api, sold, {"amount": 8_000}).body for _ in range(2))
    assert worth(again) == worth(first)
    assert revise(api, sold, {}).body == again


def test_its_storefront_is_told_as_at_first(api: Gateway, world: World, sold: str):
    first = Gateway(world.reporter).post("/v1/conversions", DATED).body
    revise(api, sold, {"amount": 8_000})
    revise(api, sold, {"state": "cancelled"})
    again = Gateway(world.reporter).post("/v1/conversions", DATED)
    assert (again.status, again.body) == (200, first)


def test_only_the_version_that_was_seen_is_revised(api: Gateway, sold: str):
    version = api.get(f"/v1/commissions/{sold}").body["version"]
    assert revise(api, sold, {"amount": 1}, if_match=str(version + 1)).status == 412
    assert revise(api, sold, {"amount": 2}, if_match=str(version)).body["amount"] == 2
    assert revise(api, sold, {"amount": 3}, if_match=str(version)).status == 412


def test_who_may_not_revise_and_what_cannot_be_revised(api: Gateway, world: World, sold: str):
    assert revise(Gateway(world.reporter), sold, {"amount": 1}).status == 403
    assert revise(Gateway(world.reader), sold, {"amount": 1}).status == 403
    assert revise(api, UNKNOWN, {"amount": 1}).status == 404
    for nonsense in ({"amount": -1}, {"state": "gone"}, {"money": "void"}, {"exchange_rate": "0"}):
        assert revise(api, sold, nonsense).status == 422
    told = revise(api, sold, {"exchange_rate": "2"})
    assert (told.status, told.code) == (422, "rate_not_needed")
    bonus = api.post("/v1/commissions", {"member_id": world.ada, "amount": 5, "reason": "Fair"}).body["commission_id"]
    assert revise(api, bonus, {"amount": 1}).status == 404


def test_an_order_of_nobody_is_revised_and_worth_that_to_who_gets_it(api: Gateway, world: World, items: Table):
    nobodys = report(world, promo_code="NOBODY")
    assert worth(revise(api, nobodys, {"amount": 5_000}).body) == (5_000, 0, None, None)
    claimant = {"member_id": world.ada, "offer_id": world.codes_offer}
    assert worth(api.post(f"/v1/conversions/{nobodys}/attribute", claimant).body) == (5_000, 500, "approved", None)
    drain(items)
    assert totals(api, world) == (1, 5_000, 500, 500)


# -- beside what shops tell --------------------------------------------------------------------------------------------


def test_an_order_of_woocommerce_that_fell_and_came_back_earns(shop: Shop, items: Table):
    for minute, status in enumerate(("pending", "cancelled", "processing")):
        body = woocommerce_order(status=status, date_modified_gmt=f"2026-11-19T17:{30 + minute}:00")
        assert shop.woocommerce("order.updated", body).status == 200
        drain(items)
    assert worth(shop.conversion("woocommerce", "4711")) == (15_040, 1_504, "approved", None)
    assert totals(shop.api, shop.world) == (1, 15_040, 1_504, 1_504)


def test_a_dispute_of_stripe_that_is_won_gives_back(shop: Shop, items: Table):
    shop.stripe("checkout.session.completed", stripe_session())
    for kind, status, told in (
        ("created", "needs_response", (15_040, 0, "declined", "chargeback")),
        ("closed", "won", (15_040, 1_504, "approved", None)),
    ):
        body = stripe_dispute(status=status)
        assert shop.stripe(f"charge.dispute.{kind}", body).status == 200
        drain(items)
        assert worth(shop.conversion("stripe", "cs_live_a1")) == told


def test_an_order_of_shopify_that_is_edited_before_it_is_paid_earns_on_what_is_left(shop: Shop, items: Table):
    edited = {"current_subtotal_price_set": shopify_money("75.00"), "current_total_price": "75.00"}
    before = {"subtotal_price_set": shopify_money("175.00"), "total_price": "175.00"}
    for topic, minute, changes in (
        ("orders/create", 0, {"financial_status": "pending"}),
        ("orders/updated", 1, {"financial_status": "pending", **edited}),
        ("orders/paid", 2, edited),
    ):
        body = shopify_order(updated_at=f"2026-11-19T12:{30 + minute}:02-05:00", **before, **changes)
        assert shop.shopify(topic, body).status == 200
        drain(items)
    assert worth(shop.conversion("shopify", "5930000000001")) == (7_500, 750, "approved", None)


def test_an_order_that_only_lacked_a_rate_is_its_members_once_it_is_given(shop: Shop, items: Table):
    body = woocommerce_order(currency="USD")
    answer = shop.woocommerce("order.created", body)
    assert answer.body == {"order_id": "4711", "refused": "exchange_rate_missing"}
    told = shop.conversion("woocommerce", "4711")
    assert (told["member_id"], told["attribution"]["reason"]) == (None, "exchange_rate_missing")
    given = revise(shop.api, told["conversion_id"], {"exchange_rate": "0.5"})
    assert (given.status, given.body["member_id"], given.body["attribution"]["by"]) == (
        200,
        shop.world.ada,
        "promo_code",
    )
    assert worth(given.body) == (15_040, 752, "approved", None)
    drain(items)
    assert totals(shop.api, shop.world) == (1, 7_520, 752, 752)


def test_an_order_that_only_lacked_a_rate_is_its_known_customers_members_once_it_is_given(shop: Shop, items: Table):
    options = [{"name": "Basic", "default": True, "terms": {"type": "percent_of_sale", "percent": "20"}}]
    lifetime = {"name": "Life", "kind": "promo_code", "lifetime": True, "payout_options": options}
    offer_id = shop.api.post("/v1/offers", lifetime).body["offer_id"]
    assert shop.api.put(enrollment_path(shop.world, shop.world.ben, offer_id), {"promo_code": "BEN"}).status == 201
    shop.woocommerce("order.created", woocommerce_order(4710, coupon_lines=[{"code": "BEN"}]))
    drain(items)
    shop.woocommerce("order.created", woocommerce_order(currency="USD"))  # with Ada's code
    sold = shop.conversion("woocommerce", "4711")["conversion_id"]
    given = revise(shop.api, sold, {"exchange_rate": "0.5"}).body
    assert (given["member_id"], given["attribution"]["by"]) == (shop.world.ben, "customer")


def test_an_order_that_only_lacked_a_rate_is_not_its_customers_own(shop: Shop):
    own = woocommerce_order(currency="USD", customer_id=0, billing={"email": "ada+shop@example.com"})
    shop.woocommerce("order.created", own)
    sold = shop.conversion("woocommerce", "4711")["conversion_id"]
    given = revise(shop.api, sold, {"exchange_rate": "0.5"}).body
    assert (given["member_id"], given["attribution"]["reason"]) == (None, "self_purchase")


@pytest.mark.parametrize("is_paid", [False, True])
def test_a_later_payment_that_lacks_a_rate_is_its_members_and_earns_once_it_is_given(
    shop: Shop, items: Table, jobs_queue: JobsQueue, is_paid: bool
):
    world = shop.world
    terms = {"type": "percent_of_sale", "percent": "10", "recurring": {"interval": "month", "mode": "on_payment"}}
    assert shop.api.patch(option_path(world, world.options[0]), {"terms": terms}).status == 200
    bill(shop, "in_1", 5_000, metadata={"promo_code": "ADA10"})
    drain(items)
    invoice = stripe_invoice("in_2", **of_amount(2_000), currency="usd", billing_reason="subscription_cycle")
    assert shop.stripe("invoice.paid", invoice).body == {"order_id": "in_2", "refused": "exchange_rate_missing"}
    drain(items)
    told = shop.conversion("stripe", "in_2")
    assert (told["member_id"], told["type"], told["commission"]) == (world.ada, "recurring", 0)
    if is_paid:
        pay_out(shop.api, jobs_queue)
    shop.api.patch(f"/v1/storefronts/{shop.ids['stripe']}", {"exchange_rates": {"USD": "0.5"}})
    assert shop.stripe("invoice.paid", invoice).body == {"order_id": "in_2"}
    drain(items)
    assert totals(shop.api, world) == (2, 6_000, 600, 100 if is_paid else 600)


def test_newer_news_of_the_shop_replaces_a_revision_and_older_does_not(shop: Shop):
    shop.woocommerce("order.created", woocommerce_order())
    conversion = shop.conversion("woocommerce", "4711")["conversion_id"]
    revise(shop.api, conversion, {"amount": 100})
    shop.woocommerce("order.updated", woocommerce_order(date_modified_gmt="2026-11-19T17:31:00"))
    assert shop.conversion("woocommerce", "4711")["amount"] == 100
    shop.woocommerce("order.updated", woocommerce_order(date_modified_gmt="2099-11-19T17:31:00"))
    assert shop.conversion("woocommerce", "4711")["amount"] == 15_040


# -- trials ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms", [{"type": "percent_of_sale", "percent": "10"}, {"type": "flat_plus_percent", "amount": 0, "percent": "10"}]
)
def test_a_trial_earns_nothing_and_the_first_payment_is_the_sale(
    api: Gateway, world: World, items: Table, terms: dict[str, Any]
):
    recurring = {"interval": "month", "mode": "on_payment", "limit": 1}
    option = f"/v1/offers/{world.codes_offer}/payout-options/{world.options[0]}"
    assert api.patch(option, {"terms": {**terms, "recurring": recurring}}).status == 200
    told = []
    for number, amount in enumerate((0, 2_000, 1_000, 1_000)):
        body = {"order_id": str(number), "amount": amount, "currency": "EUR", "subscription_id": "box-1"}
        code = {"promo_code": "ADA10"} if number == 0 else {}
        answer = Gateway(world.reporter).post("/v1/conversions", body | code)
        told.append((answer.body["type"], answer.body["member_id"], answer.body["commission"]))
        drain(items)
    assert told == [
        ("sale", world.ada, 0),
        ("sale", world.ada, 200),
        ("recurring", world.ada, 100),
        ("recurring", world.ada, 0),
    ]
    counted = [item["body"]["type"] for item in everything(items) if item["kind"] == "commission"]
    assert sorted(counted) == ["recurring", "recurring", "sale", "sale"]
    assert totals(api, world)[1:3] == (4_000, 300)


def test_what_is_free_after_a_trial_belongs_to_it(api: Gateway, world: World, items: Table):
    told = []
    for number, amount in enumerate((0, 0, 0, 2_000, 1_000)):
        body = {"order_id": str(number), "amount": amount, "currency": "EUR", "subscription_id": "box-1"}
        code = {"promo_code": "ADA10"} if number == 0 else {}
        answer = Gateway(world.reporter).post("/v1/conversions", body | code)
        told.append((answer.body["type"], answer.body["commission"]))
        drain(items)
    assert told == [("sale", 0), ("sale", 0), ("sale", 0), ("sale", 200), ("recurring", 0)]
    assert totals(api, world)[1:3] == (3_000, 200)


def test_a_free_payment_that_comes_to_something_is_the_sale_after_its_trial(api: Gateway, world: World, items: Table):
    recurring = {"interval": "month", "mode": "on_payment", "limit": 1}
    option = f"/v1/offers/{world.codes_offer}/payout-options/{world.options[0]}"
    assert (
        api.patch(option, {"terms": {"type": "percent_of_sale", "percent": "10", "recurring": recurring}}).status == 200
    )
    told = [subscribed(world, items, number, 0) for number in (1, 2, 3)]
    assert revise(api, told[1]["conversion_id"], {"amount": 2_000}).body["commission"] == 200
    told += [subscribed(world, items, number, 1_000) for number in (4, 5)]
    assert [(each["type"], each["commission"]) for each in told[3:]] == [("recurring", 100), ("recurring", 0)]
    assert totals(api, world)[1:3] == (4_000, 300)


def test_a_trial_that_comes_to_something_itself_uses_up_no_payment(api: Gateway, world: World, items: Table):
    trial = subscribed(world, items, 1, 0)
    assert revise(api, trial["conversion_id"], {"amount": 2_000}).body["commission"] == 200
    drain(items)
    assert subscribed(world, items, 2, 1_000)["type"] == "recurring"


def subscribed(world: World, items: Table, number: int, amount: int) -> dict[str, Any]:
    """The answer about one payment of a subscription of Ada's, counted."""
    body = {"order_id": str(number), "amount": amount, "currency": "EUR", "subscription_id": "box-1"}
    told = Gateway(world.reporter).post("/v1/conversions", {**body, "promo_code": "ADA10"}).body
    drain(items)
    return dict(told)


def test_after_a_trial_one_payment_is_the_sale_though_it_was_for_no_interval(shop: Shop, items: Table):
    bill(shop, "in_1", 0, metadata={"promo_code": "ADA10"})
    drain(items)
    bill(shop, "in_2", 2_000, billing_reason="manual")
    bill(shop, "in_3", 3_000, billing_reason="subscription_cycle")
    told = [shop.conversion("stripe", invoice_id) for invoice_id in ("in_1", "in_2", "in_3")]
    assert [(each["type"], each["commission"]) for each in told] == [("sale", 0), ("sale", 200), ("recurring", 0)]


def bill(shop: Shop, invoice_id: str, amount: int, **changes: Any) -> None:
    """A paid invoice of a subscription."""
    assert shop.stripe("invoice.paid", stripe_invoice(invoice_id, **of_amount(amount), **changes)).status == 200


def of_amount(amount: int) -> dict[str, int]:
    """What an invoice says of its amount."""
    return {"total": amount, "total_excluding_tax": amount, "amount_paid": amount, "amount_due": amount}
