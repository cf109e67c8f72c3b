"""Webhooks that are lost, late or doubled, and looks that break off: in the end all is as if every one had arrived."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.connectors import Changes, Unreachable, woocommerce_orders
from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.program.programs import NewStorefront, Storefront
from laurel.domain.shops import watches
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.queue import ShopMessage
from laurel.store import items, keys, outbox, shop_items, shop_keys
from laurel.store.operations import Put, StoreError, Unavailable
from laurel.workflows.program import storefronts
from laurel.workflows.shops import handing
from laurel.workflows.tracking import kept_deliveries, watching
from laurel.workflows.tracking.kept_deliveries import Message
from tests.functional.kit.world import Randomness, furnished, request_of
from tests.kit.shop_bodies import Json, as_sent, woocommerce_order
from tests.kit.shops.order_books import WooCommerceOrders
from tests.simulation.kit.table.fake_table import FakeTable

START = datetime(2026, 11, 20, tzinfo=UTC)
HISTORIES = 25
SKEWS = [timedelta(hours=-3), timedelta(minutes=-20), timedelta(0), timedelta(minutes=20), timedelta(hours=3)]


class Died(Exception):
    """The process is gone."""


class Books:
    """A table with a program and a storefront of WooCommerce, and nothing else in common with another one."""

    def __init__(self) -> None:
        self.table: Any = FakeTable()
        self.world = furnished(self.table)
        self.program = self.world.program
        new = NewStorefront(name="Shop", platform="woocommerce")
        made = storefronts.create(self.table, request_of(self.program), new, Randomness("shop"))[0]
        self.shop_id = made.storefront_id
        self.random = Randomness("deliveries")

    def take(self, order: Json, now: datetime) -> None:
        stored = self.table.get(keys.storefront(self.program.program_id, self.shop_id))
        message = Message("woocommerce", "order.updated", as_sent(order).encode())
        kept_deliveries.take(self.table, self.program, items.parse(Storefront, stored), message, now, self.random)

    def worth(self, number: int) -> tuple[str | None, int]:
        """Who won an order, and the part of it that is left; one that is cancelled is nobody's."""
        place = conversion_id(self.program.program_id, self.shop_id, str(number))
        item = self.table.get(keys.commission(self.program.program_id, place))
        if item is None or item["kind"] == items.STUB:
            return None, 0
        row = items.parse(Commission, item)
        assert row.order is not None
        stands = row.order.state == "standing" and row.order.money == "collected"
        return (row.member_id, row.order.rest) if stands else (None, 0)


