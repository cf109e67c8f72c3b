"""The cost of a fold over the member's history, the number of rules and the length of their periods."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Final

from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from tools.bench import history, samples
from tools.bench.capacity import Cost
from tools.bench.report import Figure, Row, Table, Target, figures
from tools.bench.samples import Seller
from tools.bench.transitions import fold
from tools.bench.world import Lab, World, world
from tools.failure import Say, ToolError

HISTORIES: Final = (100, 1_000, 10_000)
RULES: Final = (1, 10, 100)
_DAYS: Final = 60
_FLAT: Final = 0.005
_MEASURES: Final[dict[str, Callable[[Cost], float]]] = {
    "trips": lambda cost: cost.trips,
    "RRU": lambda cost: cost.rru,
    "WRU": lambda cost: cost.wru,
    "index WRU": lambda cost: cost.index_wru,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One fold of one conversion."""

    earlier: int
    rules: int
    cost: Cost


def tables(lab: Lab, histories: Sequence[int], say: Say) -> list[Table]:
    """The cost by history and rules, and by the longest period."""
    shop = world(lab, samples.template())
    quiet, fired = _measured(shop, histories, say)
    return [
        _by_history("Growth: rules that do not hold", quiet),
        _by_history("Growth: rules that fired before and still hold", fired),
        _by_period(shop),
    ]


def _measured(shop: World, histories: Sequence[int], say: Say) -> tuple[list[Point], list[Point]]:
    quiet, fired = [], []
    for earlier in histories:
        say(f"  a member with {earlier:,} earlier conversions ...")
        seller = shop.seller()
        history.load(shop, seller, earlier, _DAYS)
        quiet += [_fold(shop, seller, earlier, samples.rules(count, samples.NEVER)) for count in RULES]
        fired += [_fold_again(shop, seller, earlier, samples.rules(count, samples.AT_ONCE)) for count in RULES]
        if not history.is_whole(shop, seller, earlier + 3 * len(RULES) + sum(RULES)):
            raise ToolError("the totals of the bench's member are not those of its rows")
    return quiet, fired


def _fold(shop: World, seller: Seller, earlier: int, rules: Sequence[Rule]) -> Point:
    rulebook = Rulebook.of(shop.shop.program, rules)
    recorded = shop.record([shop.shop.sale(seller)])
    return Point(earlier, len(rules), fold(shop, seller.member_id, rulebook, recorded).cost)


def _fold_again(shop: World, seller: Seller, earlier: int, rules: Sequence[Rule]) -> Point:
    _fold(shop, seller, earlier, rules)
    return _fold(shop, seller, earlier, rules)


def _by_history(topic: str, points: Sequence[Point]) -> Table:
    rows = [
        Row(f"{point.earlier:,} earlier, {point.rules} rules", figures(point.cost))
        for point in sorted(points, key=lambda point: (point.rules, point.earlier))
    ]
    for count in RULES:
        same = [(point.earlier, point.cost) for point in points if point.rules == count]
        rows.append(slope(f"slope per decade of history, {count} rules", same))
    for earlier in sorted({point.earlier for point in points}):
        same = [(point.rules, point.cost) for point in points if point.earlier == earlier]
        rows.append(slope(f"slope per decade of rules, {earlier:,} earlier", same))
    return Table(topic, rows, _NOTES)


_NOTES: Final = (
    f"K = 1. The history lies on {_DAYS} days whatever its length, so that only its length grows.",
    "It is stored as rows, index entries and totals, not folded one by one; rows and totals are compared afterwards.",
)


def slope(name: str, costs: Sequence[tuple[int, Cost]]) -> Row:
    """The growth of the cost with each tenfold of something; `costs`: its amount, and the cost at that amount."""
    decades = [math.log10(amount) for amount, _ in costs]
    slopes = {
        measured: round(linear_regression(decades, [measure(cost) for _, cost in costs]).slope, 3)
        for measured, measure in _MEASURES.items()
    }
    return Row(name, slopes, Target("0", all(abs(rise) < _FLAT for rise in slopes.values())))


def _by_period(shop: World) -> Table:
    rows = []
    seller = shop.seller()
    history.load(shop, seller, 730, 365)
    for period in samples.PERIODS:
        point = _fold(shop, seller, 730, [samples.rule(period, samples.NEVER)])
        shown: dict[str, Figure] = figures(point.cost)
        rows.append(Row(period.type, shown))
    notes = [
        f"Two sales a day for a year; folded on {samples.TODAY}. Above 62 days, months and edges are read.",
    ]
    return Table("Growth: the longest period that a rule asks for", rows, notes)
