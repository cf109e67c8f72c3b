"""Finding rows: any filters or none give what looking through all rows gives, newest first, and cost what is said."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laurel.domain.ledger.commissions import CONVERSION_TYPES, Attribution, Commission, conversion_id
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.domain.values.codes import are_same
from laurel.domain.values.errors import Invalid
from laurel.store import items, keys, ledger
from laurel.store.operations import Put
from laurel.workflows.ledger import commissions, sources
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.offers import reading
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page
from tests.simulation.kit.table.fake_table import FakeTable
from tests.unit.kit import builders
from tests.unit.kit.builders import ANNA, AUTUMN, BEN, SATURDAY, SHOP, SPRING, an_id

BERLIN = builders.program(timezone="Europe/Berlin")
PRG = BERLIN.program_id
OTHER_SHOP, WINTER, RULE = an_id("sf", "other"), an_id("off", "winter"), an_id("rul", "rule")
CODES = {(ANNA, SPRING): "ANNA10", (BEN, SPRING): "BEN10", (ANNA, AUTUMN): "ANNA20"}
DAYS = 4


class Shown(FakeTable):
    """Two members in three offers, one of them hot, with two shops; it counts what lists read."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Commission] = []
        self.read = self.queries = 0
        for offer_id, buckets in ((SPRING, 1), (AUTUMN, 3), (WINTER, 1)):
            self.write(Put(items.offer(PRG, builders.offer(offer_id=offer_id, buckets=buckets))))
            for member_id in (ANNA, BEN):
                enrolled = builders.enrollment(member_id=member_id, offer_id=offer_id)
                self.write(Put(items.enrollment(PRG, enrolled)))
        for (member_id, offer_id), code in CODES.items():
            claim = builders.claim(promo_code=code, member_id=member_id, offer_id=offer_id)
            self.write(Put(items.code_claim(PRG, claim)))
        for shop in (SHOP, OTHER_SHOP):
            self.write(Put({**keys.storefront(PRG, shop)._asdict(), "kind": "storefront", "body": {}}))

    def record(self, row: Commission) -> None:
        self.rows.append(row)
        self.write(Put(ledger.commission(PRG, row, 3 if row.offer_id == AUTUMN else 1)))

    def query(self, *args: Any, **kwargs: Any) -> Any:
        found = super().query(*args, **kwargs)
        self.read += len(found)
        self.queries += 1
        return found


