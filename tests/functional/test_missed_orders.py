"""Orders of which no webhook came: the shop is asked for them, and they count as if it had told them."""

from collections.abc import Iterator
from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.connected import PLATFORMS, Connected
from tests.functional.kit.deliveries import calls_of_the_table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import event, run
from tests.functional.kit.watched import Watched
from tests.functional.kit.world import World
from tests.kit.shop_bodies import SECRET
from tests.kit.shops.server import opened

ASKED = {"shopify": "asked:orders/updated", "woocommerce": "asked:order.updated"}


def watched(platform: str, api: Gateway, world: World, shops_queue: ShopsQueue, table: Table) -> Iterator[Watched]:
    with opened(PLATFORMS[platform][0]()) as shop:
        here = Connected(api, world, shops_queue, table, platform, shop)
        assert api.patch(here.storefront, {"webhook_secret": SECRET}).status == 200
        here.connect()
        yield Watched(here, platform)


@pytest.fixture(params=list(PLATFORMS))
def shop(
    request: pytest.FixtureRequest, api: Gateway, world: World, shops_queue: ShopsQueue, table: Table
) -> Iterator[Watched]:
    yield from watched(request.param, api, world, shops_queue, table)


@pytest.fixture
def woocommerce(api: Gateway, world: World, shops_queue: ShopsQueue, table: Table) -> Iterator[Watched]:
    yield from watched("woocommerce", api, world, shops_queue, table)


def test_an_order_whose_webhook_was_lost_is_won_within_the_hour(shop: Watched, world: World):
    shop.sell(1)
    assert shop.members(1) == [None]
    shop.hours()
    assert shop.members(1) == [world.ada]
    (trace,) = shop.traces()
    assert (trace["topic"], trace["outcome"]) == (
        ASKED.get(shop.platform, "asked:checkout.session.completed"),
        "applied",
    )


def test_asking_again_changes_nothing_and_leaves_no_trace(shop: Watched):
    shop.sell(1, 2)
    shop.hours()
    before = [shop.won(number) for number in (1, 2)]
    shop.hours(3)
    assert [shop.won(number) for number in (1, 2)] == before
    assert len(shop.traces()) == 2


def test_what_webhooks_told_is_not_told_again(shop: Watched):
    order = shop.order(1, 0)
    shop.here.shop.platform.sell(order)
    shop.webhook(order)
    before = shop.won(1)
    shop.hours(2)
    assert shop.won(1) == before
    assert [each["topic"].startswith("asked:") for each in shop.traces()] == [False]


def test_a_webhook_that_comes_after_all_changes_nothing(shop: Watched):
    order = shop.order(1, 0)
    shop.here.shop.platform.sell(order)
    shop.hours()
    before = shop.won(1)
    shop.webhook(order)
    assert shop.won(1) == before


def test_orders_of_before_the_connection_are_left_alone(shop: Watched):
    shop.sell(1, minute=-60)
    shop.hours()
    assert shop.members(1) == [None]


def test_a_gap_of_many_orders_is_closed_page_by_page(shop: Watched, world: World):
    numbers = range(1, 48)
    shop.sell(*numbers)
    shop.pass_hour()
    for _ in range(3):
        shop.here.work()
    assert shop.members(*numbers) == [world.ada] * 47


def test_a_shop_that_is_down_for_hours_loses_nothing(shop: Watched, world: World):
    shop.sell(1)
    shop.here.shop.faults = ["down", "throttled", "lost"] * 3
    shop.hours(3)
    shop.sell(2, minute=1)
    shop.here.shop.faults = []
    shop.hours()
    assert shop.members(1, 2) == [world.ada] * 2
    assert shop.here.connection() == "ok"


def test_a_disconnected_shop_is_not_asked_and_goes_on_where_it_was(shop: Watched, world: World):
    shop.here.api.patch(shop.here.storefront, {"connection": None})
    shop.sell(1)
    before = len(shop.here.shop.calls)
    shop.hours()
    assert (len(shop.here.shop.calls), shop.item()["body"]["status"]) == (before, "idle")
    shop.here.connect()
    assert shop.members(1) == [world.ada]


def test_a_revoked_key_waits_until_the_shop_lets_laurel_in_again(shop: Watched, world: World):
    shop.sell(1)
    shop.here.shop.lets_in = False
    shop.hours()
    assert shop.members(1) == [None]
    shop.here.shop.lets_in = True
    shop.here.connect()
    assert shop.members(1) == [world.ada]


def test_sync_asks_now(shop: Watched, world: World):
    shop.sell(1)
    assert shop.here.api.post(f"{shop.here.storefront}/sync").status == 202
    shop.here.work()
    assert shop.members(1) == [world.ada]


