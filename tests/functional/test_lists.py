"""Lists: every item once, newest first, whatever the size of the pages."""

from collections.abc import Iterable

import pytest
from pydantic import BaseModel

from laurel.store.indexes import BY_OWNER
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Where
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World

PARTITIONS = ["list#0", "list#1", "list#2"]


class Entry(BaseModel):
    name: str


def entry(item: dict[str, object]) -> Entry:
    return Entry(name=item["sk"])


def fill(items: Table, count: int, **body: object) -> list[str]:
    """`count` entries, unevenly spread; their names newest first."""
    names = [f"{number:04d}" for number in range(count)]
    for number, name in enumerate(names):
        partition = PARTITIONS[0 if number % 5 else 1 + number % 2]
        key = Key(partition, name)
        items.write(Put({**key._asdict(), "version": 1, "body": {"even": number % 2 == 0, **body}}))
    return names[::-1]


def walk(items: Table, limit: int, **narrowed: object) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = listing.page(items, PARTITIONS, entry, limit=limit, cursor=cursor, **narrowed)
        pages.append([each.name for each in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 22, 23, 100])
def test_pages_together_are_the_list(items: Table, limit: int):
    names = fill(items, 23)
    pages = walk(items, limit)
    assert [name for page in pages for name in page] == names
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_an_empty_list_is_one_empty_page(items: Table):
    assert walk(items, 5) == [[]]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_filter_loses_nothing(items: Table, limit: int):
    names = fill(items, 23)
    pages = walk(items, limit, where={"body.even": True})
    assert [name for page in pages for name in page] == [name for name in names if int(name) % 2 == 0]


def test_a_filter_may_allow_several_values(items: Table):
    names = fill(items, 23)
    pages = walk(items, 5, where={"sk": frozenset({"0003", "0020", "0021"}), "body.even": None})
    assert [name for page in pages for name in page] == [name for name in names if name in {"0003", "0020", "0021"}]


@pytest.mark.parametrize("limit", [1, 3, 10])
@pytest.mark.parametrize(("beside", "in_all"), [(1, 1), (1, 2), (1, 250), (3, 9), (50, 250)])
def test_however_a_filter_reads_nothing_is_lost_or_told_twice(
    items: Table, monkeypatch: pytest.MonkeyPatch, limit: int, beside: int, in_all: int
):
    names = fill(items, 23)
    monkeypatch.setattr(listing, "_BESIDE_SHARE", beside)
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", in_all)
    for even in (True, False):
        pages = walk(items, limit, where={"body.even": even})
        assert [name for page in pages for name in page] == [name for name in names if (int(name) % 2 == 0) == even]
        assert in_all < 250 or {len(page) for page in pages[:-1]} <= {limit}


