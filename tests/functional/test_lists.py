"""Lists: every item once, newest first, whatever the size of the pages."""

import pytest
from pydantic import BaseModel

from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows import listing
from tests.functional.gateway import Gateway
from tests.functional.world import World

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
@pytest.mark.parametrize(("at_once", "in_all"), [(2, 2), (2, 250), (3, 9), (50, 250)])
def test_however_a_filter_reads_nothing_is_lost_or_told_twice(
    items: Table, monkeypatch: pytest.MonkeyPatch, limit: int, at_once: int, in_all: int
):
    names = fill(items, 23)
    monkeypatch.setattr(listing, "_READ_AT_ONCE", at_once)
    monkeypatch.setattr(listing, "_READ_FOR_FILTER", in_all)
    for even in (True, False):
        pages = walk(items, limit, where={"body.even": even})
        assert [name for page in pages for name in page] == [name for name in names if (int(name) % 2 == 0) == even]
        assert in_all < 250 or {len(page) for page in pages[:-1]} <= {limit}


def test_a_filter_reads_no_more_than_a_page_where_most_matches(items: Table, monkeypatch: pytest.MonkeyPatch):
    fill(items, 90)
    read: list[int] = []
    found = items.query
    monkeypatch.setattr(items, "query", lambda *a, **k: [read.append(len(f := found(*a, **k))), f][1])
    page = listing.page(items, PARTITIONS[:1], entry, limit=5, where={"version": frozenset({1, 2})})
    assert (len(page.items), sum(read)) == (5, 50)


def test_a_filter_that_matches_nothing_ends(items: Table, monkeypatch: pytest.MonkeyPatch):
    fill(items, 23)
    monkeypatch.setattr(listing, "_READ_FOR_FILTER", 4)
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
