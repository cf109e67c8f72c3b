"""Codes are true in the shop: made, dated, ended, replaced there; nothing of the merchant's is touched."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.connected import PLATFORMS, Connected
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import event, everything, run
from tests.functional.kit.world import World
from tests.kit.shops import woocommerce
from tests.kit.shops.server import opened


def held_by(here: Connected) -> dict[Any, dict[str, Any]]:
    """All that the shop keeps, live or over."""
    platform = here.shop.platform
    return platform.coupons if isinstance(platform, woocommerce.WooCommerce) else platform.nodes  # type: ignore[no-any-return]


@pytest.fixture(params=list(PLATFORMS))
def unconnected(
    request: pytest.FixtureRequest, api: Gateway, world: World, shops_queue: ShopsQueue, table: Table
) -> Iterator[Connected]:
    with opened(PLATFORMS[request.param][0]()) as shop:
        yield Connected(api, world, shops_queue, table, request.param, shop)


@pytest.fixture
def here(unconnected: Connected) -> Connected:
    unconnected.connect()
    return unconnected


def test_codes_of_before_the_connection_are_made_once_it_is_there(here: Connected):
    assert (here.connection(), here.live(), here.state()) == ("ok", {"ADA10"}, ("live", None))


def test_a_new_code_is_pending_until_the_shop_has_it(here: Connected, world: World):
    bens = f"{here.offer}/enrollments/{world.ben}"
    assert here.api.put(bens, {"promo_code": "BEN10"}).body["shops"][0]["state"] == "pending"
    here.work()
    assert here.live() == {"ADA10", "BEN10"}


def test_a_refreshed_code_replaces_the_old_one_in_the_shop(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    assert (here.live(), here.state()) == ({"ADA11"}, ("live", None))


def test_a_code_taken_back_is_live_again(here: Connected):
    for code in ("ADA11", "ADA10"):
        here.api.post(f"{here.ada}/promo-code", {"promo_code": code})
        here.work()
    assert here.live() == {"ADA10"}


def test_a_deactivated_code_ends_there_and_comes_back_with_it(here: Connected):
    assert here.api.patch(here.ada, {"active": False}).body["shops"][0]["state"] == "ending"
    here.work()
    assert (here.live(), here.state()) == (set(), ("ended", None))
    here.api.patch(here.ada, {"active": True})
    here.work()
    assert (here.live(), here.state()) == ({"ADA10"}, ("live", None))


def test_many_codes_end_with_one_edit(here: Connected, world: World):
    here.api.put(f"{here.offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
    here.work()
    here.api.post(f"{here.offer}/enrollments/bulk", {"filter": {}, "set": {"active": False}})
    here.work()
    assert here.live() == set()


def test_the_shop_knows_the_end_of_a_code_beforehand(here: Connected):
    ends = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    here.api.patch(here.ada, {"active_until": ends.isoformat()})
    here.work()
    held = list(held_by(here).values())[-1]
    told = (
        held.get("date_expires_gmt")
        or held.get("endsAt")
        or datetime.fromtimestamp(held["expires_at"], UTC).isoformat()
    )
    assert (datetime.fromisoformat(told).replace(tzinfo=UTC), here.live()) == (ends, {"ADA10"})


def test_a_paused_offer_has_no_codes_in_the_shop(here: Connected):
    here.api.patch(here.offer, {"status": "paused"})
    here.work()
    assert here.live() == set()
    here.api.patch(here.offer, {"status": "active"})
    here.work()
    assert here.live() == {"ADA10"}


def test_another_discount_reaches_every_code(here: Connected):
    here.api.patch(here.offer, {"discount": {"amount": 550}})
    here.work()
    assert [amount.replace(".", "") for amount in here.shop.platform.live().values()] == ["550"]


def test_a_suspended_member_has_no_code_in_the_shop(here: Connected, world: World):
    here.api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    here.work()
    assert here.live() == set()


def test_a_move_to_another_payout_option_tells_the_shop_nothing(here: Connected, world: World):
    before = len(here.shop.calls)
    here.api.patch(here.ada, {"payout_option_id": world.options[1]})
    here.work()
    assert len(here.shop.calls) == before


def test_the_merchants_own_discount_of_that_name_is_never_touched(unconnected: Connected):
    theirs = unconnected.shop.platform.add("ADA10")
    unconnected.connect()
    assert unconnected.state() == ("conflict", "taken")
    unconnected.api.patch(unconnected.ada, {"active": False})
    unconnected.work()
    assert (set(held_by(unconnected)), unconnected.live()) == ({theirs}, {"ADA10"})


@pytest.mark.parametrize("fault", ["down", "lost"])
@pytest.mark.parametrize("at", range(4))
def test_whichever_call_fails_there_is_one_code_in_the_end(here: Connected, fault: Any, at: int):
    here.shop.faults = [None] * at + [fault]
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    here.queue.pass_time(here.table)
    here.work()
    assert (here.live(), here.state()[0]) == ({"ADA11"}, "live")


def test_a_code_whose_making_was_lost_is_ended_if_it_is_replaced_meanwhile(here: Connected):
    here.shop.faults = [None] * 3 + ["lost"] * 2
    for code in ("ADA11", "ADA12"):
        here.api.post(f"{here.ada}/promo-code", {"promo_code": code})
        here.work()
    here.shop.faults = []
    here.queue.pass_time(here.table)
    here.work()
    assert here.live() == {"ADA12"}


def test_a_throttle_is_waited_for(here: Connected, pauses: list[float]):
    here.shop.faults = ["throttled"]
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    assert here.state() == ("pending", "shop_busy")
    here.queue.pass_time(here.table)
    here.work()
    assert here.live() == {"ADA11"}


def test_revoked_credentials_hold_up_the_work_and_lose_none_of_it(here: Connected, capsys: pytest.CaptureFixture[str]):
    here.shop.lets_in = False
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    assert (here.connection(), here.state()) == ("failed", ("pending", None))
    assert '"ShopsLockedOut":[1.0]' in capsys.readouterr().out
    here.shop.lets_in = True
    here.api.patch(here.storefront, {"connection": here.credentials})
    here.work()
    assert (here.connection(), here.live(), here.state()) == ("ok", {"ADA11"}, ("live", None))


def test_what_was_changed_or_deleted_in_the_shop_is_put_right_and_told(here: Connected):
    held = held_by(here)
    held.clear()
    job = here.api.post(f"{here.storefront}/sync")
    assert job.status == 202
    here.work()
    assert here.api.get(f"/v1/jobs/{job.body['job_id']}").body["status"] == "done"
    assert (here.live(), here.state()) == ({"ADA10"}, ("live", "deleted_in_shop"))
    (listed,) = here.api.get(f"{here.storefront}/codes?state=live").body["items"]
    assert (listed["code"], listed["reason"]) == ("ADA10", "deleted_in_shop")
    (code,) = held
    held[code] |= {"amount": "90.00", "percentage": 0.9, "active": False}
    here.api.post(f"{here.storefront}/sync")
    here.work()
    assert here.state() == ("live", "changed_in_shop")
    here.api.post(f"{here.storefront}/sync")
    here.work()
    assert here.state() == ("live", "changed_in_shop")  # for whoever looks only now
    assert here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA12"}).status in {200, 201}
    here.work()
    assert here.state() == ("live", None)


def test_a_shop_is_looked_after_by_one_job_however_often_that_is_asked_for(here: Connected):
    asked = {here.api.post(f"{here.storefront}/sync").body["job_id"] for _ in range(3)}
    begun = [item for item in everything(here.table) if item["kind"] == "job" and item["sk"] in asked]
    assert (len(asked), [job["version"] for job in begun]) == (1, [1])
    here.work()
    (job_id,) = asked
    assert here.api.get(f"/v1/jobs/{job_id}").body["status"] == "done"
    assert here.api.post(f"{here.storefront}/sync").body["job_id"] == job_id
    assert here.api.get(f"/v1/jobs/{job_id}").body["status"] == "running"


def test_a_disconnected_shop_is_told_nothing_more(here: Connected):
    here.api.patch(here.storefront, {"connection": None})
    before = len(here.shop.calls)
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    assert (len(here.shop.calls), here.connection()) == (before, "none")
    assert here.api.post(f"{here.storefront}/sync").code == "not_connected"


def test_credentials_are_nowhere_to_be_read(here: Connected, caplog: pytest.LogCaptureFixture):
    secrets = [value for name, value in here.credentials.items() if name not in {"url", "shop", "base_url"}]
    told = [str(here.api.get(here.storefront).body), str(everything(here.table)), caplog.text]
    assert not [secret for secret in secrets for text in told if f"'{secret}'" in text]


def test_wrong_credentials_are_taken_and_shown_as_failed(unconnected: Connected):
    unconnected.shop.lets_in = False
    unconnected.connect()
    assert (unconnected.connection(), unconnected.live()) == ("failed", set())


@pytest.mark.parametrize(
    ("platform", "connection", "code"),
    [
        ("api", {"api_key": "sk"}, "connection_not_possible"),
        ("stripe", {"shop": "a.myshopify.com", "access_token": "x"}, "connection_of_another_platform"),
        ("shopify", {"shop": "evil.example", "access_token": "x"}, "invalid_request"),
        ("woocommerce", {"url": "http://a.example", "consumer_key": "x", "consumer_secret": "y"}, "invalid_request"),
        ("stripe", {"api_key": "sk", "base_url": "http://127.0.0.1:1"}, "base_url_not_allowed"),
    ],
)
def test_a_connection_that_cannot_be_is_refused(
    api: Gateway, secrets_key: str, platform: str, connection: dict[str, str], code: str
):
    shop = api.post("/v1/storefronts", {"name": "Shop", "platform": platform}).body["storefront_id"]
    answer = api.patch(f"/v1/storefronts/{shop}", {"connection": connection})
    assert (answer.status, answer.code) == (422, code)


def test_a_code_that_a_connected_platform_cannot_have_is_refused_when_it_is_chosen(
    api: Gateway, world: World, secrets_key: str
):
    new = {"name": "Shop", "platform": "stripe", "connection": {"api_key": "sk_1"}}
    assert api.post("/v1/storefronts", new).status == 201
    ada = f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}"
    answer = api.post(f"{ada}/promo-code", {"promo_code": "ADA_11"})
    assert (answer.status, answer.code, answer.pointers) == (422, "promo_code_not_for_shop", ["/promo_code"])


def test_a_message_about_nothing_is_done(deployed: None, table: Table):
    assert run("shops", event("shops", "tell")) == {"batchItemFailures": []}


def history(here: Connected, world: World) -> list[str]:
    """What became of Ada's code in the shop, newest first."""
    lines = here.api.get(f"{here.offer}/history?member_id={world.ada}&limit=100").body["items"]
    return [line["action"] for line in lines if line["action"].startswith("code_")]


