"""Telling a shop while others write the same codes: whoever is overtaken, the shop is told what is wanted."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.connectors import Denied
from laurel.domain.shops.codes import ShopCode, Told
from laurel.domain.shops.connections import Connection
from laurel.queue import ShopMessage
from laurel.store import items, outbox
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import claiming
from laurel.workflows.shops import handing, looking_after, telling
from shops.handler import open_shop
from tests.functional.kit.connected import Connected
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World
from tests.kit.interference import Interfering
from tests.kit.shops import woocommerce
from tests.kit.shops.server import opened


@pytest.fixture
def here(api: Gateway, world: World, shops_queue: ShopsQueue, table: Table) -> Iterator[Connected]:
    with opened(woocommerce.WooCommerce()) as shop:
        connected = Connected(api, world, shops_queue, table, "woocommerce", shop)
        connected.connect()
        yield connected


def now() -> datetime:
    return datetime.now(UTC)


def stored(here: Connected, kind: str) -> Item:
    (found,) = [item for item in everything(here.table) if item["kind"] == kind]
    return found


def code_of(here: Connected) -> ShopCode:
    return items.parse(ShopCode, stored(here, "shop code"))


def handed(here: Connected, kind: str) -> Callable[[], None]:
    """The outbox notes that it handed a message on; the queue forgets it, since somebody has it already."""
    message: Any = outbox.parse(stored(here, kind))

    def hand() -> None:
        handing.hand(here.table, Unheard(), here.world.program.program_id, message, now())  # type: ignore[arg-type]

    return hand


class Unheard:
    def send(self, message: ShopMessage) -> None:
        pass


def take(
    here: Connected, kind: str, table: Any = None, shops: telling.Open = open_shop, after: timedelta = timedelta(0)
) -> telling.Result:
    item = stored(here, kind)
    message = ShopMessage(here.world.program.program_id, item["pk"], item["sk"])
    return telling.take(table or here.table, shops, message, now() + after)


def test_a_message_that_arrives_before_it_is_noted_as_on_its_way_is_not_lost(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    result = take(here, "shop code", Interfering(here.table, handed(here, "shop code")))
    assert (result, here.live(), code_of(here).status) == (telling.Result.DONE, {"ADA11"}, "idle")


def test_a_check_that_ends_after_it_is_noted_as_on_its_way_counts(here: Connected):
    here.api.patch(here.storefront, {"connection": here.credentials})
    result = take(here, "connection", Interfering(here.table, handed(here, "connection")))
    assert (result, here.connection()) == (telling.Result.DONE, "ok")


def test_the_check_of_replaced_credentials_says_nothing_of_the_new_ones(here: Connected):
    here.api.patch(here.storefront, {"connection": here.credentials})

    def replaced(*_: Any) -> Any:
        here.api.patch(here.storefront, {"connection": here.credentials})
        raise Denied("revoked")

    take(here, "connection", shops=replaced)
    assert here.connection() == "none"
    here.work()
    assert here.connection() == "ok"


def test_an_edit_while_the_shop_is_told_is_told_after_it(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})

    def edited(*opened: Any) -> Any:
        here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA12"})
        return open_shop(*opened)

    take(here, "shop code", shops=edited)
    assert (here.live(), code_of(here).status) == ({"ADA11"}, "pending")
    here.work()
    assert here.live() == {"ADA12"}


def test_terms_that_change_while_the_shop_is_told_are_told_after_it(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})

    def edited(*opened: Any) -> Any:
        here.api.patch(here.offer, {"discount": {"percent": "25"}})
        here.queue.begin(here.table)
        assert here.queue.jobs.work()
        return open_shop(*opened)

    take(here, "shop code", shops=edited)
    here.work()
    assert here.shop.platform.live() == {"ada11": "25"}


def test_terms_that_change_just_before_a_code_is_claimed_are_told(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    program_id, before = here.world.program.program_id, code_of(here)
    claimed: list[ShopCode] = []

    def claim() -> None:
        found = claiming.claim(here.table, program_id, before, now(), traces=before.traces)
        claimed.extend([found] if found else [])

    cursor = {"offer_id": here.world.codes_offer}
    page: Any = Interfering(here.table, claim)
    looking_after.page(page, here.world.program, cursor, now())
    told = code_of(here).told(Told("live", None, claimed[0].traces, ()), claimed[0].wanted, now(), None)
    here.table.write(outbox.moved(program_id, code_of(here), told))
    assert told.status == "pending"


def test_a_code_that_is_refused_after_its_connection_was_mended_is_told_at_once(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})

    def mended(*_: Any) -> Any:
        here.api.patch(here.storefront, {"connection": here.credentials})
        assert take(here, "connection") == telling.Result.DONE
        here.queue.begin(here.table)
        assert here.queue.jobs.work()
        raise Denied("revoked")

    assert take(here, "shop code", shops=mended) == telling.Result.WAITS
    assert (here.connection(), code_of(here).status) == ("ok", "pending")
    here.work()
    assert here.live() == {"ADA11"}


def test_a_code_is_not_set_aside_for_a_connection_that_is_mended_just_then(here: Connected):
    here.shop.lets_in = False
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.work()
    assert (here.connection(), code_of(here).status) == ("failed", "waiting")
    here.shop.lets_in = True
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA12"})

    def mended() -> None:
        here.api.patch(here.storefront, {"connection": here.credentials})
        assert take(here, "connection") == telling.Result.DONE

    take(here, "shop code", Interfering(here.table, mended))
    assert here.live() == {"ADA12"}


def test_a_shop_that_lets_nobody_in_any_more_says_so_whatever_its_message_does(here: Connected):
    here.api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
    here.api.post(f"{here.storefront}/sync")
    connection = items.parse(Connection, stored(here, "connection"))

    def denied(*_: Any) -> Any:
        due = connection.due_now(now())
        here.table.write(outbox.moved(here.world.program.program_id, connection, due))
        raise Denied("revoked")

    take(here, "shop code", shops=denied)
    assert (here.connection(), code_of(here).status) == ("failed", "waiting")
