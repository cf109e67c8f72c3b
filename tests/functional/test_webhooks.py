"""Webhooks: who is believed, and what becomes of what they say."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laurel import clock, vault
from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.store.values import Item
from tests.functional.kit.gateway import Answer
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.kit.shop_bodies import (
    SECRET,
    as_sent,
    shopify_order,
    shopify_refund,
    signed,
    stripe_charge,
    stripe_event,
    stripe_invoice,
    stripe_session,
    woocommerce_order,
)

ORDERS: dict[str, tuple[str, Any]] = {
    "shopify": ("orders/create", shopify_order()),
    "woocommerce": ("order.created", woocommerce_order()),
    "stripe": ("", stripe_event("checkout.session.completed", stripe_session())),
}
TOPICS = {
    "shopify": ("orders/create", "orders/paid", "orders/cancelled", "refunds/create"),
    "woocommerce": ("order.created", "order.updated"),
    "stripe": ("",),
}
STRIPES = (
    "checkout.session.completed",
    "invoice.paid",
    "invoice_payment.paid",
    "charge.refunded",
    "charge.dispute.created",
)


@pytest.mark.parametrize(
    ("platform", "order_id"), [("shopify", "5930000000001"), ("woocommerce", "4711"), ("stripe", "cs_live_a1")]
)
def test_an_order_earns_its_member_a_commission_that_is_counted(
    shop: Shop, world: World, items: Table, platform: str, order_id: str
):
    assert shop.send(platform, *ORDERS[platform]).status == 200
    drain(items)
    told = shop.conversion(platform, order_id)
    assert (told["member_id"], told["amount"], told["commission"], told["status"]) == (
        world.ada,
        15040,
        1504,
        "approved",
    )
    summary = shop.api.get(
        f"/v1/reports/summary?group_by=member&offer_id={world.codes_offer}&from=2026-11-01&to=2026-11-30"
    )
    assert summary.body["totals"]["sales"] == 15040


# -- who is believed ---------------------------------------------------------------------------------------------------


def refused(shop: Shop, items: Table, platform: str, **changes: Any) -> Answer:
    before = everything(items)
    answer = shop.send(platform, *ORDERS[platform], **changes)
    assert everything(items) == before
    return answer


def test_who_does_not_have_the_secret_is_not_believed_and_nothing_is_stored(shop: Shop, items: Table):
    for platform in ORDERS:
        answer = refused(shop, items, platform, secret="a guess")
        assert (answer.status, answer.code) == (401, "invalid_signature")


def test_a_missing_or_broken_signature_is_refused(shop: Shop, items: Table):
    names = ("x-shopify-hmac-sha256", "x-wc-webhook-signature", "stripe-signature")
    for platform, said in product(ORDERS, ("", "nonsense", "t=1,v1=", "é🎉")):
        assert refused(shop, items, platform, headers=dict.fromkeys(names, said)).status == 401


def test_a_body_that_was_changed_on_its_way_is_refused(shop: Shop, items: Table):
    for platform, (topic, body) in ORDERS.items():
        headers = dict(signed(platform, topic, as_sent(body) + " ", clock.now()))
        assert refused(shop, items, platform, headers=headers).status == 401


def test_a_delivery_of_stripe_that_was_recorded_and_sent_again_later_is_refused(shop: Shop, items: Table):
    assert refused(shop, items, "stripe", at=clock.now() - timedelta(seconds=310)).status == 401


def test_what_the_gateway_hands_on_in_base64_is_verified_as_it_was_sent(shop: Shop):
    for platform, order in ORDERS.items():
        assert shop.send(platform, *order, as_base64=True).status == 200


def test_a_signed_delivery_at_the_door_of_another_platform_finds_nobody(shop: Shop, items: Table):
    for platform in ORDERS:
        other = Shop(shop.api, shop.world, {platform: shop.ids["api"]})
        answer = refused(other, items, platform)
        assert (answer.status, answer.code) == (404, "storefront_not_found")


def test_a_shop_without_a_secret_believes_nobody(shop: Shop, items: Table):
    shop.api.patch(f"/v1/storefronts/{shop.ids['shopify']}", {"webhook_secret": None})
    assert refused(shop, items, "shopify", secret="").status == 401


def test_while_a_secret_is_changed_both_are_good_until_the_old_one_is_dropped(shop: Shop):
    path = f"/v1/storefronts/{shop.ids['shopify']}"

    def believed() -> list[bool]:
        return [shop.shopify("other", {}, secret=secret).status == 200 for secret in (SECRET, "second", "third")]

    assert believed() == [True, False, False]
    shop.api.patch(path, {"webhook_secret": "second"})
    assert believed() == [True, True, False]
    assert shop.api.patch(path, {"drop_previous_secret": True}).status == 200
    assert believed() == [False, True, False]
    shop.api.patch(path, {"webhook_secret": "third"})
    assert believed() == [False, True, True]
    shop.api.patch(path, {"webhook_secret": SECRET, "drop_previous_secret": True})
    assert believed() == [True, False, False]


def test_dropping_what_is_not_there_changes_nothing(shop: Shop):
    path = f"/v1/storefronts/{shop.ids['shopify']}"
    assert shop.api.patch(path, {"drop_previous_secret": True}).body["version"] == 1
    assert shop.api.patch(path, {"drop_previous_secret": "yes"}).status == 422
    assert (
        shop.api.post("/v1/storefronts", {"name": "x", "platform": "api", "drop_previous_secret": True}).status == 422
    )


def test_an_opened_secret_is_asked_of_kms_once(shop: Shop):
    asked: list[object] = []
    vault._client().meta.events.register("before-call.kms.Decrypt", lambda **call: asked.append(call))
    assert [shop.shopify("other", {}).status for _ in range(3)] == [200] * 3
    assert len(asked) == 1
    shop.api.patch(f"/v1/storefronts/{shop.ids['shopify']}", {"webhook_secret": "second"})
    assert [shop.shopify("other", {}).status for _ in range(3)] == [200] * 3
    assert len(asked) == 2


def test_a_secret_opens_for_its_own_storefront_only_and_the_shop_sends_again(shop: Shop, items: Table, world: World):
    mine, other = (keys.storefront(world.program.program_id, shop.ids[name]) for name in ("shopify", "api"))
    items.write(Update(mine, {"secrets": items.get(other)["secrets"]}))
    answer = refused(shop, items, "shopify")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


# -- what is said ------------------------------------------------------------------------------------------------------


NO_JSON = ("", "{", "[" * 5000)
ODD_JSON = ('{"id": NaN}', '{"id": 1e999999999999999999999}', '{"id": "\\ud800"}', '{"a":' * 30 + "1" + "}" * 30)
NO_OBJECT = ("[]", '"text"', "null", "1")


def beside_deliveries(items: Table) -> list[Item]:
    """All that is stored but the deliveries themselves."""
    return [item for item in everything(items) if item["kind"] not in {"delivery", "delivery body"}]


def test_what_is_signed_but_no_json_object_is_taken_and_refused(shop: Shop, items: Table):
    before = beside_deliveries(items)
    for platform, (topic, _) in ORDERS.items():
        for body, reason in [(body, "malformed_json") for body in NO_JSON] + [
            (body, "not_an_object") for body in NO_OBJECT
        ]:
            answer = shop.send(platform, topic, body)
            assert (answer.status, answer.body) == (200, {"refused": reason})
    assert beside_deliveries(items) == before


def test_a_refused_delivery_is_heard_and_its_reason_is_in_the_log(
    shop: Shop, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    shop.send("woocommerce", "order.created", woocommerce_order(currency="???"))
    assert '"DeliveriesRefused":[1.0]' in capsys.readouterr().out.replace(" ", "")
    (line,) = (vars(record) for record in caplog.records if record.message == "refused")
    said = (line["storefront_id"], line["order_id"], line["refused"], line["delivery_id"][:4])
    assert said == (shop.ids["woocommerce"], "4711", "unknown_currency", "dlv_")
    shop.send("woocommerce", "order.created", woocommerce_order())
    assert "DeliveriesRefused" not in capsys.readouterr().out


def test_json_that_only_some_languages_write_is_read_and_stores_nothing_without_an_order(shop: Shop, items: Table):
    before = beside_deliveries(items)
    for platform, (topic, _) in ORDERS.items():
        assert [shop.send(platform, topic, body).status for body in ODD_JSON] == [200] * len(ODD_JSON)
    assert beside_deliveries(items) == before


def test_the_greeting_of_woocommerce_stores_nothing(shop: Shop, items: Table):
    before = everything(items)
    unsigned = {"x-wc-webhook-signature": "", "content-type": "application/x-www-form-urlencoded"}
    assert shop.woocommerce("", "webhook_id=12", headers=unsigned).body == {"ignored": "greeting"}
    for body in ("webhook_id=", "webhook_id=1&order=2", "webhook_id=1x", ""):
        assert shop.woocommerce("", body, headers=unsigned).status == 401
    assert shop.shopify("", "webhook_id=12", headers={"x-shopify-hmac-sha256": ""}).status == 401
    assert everything(items) == before


def test_an_order_that_the_api_reported_is_known_and_brought_up_to_date_by_newer_news(shop: Shop, world: World):
    report = {"order_id": "4711", "amount": 9900, "currency": "EUR", "promo_code": "ADA10", "type": "sale"}
    made = shop.api.post("/v1/conversions", {**report, "storefront_id": shop.ids["woocommerce"]})
    assert made.status == 201
    older = woocommerce_order(refunds=[{"id": 1, "total": "-9.00"}])
    newer = {**older, "date_modified_gmt": f"{clock.now() + timedelta(seconds=2):%Y-%m-%dT%H:%M:%S}"}
    for body, figures in ((older, (9900, 0)), (newer, (15040, 728))):
        assert shop.woocommerce("order.updated", body).body == {"order_id": "4711"}
        told = shop.conversion("woocommerce", "4711")
        assert (told["amount"], told["refunded_amount"]) == figures


def test_the_money_that_arrives_approves_an_order_and_is_in_its_history(shop: Shop):
    shop.woocommerce("order.created", woocommerce_order(status="on-hold"))
    told = shop.conversion("woocommerce", "4711")
    assert told["status"] == "pending"
    shop.woocommerce("order.updated", woocommerce_order(status="processing"))
    shop.woocommerce("order.updated", woocommerce_order(status="completed"))
    (line,) = shop.api.get(f"/v1/conversions/{told['conversion_id']}/history").body["items"]
    assert (line["actor"], line["action"]) == ("system", "payment_received")
    assert {"field": "status", "before": "pending", "after": "approved"} in line["changes"]


def test_the_money_of_an_order_that_nobody_won_is_noted_too(shop: Shop):
    for status in ("on-hold", "processing"):
        assert shop.woocommerce("order.updated", woocommerce_order(status=status, coupon_lines=[])).status == 200
    assert shop.conversion("woocommerce", "4711")["status"] is None


def test_an_invoice_knows_less_than_its_checkout_which_brings_the_member(shop: Shop, world: World):
    shop.stripe("invoice.paid", stripe_invoice())
    assert shop.conversion("stripe", "in_1")["member_id"] is None
    shop.stripe("checkout.session.completed", stripe_session(invoice="in_1", payment_intent=None))
    told = shop.conversion("stripe", "in_1")
    assert (told["member_id"], told["commission"], told["attribution"]["promo_code"]) == (world.ada, 1504, "ADA10")


def test_a_click_brings_the_member(shop: Shop, world: World):
    click = shop.api.post("/v1/clicks", {"slug": world.slug, "visitor_id": "v"}, key=world.reporter).body["click_id"]
    now = clock.now().isoformat()
    shop.stripe(
        "checkout.session.completed",
        stripe_session(metadata={}, client_reference_id=click, created=int(clock.now().timestamp())),
    )
    shop.shopify(
        "orders/create", shopify_order(discount_codes=[], landing_site=f"/?laurel_click={click}", created_at=now)
    )
    for platform, order_id in (("stripe", "cs_live_a1"), ("shopify", "5930000000001")):
        told = shop.conversion(platform, order_id)
        assert (told["member_id"], told["attribution"]["by"], told["offer_id"]) == (
            world.ada,
            "click",
            world.links_offer,
        )


def test_what_waits_for_its_order_is_listed_and_joined(shop: Shop):
    shop.shopify("refunds/create", shopify_refund())
    (waiting,) = shop.api.get("/v1/refunds?parked=true").body["items"]
    assert (waiting["refund_id"], waiting["amount"]) == ("880000000001", 6040)
    shop.shopify("orders/create", shopify_order())
    assert shop.conversion("shopify", "5930000000001")["refunded_amount"] == 6040
    assert shop.api.get("/v1/refunds?parked=true").body["items"] == []


def test_a_chargeback_declines_what_it_takes_back_as_a_whole(shop: Shop):
    shop.stripe("charge.dispute.created", {"id": "dp_1", "amount": 18598, "currency": "eur", "payment_intent": "pi_1"})
    shop.stripe("checkout.session.completed", stripe_session())
    told = shop.conversion("stripe", "cs_live_a1")
    assert (told["status"], told["reason"], told["commission"]) == ("declined", "chargeback", 0)


def test_of_totals_of_stripe_the_share_of_the_goods_is_refunded_once(shop: Shop):
    shop.stripe("checkout.session.completed", stripe_session())
    for total in (3000, 1000, 3000, 4000):
        assert shop.stripe("charge.refunded", stripe_charge(total)).status == 200
    assert shop.conversion("stripe", "cs_live_a1")["refunded_amount"] == 3235  # 4000 * 15040 / 18598


# -- nonsense ----------------------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("platform", ORDERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_nonsense_with_a_good_signature_breaks_anything(shop: Shop, platform: str, data: st.DataObject):
    body = dict(data.draw(st.sampled_from(SAMPLES[platform])))
    for name in data.draw(st.lists(st.sampled_from([*body, "id", "order_id"]), max_size=3)):
        body[name] = data.draw(anything)
    if platform == "stripe":
        body = stripe_event(data.draw(st.sampled_from(STRIPES)), {"id": "x", **body})
    answer = shop.send(platform, data.draw(st.sampled_from(TOPICS[platform])), body)
    assert answer.status == 200, answer  # for anything else the platform drops the webhook


SAMPLES: dict[str, list[Any]] = {
    "shopify": [shopify_order(), shopify_refund(), {}],
    "woocommerce": [woocommerce_order(), woocommerce_order(status="cancelled", refunds=[{"id": 1, "total": "-1"}]), {}],
    "stripe": [stripe_session(), stripe_invoice(), stripe_charge(5), {}],
}
