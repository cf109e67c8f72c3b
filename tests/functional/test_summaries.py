"""Summaries against the table: they agree with the lists once everything is counted, and cost what they read."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import CONVERSION_TYPES, Bucket, Commission
from laurel.domain.ledger.orders import Taken
from laurel.domain.ledger.summaries import Figures, GroupBy
from laurel.domain.ledger.totals import NO_OFFER, DayRow, MonthRow
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.tracking.conversions import Claimant
from laurel.domain.values.errors import Invalid
from laurel.store import indexes, items, keys, ledger
from laurel.store.indexes import BY_OWNER
from laurel.store.operations import Op, Put, Update
from laurel.workflows.earnings import attributions
from laurel.workflows.kernel.transitions import fold_member
from laurel.workflows.ledger import commissions, summaries
from laurel.workflows.ledger.summaries import MOST_MEMBER_DAYS, Asked
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.offers.reading import MOST_OFFERS
from laurel.workflows.requests.listing import Page
from tests.kit.figures import key_of, slowly
from tests.simulation.kit.table.fake_table import FakeTable
from tests.unit.kit import builders
from tests.unit.kit.builders import ANNA, AUTUMN, BASIC, BEN, GOLD, LINKS, SATURDAY, SPRING, an_id, steady

BERLIN = builders.program(timezone="Europe/Berlin")
PRG = BERLIN.program_id
OPTIONS = (builders.option(), builders.option(payout_option_id=GOLD, name="Gold", default=False))
HAND = Author("key:key_" + "0" * 26, SATURDAY + timedelta(days=9))
DAYS = 4
Listed = TypeVar("Listed", bound=BaseModel)
GROUPS: tuple[GroupBy, ...] = ("day", "member", "offer", "payout_option")
Move = Callable[["Shop"], None]


class Shop:
    """Two members in an offer by link and a hot one by codes; whatever is recorded is counted at some time."""

    def __init__(self) -> None:
        self.table = FakeTable()
        self.offers = {
            SPRING: builders.offer(kind="link", landing_url="https://shop.example.com/", payout_options=OPTIONS),
            AUTUMN: builders.offer(offer_id=AUTUMN, payout_options=OPTIONS, buckets=3),
        }
        for offer in self.offers.values():
            self.table.write(Put(items.offer(PRG, offer)))
        for member_id in (ANNA, BEN):
            self.table.write(Put(items.member(PRG, builders.member(member_id=member_id))))
            for offer_id in self.offers:
                enrolled = builders.enrollment(member_id=member_id, offer_id=offer_id)
                self.table.write(Put(items.enrollment(PRG, enrolled)))

    def record(self, row: Commission) -> None:
        buckets = self.offers[row.offer_id].buckets if row.offer_id else 1
        self.table.write(Put(ledger.commission(PRG, row, buckets), new=True))

    def change(self, row: Commission, **changes: Any) -> None:
        changed = row.revised(SATURDAY, **changes)
        body = {"body": items.body(changed), "version": changed.version}
        key = keys.commission(PRG, row.commission_id)
        self.table.write(Update(key, set={**body, **ledger.pending(PRG, changed)}, expect={"version": row.version}))

    def give(self, row: Commission, member_id: str, offer_id: str) -> None:
        claimant = Claimant(member_id=member_id, offer_id=offer_id)
        attributions.attribute(self.table, BERLIN, row.commission_id, claimant, HAND)

    def count(self) -> None:
        for member_id in (ANNA, BEN):
            waiting = [
                item
                for item in self.table.contents().values()
                if item.get("pend") == 1 and item["body"]["member_id"] == member_id
            ]
            fold_member(self.table, Rulebook.of(BERLIN, ()), member_id, waiting, SATURDAY)

    @property
    def rows(self) -> list[Commission]:
        found = self.table.contents().values()
        return [items.parse(Commission, item) for item in found if item["kind"] == "commission"]

    def conversions(self, wanted: Wanted) -> list[ConversionView]:
        return walked(lambda cursor: commissions.list_conversions(self.table, BERLIN, wanted, 3, cursor))

    def commissions(self, wanted: Wanted) -> list[CommissionView]:
        return walked(lambda cursor: commissions.list_page(self.table, BERLIN, wanted, CommissionView.of, 3, cursor))


def walked(read: Callable[[str | None], Page[Listed]]) -> list[Listed]:
    """All items of a list, page by page."""
    page = read(None)
    found = page.items
    while page.next_cursor is not None:
        page = read(page.next_cursor)
        found += page.items
    return found


@st.composite
def recordings(draw: st.DrawFn) -> Move:
    kind = draw(st.sampled_from(["sale", "sale", "action", "recurring", "click", "extra_bonus", "extra_bonus"]))
    is_bonus = kind == "extra_bonus" or (kind == "action" and draw(st.booleans()))
    is_scheduled = kind == "recurring" and draw(st.booleans())
    is_order = kind in CONVERSION_TYPES and not is_scheduled and not is_bonus
    row = builders.commission(
        draw(st.uuids()).hex,
        draw(st.integers(0, 10_000)),
        when=SATURDAY + timedelta(hours=draw(st.integers(0, 24 * DAYS))),
        zone=BERLIN,
        sale=draw(st.integers(0, 100_000)) if is_order else None,
        type=kind,
        origin="rule" if is_bonus else "schedule" if is_scheduled else "conversion",
        clicks=draw(st.integers(1, 9)) if kind == "click" else None,
        member_id=draw(st.sampled_from([ANNA, BEN])),
        offer_id=None if is_bonus and draw(st.booleans()) else draw(st.sampled_from([SPRING, AUTUMN])),
        payout_option_id=None if is_bonus else draw(st.sampled_from([BASIC, GOLD])),
        status=draw(st.sampled_from(["pending", "approved"])),
    )
    if is_order and draw(st.integers(0, 3)) == 0:
        nobodys = dict.fromkeys(("member_id", "offer_id", "payout_option_id", "status", "payout"))
        row = row.model_copy(update={**nobodys, "amount": 0})
    return lambda shop: shop.record(row)


@st.composite
def changes(draw: st.DrawFn) -> Move:
    which, part = draw(st.integers(0, 99)), draw(st.integers(0, 4))
    to = draw(st.sampled_from([ANNA, BEN])), draw(st.sampled_from([SPRING, AUTUMN]))
    become = draw(st.sampled_from([{"status": "approved"}, {"status": "declined"}, {"payout": "paid"}]))

    def move(shop: Shop) -> None:
        rows = sorted(shop.rows, key=lambda row: row.commission_id)
        row = rows[which % len(rows)] if rows else None
        if row is None:
            return
        if row.member_id is None:
            shop.give(row, *to)
        elif row.order is not None and part:
            refunded = row.order.sale * part // 4
            order = row.order.reckoned(row.currency, taken=Taken(goods=refunded))
            shop.change(row, order=order, amount=row.amount * (4 - part) // 4)
        elif row.payout == "unpaid" and ("payout" not in become or row.status == "approved"):
            shop.change(row, **become)

    return move


MOVES = st.lists(recordings() | recordings() | changes() | st.just(Shop.count), max_size=20)
DATES = st.none() | st.integers(-1, DAYS + 1).map(lambda days: date(2026, 11, 21) + timedelta(days=days))
RANGES = st.tuples(DATES, DATES).filter(lambda pair: None in pair or pair[0] <= pair[1])


def is_in(row: Commission, asked: Asked) -> bool:
    return (
        row.member_id is not None
        and asked.offer_id in {None, row.offer_id}
        and asked.member_id in {None, row.member_id}
        and (asked.first or date.min) <= row.day <= (asked.last or date.max)
    )


@steady
@given(MOVES, RANGES, st.sampled_from(GROUPS))
def test_once_all_is_counted_a_summary_is_the_fold_of_the_rows(
    moves: list[Move], days: tuple[date | None, date | None], group_by: GroupBy
) -> None:
    shop = played(moves)
    for offer_id, member_id in product((None, SPRING, AUTUMN), (None, ANNA, BEN)):
        asked = Asked(group_by, offer_id, member_id, *days)
        told = summaries.summary(shop.table, BERLIN, asked)
        rows = [row for row in shop.rows if is_in(row, asked)]
        assert dict(told.totals) == slowly(rows, LINKS)
        for group in told.rows:
            of_group = slowly((row for row in rows if key_of(row, group_by) == group.key), LINKS)
            assert {name: getattr(group, name) for name in Figures.model_fields} == of_group


@steady
@given(MOVES, RANGES)
def test_once_all_is_counted_a_summary_agrees_with_the_lists(
    moves: list[Move], days: tuple[date | None, date | None]
) -> None:
    shop = played(moves)
    for offer_id, member_id in (
        (SPRING, None),
        (AUTUMN, None),
        (None, ANNA),
        (AUTUMN, ANNA),
        (None, BEN),
        (None, None),
    ):
        told = summaries.summary(shop.table, BERLIN, Asked("day", offer_id, member_id, *days)).totals
        wanted = Wanted(offer_id, member_id, first=days[0], last=days[1])
        orders = [each for each in shop.conversions(wanted) if each.status != "declined"]
        assert told.conversions == len(orders)
        assert told.sales == sum(each.amount - each.refunded_amount for each in orders)
        assert told.commission == sum(each.amount for each in shop.commissions(wanted) if each.status != "declined")


def played(moves: list[Move]) -> Shop:
    shop = Shop()
    for move in moves:
        move(shop)
    shop.count()
    return shop


class CountingTable(FakeTable):
    """Counts the items that it is asked for, and how often."""

    read = queries = 0

    def query(self, *args: Any, **kwargs: Any) -> Any:
        found = super().query(*args, **kwargs)
        self.read += len(found)
        self.queries += 1
        return found


def day_rows(count: int, offers: tuple[str, ...], days: int = 300) -> Iterator[Op]:
    """So many days of members in offers, each with one sale of 10.00 that earned 1.00."""
    counters = {Bucket(BASIC, "sale", "", 1, "approved"): [1, 100, 1000]}
    for n in range(count):
        row = DayRow(date(2026, 1, 1) + timedelta(days=n % days), offers[n % len(offers)])
        yield Put(ledger.totals(PRG, an_id("mem", str(n // days)), row, counters), new=True)


def filled(count: int, *offers: str) -> CountingTable:
    table = CountingTable()
    for op in day_rows(count, offers or (SPRING,)):
        table.write(op)
    for offer_id in (SPRING, AUTUMN):
        table.write(Put(items.offer(PRG, builders.offer(offer_id=offer_id))))
    table.read = 0
    return table


def test_a_range_may_hold_as_many_member_days_as_it_may() -> None:
    told = summaries.summary(filled(MOST_MEMBER_DAYS), BERLIN, Asked(offer_id=SPRING))
    assert (told.totals.conversions, len(told.rows)) == (MOST_MEMBER_DAYS, 300)


@pytest.mark.parametrize("asked", [Asked(offer_id=SPRING), Asked("member"), Asked(first=date(2026, 1, 1))])
def test_one_member_day_more_is_refused_and_nothing_is_read_beyond_it(asked: Asked) -> None:
    table = filled(MOST_MEMBER_DAYS + 1_000)
    with pytest.raises(Invalid, match="more than 20000 days") as refused:
        summaries.summary(table, BERLIN, asked)
    assert refused.value.code == "range_too_large"
    assert table.read <= MOST_MEMBER_DAYS + 1 + 2  # and the two offers


def test_what_lies_outside_the_range_is_not_read() -> None:
    table = filled(6_000, SPRING, AUTUMN)
    asked = Asked(offer_id=SPRING, first=date(2026, 1, 1), last=date(2026, 1, 10))
    assert summaries.summary(table, BERLIN, asked).totals.conversions == table.read == 100


def test_days_and_those_before_them_are_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    table = filled(6_000)  # twenty a day
    asked = Asked(offer_id=SPRING, first=date(2026, 2, 10), last=date(2026, 2, 19))

    def conversions(since: date) -> tuple[int, int | None]:
        now, before = summaries.compared(table, BERLIN, asked, since)
        return now.by("day").totals.conversions, before and before.by("day").totals.conversions

    assert conversions(date(2026, 1, 31)) == (200, 200)
    assert table.queries == 1
    monkeypatch.setattr(summaries, "MOST_MEMBER_DAYS", 200)
    assert conversions(date(2026, 1, 31)) == (200, 200)
    assert conversions(date(2026, 1, 1)) == (200, None)  # too many before
    monkeypatch.setattr(summaries, "MOST_MEMBER_DAYS", 199)
    for since in (date(2026, 1, 1), date(2026, 2, 9)):
        with pytest.raises(Invalid, match="choose fewer days"):
            conversions(since)


def with_offers(count: int) -> CountingTable:
    table = CountingTable()
    for number in range(count):
        table.write(Put(items.offer(PRG, builders.offer(offer_id=an_id("off", str(number))))))
    return table


def test_all_offers_are_summed_up_together_while_they_are_not_too_many() -> None:
    table = with_offers(MOST_OFFERS)
    assert summaries.summary(table, BERLIN, Asked()).rows == []
    assert table.queries == 1 + 1 + MOST_OFFERS  # the offers, rows of none, and each


def test_more_offers_are_refused_before_their_days_are_read_and_the_refusal_says_what_to_name() -> None:
    table = with_offers(MOST_OFFERS + 20)
    with pytest.raises(Invalid, match="name an offer_id or a member_id") as refused:
        summaries.summary(table, BERLIN, Asked())
    assert (refused.value.code, table.queries, table.read) == ("range_too_large", 1, MOST_OFFERS + 1)
    for narrowed in (Asked(offer_id=an_id("off", "3")), Asked(member_id=ANNA)):
        assert summaries.summary(table, BERLIN, narrowed).rows == []


def listed_rows(table: FakeTable, count: int, offer_id: str | None, day: int) -> None:
    """So many rows of Anna's that lie a minute apart; the table has her enrollment."""
    origin = {} if offer_id else {"type": "extra_bonus", "origin": "rule"}
    for minute in range(count):
        when = SATURDAY + timedelta(days=day, minutes=minute)
        sold = {"sale": 1_000, "offer_id": offer_id, "when": when, **origin}
        table.write(
            Put(ledger.commission(PRG, builders.commission(f"{offer_id}{minute}", 100, zone=BERLIN, **sold), 1))
        )
    if offer_id:
        table.write(Put(items.enrollment(PRG, builders.enrollment(member_id=ANNA, offer_id=offer_id))))