@pytest.fixture
def read(items: Table, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many items each query gave."""
    sizes: list[int] = []
    found = items.query
    monkeypatch.setattr(items, "query", lambda *a, **k: [sizes.append(len(f := found(*a, **k))), f][1])
    return sizes


@pytest.mark.parametrize("where", [None, {"version": frozenset({1, 2})}])
def test_a_page_of_one_partition_reads_little_more_than_it_shows(items: Table, read: list[int], where: Where | None):
    fill(items, 90)
    page = listing.page(items, PARTITIONS[:1], entry, limit=25, where=where)
    assert (len(page.items), len(read)) == (25, 1)
    assert sum(read) <= 25 + 4


@pytest.mark.parametrize("where", [None, {"version": 1}])
def test_a_page_of_many_partitions_reads_its_share_of_each(items: Table, read: list[int], where: Where | None):
    partitions = [f"list#{number}" for number in range(16)]
    names = [f"{number:04d}" for number in range(480)]
    for number, name in enumerate(names):
        items.write(Put({"pk": partitions[number % 16], "sk": name, "version": 1, "body": {}}))
    first = listing.page(items, partitions, entry, limit=25, where=where)
    second = listing.page(items, partitions, entry, limit=25, where=where, cursor=first.next_cursor)
    assert [each.name for page in (first, second) for each in page.items] == names[::-1][:50]
    assert len(read) == 2 * 16
    assert sum(read) <= 2 * (25 + 16 * 4)


@pytest.mark.parametrize("limit", [1, 25, 100])
def test_a_page_that_lies_in_one_of_many_partitions_takes_few_reads(items: Table, read: list[int], limit: int):
    for number in range(120):
        items.write(Put({"pk": "list#3", "sk": f"{number:04d}", "version": 1, "body": {}}))
    page = listing.page(items, [f"list#{number}" for number in range(16)], entry, limit=limit)
    assert [each.name for each in page.items] == [f"{number:04d}" for number in range(119, 119 - limit, -1)]
    assert page.next_cursor is not None
    assert sum(read) <= limit + 1
    assert len(read) <= 16 + 4


@pytest.mark.parametrize("where", [None, {"version": 1}])
def test_a_list_that_somebody_waits_for_is_read_at_once_wherever_its_rows_are(
    items: Table, read: list[int], where: Where | None
):
    names = fill(items, 90)
    page = listing.page(items, PARTITIONS, entry, limit=25, where=where, in_one=True)
    assert ([each.name for each in page.items], len(read)) == (names[:25], len(PARTITIONS))


def test_what_a_page_lacks_is_read_in_one_more_go_of_each_partition_that_may_have_it(items: Table, read: list[int]):
    names = fill(items, 90)  # four of five lie in the first
    page = listing.page(items, PARTITIONS, entry, limit=25)
    assert [each.name for each in page.items] == names[:25]
    assert len(read) == len(PARTITIONS) + 1


def test_a_filter_stops_at_its_bound_and_where_it_stopped_the_next_page_goes_on(
    items: Table, read: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 250)
    for number in range(600):
        partition = PARTITIONS[number % 2]
        items.write(Put({"pk": partition, "sk": f"{number:04d}", "version": 1, "body": {"rare": number == 3}}))
    first = listing.page(items, PARTITIONS, entry, limit=25, where={"body.rare": True})
    assert (first.items, first.next_cursor) == ([], listing.cursor_at("0350"))
    assert sum(read) <= 2 * 250
    assert walk(items, 25, where={"body.rare": True}) == [[], [], ["0003"]]


@pytest.mark.parametrize("count", [11, 60])
def test_hundreds_of_partitions_begin_together_and_are_one_list(items: Table, read: list[int], count: int):
    partitions = [f"list#{number}" for number in range(count)]
    names = [f"{number:04d}" for number in range(3 * count)]
    for number, name in enumerate(names):
        items.write(Put({"pk": partitions[number % count], "sk": name, "version": 1, "body": {}}))
    first = listing.page(items, partitions, entry, limit=30)
    second = listing.page(items, partitions, entry, limit=30, cursor=first.next_cursor)
    assert [each.name for page in (first, second) for each in page.items] == names[::-1][:60]
    assert len(read) <= 2 * (count + 30)


def test_a_list_of_no_partitions_is_empty(items: Table):
    assert listing.page(items, [], entry, limit=5).model_dump() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_a_list_that_is_read_whole_has_the_same_pages(limit: int):
    names, told, cursor = [f"{number:04d}" for number in range(7)], [], None
    while True:
        page = listing.cut(names, str, limit, cursor)
        told += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert told == names[::-1]


def test_a_filter_that_matches_nothing_ends(items: Table, monkeypatch: pytest.MonkeyPatch):
    fill(items, 23)
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 4)
    pages = walk(items, 5, where={"body.even": "neither"})
    assert len(pages) > 3
    assert not any(pages)


def test_a_stretch_is_kept_to(items: Table):
    fill(items, 23)
    pages = walk(items, 4, between=("0005", "0012"))
    assert [name for page in pages for name in page] == [f"{number:04d}" for number in range(12, 4, -1)]


def test_a_page_stays_below_what_lambda_can_answer(items: Table):
    fill(items, 12, text="x" * 300_000)
    pages = walk(items, 100)
    assert [len(page) for page in pages] == [6, 6]


def test_what_was_added_meanwhile_shifts_nothing(api: Gateway, world: World):
    first = api.get("/v1/members?limit=1").body
    api.post("/v1/members", {"email": "cleo@example.com"})
    second = api.get(f"/v1/members?limit=1&cursor={first['next_cursor']}").body
    assert [first["items"][0]["member_id"], second["items"][0]["member_id"]] == [world.ben, world.ada]
    assert second["next_cursor"] is None


def owned(items: Table, count: int) -> None:
    """Items in a list by owner, whose entries carry the body alone; every third is paid."""
    for number in range(count):
        listed = {BY_OWNER.pk: "owner", BY_OWNER.sk: f"{number:04d}"}
        beside = {"payout": "paid"} if number % 3 == 0 else {}
        items.write(Put({"pk": f"item#{number}", "sk": f"{number:04d}", "version": 7, "body": {}, **listed, **beside}))


def walk_owned(items: Table, limit: int, where: Where | None = None) -> list[str]:
    names, cursor = list[str](), None
    while True:
        page = listing.page(items, ["owner"], entry, limit=limit, cursor=cursor, index=BY_OWNER, where=where)
        names += [each.name for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return names


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_filter_of_what_entries_do_not_carry_loses_nothing(items: Table, limit: int):
    owned(items, 22)
    paid = [f"{number:04d}" for number in range(21, -1, -1) if number % 3 == 0]
    assert walk_owned(items, limit, {"payout": "paid"}) == paid
    assert walk_owned(items, limit, {"payout": frozenset({None})}) == [
        f"{number:04d}" for number in range(21, -1, -1) if number % 3
    ]


def test_a_list_shows_an_item_as_it_stands_and_not_as_it_was_listed(items: Table):
    owned(items, 2)
    shown = listing.page(items, ["owner"], lambda item: Entry(name=str(item["version"])), index=BY_OWNER)
    assert [each.name for each in shown.items] == ["7", "7"]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_an_item_that_is_gone_while_it_is_listed_is_left_out(items: Table, limit: int):
    owned(items, 6)

    class Gone(Table):
        def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
            return {key: item for key, item in items.batch_get(keys).items() if key.sk != "0003"}

    assert walk_owned(Gone(items._name), limit) == ["0005", "0004", "0002", "0001", "0000"]
