"""The year of `make run DEMO=year`: the same each time, and a program is whole after it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tools.year.filling import Filling
from tools.year.plan import plan

TODAY = datetime(2026, 11, 26, tzinfo=UTC).date()


def test_a_year_is_planned_the_same_each_time():
    sellers = plan(TODAY)
    assert sellers == plan(TODAY)
    sales = [sale for seller in sellers for sale in seller.sales]
    assert (len(sellers), len(sales), len({sale.order_id for sale in sales})) == (200, 15_000, 15_000)
    assert len({seller.email for seller in sellers} | {seller.code for seller in sellers}) == 400
    first, last = min(sale.at for sale in sales), max(sale.at for sale in sales)
    assert TODAY - timedelta(days=366) < first.date() <= last.date() < TODAY
    assert all(sale.at.date() >= seller.joined for seller in sellers for sale in seller.sales)


@dataclass
class Client:
    """The API in this process."""

    api: Gateway

    def get(self, path: str) -> Any:
        return self._done(self.api.get(path))

    def post(self, path: str, body: Any) -> Any:
        return self._done(self.api.post(path, body))

    def put(self, path: str, body: Any) -> Any:
        return self._done(self.api.put(path, body))

    def patch(self, path: str, body: Any) -> Any:
        return self._done(self.api.patch(path, body))

    def _done(self, answer: Answer) -> Any:
        assert answer.status < 300, answer.body
        return answer.body


@pytest.fixture
def idle(table: Table, jobs_queue: JobsQueue) -> Callable[[], None]:
    def work() -> None:
        drain(table)
        jobs_queue.work()

    return work


def test_a_small_year_is_filled_in_and_all_of_it_is_counted(
    table: Table, world: World, api: Gateway, idle: Callable[[], None]
):
    assert api.patch("/v1/program", {"currency": "USD"}).status == 200
    shop, said = Client(Gateway(world.reporter)), list[str]()
    today = clock.now().date()
    sellers = plan(today, 5, 25)
    place = table, world.program.program_id, Client(api), shop, world.ada, today
    Filling(*place, idle=idle, lanes=1).fill(sellers, said.append)
    totals = api.get("/v1/reports/summary?group_by=member").body["totals"]
    back = sum(sale.back == 0 for seller in sellers for sale in seller.sales)
    assert totals["conversions"] == 25 - back
    assert [line for line in said if "paid until" in line]
    assert api.get("/v1/payouts").body["items"][0]["status"] == "confirmed"