def test_the_storefront_tells_when_its_shop_was_asked(shop: Watched):
    shop.hours()
    told = shop.here.api.get(shop.here.storefront).body["orders"]
    assert (told["asked_at"] is not None, told["reason"]) == (True, None)
    shop.here.shop.faults = ["down"] * 3
    shop.hours()
    assert shop.here.api.get(shop.here.storefront).body["orders"]["reason"] == "shop_unreachable"


@pytest.mark.parametrize("after", [False, True], ids=["fails", "loses its answer"])
def test_a_look_that_breaks_off_anywhere_is_made_again(
    woocommerce: Watched, world: World, monkeypatch: pytest.MonkeyPatch, after: bool
):
    broken, number, is_over = 1, 1, False
    while not is_over:
        woocommerce.here.shop.platform.sold.clear()
        woocommerce.sell(number, number + 1)
        woocommerce.pass_hour()
        with calls_of_the_table(monkeypatch, broken, after=after) as made:
            run("shops", {"Records": [{"messageId": "m", "body": body(woocommerce)}]})
        is_over = len(made) < broken
        looked(woocommerce)
        assert woocommerce.members(number, number + 1) == [world.ada] * 2, broken
        assert woocommerce.won(number)["commission"] == 1_504
        broken, number = broken + 1, number + 2
    assert broken > 15


def looked(shop: Watched) -> None:
    """A look to its last page."""
    is_over = False
    while not is_over:
        shop.pass_hour()
        run("shops", {"Records": [{"messageId": "m", "body": body(shop)}]})
        is_over = shop.item()["body"].get("page") is None


def body(shop: Watched) -> str:
    message = shop.message()
    return f'{{"program_id": "{message.program_id}", "pk": "{message.pk}", "sk": "{message.sk}"}}'


def test_an_order_that_cannot_be_counted_is_kept_to_be_mended(woocommerce: Watched, world: World, capsys: Any):
    woocommerce.here.shop.platform.sell(woocommerce.order(1, 0, currency="GBP"))
    woocommerce.hours()
    (trace,) = woocommerce.traces("?outcome=refused")
    assert (trace["reason"], trace["order_id"]) == ("exchange_rate_missing", "1")
    assert '"DeliveriesRefused":[1.0]' in capsys.readouterr().out.replace(" ", "")
    woocommerce.here.api.patch(woocommerce.here.storefront, {"exchange_rates": {"GBP": "1.2"}})
    retried = woocommerce.here.api.post(f"{woocommerce.here.storefront}/deliveries/{trace['delivery_id']}/retry")
    assert retried.body["outcome"] == "applied"
    assert woocommerce.members(1) == [world.ada]


def test_a_trashed_order_of_which_nobody_told_is_worth_nothing(woocommerce: Watched):
    woocommerce.webhook(woocommerce.order(1, 0))
    assert woocommerce.won(1)["commission"] > 0
    woocommerce.here.shop.platform.sell(woocommerce.order(1, 1, status="trash"))
    woocommerce.hours()
    assert (woocommerce.won(1)["commission"], woocommerce.won(1)["state"]) == (0, "cancelled")


def test_a_shop_without_the_right_to_read_orders_keeps_its_codes(shop: Watched):
    real = shop.here.shop.platform.answer

    def answer(method: str, path: str, headers: dict[str, str], sent: bytes) -> tuple[int, bytes]:
        if b"updatedAt" in sent or "/orders" in path or "/events" in path:
            return 403, b"{}"
        return real(method, path, headers, sent)  # type: ignore[no-any-return]

    shop.here.shop.platform.answer = answer
    shop.hours()
    assert shop.here.connection() == "ok"
    assert shop.here.api.get(shop.here.storefront).body["orders"]["reason"] is not None


NONSENSE = (
    b"",
    b"<html>",
    b"[]",
    b"{}",
    b"null",
    b"3",
    b'"x"',
    b'{"data": 3}',
    b'{"data": {"orders": []}}',
    b"[1, null, {}]",
)


def test_nonsense_is_no_answer(shop: Watched, world: World):
    shop.sell(1)
    platform = shop.here.shop.platform
    for nonsense in NONSENSE:
        real, platform.answer = platform.answer, lambda *_, told=nonsense: (200, told)
        shop.pass_hour()
        assert run("shops", {"Records": [{"messageId": "m", "body": body(shop)}]}) == {"batchItemFailures": []}
        platform.answer = real
    shop.hours(2)
    assert shop.members(1) == [world.ada]


def test_the_example_of_a_look(woocommerce: Watched, world: World):
    woocommerce.sell(1)
    woocommerce.pass_hour()
    example = event("shops", "look")
    example["Records"][0]["body"] = body(woocommerce)
    assert run("shops", example) == {"batchItemFailures": []}
    assert woocommerce.members(1) == [world.ada]