@st.composite
def rows(draw: st.DrawFn, number: int) -> Commission:
    kind = draw(st.sampled_from(["sale", "sale", "sale", "action", "recurring", "click", "extra_bonus", "adjustment"]))
    origin = {"click": "conversion", "adjustment": "conversion", "extra_bonus": "rule"}.get(kind, "conversion")
    if kind == "action" and draw(st.booleans()):
        origin = "rule"
    is_order = kind in CONVERSION_TYPES and origin == "conversion"
    offer_id = draw(st.sampled_from([SPRING, AUTUMN, WINTER]))
    member_id = draw(st.sampled_from([ANNA, BEN]))
    shop, order_id = draw(st.sampled_from([SHOP, OTHER_SHOP])), str(number // 2)
    code = CODES.get((member_id, offer_id)) if draw(st.booleans()) else None
    row = builders.commission(
        f"row {number}",
        draw(st.integers(0, 10_000)),
        when=SATURDAY + timedelta(hours=draw(st.integers(0, 24 * DAYS))),
        zone=BERLIN,
        type=kind,
        origin=origin,
        clicks=1 if kind == "click" else None,
        member_id=member_id,
        offer_id=None if origin == "rule" and draw(st.booleans()) else offer_id,
        rule_id=RULE if origin == "rule" else None,
        status=draw(st.sampled_from(["pending", "approved", "declined"])),
        payout=draw(st.sampled_from(["unpaid", "paid"])),
        attribution={"by": "promo_code", "promo_code": code} if is_order and code else None,
    )
    if not is_order:
        return row
    order = builders.an_order(order_id, 1000, storefront_id=shop)
    row = row.model_copy(update={"order": order, "commission_id": conversion_id(PRG, shop, order_id)})
    if draw(st.integers(0, 3)):
        return row
    nobodys = dict.fromkeys(("member_id", "offer_id", "payout_option_id", "status", "payout"))
    lost = Attribution(reason="no_match", promo_code=draw(st.sampled_from(["NOBODYS", "anna10"])))
    return row.model_copy(update={**nobodys, "attribution": lost})


@st.composite
def ledgers(draw: st.DrawFn) -> list[Commission]:
    drawn = [draw(rows(number)) for number in range(draw(st.integers(0, 14)))]
    return list({row.commission_id: row for row in drawn}.values())


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


DATES = st.none() | st.integers(-1, DAYS + 1).map(lambda days: date(2026, 11, 21) + timedelta(days=days))
FILTERS = st.fixed_dictionaries(
    {
        "offer_id": maybe(SPRING, AUTUMN, an_id("off", "nobody's")),
        "member_id": maybe(ANNA, BEN, an_id("mem", "nobody")),
        "first": DATES,
        "last": DATES,
    }
).filter(lambda given: None in (given["first"], given["last"]) or given["first"] <= given["last"])
EQUAL = st.fixed_dictionaries(
    {"status": maybe("approved", "declined"), "payout": maybe("unpaid", "paid"), "type": maybe("sale", "action")}
)
ORDERS = st.fixed_dictionaries(
    {
        "order_id": maybe("0", "1", "unknown"),
        "storefront_id": maybe(SHOP, OTHER_SHOP, an_id("sf", "another program's")),
        "promo_code": maybe("anna10", "BEN10", " anna20", "NOBODYS"),
        "attributed": maybe(True, False),
    }
)
LIMITS = st.sampled_from([1, 2, 3, 100])
steady = settings(max_examples=120, deadline=None, derandomize=True)


def is_wanted(row: Commission, wanted: Wanted) -> bool:
    order = row.order.order_id if row.order else None
    shop = row.order.storefront_id if row.order else None
    code = row.attribution.promo_code if row.attribution else None
    attributed = True if wanted.attributed is None and wanted.order_id is None else wanted.attributed
    return (
        wanted.offer_id in {None, row.offer_id}
        and wanted.member_id in {None, row.member_id}
        and wanted.rule_id in {None, row.rule_id}
        and wanted.order_id in {None, order}
        and wanted.storefront_id in {None, shop}
        and (wanted.promo_code is None or (code is not None and are_same(code, wanted.promo_code)))
        and attributed in {None, row.member_id is not None}
        and (wanted.first or date.min) <= row.day <= (wanted.last or date.max)
        and all(allowed in {None, getattr(row, name)} for name, allowed in wanted.equal.items())
    )


def newest_first(found: list[Commission]) -> list[str]:
    placed = sorted(found, key=lambda row: keys.place(row.occurred_at, row.commission_id), reverse=True)
    return [row.commission_id for row in placed]


def pages(read: Callable[[str | None], Page[Any]]) -> Iterator[list[Any]]:
    page = read(None)
    yield page.items
    while page.next_cursor is not None:
        page = read(page.next_cursor)
        yield page.items


def table_of(recorded: list[Commission]) -> Shown:
    table = Shown()
    for row in recorded:
        table.record(row)
    return table


def require_list(told: list[list[str]], expected: list[str], limit: int) -> None:
    assert [name for page in told for name in page] == expected
    assert all(len(page) <= limit for page in told)


@steady
@given(ledgers(), FILTERS, EQUAL, ORDERS, LIMITS, st.sampled_from([1, 3, 1000]))
def test_conversions_are_found_by_any_filters_as_by_looking_through_all(
    recorded: list[Commission],
    filters: dict[str, Any],
    equal: dict[str, Any],
    of_order: dict[str, Any],
    limit: int,
    looked_at: int,
) -> None:
    table, wanted = table_of(recorded), Wanted(**filters, **of_order, equal=equal)
    orders = [row for row in recorded if row.order is not None and is_wanted(row, wanted)]

    def read(cursor: str | None) -> Page[ConversionView]:
        return commissions.list_conversions(table, BERLIN, wanted, limit, cursor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "MOST_LOOKED_AT", looked_at)
        told = [[each.conversion_id for each in page] for page in pages(read)]
    require_list(told, newest_first(orders), limit)


@steady
@given(ledgers(), FILTERS, EQUAL, maybe(RULE, an_id("rul", "another")), LIMITS, st.sampled_from([1, 3, 1000]))
def test_payable_rows_are_found_by_any_filters_as_by_looking_through_all(
    recorded: list[Commission],
    filters: dict[str, Any],
    equal: dict[str, Any],
    rule_id: str | None,
    limit: int,
    looked_at: int,
) -> None:
    table, wanted = table_of(recorded), Wanted(**filters, rule_id=rule_id, equal=equal)
    found = [row for row in recorded if is_wanted(row, wanted)]

    def read(cursor: str | None) -> Page[CommissionView]:
        return commissions.list_page(table, BERLIN, wanted, CommissionView.of, limit, cursor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "MOST_LOOKED_AT", looked_at)
        told = [[each.commission_id for each in page] for page in pages(read)]
    require_list(told, newest_first(found), limit)


@pytest.fixture
def sold() -> Shown:
    """300 sales in each of three offers, and 5 bonuses of a rule in none."""
    table = Shown()
    for number in range(900):
        offer_id = (SPRING, AUTUMN, WINTER)[number % 3]
        when, by_code = SATURDAY + timedelta(minutes=number), {"by": "promo_code", "promo_code": "ANNA10"}
        table.record(builders.commission(f"sale {number}", 100, when=when, offer_id=offer_id, attribution=by_code))
    for number in range(5):
        of_rule = {"type": "extra_bonus", "origin": "rule", "rule_id": RULE, "offer_id": None}
        table.record(builders.commission(f"bonus {number}", 1, when=SATURDAY - timedelta(hours=number), **of_rule))
    return table


def page_of(table: Shown, limit: int = 25, **wanted: Any) -> Page[CommissionView]:
    table.read = table.queries = 0
    return commissions.list_page(table, BERLIN, Wanted(**wanted), CommissionView.of, limit, None)


@pytest.mark.parametrize(
    ("wanted", "rows_read", "queries"),
    [
        ({}, 3 + 2 * 25 + 6 * 8, 2 * 7),
        ({"offer_id": SPRING}, 25 + 4, 1),
        ({"member_id": ANNA, "offer_id": SPRING}, 25 + 4, 1),
        ({"rule_id": RULE}, 5, 1),
        ({"promo_code": "anna10"}, 25 + 4, 1),
        ({"promo_code": "unknown"}, 0, 0),
        ({"order_id": "1", "storefront_id": SHOP}, 0, 0),
        ({"order_id": "1"}, 2, 1),
        ({"attributed": False}, 0, 4),
        ({"attributed": False, "offer_id": SPRING}, 0, 0),
    ],
)
def test_a_page_reads_little_more_than_it_shows(
    sold: Shown, wanted: dict[str, Any], rows_read: int, queries: int
) -> None:
    page_of(sold, **wanted)
    assert sold.read <= rows_read
    assert sold.queries <= queries


def test_a_filter_that_matches_nothing_reads_up_to_its_bound_and_says_where_to_go_on(sold: Shown) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "MOST_LOOKED_AT", 100)
        page = page_of(sold, equal={"status": "declined"})
        assert page.items == []
        assert page.next_cursor is not None
        assert sold.read <= 3 + 2 * 100 + 6 * 8
        last = page_of(sold, equal={"type": "extra_bonus"})
        assert last.next_cursor is not None


def test_above_the_most_offers_days_or_a_name_are_needed(sold: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_OFFERS", 2)
    for wanted in ({}, {"last": date(2026, 12, 1)}, {"member_id": ANNA}):
        with pytest.raises(Invalid, match="range_too_large"):
            page_of(sold, **wanted)
    for wanted in ({"first": date(2026, 11, 1)}, {"offer_id": SPRING}, {"rule_id": RULE}, {"order_id": "1"}):
        page_of(sold, **wanted)
    monkeypatch.setattr(sources, "MOST_OFFERS_OF_DAYS", 2)
    with pytest.raises(Invalid, match="range_too_large"):
        page_of(sold, first=date(2026, 11, 1), last=date(2026, 11, 2))


def test_the_most_offers_are_enough_for_a_page(sold: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_OFFERS", 3)
    assert len(page_of(sold).items) == 25
    assert reading.MOST_OFFERS == 500


def test_an_order_that_only_a_refund_told_of_is_not_found() -> None:
    table = Shown()
    table.write(Put(items.stub(PRG, conversion_id(PRG, SHOP, "1"), 1, 1)))
    assert page_of(table, order_id="1", storefront_id=SHOP).items == []
