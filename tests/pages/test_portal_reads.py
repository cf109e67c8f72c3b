"""Pages of the portal read a few items, however much a member has sold."""

from typing import Any

from laurel.store.table import Table
from laurel.store.table import table as open_table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tests.pages.kit.reader import Reader

MOST = {
    "": 4,
    "/links": 4,
    "/earnings": 7,
    "/rewards": 6,
    "/payouts": 3,
    "/profile": 2,
    "/profile/payee": 2,
    "/profile/address": 1,
}
"""Round trips, that of the session among them; earnings are one list of as many as there are offers."""


def test_a_page_reads_no_more_for_a_member_who_sold_more(
    ada: Reader, portal: str, table: Table, world: World, api: Gateway
):
    for number in range(40):
        sale = {"order_id": str(number), "amount": 5_000, "currency": "EUR", "type": "sale", "promo_code": "ADA10"}
        told = {**sale, "storefront_id": world.storefront_id, "occurred_at": f"2026-11-{1 + number % 25:02d}T10:00:00Z"}
        assert api.post("/v1/conversions", told).status == 201
    drain(table)
    ada.get(f"{portal}/rewards")  # the rules are parsed by the first
    assert {path: count for path in MOST if (count := trips(ada, f"{portal}{path}")) > MOST[path]} == {}


def trips(ada: Reader, path: str) -> int:
    """The calls that a page makes."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    events = open_table()._client.meta.events
    events.register("before-call.dynamodb", note)
    try:
        assert ada.get(path).status == 200
    finally:
        events.unregister("before-call.dynamodb", note)
    assert calls
    return len(calls)
