"""The health of a storefront, from what is stored anyway: rows of orders, and deliveries. Nothing is written for it.

So it is exact, orders of the API are in it, and an order that was told five times is one. It costs the reading.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from laurel.concurrency import side_by_side, together
from laurel.domain.ledger.commissions import CONVERSION_TYPES
from laurel.domain.program.programs import Program
from laurel.domain.tracking.deliveries import KEPT_FOR, Outcome
from laurel.domain.tracking.health import (
    DAYS_SHOWN,
    MOST_DAYS,
    WEEKS_BEFORE,
    Health,
    OrderWon,
    click_share,
    health_day,
)
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.errors import Invalid
from laurel.store import delivery_keys, indexes, keys, row_bodies
from laurel.store.indexes import BY_OWNER
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.wanted import between, require_in_order
from laurel.workflows.offers.reading import MOST_OFFERS
from laurel.workflows.program import storefronts
from laurel.workflows.requests import stretches
from laurel.workflows.requests.stretches import Stretch

MOST_ROWS: Final = 40_000
"""Rows of the program in the days, and again in the weeks before them: six seconds of reading each."""
MOST_DELIVERIES: Final = 100_000
"""Deliveries in the days, which are smaller: eight seconds."""
_WEEK: Final = timedelta(days=7)
_QUIET_WEEK: Final = 5_000
"""The weeks before are read side by side as long as they hold no more: a busier one is read again, by itself."""


def health(
    table: Table, program: Program, storefront_id: str, first: date | None, last: date | None, now: datetime
) -> Health:
    """The local days `first` to `last`, both included: by default the last 28. Orders are of the day they were placed.

    The share before is of four weeks, or of as many as MOST_ROWS allow, None if that is none.
    Raises Absent, Invalid `invalid_range`, `range_too_large` above MOST_DAYS, MOST_OFFERS, MOST_ROWS,
    MOST_DELIVERIES.
    """
    last = last or program.calendar.day_of(now)
    first = first or last - (DAYS_SHOWN - 1) * ONE_DAY
    _require_short(first, last)
    _, partitions = together(
        lambda: storefronts.require(table, program.program_id, storefront_id),
        lambda: _partitions(table, program.program_id),
    )
    reader = _Reader(table, program, storefront_id, partitions)
    orders, delivered, before = together(
        lambda: reader.orders(first, last),
        lambda: reader.delivered(first, last, now),
        lambda: reader.orders_before(first),
    )
    by_day: dict[date, list[OrderWon]] = defaultdict(list)
    for order in orders:
        by_day[order.day].append(order)
    return Health(
        days=[health_day(day, by_day[day], delivered.get(day)) for day in _days(first, last)],
        click_share=click_share(orders),
        click_share_before=click_share(before),
    )


def _require_short(first: date, last: date) -> None:
    require_in_order(first, last)
    if (last - first).days >= MOST_DAYS:
        raise _too_large(f"at most {MOST_DAYS} days at once")


class _Reader:
    """Reads what is told of one storefront; `partitions`: those of all orders of its program."""

    def __init__(self, table: Table, program: Program, storefront_id: str, partitions: list[str]) -> None:
        self._table = table
        self._program = program
        self._storefront_id = storefront_id
        self._partitions = partitions

    def orders(self, first: date, last: date) -> list[OrderWon]:
        """The storefront's orders of these days. Raises Invalid `range_too_large`."""
        found = self._rows((first, last), MOST_ROWS)
        if found is None:
            raise _too_many(MOST_ROWS)
        return self._won(found)

    def orders_before(self, first: date) -> list[OrderWon]:
        """Its orders of the weeks before `first`, the latest week first, as long as a whole one can be read."""
        weeks = [(first - shift * _WEEK, first - (shift - 1) * _WEEK - ONE_DAY) for shift in range(1, WEEKS_BEFORE + 1)]
        orders: list[OrderWon] = []
        left = MOST_ROWS
        quiet = side_by_side(partial(self._rows, most=min(_QUIET_WEEK, left)), weeks)
        for week, read in zip(weeks, quiet, strict=True):
            found = self._rows(week, left) if read is None else read
            if found is None or len(found) > left:
                return orders
            left -= len(found)
            orders += self._won(found)
        return orders

    def delivered(self, first: date, last: date, now: datetime) -> dict[date, list[Outcome]]:
        """The outcomes of deliveries by day, for days of which any may still be kept. Raises Invalid."""
        program = self._program
        oldest = program.calendar.day_of(now - KEPT_FOR)
        by_day: dict[date, list[Outcome]] = {day: [] for day in _days(max(first, oldest), last)}
        stretch = between(program, max(first, oldest), last) if by_day else None
        partitions = delivery_keys.deliveries(program.program_id, self._storefront_id) if by_day else []
        kept = stretches.read(self._table, [Stretch(each, stretch) for each in partitions], MOST_DELIVERIES)
        if kept is None:
            raise _too_many(MOST_DELIVERIES)
        for item in kept:
            day = program.calendar.day_of(datetime.fromisoformat(item["body"]["at"]))
            by_day[day].append(item["body"]["outcome"])
        return by_day

    def _rows(self, days: tuple[date, date], most: int) -> list[Item] | None:
        of_days = between(self._program, *days)
        return stretches.read(self._table, [Stretch(each, of_days, BY_OWNER) for each in self._partitions], most)

    def _won(self, found: Iterable[Item]) -> list[OrderWon]:
        return [_won(item) for item in found if self._is_order(item)]

    def _is_order(self, item: Item) -> bool:
        row = item["body"]
        is_conversion = row["origin"] == "conversion" and row["type"] in CONVERSION_TYPES and row.get("tier", 1) == 1
        order = row.get("order")
        return is_conversion and order is not None and order["storefront_id"] == self._storefront_id


def _won(item: Item) -> OrderWon:
    row = item["body"]
    won = row_bodies.attribution(row)
    return OrderWon(date.fromisoformat(row["day"]), won["by"], won.get("reason"))


def _partitions(table: Table, program_id: str) -> list[str]:
    """The partitions that hold all orders of a program."""
    offers = table.query(keys.offer(program_id, "").pk, limit=MOST_OFFERS + 1)
    if len(offers) > MOST_OFFERS:
        raise _too_large(f"the program has more than {MOST_OFFERS} offers")
    of_offers = (indexes.offer_commissions(program_id, item["sk"], item["body"].get("buckets", 1)) for item in offers)
    return [*indexes.unattributed(program_id), *(partition for each in of_offers for partition in each)]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + shift * ONE_DAY for shift in range((last - first).days + 1))


def _too_many(most: int) -> Invalid:
    return _too_large(f"these days hold more than {most} orders or deliveries: choose fewer")


def _too_large(why: str) -> Invalid:
    return Invalid("range_too_large", why, "?from")
