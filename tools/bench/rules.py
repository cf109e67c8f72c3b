"""The cost of rules that are tried and applied: a row replayed, and a member asked."""

import time
from typing import Final

from laurel.domain.kernel.backtests import Backtest, BacktestRequest
from laurel.store import backtests
from laurel.store.table import Table as Items
from laurel.workflows.rules import applying, replaying
from tools.bench import history, samples
from tools.bench.report import NO_TARGET, Row, Table, figures
from tools.bench.world import Lab, World, world

_MEMBERS: Final = 10
_ROWS: Final = 100
_JOB: Final = f"job_{'0' * 26}"


def table(lab: Lab) -> Table:
    """The cost per row and per member."""
    shop = world(lab, samples.template(), [samples.rule(samples.WEEKLY, samples.NEVER)])
    for _ in range(_MEMBERS):
        history.load(shop, shop.seller(), _ROWS, days=_ROWS)
    paying = world(lab, samples.template(), [samples.rule(samples.WEEKLY, samples.AT_ONCE)])
    for _ in range(_MEMBERS):
        history.load(paying, paying.seller(), _ROWS, days=_ROWS)
    rows = [_replayed(shop), _applied(shop, "none holds"), _applied(paying, "each is paid and mailed")]
    return Table("Rules tried and applied", rows, _NOTES)


_NOTES: Final = (
    f"A page of a backtest replays {_MEMBERS} members with {_ROWS} sales each, which never changed: one that did is",
    "one query more. Rows a second are of this machine, reading included.",
)


def _replayed(shop: World) -> Row:
    rule, items = shop.rulebook.rules[0], shop.lab.table
    asked = BacktestRequest.model_validate({"rule_id": rule.rule_id, "from": samples.TODAY, "to": samples.TODAY})
    tried = Backtest.of(rule, asked, shop.rulebook.program, rule.created_at)
    _write(items, shop, tried)
    begun = time.perf_counter()
    with shop.lab.meter.measure() as bill:
        replaying.page(items, shop.rulebook, {"job_id": _JOB}, samples.NOW)
    seconds, rows = time.perf_counter() - begun, _MEMBERS * _ROWS
    return Row(
        "a row replayed", {"trips": bill.cost.trips / rows, "RRU": bill.cost.rru / rows, "per s": rows / seconds}
    )


def _write(items: Items, shop: World, tried: Backtest) -> None:
    items.write(backtests.backtest(shop.program_id, _JOB, tried, samples.NOW))


def _applied(shop: World, what: str) -> Row:
    cursor = {"rule_id": shop.rulebook.rules[0].rule_id, "at": samples.NOW.isoformat()}
    with shop.lab.meter.measure() as bill:
        applying.page(shop.lab.table, shop.rulebook, cursor, samples.NOW)
    cost = figures(bill.cost)
    shared = {name: float(cost[name] or 0) / _MEMBERS for name in ("trips", "RRU", "WRU", "index WRU")}
    return Row(f"a member asked by a rule that is applied, {what}", shared, NO_TARGET)