def test_a_members_page_in_an_offer_is_full_however_much_was_sold_in_others_since() -> None:
    table = CountingTable()
    listed_rows(table, 30, SPRING, day=0)
    listed_rows(table, 800, AUTUMN, day=1)
    table.read = 0
    page = commissions.list_conversions(table, BERLIN, Wanted(SPRING, ANNA), 25, None)
    assert [each.offer_id for each in page.items] == [SPRING] * 25
    assert page.next_cursor is not None
    assert table.read <= 25 + 4


def test_a_members_list_has_the_rows_of_all_offers_and_of_none_by_time() -> None:
    table = FakeTable()
    for offer_id, day in ((SPRING, 0), (None, 1), (AUTUMN, 2)):
        listed_rows(table, 3, offer_id, day)

    def page(cursor: str | None) -> Page[CommissionView]:
        return commissions.list_page(table, BERLIN, Wanted(member_id=ANNA), CommissionView.of, 2, cursor)

    assert [row.offer_id for row in walked(page)] == [AUTUMN] * 3 + [None] * 3 + [SPRING] * 3


def test_days_of_an_offer_are_listed_and_months_are_not() -> None:
    table = filled(6_000)
    assert len(table.query(indexes.offer_totals(PRG, SPRING), index=BY_OWNER)) == 6_000
    assert BY_OWNER.pk not in ledger.totals(PRG, ANNA, MonthRow(date(2026, 1, 1), SPRING), {})
    assert NO_OFFER in ledger.totals(PRG, ANNA, DayRow(date(2026, 1, 1), NO_OFFER), {})[BY_OWNER.pk]
