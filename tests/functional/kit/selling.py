"""Orders as the storefront of world.py reports them."""

import itertools
from typing import Any, Final

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

ORDER: Final = {"amount": 10_000, "currency": "EUR", "promo_code": "ADA10"}
_numbers = itertools.count(5001)


def report(world: World, **changes: Any) -> Answer:
    """What the storefront is answered about an order: 100.00 with Ada's code, no two alike, unless told otherwise."""
    return Gateway(world.reporter).post("/v1/conversions", {"order_id": str(next(_numbers)), **ORDER, **changes})


def sell(world: World, counted_in: Table | None = None, **changes: Any) -> str:
    """The conversion of an order that was not known; it waits to be counted, unless a table is given for that."""
    answer = report(world, **changes)
    assert answer.status == 201, answer.body
    if counted_in is not None:
        drain(counted_in)
    return str(answer.body["conversion_id"])
