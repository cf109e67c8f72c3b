"""Which items a query of `Table` finds, and in how many pages."""

from typing import TYPE_CHECKING, Any

import pytest

from laurel.store.indexes import BY_MEMBER, WORK
from laurel.store.operations import Put
from laurel.store.table import Table
from tests.kit.tables import item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.mark.parametrize(
    ("stretch", "expected"),
    [
        ({}, "a1 a2 a3 b1 b2"),
        ({"newest_first": True}, "b2 b1 a3 a2 a1"),
        ({"limit": 2}, "a1 a2"),
        ({"begins_with": "a"}, "a1 a2 a3"),
        ({"begins_with": "a", "before": "a3"}, "a1 a2"),
        ({"begins_with": "b", "before": "a3"}, ""),
        ({"begins_with": "a", "before": "b2"}, "a1 a2 a3"),
        ({"between": ("a2", "b1")}, "a2 a3 b1"),
        ({"between": ("a2", "b1"), "before": "b1"}, "a2 a3"),
        ({"between": ("a2", "b1"), "before": "a2"}, ""),
        ({"between": ("b1", "a2")}, ""),
        ({"before": "b1"}, "a1 a2 a3"),
        ({"before": "b1", "newest_first": True, "limit": 2}, "a3 a2"),
        ({"between": ("a1", "b2"), "before": "b1", "newest_first": True, "limit": 1}, "a3"),
    ],
)
def test_a_query_reads_a_stretch_of_a_collection(items: Table, stretch: dict[str, Any], expected: str) -> None:
    for n, sk in enumerate(["a1", "a2", "a3", "b1", "b2"]):
        items.write(Put(item(sk, n=n)))
    items.write(Put({"pk": "prg_2", "sk": "a1"}))

    assert [found["sk"] for found in items.query("prg_1", **stretch)] == expected.split()


@pytest.mark.parametrize("limit", [1, 120, 260, None])
def test_a_query_reads_page_after_page(items: Table, dynamodb: "DynamoDBClient", limit: int | None) -> None:
    for n in range(260):
        items.write(Put(item(f"{n:03d}", n=n)))
    pages: list[Any] = []

    def small_pages(params: Any, **_: Any) -> None:
        pages.append(params.get("ExclusiveStartKey"))
        params["Limit"] = 100

    dynamodb.meta.events.register("provide-client-params.dynamodb.Query", small_pages)

    found = items.query("prg_1", limit=limit)

    assert [each["n"] for each in found] == list(range(260))[:limit]
    assert len(pages) == {1: 1, 120: 2}.get(limit or 0, 3)


def test_an_index_gives_what_it_projects_of_the_items_it_holds(items: Table) -> None:
    items.write(Put(item("a", member_pk="m", place="2", body={"n": 1}, version=1, counted=7)))
    items.write(Put(item("b", member_pk="m", place="1", body={"n": 2}, version=1)))
    items.write(Put(item("c", member_pk="m", body={"n": 3})))
    items.write(Put(item("d", work_pk="w", work_sk="1", body={"n": 4})))

    assert items.query("m", index=BY_MEMBER, newest_first=True, limit=1) == [
        item("a", member_pk="m", place="2", body={"n": 1}, version=1)
    ]
    assert [found["sk"] for found in items.query("m", index=BY_MEMBER)] == ["b", "a"]
    assert [found["sk"] for found in items.query("m", index=BY_MEMBER, before="2")] == ["b"]
    assert items.query("w", index=WORK) == [item("d", work_pk="w", work_sk="1")]


@pytest.mark.parametrize(
    "mistake",
    [
        {"between": ("a", "b"), "begins_with": "a"},
        {"limit": 0},
    ],
)
def test_a_query_that_cannot_be_asked_is_refused(items: Table, mistake: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="query"):
        items.query("prg_1", **mistake)
