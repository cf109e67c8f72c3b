"""The small program with something to look at: orders, refunds and rewards. Pages' tests and `look` share it."""

from datetime import date, timedelta

from laurel import clock
from laurel.store.table import Table
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.upkeep import sweeps
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


def busy(table: Table, world: World) -> None:
    """Eight weeks of more of it, for pictures: clicks, sales by several members, people who want to join."""
    api = Gateway(world.admin)
    for number in range(1, 4):
        person = {"email": f"new{number}@example.com", "first_name": f"Nina {number}", "status": "pending"}
        assert api.post("/v1/members", person).status == 201
    path = f"/v1/offers/{world.codes_offer}/enrollments/{world.ben}"
    assert api.put(path, {"promo_code": "BEN10"}).status == 201
    for day in range(56):
        at = f"{date(2026, 10, 2) + timedelta(days=day)}T12:00:00Z"
        for visitor in range(day % 5 + 1):
            click = {"slug": world.slug, "visitor_id": f"v{day}-{visitor}", "occurred_at": at}
            assert api.post("/v1/clicks", click).status == 201
        order = {"order_id": f"b{day}", "amount": 3_000 + 137 * (day * 7 % 60), "currency": "EUR", "type": "sale"}
        told = {**order, "storefront_id": world.storefront_id, "occurred_at": at}
        by_code = {"promo_code": "BEN10" if day % 3 == 0 else "ADA10"}
        by_link = {"member_id": world.ada, "offer_id": world.links_offer}
        assert api.post("/v1/conversions", {**told, **(by_link if day % 2 else by_code)}).status == 201
    _count_all(table, world)


def _count_all(table: Table, world: World) -> None:
    """Counts what waits, one thing after the other: the fake of the table bears no writes at the same time."""
    later = clock.now() + timedelta(hours=1)
    while sweeps.sweep(table, Rulebooks(), world.program.program_id, later).overdue:
        later += timedelta(hours=1)
