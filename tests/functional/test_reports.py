"""Reports over HTTP: conversions one by one and summed up, as JSON and as CSV, for whoever may read them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from laurel.api import tables
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.tables import commission_cells
from laurel.domain.ledger.views import CommissionView
from laurel.store import ledger
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger import commissions
from laurel.workflows.ledger.commissions import Wanted
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.requests import listing
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import CALENDAR, World
from tests.kit import spreadsheets
from tests.unit.kit import builders

LIST = "/v1/reports/conversions"


@pytest.fixture
def sold(api: Gateway, world: World, items: Table) -> dict[str, str]:
    """Orders of two members over three local days, and one that nobody won; everything is counted."""
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN10"})
    made = {
        "early": sell(world, order_id="1001", amount=5_000, occurred_at="2026-11-18T10:00:00Z"),
        "late": sell(world, order_id="1002", occurred_at="2026-11-19T22:59:59Z", amount=10_000),  # 23:59:59 in Berlin
        "next": sell(world, order_id="1003", amount=5_000, occurred_at="2026-11-19T23:00:00Z", promo_code="BEN10"),
        "nobodys": sell(world, order_id="1004", amount=5_000, occurred_at="2026-11-19T12:00:00Z", promo_code="NOBODY"),
    }
    drain(items)
    return made


def orders(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [each["order_id"] for each in answer.body["items"]]


class Counting(Table):
    """A table that notes how many keys each batched read asks for."""

    def __init__(self, of: Table, asked: list[int]) -> None:
        super().__init__(of._name, of._client)
        self.asked = asked

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        wanted = list(keys)
        self.asked.append(len(wanted))
        return super().batch_get(wanted)


def lines(answer: Answer) -> list[dict[str, str]]:
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return spreadsheets.read(answer.body)


def test_an_offers_conversions_are_reported_newest_first_as_everywhere(
    api: Gateway, world: World, sold: dict[str, str]
) -> None:
    told = api.get(f"{LIST}?offer_id={world.codes_offer}")
    assert orders(told) == ["1003", "1002", "1001"]
    assert told.body == api.get(f"/v1/conversions?offer_id={world.codes_offer}").body
    assert [each["payout_option_id"] for each in told.body["items"]] == [world.options[0]] * 3


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("&member_id={ada}", ["1002", "1001"]),
        ("&from=2026-11-19&to=2026-11-19", ["1002"]),
        ("&from=2026-11-20", ["1003"]),
        ("&to=2026-11-18", ["1001"]),
        ("&promo_code=ben10", ["1003"]),
        ("&promo_code=OTHER", []),
        ("&status=approved", ["1003", "1002", "1001"]),
        ("&status=declined", []),
        ("&payout=paid", []),
        ("&type=action", []),
        ("&type=sale", ["1003", "1002", "1001"]),
        ("&payout_option_id={option}", ["1003", "1002", "1001"]),
        ("&payout_option_id=opt_unknown", []),
        ("&limit=2", ["1003", "1002"]),
    ],
)
def test_filters_narrow_the_list(
    api: Gateway, world: World, sold: dict[str, str], filters: str, found: list[str]
) -> None:
    filters = filters.format(ada=world.ada, option=world.options[0])
    assert orders(api.get(f"{LIST}?offer_id={world.codes_offer}{filters}")) == found


def test_without_a_filter_the_whole_program_is_told_in_both_formats(
    api: Gateway, world: World, sold: dict[str, str]
) -> None:
    assert orders(api.get(LIST)) == ["1003", "1002", "1001"]
    assert [line["Order id"] for line in lines(api.get(f"{LIST}?format=csv"))] == ["1003", "1002", "1001"]
    assert orders(api.get(f"{LIST}?promo_code=ben10")) == ["1003"]


@pytest.mark.parametrize(
    "path", [f"{LIST}?member_id=x", "/v1/reports/summary?offer_id=x", "/v1/conversions?offer_id=x"]
)
def test_days_out_of_order_are_refused(api: Gateway, path: str) -> None:
    told = api.get(f"{path}&from=2026-11-20&to=2026-11-19")
    assert (told.status, told.code, told.pointers) == (422, "invalid_range", ["?from"])


@pytest.mark.parametrize("wrong", ["format=xml", "group_by=week", "from=yesterday", "from=2026-02-30", "to=20261119"])
def test_nonsense_is_refused_with_its_name(api: Gateway, wrong: str) -> None:
    told = api.get(f"/v1/reports/summary?{wrong}")
    assert (told.status, told.pointers) == (422, [f"?{wrong.partition('=')[0]}"])


def test_bonuses_and_markers_are_no_conversions(api: Gateway, world: World, items: Table) -> None:
    sell(world, order_id="2001", amount=500_000, occurred_at="2026-11-18T10:00:00Z")
    drain(items)
    assert len(api.get(f"/v1/commissions?member_id={world.ada}").body["items"]) == 2
    for path in (LIST, "/v1/conversions"):
        assert orders(api.get(f"{path}?member_id={world.ada}")) == ["2001"]


@pytest.mark.parametrize(
    "row",
    [
        builders.commission("click", 30, type="click", clicks=3),
        builders.commission("tier", 50, tier=2, origin="tier", sale=5_000),
        builders.commission("scheduled", 50, type="recurring", origin="schedule"),
        builders.commission("manual", 50, type="sale", origin="manual"),
    ],
    ids=lambda row: row.origin,
)
def test_only_rows_of_orders_are_conversions(api: Gateway, world: World, items: Table, row: Commission) -> None:
    whose = {"member_id": world.ada, "offer_id": world.codes_offer, "payout_option_id": world.options[0]}
    item = ledger.commission(world.program.program_id, row.model_copy(update=whose), 1)
    items.write(Put(item, new=True))
    assert len(api.get(f"/v1/commissions?offer_id={world.codes_offer}").body["items"]) == 1
    for path in (LIST, "/v1/conversions"):
        for query in (f"member_id={world.ada}", f"offer_id={world.codes_offer}", f"member_id={world.ada}&type=sale"):
            assert orders(api.get(f"{path}?{query}")) == []
    told = api.get(f"/v1/conversions/{row.commission_id}")
    assert (told.status, told.code) == (404, "conversion_not_found")


def test_the_table_has_the_rows_of_the_list(api: Gateway, world: World, sold: dict[str, str]) -> None:
    path = f"{LIST}?offer_id={world.codes_offer}"
    told = api.get(f"{path}&format=csv")
    assert told.headers["Content-Disposition"] == 'attachment; filename="conversions.csv"'
    assert "Next-Cursor" not in told.headers
    items = api.get(path).body["items"]
    assert [line["Conversion id"] for line in lines(told)] == [item["conversion_id"] for item in items]
    assert lines(told)[0] == {
        **{"Order date": "2026-11-20", "Order id": "1003", "Type": "sale", "Action code": "", "Status": "approved"},
        **{"Sale amount": "50.00", "Refunded amount": "0.00", "Sale currency": "EUR", "Exchange rate": ""},
        **{"Commission": "5.00", "Commission currency": "EUR", "Reason": "", "Payout": "unpaid", "Payout id": ""},
        **{"Member id": world.ben, "Member": "Ben", "E-mail": "ben@example.com"},
        **{"Offer id": world.codes_offer, "Offer": "Autumn glow"},
        **{"Payout option id": world.options[0], "Payout option": "Standard"},
        **{"Won by": "promo_code", "Promo code": "BEN10", "Click id": "", "Not won because": ""},
        **{"Order state": "standing", "Money": "collected", "Storefront id": world.storefront_id},
        "Conversion id": sold["next"],
        **{"Recorded on": local_day(items[0]["created_at"]), "Changed on": local_day(items[0]["updated_at"])},
    }


def local_day(instant: str) -> str:
    return CALENDAR.day_of(datetime.fromisoformat(instant)).isoformat()


def test_a_table_with_a_limit_is_one_page_and_says_where_the_next_begins(
    api: Gateway, world: World, sold: dict[str, str]
) -> None:
    path = f"{LIST}?member_id={world.ada}&format=csv&limit=1"
    first = api.get(path)
    assert [line["Order id"] for line in lines(first)] == ["1002"]
    assert first.headers["Link"] == (
        f'<?member_id={world.ada}&format=csv&limit=1&cursor={first.headers["Next-Cursor"]}>; rel="next"'
    )
    second = api.get(f"{path}&cursor={first.headers['Next-Cursor']}")
    assert [line["Order id"] for line in lines(second)] == ["1001"]


def walked(api: Gateway, path: str) -> Iterator[list[str]]:
    told = api.get(path)
    yield [line["Order id"] for line in lines(told)]
    while cursor := told.headers.get("Next-Cursor"):
        told = api.get(f"{path}&cursor={cursor}")
        yield [line["Order id"] for line in lines(told)]


@pytest.mark.parametrize(
    ("bounds", "pages"),
    [
        ({"tables.MOST_ROWS": 5}, [5, 2]),
        ({"tables.LARGEST": 1, "requests.listing._LARGEST_PAGE": 1}, [1] * 7),
        ({"tables._MOST_READS": 4, "requests.listing._LARGEST_PAGE": 1}, [4, 3]),
        ({"requests.listing._LARGEST_PAGE": 1}, [7]),
        ({}, [7]),
    ],
)
def test_a_table_without_a_limit_is_as_long_as_one_answer_carries(
    api: Gateway,
    shop: Gateway,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    bounds: dict[str, int],
    pages: list[int],
) -> None:
    for minute in range(7):
        sell(world, order_id=str(minute), occurred_at=f"2026-11-18T10:0{minute}:00Z")
    for name, value in bounds.items():
        monkeypatch.setattr(f"laurel.{'api' if name.startswith('tables') else 'workflows'}.{name}", value)
    found = list(walked(api, f"{LIST}?offer_id={world.codes_offer}&format=csv"))
    assert [len(page) for page in found] == pages
    assert [order for page in found for order in page] == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_members_table_in_an_offer_is_whole_whatever_lies_in_others(
    api: Gateway, world: World, items: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(world, order_id="first", amount=5_000, occurred_at="2026-11-18T10:00:00Z")
    for number in range(12):
        elsewhere = {"member_id": world.ada, "offer_id": world.links_offer, "sale": 100}
        row = builders.commission(f"later {number}", 10, **elsewhere)
        items.write(Put(ledger.commission(world.program.program_id, row, 1)))
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 5)
    monkeypatch.setattr(tables, "_MOST_READS", 2)
    told = api.get(f"{LIST}?member_id={world.ada}&offer_id={world.codes_offer}&format=csv")
    assert [line["Order id"] for line in lines(told)] == ["first"]
    assert "Next-Cursor" not in told.headers


def test_a_table_of_nothing_is_its_header(api: Gateway) -> None:
    told = api.get(f"{LIST}?member_id=mem_unknown&format=csv")
    assert told.body.startswith("\ufeffOrder date,Order id,Type,Action code,Sale amount,Refunded amount,Sale currency,")
    assert lines(told) == []


def summary(api: Gateway, query: str) -> dict[str, Any]:
    told = api.get(f"/v1/reports/summary?{query}")
    assert told.status == 200, told.body
    return dict(told.body)


def test_a_summary_by_day_is_of_local_days(api: Gateway, world: World, sold: dict[str, str]) -> None:
    told = summary(api, f"offer_id={world.codes_offer}")
    plain = {"clicks": 0, "conversions": 1, "conversion_rate": None}
    assert told["rows"] == [
        {**plain, "key": day, "sales": sales, "average_order": sales, "commission": earned, "payout_due": earned}
        for day, sales, earned in (("2026-11-18", 5000, 500), ("2026-11-19", 10000, 1000), ("2026-11-20", 5000, 500))
    ]
    assert told["totals"] == {
        **{"clicks": 0, "conversions": 3, "sales": 20000, "commission": 2000},
        **{"average_order": 6667, "conversion_rate": None, "payout_due": 2000},
    }
    assert told["currency"] == "EUR"


@pytest.mark.parametrize("narrowed", ["", "&offer_id={offer}", "&from=2026-11-18&to=2026-11-20"])
def test_a_summary_by_member_begins_with_who_earned_most(
    api: Gateway, world: World, sold: dict[str, str], narrowed: str
) -> None:
    told = summary(api, "group_by=member" + narrowed.format(offer=world.codes_offer))
    assert [(row["key"], row["commission"]) for row in told["rows"]] == [(world.ada, 1500), (world.ben, 500)]


@pytest.mark.parametrize(
    ("query", "commission"),
    [
        ("member_id={ada}", 1500),
        ("member_id={ada}&offer_id={offer}", 1500),
        ("member_id={ada}&offer_id={links}", 0),
        ("member_id={ada}&from=2026-11-19&to=2026-11-19", 1000),
        ("offer_id={offer}&from=2026-11-20", 500),
        ("offer_id={offer}&to=2026-11-18", 500),
        ("offer_id={links}", 0),
        ("member_id=mem_unknown", 0),
        ("offer_id=off_unknown", 0),
    ],
)
def test_a_summary_is_of_what_was_asked_for(
    api: Gateway, world: World, sold: dict[str, str], query: str, commission: int
) -> None:
    ids = {"ada": world.ada, "offer": world.codes_offer, "links": world.links_offer}
    for group_by in ("day", "member", "offer", "payout_option"):
        told = summary(api, f"group_by={group_by}&{query.format(**ids)}")
        assert told["totals"]["commission"] == commission
        assert bool(told["rows"]) == bool(commission)


def test_what_is_of_no_offer_has_no_key(api: Gateway, world: World, items: Table) -> None:
    sell(
        world, order_id="2001", amount=500_000, occurred_at="2026-11-18T10:00:00Z"
    )  # the rule pays 2 % of 500.00, for all offers
    drain(items)
    by_offer = summary(api, "group_by=offer")
    assert [(row["key"], row["commission"]) for row in by_offer["rows"]] == [(world.codes_offer, 50_000), (None, 1_000)]
    by_option = summary(api, f"group_by=payout_option&member_id={world.ada}")
    assert [row["key"] for row in by_option["rows"]] == [world.options[0], None]
    assert summary(api, f"offer_id={world.codes_offer}")["totals"]["commission"] == 50_000


def test_a_summary_and_the_lists_under_it_agree(api: Gateway, world: World, sold: dict[str, str]) -> None:
    totals = summary(api, f"member_id={world.ada}")["totals"]
    listed = api.get(f"{LIST}?member_id={world.ada}").body["items"]
    rows = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert totals["conversions"] == len(listed)
    assert totals["sales"] == sum(each["amount"] - each["refunded_amount"] for each in listed)
    assert totals["commission"] == sum(each["amount"] for each in rows)


def test_a_summary_as_a_table_has_the_rows_of_the_summary(api: Gateway, world: World, sold: dict[str, str]) -> None:
    told = api.get("/v1/reports/summary?group_by=member&format=csv")
    assert told.headers["Content-Disposition"] == 'attachment; filename="summary.csv"'
    figures = {"Clicks": "0", "Conversion rate": "", "Currency": "EUR"}
    ada = {"Member id": world.ada, "Member": "Ada Lovelace", "E-mail": "ada@example.com", "Conversions": "2"}
    ben = {"Member id": world.ben, "Member": "Ben", "E-mail": "ben@example.com", "Conversions": "1"}
    whole = {"Member id": "Total", "Member": "", "E-mail": "", "Conversions": "3"}
    money = ("Sales", "Commission", "Average order", "Payout due")
    assert lines(told) == [
        {**figures, **ada, **dict(zip(money, ("150.00", "15.00", "75.00", "15.00"), strict=True))},
        {**figures, **ben, **dict(zip(money, ("50.00", "5.00", "50.00", "5.00"), strict=True))},
        {**figures, **whole, **dict(zip(money, ("200.00", "20.00", "66.67", "20.00"), strict=True))},
    ]
    assert lines(api.get("/v1/reports/summary?group_by=member&format=csv&totals=false")) == lines(told)[:2]


@pytest.mark.parametrize(
    ("group_by", "name"), [("offer", {"Offer": "Autumn glow"}), ("payout_option", {"Payout option": "Standard"})]
)
def test_the_groups_of_a_summary_have_names(
    api: Gateway, sold: dict[str, str], group_by: str, name: dict[str, str]
) -> None:
    group, whole = lines(api.get(f"/v1/reports/summary?group_by={group_by}&format=csv"))
    assert name.items() <= group.items()
    assert whole["Commission"] == group["Commission"] == "20.00"


def test_a_row_that_a_rule_made_is_in_the_table_of_commissions_with_the_rules_name(
    api: Gateway, world: World, items: Table
) -> None:
    sell(world, order_id="2001", amount=500_000, occurred_at="2026-11-18T10:00:00Z")
    drain(items)
    known, wanted = KnownNames(items, world.program.program_id), Wanted(member_id=world.ada)
    read = known.along(partial(commissions.list_page, items, world.program, wanted, CommissionView.of))
    rows = [commission_cells(row, world.program, known.names) for row in read(25, None).items]
    assert {(row["Type"], str(row["Amount"]), row["Rule"], row["Member"]) for row in rows} == {
        ("sale", "500.00", None, "Ada Lovelace"),
        ("extra_bonus", "10.00", "Strong week", "Ada Lovelace"),
    }


def test_names_are_read_once_however_many_rows_have_them(
    api: Gateway, world: World, items: Table, sold: dict[str, str]
) -> None:
    asked: list[int] = []
    counting = Counting(items, asked)
    known = KnownNames(counting, world.program.program_id)
    read = known.along(partial(commissions.list_conversions, items, world.program, Wanted(world.codes_offer)))
    page = read(2, None)
    read(2, page.next_cursor)
    assert asked == [3, 0]  # two members and their offer


def test_reading_is_enough_and_a_storefront_may_not(api: Gateway, storefront: Gateway, world: World) -> None:
    for path in ("/v1/reports/summary", f"{LIST}?member_id={world.ada}"):
        assert api.get(path, key=world.reader).status == 200
        assert storefront.get(path).status == 403
        assert api.get(path, key=None).status == 401