def test_the_history_of_the_offer_tells_what_became_of_a_code_in_the_shop(here: Connected, world: World):
    here.api.patch(here.ada, {"active": False})
    here.work()
    here.api.patch(here.ada, {"active": True})
    here.work()
    held_by(here).clear()
    for _ in range(3):  # the second finds what was healed, the third nothing
        here.api.post(f"{here.storefront}/sync")
        here.work()
    assert history(here, world) == ["code_live", "code_live", "code_ended", "code_live"]
    newest = here.api.get(f"{here.offer}/history?member_id={world.ada}").body["items"][0]
    (change,) = newest["changes"]
    where = here.storefront.rpartition("/")[2]
    assert (newest["actor"], change["field"], change["after"]) == ("system", f"shops.{where}.reason", "deleted_in_shop")


def test_a_conflict_is_in_the_history(unconnected: Connected, world: World):
    unconnected.shop.platform.add("ADA10")
    unconnected.connect()
    assert history(unconnected, world) == ["code_conflict"]


def test_bulk_edits_find_codes_by_what_the_shop_has_of_them(unconnected: Connected, world: World):
    unconnected.shop.platform.add("BEN10")
    unconnected.api.put(f"{unconnected.offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
    unconnected.connect()

    def matching(state: str) -> list[str]:
        edit = {"filter": {"code_state": state}, "set": {"fixed": False}}
        answer = unconnected.api.post(f"{unconnected.offer}/enrollments/bulk", edit)
        assert answer.status == 200
        return [result["member_id"] for result in answer.body["results"]]

    states = ("live", "conflict", "pending", "ended", "active")
    assert [len(matching(state)) for state in states] == [1, 1, 0, 0, 2]
    assert (matching("live"), matching("conflict")) == ([world.ada], [world.ben])


def test_another_discount_is_no_drift(here: Connected, world: World):
    here.api.patch(here.offer, {"discount": {"percent": "25"}})
    here.work()
    assert here.state() == ("live", None)


def test_codes_of_an_earlier_connection_are_adopted_by_their_mark(here: Connected):
    before = set(held_by(here))
    here.api.patch(here.storefront, {"connection": None})
    here.connect()
    assert (set(held_by(here)), here.live(), here.state()) == (before, {"ADA10"}, ("live", None))
