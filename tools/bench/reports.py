"""The cost of reports: pages and summaries over long histories, and the largest answers that they give."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from laurel.domain.ledger.commissions import Bucket
from laurel.domain.ledger.totals import Counters, DayRow
from laurel.store import ledger
from laurel.store.values import Item
from laurel.workflows.ledger import commissions, summaries
from laurel.workflows.ledger.summaries import MOST_MEMBER_DAYS, Asked
from laurel.workflows.ledger.wanted import Wanted
from tools.bench import gateway, history, samples
from tools.bench.capacity import Cost
from tools.bench.gateway import Request
from tools.bench.growth import slope
from tools.bench.report import Row, Table, figures
from tools.bench.samples import Seller
from tools.bench.world import Lab, World, world
from tools.failure import Say, ToolError

HISTORIES: Final = (100, 1_000, 10_000)
"""The local engine takes minutes to hold ten times as many, which `--histories` asks for."""
_FILE: Final = 5_000
"""Rows of a CSV: laurel.api.tables.MOST_ROWS, which is not imported before the environment is set up."""
_PAGE: Final = 25
_DAYS: Final = 60
_WHOLE_DAYS: Final = 4
_MANY: Final = 1_000
_MONTH: Final[Mapping[str, Any]] = {"first": samples.TODAY.replace(day=1), "last": samples.TODAY}
_RANGE: Final = {"from": _MONTH["first"], "to": _MONTH["last"]}
_MEMBER_DAYS: Final = (25, 250, 2_500, MOST_MEMBER_DAYS)
DAYS_EACH: Final = 25
_MOST_BUCKETS: Final = 16


def tables(lab: Lab, histories: Sequence[int], say: Say) -> list[Table]:
    """The cost by history and by member-days, and the time that the largest answers take."""
    return [_growth(lab, histories, say), *_limits(lab)]


@dataclass(frozen=True, slots=True)
class _Known:
    """A program whose one member has sold in its one offer."""

    shop: World
    seller: Seller

    @property
    def by_offer(self) -> dict[str, str]:
        """The parameters that narrow to the offer."""
        return {"offer_id": self.shop.shop.offer.offer_id}

    @property
    def by_member(self) -> dict[str, str]:
        """The parameters that narrow to the member."""
        return {"member_id": self.seller.member_id}

    def page(self, **wanted: Any) -> int:
        """The number of conversions on the first page."""
        table, program = self.shop.lab.table, self.shop.shop.program
        return len(commissions.list_conversions(table, program, Wanted(**wanted), _PAGE, None).items)

    def month(self, **asked: Any) -> int:
        """The number of days in a summary of the month."""
        table, program = self.shop.lab.table, self.shop.shop.program
        return len(summaries.summary(table, program, Asked(**asked, **_MONTH)).rows)


_READS: Final[dict[str, tuple[Callable[[_Known], int], int]]] = {
    "page by offer": (lambda known: known.page(**known.by_offer), _PAGE),
    "page by member": (lambda known: known.page(**known.by_member), _PAGE),
    "page by member in offer": (lambda known: known.page(**known.by_member, **known.by_offer), _PAGE),
    "page by offer, of a month": (lambda known: known.page(**known.by_offer, **_MONTH), _PAGE),
    "month by day, a member": (lambda known: known.month(**known.by_member), samples.TODAY.day),
    "month by day, an offer": (lambda known: known.month(**known.by_offer), samples.TODAY.day),
    "month by day, everything": (lambda known: known.month(), samples.TODAY.day),
}
"""The reads by name, each with the number of rows that it must give."""


def _growth(lab: Lab, histories: Sequence[int], say: Say) -> Table:
    costs: dict[str, list[tuple[int, Cost]]] = {name: [] for name in _READS}
    for earlier in histories:
        say(f"  an offer with {earlier:,} earlier conversions ...")
        shop = world(lab, samples.template())
        known = _Known(shop, shop.seller())
        history.load(shop, known.seller, earlier, _DAYS, _WHOLE_DAYS if earlier > _MANY else None)
        for name, (read, expected) in _READS.items():
            costs[name].append((earlier, _measured(known, read, expected)))
    rows = [row for name, of_name in costs.items() for row in _rows(name, of_name)]
    return Table("Growth: reports over earlier conversions", rows, _NOTES)


_NOTES: Final = (
    f"Pages of {_PAGE}. The history lies on {_DAYS} days whatever its length, so that only its length grows. Above",
    f"{_MANY:,} rows those older than {_WHOLE_DAYS} days are stored with their keys alone: no page may reach them.",
    "A summary reads a member's days, or an offer's in its four partitions. The API key's read is one trip more.",
)


def _measured(known: _Known, read: Callable[[_Known], int], expected: int) -> Cost:
    with known.shop.lab.meter.measure() as bill:
        rows = read(known)
    if rows != expected:
        raise ToolError(f"a report of the bench shows {rows} rows instead of {expected}")
    return bill.cost


def _rows(name: str, costs: Sequence[tuple[int, Cost]]) -> Iterator[Row]:
    for earlier, cost in costs:
        yield Row(f"{name}, {earlier:,} earlier", figures(cost))
    yield slope(f"slope per decade, {name}", costs)


def _limits(lab: Lab) -> list[Table]:
    shop = world(lab, samples.template())
    days = [_summary(shop, count) for count in _MEMBER_DAYS]
    lists = [row for buckets in (1, _MOST_BUCKETS) for row in _lists(lab, buckets)]
    return [
        Table("A summary by the member-days in its range", days, OF_TIMES),
        Table(f"The last of an offer's {_FILE:,} conversions", lists, OF_TIMES),
    ]


OF_TIMES: Final = (
    "Through functions/reports, for information. CPU ms: of this process, which is the function's part; s: all of it,",
    "with the local engine, which is slower at long lists than DynamoDB.",
)


def _summary(shop: World, count: int) -> Row:
    """The cost of a summary of an offer of its own."""
    offer_id = samples.new_id("off")
    shop.lab.load(member_days(shop, offer_id, count))
    asked = {"offer_id": offer_id, "group_by": "member", **{name: str(day) for name, day in _RANGE.items()}}
    return timed(shop, f"{count:,} member-days", "/v1/reports/summary", asked)


def member_days(shop: World, offer_id: str, count: int) -> Iterator[Item]:
    """Totals of members who have sold, and had clicks, on each of the last days."""
    sold = Bucket(shop.shop.offer.payout_options[0].payout_option_id, "sale", "", 1, "approved")
    counters: Counters = {sold: [3, 3 * 499, 3 * samples.SALE], sold._replace(type="click"): [40, 0, 0]}
    for number in range(count):
        if number % DAYS_EACH == 0:
            member_id = samples.new_id("mem")
        row = DayRow(samples.TODAY - timedelta(days=number % DAYS_EACH), offer_id)
        yield ledger.totals(shop.program_id, member_id, row, counters)


def _lists(lab: Lab, buckets: int) -> Iterator[Row]:
    """The cost of lists of an offer whose conversions lie in that many index partitions."""
    shop = world(lab, samples.template(), offer=samples.offer(buckets=buckets))
    history.load(shop, shop.seller(), _FILE, _DAYS)
    asked, path = {"offer_id": shop.shop.offer.offer_id}, "/v1/reports/conversions"
    where = f", {buckets} buckets" if buckets > 1 else ""
    yield timed(shop, f"a page of {_PAGE}{where}", path, asked)
    yield timed(shop, f"a page by a filter that no row passes{where}", path, {**asked, "status": "declined"})
    yield timed(shop, f"CSV of {_FILE:,} rows{where}", path, {**asked, "format": "csv"}, _FILE + 1)


def timed(
    shop: World, name: str, path: str, asked: Mapping[str, str], lines: int = 0, function: str = "reports"
) -> Row:
    """One report, answered twice: for its bill, and for its time when nothing is billed. `lines`: of a CSV."""
    request = Request(function, "GET", path, shop.admin, query=asked)
    bill = gateway.send(shop.lab, request, 200).bill
    with shop.lab.meter.paused():
        cpu, began = time.process_time(), time.perf_counter()
        answer = gateway.send(shop.lab, request, 200)
        spent, took = time.process_time() - cpu, time.perf_counter() - began
    if answer.text.count("\r\n") != lines:
        raise ToolError("the bench's file is not whole")
    times = {"CPU ms": round(spent * 1000), "s": took, "KB": round(len(answer.text) / 1000)}
    return Row(name, {"trips": bill.cost.trips, "RRU": bill.cost.rru, **times})
