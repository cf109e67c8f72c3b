"""The cost of recalculating a member's commissions after a retroactive move, and its speed."""

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from laurel.domain.program.programs import Features
from laurel.domain.rules.actions import PutIntoCommissionGroupRetroactively
from laurel.domain.rules.conditions import CounterCondition
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.values.periods import AllTime
from laurel.workflows.kernel import recalculations
from tools.bench import history, samples
from tools.bench.report import NO_TARGET, Row, Table, Target, figures
from tools.bench.transitions import fold_new
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

HISTORIES: Final = (2_000,)
"""The local engine takes minutes for longer histories, which `--histories` asks for."""
_BILLED: Final = 1_800
_MOST_WRU: Final = 2.2
_FROM_ROWS_A_DAY: Final = 20


def tables(lab: Lab, sizes: Sequence[int], say: Callable[[str], None]) -> list[Table]:
    """The cost by the number of rows that share a day; speed and memory by the number of rows."""
    billed = [_billed(lab, days) for days in (1, 18, _BILLED // _FROM_ROWS_A_DAY, _BILLED)]
    timed = [_timed(lab, size, say) for size in sizes]
    return [Table(f"Recalculation of {_BILLED:,} commissions", billed, _NOTES), Table("Recalculation, speed", timed)]


_NOTES: Final = (
    "Per commission, from the first page to the last; the saving of the cursor and the end's evaluation are apart.",
    f"The aim is {_MOST_WRU} WRU where a day holds {_FROM_ROWS_A_DAY} or more.",
)


def _billed(lab: Lab, days: int) -> Row:
    shop, cursor = _moved(lab, _BILLED, days)
    with lab.meter.measure() as bill:
        _, pages = _walk(shop, cursor)
    cost, a_day = bill.cost, _BILLED // days
    wru = cost.wru / _BILLED
    target = Target(f"<= {_MOST_WRU} WRU", wru <= _MOST_WRU) if a_day >= _FROM_ROWS_A_DAY else NO_TARGET
    per_row = {f"{name} each": of / _BILLED for name, of in figures(cost).items() if isinstance(of, int | float)}
    return Row(f"{a_day:,} a day", {"pages": pages, **per_row}, target)


def _timed(lab: Lab, size: int, say: Callable[[str], None]) -> Row:
    say(f"  {size:,} commissions ...")
    shop, cursor = _moved(lab, size, size // 50)
    with lab.meter.paused():
        before, begun = _peak(), time.perf_counter()
        done, pages = _walk(shop, cursor)
        seconds = time.perf_counter() - begun
    measured = {"pages": pages, "items/s": done / seconds, "seconds": seconds, "memory +KB": _peak() - before}
    return Row(f"{size:,} commissions, 50 a day", measured)


def _moved(lab: Lab, count: int, days: int) -> tuple[World, dict[str, Any]]:
    """A member with `count` sales, the last of which has set off the move; the cursor at which the walk begins."""
    offer = samples.offer()
    rules = [_rule(offer.offer_id, offer.payout_options[-1].payout_option_id)]
    shop = world(lab, samples.template(), rules, offer)
    program = shop.rulebook.program.model_copy(update={"features": Features(commission_groups=True)})
    shop = replace(shop, rulebook=Rulebook.of(program, rules))
    seller = shop.seller()
    history.load(shop, seller, count - 1, days)
    fold_new(shop, seller, 1)
    return shop, {"member_id": seller.member_id, "offer_id": offer.offer_id, "number": 1}


def _rule(offer_id: str, option: str) -> Rule:
    leading = CounterCondition(metric="sales_count", operator="gt", value=samples.AT_ONCE, period=AllTime())
    kind = "put_into_commission_group_retroactively"
    move = PutIntoCommissionGroupRetroactively(type=kind, offer_id=offer_id, payout_option_id=option)
    return Rule(rule_id=samples.new_id("rul"), name="VIP", conditions=(leading,), actions=(move,), **samples.STAMPS)


def _walk(shop: World, cursor: dict[str, Any] | None) -> tuple[int, int]:
    """Walks to the end: the number of rows repriced, and of pages."""
    done = pages = 0
    while True:
        page = recalculations.page(shop.lab.table, shop.rulebook, cursor or {}, samples.NOW)
        done, pages, cursor = done + page.done, pages + 1, page.cursor
        if page.is_last and done:
            return done, pages
        if page.is_last or page.waits:
            raise ToolError("the walk left rows out")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
