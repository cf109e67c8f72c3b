"""The small program with something to look at: orders, refunds and rewards. Pages' tests and `look` share it."""

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

DAYS = 14


def fill(table: Table, world: World) -> None:
    """Orders of two weeks by Ada's code, one of them refunded, one by nobody."""
    api = Gateway(world.admin)
    for day in range(DAYS):
        order = {"order_id": str(1001 + day), "amount": 4_900 + 1_300 * (day % 5), "type": "sale", "currency": "EUR"}
        told = {**order, "storefront_id": world.storefront_id, "occurred_at": f"2026-11-{10 + day:02d}T10:00:00Z"}
        code = {} if day == DAYS - 1 else {"promo_code": "ADA10"}
        assert api.post("/v1/conversions", {**told, **code}).status == 201
    back = {"storefront_id": world.storefront_id, "order_id": "1003", "refund_id": "r1", "amount": 2_000}
    assert api.post("/v1/refunds", {**back, "reason": "refund"}).status == 201
    drain(table)