@dataclass
class History:
    seed: int
    faulty: bool = True
    kept: WooCommerceOrders = field(default_factory=WooCommerceOrders)

    def __post_init__(self) -> None:
        self.rng, self.now = random.Random(self.seed), START
        self.skew = self.rng.choice(SKEWS)
        self.told, self.asked = Books(), Books()
        self.orders: dict[int, Json] = {}
        self.later: list[tuple[datetime, Callable[[], None]]] = []
        self._connect()

    def _connect(self) -> None:
        program_id, shop_id = self.asked.program.program_id, self.asked.shop_id
        connection = Connection.to(shop_id, "woocommerce", START).checked(START, None, "EUR")
        item = {**shop_items.connection(program_id, connection), shop_items.SEALED: "sealed"}
        self.asked.table.write(Put(item, new=True))
        self.asked.table.write(outbox.put(program_id, Watch.of(shop_id, START + self.skew, START)))

    def play(self) -> list[int]:
        """The orders that ended otherwise than if every webhook had arrived."""
        for _ in range(40):
            self.now += timedelta(minutes=self.rng.choice([0, 1, 10, 40]))
            for _ in range(self.rng.choice([0, 1, 2, 30]) if self.rng.random() < 0.5 else 1):
                self.change()
            self.catch_up()
            self.step()
        self.faulty = False
        for _ in range(30):
            self.now += timedelta(hours=1)
            self.catch_up()
            self.step()
        return [number for number in self.orders if self.told.worth(number) != self.asked.worth(number)]

    def change(self) -> None:
        """An order is made or changed; its webhook arrives, arrives late, or never does; so late it may be listed."""
        number = self.rng.choice([*self.orders, len(self.orders) + 1, len(self.orders) + 1])
        order = self._changed(number)
        self.orders[number] = order
        self.told.take(order, self.now)
        self._then(timedelta(minutes=self.rng.choice([0, 0, 3, 12])), lambda: self.list_it(order))
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            arrives = timedelta(minutes=self.rng.choice([0, 0, 5, 300]))
            self._then(arrives, lambda: self.asked.take(order, self.now))

    def list_it(self, order: Json) -> None:
        """Lists an order, unless it lists a later picture of it."""
        known = self.kept.sold.get(str(order["id"]))
        if known is None or known["date_modified_gmt"] <= order["date_modified_gmt"]:
            self.kept.sell(order)

    def _changed(self, number: int) -> Json:
        at = (self.now + self.skew).replace(tzinfo=None).isoformat()
        # a shop's clock tells seconds, so that two changes of one second have no order
        if number in self.orders and self.orders[number]["date_modified_gmt"] == at:
            return self.orders[number]
        before = self.orders.get(number, {"date_created_gmt": at})
        status = self.rng.choice(["processing", "completed", "cancelled", "trash"]) if len(before) > 1 else "processing"
        total = f"{self.rng.randrange(10, 99)}.00"
        refunds = [{"id": 7, "total": "-5.00"}] if len(before) > 1 and self.rng.random() < 0.3 else []
        return woocommerce_order(
            number,
            status,
            date_created_gmt=before["date_created_gmt"],
            date_modified_gmt=at,
            total=total,
            total_tax="0.00",
            line_items=[{"id": 1, "total": total, "total_tax": "0.00"}],
            shipping_lines=[],
            refunds=refunds,
        )

    def _then(self, after: timedelta, work: Callable[[], None]) -> None:
        self.later.append((self.now + after, work))

    def catch_up(self) -> None:
        due = [work for at, work in self.later if at <= self.now]
        self.later = [each for each in self.later if each[0] > self.now]
        for work in due:
            work()

    def step(self) -> None:
        """What tick, the stream and the queue do until nothing is due, or something breaks off."""
        program_id = self.asked.program.program_id
        message = ShopMessage(program_id, *shop_keys.watch(program_id, self.asked.shop_id))
        for _ in range(60):
            watch = items.parse(Watch, self.asked.table.get(shop_keys.watch(program_id, self.asked.shop_id)))
            if watch.next_attempt_at > self.now:
                return
            handing.wake(self.asked.table, program_id, watch, self.now)
            with suppress(Died, StoreError), self.broken():
                watching.take(self.asked.table, lambda *_: self, message, self.now, self.asked.random)  # type: ignore[arg-type,return-value]

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Any call of the table may fail, before its effect or after."""

        def gate(*_: str) -> None:
            if self.faulty and self.rng.random() < 0.01:
                raise self.rng.choice([Died, Unavailable])("no answer")

        self.asked.table.gate = gate
        try:
            yield
        finally:
            self.asked.table.gate = None

    def changes(self, since: datetime, page: str | None, most: int) -> Changes:
        """The shop, asked by our own connector."""

        def ask(path: str) -> Any:
            if self.faulty and self.rng.random() < 0.2:
                raise Unreachable("down")
            listed = self.kept.listed(path)
            if self.faulty and self.rng.random() < 0.2:
                self.change()  # while somebody looks
                self.catch_up()
            return listed

        return woocommerce_orders.changes(ask, since, page, most)


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_in_the_end_it_is_as_if_every_webhook_had_arrived(seed: int):
    assert History(seed).play() == []


def _believes_its_own_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Watch, "_reached", lambda _, __, now: {"reached": now, "since": now - watches.OVERLAP})


def _asks_for_nothing_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watches, "OVERLAP", timedelta(0))


def _goes_on_after_the_first_page(patch: pytest.MonkeyPatch) -> None:
    real = Watch.told
    patch.setattr(Watch, "told", lambda self, newest, _, now: real(self, newest, None, now))


def _jumps_over_the_rest_of_a_second(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(woocommerce_orders, "_MOST_OF_A_SECOND", 0)


@pytest.mark.parametrize(
    "bug",
    [_believes_its_own_clock, _asks_for_nothing_twice, _goes_on_after_the_first_page, _jumps_over_the_rest_of_a_second],
)
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    bug(monkeypatch)
    assert any(History(seed).play() for seed in range(HISTORIES))
