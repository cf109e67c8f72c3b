"""The cost of a million orders in all, line by line: recorded, counted, and paid."""

import time
from collections.abc import Callable
from typing import Final

from tools.bench import history, payouts, prices, samples
from tools.bench.capacity import Cost
from tools.bench.gateway import Request, send
from tools.bench.meter import Bill
from tools.bench.report import Figure, Row, Table, Target
from tools.bench.samples import Seller
from tools.bench.transitions import fold
from tools.bench.world import Lab, World, world

SIZES: Final = (1, 2, 10, 50)
RULES: Final = (0, 1, 10)
BEFORE: Final = {("counted", 1): 14.69, ("counted", 10): 8.01, ("paid", 1): 18.9, ("paid", 10): 12.3}
"""Dollars before this was looked at, with rules that do not fire."""
MOST: Final = {("counted", 1): 11.0, ("counted", 10): 7.0, ("paid", 10): 9.5}
_HISTORY: Final = 60
_LINE_BYTES: Final = 300
_BATCH_LINE_BYTES: Final = 70
_WAIT: Final = 0.006
"""Seconds that a call to DynamoDB takes at the median, reads and writes alike."""
_ORDERS_MB, _FOLDS_MB, _JOBS_MB = 1024, 1769, 1024
_ONE_PROCESSOR_MB: Final = 1769
_WARM: Final = 5
Lines = dict[str, float]


def table(lab: Lab) -> Table:
    """Dollars of a million orders, by the number of a member's that are counted together, and by rules."""
    rows: list[Row] = []
    for rules in RULES:
        shop = world(lab, samples.template(), samples.rules(rules, samples.NEVER))
        recorded = _recorded(shop)
        rows += [_row("recorded", None, rules, recorded)] if not rules else []
        for count in SIZES:
            counted = _sum(recorded, _counted(shop, count))
            rows.append(_row("counted", count, rules, counted))
            if not rules:
                rows.append(_row("paid", count, rules, _sum(counted, _paid(shop, count))))
    return Table("A million orders, in dollars (us-east-1, list prices, no free tier)", rows, _NOTES)


_NOTES: Final = (
    f"K orders of a member on a day of an offer, counted in one batch; {_HISTORY} days before. counted includes "
    "recorded, paid both. before: the same at commit 73de445.",
    f"Lambda: this machine's processor time at the function's share of one, and {_WAIT * 1000:.0f} ms a call.",
)


def _row(what: str, count: int | None, rules: int, lines: Lines) -> Row:
    name = f"{what}, K = {count}, {rules} rules" if count else what
    total = sum(lines.values())
    figures: dict[str, Figure] = {"total": total, "before": BEFORE.get((what, count or 0)), **lines}
    most = MOST.get((what, count or 0))
    return Row(name, figures, Target(f"<= {most}", total <= most) if most and rules <= 1 else Target(""))


def _recorded(shop: World) -> Lines:
    seller = shop.seller()

    def post() -> Bill:
        body = {
            **{"order_id": samples.new_order(), "amount": samples.SALE, "currency": "USD"},
            **{"promo_code": seller.code.promo_code, "customer_email": "someone@example.com"},
        }
        return send(shop.lab, Request("conversions", "POST", "/v1/conversions", shop.secret, body), 201).bill

    cost = post().cost
    with shop.lab.meter.paused():
        busy = _busy(post, _WARM)
    lines = _lines(cost, 1, busy, _ORDERS_MB)
    lines["Lambda"] += prices.LAMBDA_REQUEST * prices.MILLION
    return {"API": prices.API_REQUEST * prices.MILLION, "logs": _logged(_LINE_BYTES), **lines}


def _counted(shop: World, count: int) -> Lines:
    seller = _member(shop)

    def settle() -> Bill:
        return fold(shop, seller.member_id, shop.rulebook, shop.record(shop.shop.sales(seller, count)))

    # beside it the batch reads the program and the head of the member
    cost = settle().cost + Cost(rru=2)
    recorded = shop.record(shop.shop.sales(seller, count))
    with shop.lab.meter.paused():
        busy = _busy(lambda: fold(shop, seller.member_id, shop.rulebook, recorded), 1)
    # members of a batch wait side by side, so what computes is what is paid for
    lines = _lines(Cost(cost.rru, cost.wru, cost.index_wru, trips=0), count, busy, _FOLDS_MB)
    return {**lines, "logs": _logged(_BATCH_LINE_BYTES) / max(count, 10)}


def _paid(shop: World, count: int) -> Lines:
    alone = world(shop.lab, samples.template())
    seller = alone.seller()
    fold(alone, seller.member_id, alone.rulebook, alone.record(alone.shop.sales(seller, count)))
    payout = payouts.begun(alone)
    began = time.process_time()
    cost = payouts.drafted(alone, payout) + payouts.confirmed(alone, payout)
    return _lines(cost, count, time.process_time() - began, _JOBS_MB)


def _member(shop: World) -> Seller:
    seller = shop.seller()
    history.load(shop, seller, _HISTORY, days=_HISTORY)
    return seller


def _busy(work: Callable[[], object], times: int) -> float:
    """Seconds of the processor for one."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def _lines(cost: Cost, count: int, busy: float, memory_mb: int) -> Lines:
    seconds = busy * _ONE_PROCESSOR_MB / memory_mb + cost.trips * _WAIT
    dollars = {
        "Lambda": seconds * memory_mb / 1024 * prices.LAMBDA_GB_SECOND,
        "table": cost.wru * prices.WRITE_UNIT,
        "indexes": cost.index_wru * prices.WRITE_UNIT,
        "reads": cost.rru * prices.READ_UNIT,
    }
    return {line: each * prices.MILLION / count for line, each in dollars.items()}


def _logged(line_bytes: int) -> float:
    return line_bytes * prices.LOG_BYTE * prices.MILLION


def _sum(*parts: Lines) -> Lines:
    names = list(dict.fromkeys(name for part in parts for name in part))
    return {name: sum(part.get(name, 0) for part in parts) for name in names}
