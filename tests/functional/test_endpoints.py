"""Events out: each change is told, signed, in the end delivered; a slow or dead endpoint holds up no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.store.table import Table
from laurel.workflows.events.sending import Result
from tests.functional.kit.connected import Connected
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed
from tests.functional.kit.receiver import EventsQueue, Receiver
from tests.functional.kit.shop import Shop
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import drain, event, everything, run
from tests.functional.kit.world import World
from tests.kit.shops import woocommerce
from tests.kit.shops.server import FakeShop, opened

ORDER = {"order_id": "1001", "amount": 10_000, "currency": "EUR", "type": "sale", "promo_code": "ADA10"}


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def page(receiver: Receiver) -> Iterator[FakeShop]:
    with opened(receiver) as server:
        yield server


class Here:
    """A program with one endpoint, which gets everything."""

    def __init__(self, api: Gateway, queue: EventsQueue, receiver: Receiver, url: str) -> None:
        self.api, self.queue, self.receiver = api, queue, receiver
        made = api.post("/v1/webhook-endpoints", {"url": url})
        assert (made.status, made.body["status"], made.body["types"]) == (201, "active", ["*"])
        receiver.secrets = [made.body["secret"]]
        self.path = f"/v1/webhook-endpoints/{made.body['endpoint_id']}"

    def log(self, outcome: str = "") -> list[dict[str, Any]]:
        return list(self.api.get(f"{self.path}/deliveries{outcome and f'?outcome={outcome}'}").body["items"])


@pytest.fixture
def here(api: Gateway, events_queue: EventsQueue, receiver: Receiver, page: FakeShop) -> Here:
    return Here(api, events_queue, receiver, page.url)


def feed(api: Gateway, after: str = "", limit: int = 100) -> Any:
    return api.get(f"/v1/events?limit={limit}" + (after and f"&after={after}")).body


def test_a_sale_is_told_as_a_conversion_and_a_commission_signed_as_standard_webhooks(
    here: Here, storefront: Gateway, table: Table
):
    made = storefront.post("/v1/conversions", ORDER).body
    drain(table)
    here.queue.work()
    assert here.receiver.types() == ["conversion.recorded", "commission.made"]
    conversion, commission = here.receiver.got
    assert here.receiver.verified == 2
    assert conversion["subject"] == f"conversion:{made['conversion_id']}"
    assert (conversion["data"]["order_id"], conversion["data"]["commission"]) == ("1001", 1000)
    assert (commission["data"]["amount"], commission["sequence"]) == (1000, 1)
    assert [(entry["outcome"], entry["status"], entry["attempt"]) for entry in here.log()] == 2 * [
        ("delivered", 200, 1)
    ]


def test_an_order_that_nobody_won_is_told_and_told_again_when_somebody_does(
    here: Here, storefront: Gateway, api: Gateway, table: Table, world: World
):
    made = storefront.post("/v1/conversions", {**ORDER, "promo_code": "NOBODY"}).body
    here.queue.work()
    assert here.receiver.types() == ["conversion.recorded"]
    api.patch(f"/v1/conversions/{made['conversion_id']}", {"amount": 5_000})
    here.queue.work()
    assert here.receiver.got.pop()["data"]["amount"] == 5_000
    where = {"member_id": world.ada, "offer_id": world.codes_offer}
    assert api.post(f"/v1/conversions/{made['conversion_id']}/attribute", where).status == 200
    drain(table)
    here.queue.work()
    assert here.receiver.types()[1:] == ["conversion.changed", "commission.made"]
    assert here.receiver.got[0]["sequence"] < here.receiver.got[1]["sequence"]


def test_a_refund_tells_what_changed_and_a_rule_that_fires_its_bonus(here: Here, storefront: Gateway, table: Table):
    storefront.post("/v1/conversions", {**ORDER, "amount": 300_000})
    drain(table)
    refund = {"order_id": "1001", "refund_id": "r1", "amount": 100_000, "reason": "refund"}
    assert storefront.post("/v1/refunds", refund).status == 201
    drain(table)
    here.queue.work()
    types = here.receiver.types()
    assert {"rule.fired", "commission.made", "conversion.recorded", "conversion.changed"} <= set(types)
    changed = next(event for event in here.receiver.got if event["type"] == "conversion.changed")
    assert {"field": "commission", "before": 30_000, "after": 20_000} in changed["changes"]


def test_members_and_enrollments_are_told_with_their_changes(here: Here, api: Gateway, world: World):
    joined = api.post("/v1/members", {"email": "cleo@example.com"}).body["member_id"]
    api.patch(f"/v1/members/{joined}", {"first_name": "Cleo"})
    api.patch(f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}", {"active": False})
    here.queue.work()
    assert here.receiver.types() == ["member.joined", "member.changed", "enrollment.changed"]
    first_name = {"field": "first_name", "before": "", "after": "Cleo"}
    assert here.receiver.got[1]["changes"][0]["field"] == first_name["field"]
    assert here.receiver.got[2]["subject"] == f"enrollment:{world.codes_offer}/{world.ada}"


def test_bulk_edits_speak_too(here: Here, api: Gateway, world: World):
    edit = {"member_ids": [world.ada, world.ben], "enroll": True, "set": {"payout_option_id": world.options[1]}}
    assert api.post(f"/v1/offers/{world.codes_offer}/enrollments/bulk", edit).status == 200
    here.queue.work()
    assert here.receiver.types() == 2 * ["enrollment.changed"]


def test_an_edit_that_is_refused_tells_nothing(here: Here, api: Gateway, world: World):
    assert api.patch(f"/v1/members/{world.ada}", {"email": "ben@example.com"}).status == 409
    here.queue.work()
    assert here.receiver.got == []


def test_a_program_without_an_endpoint_keeps_no_events(api: Gateway, storefront: Gateway, table: Table):
    storefront.post("/v1/conversions", ORDER)
    drain(table)
    assert [item for item in everything(table) if item["kind"] == "events"] == []


def test_the_feed_has_everything_oldest_first_and_goes_on_where_it_stopped(
    api: Gateway, storefront: Gateway, table: Table
):
    assert feed(api)["items"] == []  # from now on the program keeps its events
    for number in range(3):
        storefront.post("/v1/conversions", {**ORDER, "order_id": f"o{number}"})
        drain(table)
    all_at_once = feed(api)
    one_by_one, cursor = [], feed(api, limit=1)["next_cursor"]
    one_by_one += feed(api, limit=1)["items"]
    while (page := feed(api, cursor, limit=1))["items"]:
        one_by_one += page["items"]
        cursor = page["next_cursor"]
    assert one_by_one == all_at_once["items"]
    assert [event["type"] for event in one_by_one] == 3 * ["conversion.recorded", "commission.made"]
    assert feed(api, all_at_once["next_cursor"])["items"] == []
    only = api.get("/v1/events?types=commission.made").body["items"]
    assert {event["type"] for event in only} == {"commission.made"}


def test_what_failed_is_tried_again_until_it_arrives(here: Here, api: Gateway):
    here.receiver.answers = [500, 302]
    api.post("/v1/members", {"email": "cleo@example.com"})
    here.queue.work()
    for wait in (timedelta(minutes=1), timedelta(minutes=5)):
        here.queue.later += wait
        here.queue.tick()
        here.queue.drain()
    assert here.receiver.types() == ["member.joined"]
    assert [(e["attempt"], e["status"], e["outcome"]) for e in here.log()] == [
        (3, 200, "delivered"),
        (2, 302, "failed"),
        (1, 500, "failed"),
    ]


def test_an_event_that_one_endpoint_refuses_holds_up_no_other(here: Here, api: Gateway):
    here.receiver.answers = [500]
    for name in ("cleo", "dora"):
        api.post("/v1/members", {"email": f"{name}@example.com"})
    here.queue.work()
    assert [event["data"]["email"] for event in here.receiver.got] == ["dora@example.com"]


def test_what_the_stream_lost_is_found_by_tick(here: Here, api: Gateway):
    api.post("/v1/members", {"email": "cleo@example.com"})  # and nobody hears of it
    here.queue.later = timedelta(minutes=2)
    here.queue.tick()
    here.queue.drain()
    assert here.receiver.types() == ["member.joined"]
    here.queue.tick()
    assert here.queue.drain() == []


def test_an_endpoint_that_is_dead_for_three_days_is_paused_and_its_owner_told(
    here: Here, api: Gateway, page: FakeShop, table: Table
):
    page.lets_in = False
    api.post("/v1/members", {"email": "cleo@example.com"})
    here.queue.work()
    for _ in range(20):
        here.queue.later += timedelta(hours=12)
        here.queue.tick()
        here.queue.drain()
    endpoint = api.get(here.path).body
    assert (endpoint["status"], endpoint["reason"], endpoint["enabled"]) == ("paused", "no_answer", False)
    (mail,) = (item for item in everything(table) if item["kind"] == "confirmation")
    assert mail["message"]["kind"] == "endpoint_paused"
    page.lets_in = True
    assert api.patch(here.path, {"enabled": True}).body["status"] == "active"
    here.queue.tick()
    here.queue.drain()
    assert here.receiver.types() == ["member.joined"]


def test_for_a_day_after_a_rotation_both_secrets_verify(here: Here, api: Gateway):
    rotated = api.post(f"{here.path}/rotate")
    assert rotated.status == 200
    here.receiver.secrets.append(rotated.body["secret"])
    assert api.post(f"{here.path}/test").status == 202
    here.queue.drain()
    assert here.receiver.types() == ["test"]
    here.queue.later = timedelta(hours=25)
    api.post(f"{here.path}/test")
    here.queue.tick()
    here.queue.drain()
    assert here.receiver.types() == ["test", "test"]
    assert feed(api)["items"] == []


def test_the_same_rotation_again_is_told_as_before_without_the_secret(here: Here, api: Gateway):
    first = api.post(f"{here.path}/rotate", idempotency_key="once")
    again = api.post(f"{here.path}/rotate", idempotency_key="once")
    assert (again.status, again.body) == (200, {**first.body, "secret": None})
    here.receiver.secrets.append(first.body["secret"])
    assert api.post(f"{here.path}/test").status == 202
    here.queue.drain()
    assert here.receiver.types() == ["test"]


def test_a_delivery_can_be_sent_again_and_all_since_an_instant(here: Here, api: Gateway):
    before = datetime.now(UTC).isoformat()
    api.post("/v1/members", {"email": "cleo@example.com"})
    here.queue.work()
    (delivery,) = here.log()
    assert api.post(f"{here.path}/deliveries/{delivery['delivery_id']}/redeliver").status == 202
    here.queue.drain()
    assert api.post(f"{here.path}/replay", {"since": before}).status == 202
    here.queue.drain()
    assert here.receiver.types() == 3 * ["member.joined"]
    assert len({event["id"] for event in here.receiver.got}) == 1


def test_a_paused_endpoint_gets_nothing_until_it_goes_on_where_it_stopped(here: Here, api: Gateway):
    assert api.patch(here.path, {"enabled": False}).body["status"] == "paused"
    api.post("/v1/members", {"email": "cleo@example.com"})
    assert here.queue.work() == []
    assert api.post(f"{here.path}/test").code == "endpoint_paused"
    api.patch(here.path, {"enabled": True})
    here.queue.later = timedelta(minutes=2)
    here.queue.tick()
    here.queue.drain()
    assert here.receiver.types() == ["member.joined"]


def test_an_endpoint_gets_only_the_types_that_it_asked_for(here: Here, api: Gateway, world: World):
    assert api.patch(here.path, {"types": ["enrollment.changed"]}).status == 200
    api.post("/v1/members", {"email": "cleo@example.com"})
    api.patch(f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}", {"active": False})
    here.queue.work()
    assert here.receiver.types() == ["enrollment.changed"]


def test_a_run_that_dies_loses_nothing(here: Here, api: Gateway, table: Table, monkeypatch: pytest.MonkeyPatch):
    api.post("/v1/members", {"email": "cleo@example.com"})
    table_write, calls = Table.write, [0]

    def dying(self: Table, op: Any) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise RuntimeError("killed")
        table_write(self, op)

    with monkeypatch.context() as patch:
        patch.setattr(Table, "write", dying)
        with pytest.raises(RuntimeError):
            here.queue.work()
    here.queue.later = timedelta(minutes=5)
    here.queue.tick()
    assert here.queue.drain() == [Result.DONE]
    assert set(here.receiver.types()) == {"member.joined"}


def test_nothing_is_told_of_a_member_who_was_erased(here: Here, api: Gateway):
    joined = api.post("/v1/members", {"email": "cleo@example.com"}).body["member_id"]
    assert api.post(f"/v1/members/{joined}/erase?confirm=true").status in {200, 202}
    here.queue.work()
    assert "cleo" not in str(here.receiver.got)
    assert "cleo" not in str(feed(api))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://10.0.0.1/",
        "https://192.168.1.1:8443/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://2130706433/",
    ],
)
def test_an_address_of_no_public_network_is_refused_when_it_is_saved(here: Here, api: Gateway, url: str):
    answer = api.post("/v1/webhook-endpoints", {"url": url})
    assert (answer.status, answer.pointers) == (422, ["/url"])


def test_wrong_requests_are_refused_and_change_nothing(here: Here, api: Gateway):
    assert api.post("/v1/webhook-endpoints", {"url": "https://a.example.com", "types": ["order.made"]}).status == 422
    assert api.post("/v1/webhook-endpoints", {"url": "https://a.example.com", "types": []}).status == 422
    assert api.get("/v1/events?after=x").code == "invalid_cursor"
    assert api.get("/v1/events?types=order.made").code == "unknown_event_type"
    other = here.path[:-5] + "00000"
    assert {api.get(other).code, api.patch(other, {}).code, api.post(f"{other}/test").code} == {"endpoint_not_found"}
    gone = f"{here.path}/deliveries/dlv_{'0' * 26}/redeliver"
    assert api.post(gone).code == "delivery_not_found"


def test_a_deleted_endpoint_gets_nothing_more(here: Here, api: Gateway):
    assert api.delete(here.path).status == 204
    api.post("/v1/members", {"email": "cleo@example.com"})
    assert here.queue.work() == []
    assert api.get(here.path).status == 404


def test_the_secret_is_shown_once(api: Gateway, events_queue: EventsQueue, table: Table):
    body = {"url": "https://hooks.example.com/"}
    first = api.post("/v1/webhook-endpoints", body, Idempotency_Key="k1").body
    again = api.post("/v1/webhook-endpoints", body, Idempotency_Key="k1").body
    assert first["endpoint_id"] == again["endpoint_id"]
    assert first["secret"].startswith("whsec_")
    assert again["secret"] is None
    assert first["secret"] not in str(everything(table))
    assert "secret" not in api.get(f"/v1/webhook-endpoints/{first['endpoint_id']}").body


def test_a_payout_is_told_from_draft_to_a_line_that_failed(
    here: Here, api: Gateway, table: Table, storefront: Gateway, world: World, jobs_queue: JobsQueue
):
    storefront.post("/v1/conversions", ORDER)
    drain(table)
    path = confirmed(api, jobs_queue)
    assert api.post(f"{path}/lines/{world.ada}/fail", {"reason": "closed"}).status == 200
    here.queue.work()
    told = {event["type"]: event for event in here.receiver.got}
    assert {"payout.drafted", "payout.confirmed", "payout.line_failed", "commission.paid"} <= set(told)
    assert (told["payout.drafted"]["data"]["total"], told["payout.drafted"]["data"]["status"]) == (1_000, "draft")
    assert told["payout.confirmed"]["sequence"] > told["payout.drafted"]["sequence"]
    assert told["commission.paid"]["data"]["payout"] == "paid"
    assert told["payout.line_failed"]["data"]["reason"] == "closed"


def test_a_code_is_told_once_it_is_live_in_its_shop(
    here: Here, api: Gateway, table: Table, world: World, shops_queue: ShopsQueue
):
    with opened(woocommerce.WooCommerce()) as shop:
        connected = Connected(api, world, shops_queue, table, "woocommerce", shop)
        connected.connect()
        api.patch(connected.ada, {"active": False})
        connected.work()
    here.queue.work()
    told = [event for event in here.receiver.got if event["type"].startswith("code.")]
    assert [(event["type"], event["data"]["code"]) for event in told] == [
        ("code.live", "ADA10"),
        ("code.ended", "ADA10"),
    ]
    assert told[0]["data"]["member_id"] == world.ada


def test_a_delivery_of_a_shop_that_was_refused_is_told(here: Here, shop: Shop):
    assert shop.woocommerce("order.updated", "{").status == 200
    here.queue.work()
    (refused,) = here.receiver.got
    assert (refused["type"], refused["data"]["reason"]) == ("delivery.refused", "malformed_json")


def test_a_marker_that_is_deleted_and_made_again_is_told_in_its_order(here: Here, storefront: Gateway, table: Table):
    storefront.post("/v1/conversions", {**ORDER, "amount": 300_000})
    drain(table)
    (marker,) = here.api.get("/v1/commissions?type=extra_bonus").body["items"]
    assert here.api.delete(f"/v1/commissions/{marker['commission_id']}?confirm=true").status == 204
    storefront.post("/v1/conversions", {**ORDER, "order_id": "1002"})
    drain(table)
    here.queue.work()
    about = [each for each in here.receiver.got if each["subject"] == f"commission:{marker['commission_id']}"]
    assert [each["type"] for each in about] == ["commission.made", "commission.changed", "commission.made"]
    numbers = [each["sequence"] for each in about]
    assert numbers == sorted(set(numbers))
    assert len({each["id"] for each in about}) == 3


def test_a_message_about_nothing_is_done(events_queue: EventsQueue):
    assert run("events", event("events", "send")) == {"batchItemFailures": []}
