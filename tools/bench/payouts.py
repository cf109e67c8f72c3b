"""The cost of paying rows, and of passing over members to whom nothing is due."""

from datetime import timedelta
from typing import Final

from laurel.domain.payouts.payouts import Begun
from laurel.store import payouts
from laurel.workflows.payouts import paying
from tools.bench import samples
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Row, Table, Target, figures
from tools.bench.transitions import fold_new
from tools.bench.world import Lab, World, world

_ROWS: Final = 85
_MEMBERS: Final = 20
_AIM: Final = 2.5
"""Table units a row if a day holds 20: 2 for itself, and its part of totals, head, line and payout."""


def table(lab: Lab) -> Table:
    """The cost per row that is paid, and per member to whom nothing is due."""
    return Table("Payouts", [_paid(lab, days=4), _paid(lab, days=30), _idle(lab)], _NOTES)


_NOTES: Final = (
    "One page of the job with all that it reads; WRU/K and trips/K are per row, or per member.",
    "A transaction takes up to 85 rows, with the totals that they count in, the head, the line and the payout.",
)


def _paid(lab: Lab, days: int) -> Row:
    shop = world(lab, samples.template())
    fold_new(shop, shop.seller(), _ROWS, days)
    bill = _page(shop)
    is_met = bill.cost.wru / _ROWS <= _AIM
    target = Target(f"<= {_AIM} WRU/K", is_met) if days < _ROWS // 20 + 1 else NO_TARGET
    return _row(f"{_ROWS} rows of {days} days", bill, _ROWS, target)


def _idle(lab: Lab) -> Row:
    shop = world(lab, samples.template())
    for _ in range(_MEMBERS):
        shop.seller()
    return _row(f"{_MEMBERS} members, nothing due", _page(shop), _MEMBERS)


def _row(name: str, bill: Bill, count: int, target: Target = NO_TARGET) -> Row:
    cost = bill.cost
    per = {"WRU/K": cost.wru / count, "index WRU/K": cost.index_wru / count, "trips/K": cost.trips / count}
    return Row(name, {"K": count, **figures(cost), **per}, target)


def _page(shop: World) -> Bill:
    """The bill of one page of a payout to everybody."""
    at, ids = samples.NOW, {"payout_id": samples.new_id("pay"), "job_id": samples.new_id("job")}
    payout = Begun(**ids, until=at + timedelta(days=1), currency="USD", actor="system", created_at=at, total=0)
    shop.lab.load([payouts.payout(shop.program_id, payout)])
    with shop.lab.meter.measure() as bill:
        paying.page(shop.lab.table, shop.rulebook, paying.first_cursor(payout.payout_id), at)
    return bill
