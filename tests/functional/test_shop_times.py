"""Codes and connections as time passes: nobody edits, and yet the shop is told."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from laurel import clock
from laurel.domain.shops.connections import Connection
from laurel.store import items
from laurel.store.table import Table
from laurel.workflows.shops import telling
from laurel.workflows.shops.telling import Result
from tests.functional.kit.connected import Connected
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World
from tests.functional.test_shop_races import code_of, now, stored, take
from tests.kit.shops import shopify, woocommerce
from tests.kit.shops.server import opened

HOUR = timedelta(hours=1)


@pytest.fixture
def here(api: Gateway, world: World, shops_queue: ShopsQueue, table: Table) -> Iterator[Connected]:
    with opened(woocommerce.WooCommerce()) as shop:
        connected = Connected(api, world, shops_queue, table, "woocommerce", shop)
        connected.connect()
        yield connected


def test_a_code_that_begins_later_is_made_when_its_time_comes(here: Connected):
    here.api.patch(here.ada, {"active_from": (now() + HOUR).isoformat()})
    here.work()
    assert (here.live(), here.state()) == (set(), ("pending", None))
    assert take(here, "shop code") == Result.NOT_OURS
    assert take(here, "shop code", after=2 * HOUR) == Result.DONE
    assert (here.live(), here.state()) == ({"ADA10"}, ("live", None))


@pytest.fixture
def at_shopify(api: Gateway, world: World, shops_queue: ShopsQueue, table: Table) -> Iterator[Connected]:
    with opened(shopify.Shopify()) as shop:
        connected = Connected(api, world, shops_queue, table, "shopify", shop)
        connected.connect()
        yield connected


def test_a_live_code_whose_start_moves_into_the_future_gives_nothing_until_then(at_shopify: Connected):
    at_shopify.api.patch(at_shopify.ada, {"active_from": (now() - HOUR).isoformat()})
    at_shopify.work()
    assert at_shopify.live() == {"ADA10"}
    at_shopify.api.patch(at_shopify.ada, {"active_from": (now() + HOUR).isoformat()})
    at_shopify.work()
    assert at_shopify.live() == set()
    at_shopify.api.patch(at_shopify.ada, {"active_from": (now() - HOUR).isoformat()})
    at_shopify.work()
    assert at_shopify.live() == {"ADA10"}


def test_a_code_is_ended_when_its_last_day_is_over(here: Connected):
    here.api.patch(here.ada, {"active_until": (now() + HOUR).isoformat()})
    here.work()
    assert (here.live(), here.state()) == ({"ADA10"}, ("live", None))
    assert take(here, "shop code", after=2 * HOUR) == Result.DONE
    assert (here.state(), code_of(here).status) == (("ended", None), "idle")


def test_a_code_of_an_offer_that_ends_is_ended_with_it(here: Connected):
    here.api.patch(here.offer, {"active_until": (now() + HOUR).isoformat()})
    here.work()
    assert take(here, "shop code", after=2 * HOUR) == Result.DONE
    assert here.state() == ("ended", None)


def test_a_shop_that_lets_laurel_in_again_is_told_what_waited_without_an_edit(here: Connected):
    here.shop.lets_in = False
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    assert (here.connection(), code_of(here).status) == ("failed", "waiting")
    here.shop.lets_in = True
    assert take(here, "connection") == Result.NOT_OURS
    assert take(here, "connection", after=HOUR) == Result.DONE
    here.work()
    assert (here.connection(), here.live(), here.state()) == ("ok", {"ADA11"}, ("live", None))


def test_operators_are_told_once_that_a_shop_lets_nobody_in_any_more(here: Connected):
    here.shop.lets_in = False
    results = [take(here, "connection", after=timedelta(days=1, hours=hours)) for hours in range(0, 6, 2)]
    assert results == [Result.LOCKED_OUT, Result.WAITS, Result.WAITS]


def test_a_working_connection_has_all_its_codes_compared_a_day_later(here: Connected):
    here.shop.platform.coupons.clear()
    assert take(here, "connection", after=24 * HOUR) == Result.DONE
    here.work()
    assert (here.live(), here.state()) == ({"ADA10"}, ("live", "deleted_in_shop"))


def test_a_shop_that_does_not_answer_is_left_alone_and_holds_up_no_other(here: Connected, world: World):
    here.shop.faults = ["down"] * 10
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    asked = len(here.shop.calls)
    here.api.put(f"{here.offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
    here.work()
    assert (len(here.shop.calls), here.state()) == (asked, ("pending", "shop_unreachable"))
    here.shop.faults = []
    here.queue.pass_time(here.table)
    here.work()
    assert here.live() == {"ADA11", "BEN10"}


def test_a_shop_that_answers_slowly_is_told_and_then_left_alone_like_one_that_is_silent(
    here: Connected, world: World, monkeypatch: pytest.MonkeyPatch
):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    with monkeypatch.context() as slowly:
        slowly.setattr(clock, "seconds", lambda budget: lambda: budget > telling.LONGEST_TALK)
        here.work()
    assert here.live() == {"ADA11"}
    asked = len(here.shop.calls)
    here.api.put(f"{here.offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
    here.work()
    assert len(here.shop.calls) == asked
    here.queue.pass_time(here.table)
    here.work()
    assert here.live() == {"ADA11", "BEN10"}
    assert items.parse(Connection, stored(here, "connection")).silences == 0


def test_the_longer_a_shop_is_silent_the_longer_it_is_left_alone():
    start = now()
    connection = Connection.to("sf_" + "0" * 26, "woocommerce", start)
    rests = []
    for _ in range(9):
        connection = connection.unheard(start)
        rests.append(connection.rest(start))
    assert rests[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert rests[-1] == HOUR
    checked = connection.model_copy(update={"attempts": 9}).checked(start, None, "EUR")
    assert (checked.silences, checked.attempts) == (0, 0)
    assert (connection.heard(start).rest(start), connection.rest(start + HOUR)) == (None, None)
