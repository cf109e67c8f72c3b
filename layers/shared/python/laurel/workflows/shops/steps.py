"""Steps in a shop: look first, then take the steps of the plan; each may be lost, and all of it is done again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

from laurel.connectors import Connector
from laurel.domain.shops.codes import ShopCode, Told, Trace
from laurel.domain.shops.drifts import drift
from laurel.domain.shops.plans import Adopt, Change, Conflict, Create, End, Seen, Step, plan
from laurel.domain.shops.wanted import Abilities, Wanted


def brought(shop: Connector, code: ShopCode, wanted: Wanted | None, abilities: Abilities, now: datetime) -> Told:
    """Looks at what the shop has of this code, and makes it what is wanted. Raises ShopError."""
    seen = _seen(shop, code.traces)
    steps = plan(wanted, seen, code.code_id, abilities, now)
    taken = [_taken(shop, code, step, now) for step in steps]
    live = tuple(trace for trace in taken if trace is not None and not trace.is_over)
    ours = [found for found in seen if found.mark == code.code_id]
    over = tuple(
        Trace(code=found.code, shop_id=found.shop_id, is_over=True)
        for found in ours
        if found.shop_id not in {trace.shop_id for trace in live}
    )
    found = drift(code, steps, seen)
    if any(isinstance(step, Conflict) for step in steps):
        return Told("conflict", "taken", live, over)
    return Told("ended" if wanted is None else "live", found, live, over, drift=found is not None)


def _seen(shop: Connector, traces: Iterable[Trace]) -> Sequence[Seen]:
    """What the shop has of the codes that we made, set out to make, or are about to: each thing once."""
    found = {seen.shop_id: seen for trace in traces for seen in shop.find(trace.code, trace.shop_id)}
    return list(found.values())


def _taken(shop: Connector, code: ShopCode, step: Step, now: datetime) -> Trace | None:
    """Takes a step; the trace of what is live after it."""
    match step:
        case Create(wanted):
            made = shop.create(wanted, code.code_id, f"{code.code_id}-{code.version}")
            return Trace(code=made.code, shop_id=made.shop_id)
        case Change(shop_id, wanted):
            changed = shop.change(shop_id, wanted, now)
            return Trace(code=changed.code, shop_id=changed.shop_id)
        case End(shop_id, ended):
            shop.end(shop_id, now)
            return Trace(code=ended, shop_id=shop_id, is_over=True)
        case Adopt(shop_id, adopted):
            return Trace(code=adopted, shop_id=shop_id)
        case Conflict():
            return None
        case _:
            assert_never(step)
