from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from laurel.store.indexes import BY_MEMBER, WORK
from tools.bench.capacity import Cost, all_index_units, entry, index_units, read_units, write_units
from tools.bench.meter import Meter, rounds
from tools.bench.sizes import StoredItem, item_bytes, value_bytes

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
WAITING = {**KEY, "work_pk": {"S": "prg#pend#1"}, "work_sk": {"S": "2025"}}
LISTED = {**KEY, "member_pk": {"S": "m"}, "place": {"S": "1"}, "version": {"N": "1"}}
TABLE = "t"


def of_bytes(size: int) -> StoredItem:
    return {**KEY, "x": {"S": "x" * (size - item_bytes(KEY) - 1)}}


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "ü🌿"}, 6),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "4990"}, 3),
        ({"N": "1000000"}, 2),
        ({"N": "-12.5"}, 4),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"N": "7"}, {"S": "ab"}]}, 3 + (1 + 2) + (1 + 2)),
        ({"M": {"name": {"S": "ab"}}}, 3 + 1 + 4 + 2),
    ],
)
def test_a_value_has_the_bytes_that_dynamodb_counts(attribute: dict[str, Any], size: int) -> None:
    assert value_bytes(attribute) == size


def test_an_item_counts_its_names_too() -> None:
    assert item_bytes({"pk": {"S": "a"}, "größe": {"S": "b"}}) == 2 + 1 + 7 + 1


def test_a_kind_that_laurel_does_not_store_is_refused() -> None:
    with pytest.raises(TypeError):
        value_bytes({"SS": ["a"]})


def test_writes_round_up_to_kilobytes() -> None:
    assert [write_units(of_bytes(size)) for size in (10, 1024, 1025, 2049)] == [1, 1, 2, 3]


def test_a_write_is_billed_at_the_larger_of_before_and_after() -> None:
    assert write_units(of_bytes(3000), of_bytes(100)) == 3
    assert write_units(None, of_bytes(100)) == 1


def test_writing_nothing_costs_a_unit() -> None:
    assert write_units(None, None) == 1


def test_a_query_sums_before_it_rounds() -> None:
    page = [of_bytes(3000)] * 3
    assert read_units(page, consistent=True) == 3
    assert read_units(page, consistent=False) == 1.5


def test_reading_nothing_costs_the_least_there_is() -> None:
    assert read_units([], consistent=True) == 1
    assert read_units([], consistent=False) == 0.5


def test_an_item_without_an_index_key_is_not_in_the_index() -> None:
    assert entry(WORK, LISTED) is None
    assert entry(WORK, None) is None


def test_an_index_holds_keys_and_what_it_projects() -> None:
    assert entry(BY_MEMBER, {**LISTED, "counted": {"L": []}}) == LISTED


def test_entering_and_leaving_an_index_is_one_write_each() -> None:
    assert index_units(WORK, None, WAITING) == 1
    assert index_units(WORK, WAITING, KEY) == 1
    assert index_units(WORK, WAITING, None) == 1


def test_moving_within_an_index_is_two_writes() -> None:
    assert index_units(WORK, WAITING, {**WAITING, "work_sk": {"S": "2026"}}) == 2


def test_a_projected_attribute_costs_a_write_and_another_nothing() -> None:
    assert index_units(BY_MEMBER, LISTED, {**LISTED, "version": {"N": "2"}}) == 1
    assert index_units(BY_MEMBER, LISTED, {**LISTED, "counted": {"L": []}}) == 0


def test_every_index_is_counted() -> None:
    assert all_index_units(None, {**LISTED, **WAITING}) == 2


class Engine:
    """A side client over items that the test changes, and the hooks that the meter hangs on a client."""

    def __init__(self, *stored: StoredItem) -> None:
        self.stored = list(stored)
        self.hooks: dict[str, Callable[..., None]] = {}
        self.meter = Meter(self, self, TABLE)

    def register(self, event: str, hook: Callable[..., None]) -> None:
        self.hooks[event.partition(".")[0]] = hook

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        wanted = RequestItems[TABLE]["Keys"]
        return {"Responses": {TABLE: [i for i in self.stored if {"pk": i["pk"], "sk": i["sk"]} in wanted]}}

    def query(self, **request: Any) -> Any:
        assert "FilterExpression" not in request
        assert request["ExpressionAttributeValues"] == {":v0": {"S": "a"}}
        return {"Items": self.stored}

    def cost(self, operation: str, request: Any, answer: Any, *after: StoredItem) -> Cost:
        model, context = SimpleNamespace(name=operation), dict[str, Any]()
        with self.meter.measure() as bill:
            self.hooks["before-parameter-build"](params=request, model=model, context=context)
            self.stored = list(after) or self.stored
            self.hooks["after-call"](parsed=answer, model=model, context=context)
        return bill.cost


def test_a_put_costs_its_size_and_its_index_entries() -> None:
    assert Engine().cost("PutItem", {"Item": WAITING}, {}, WAITING) == Cost(wru=1, index_wru=1, trips=1)


def test_a_refused_put_is_billed_and_touches_no_index() -> None:
    refused = {"Error": {"Code": "ConditionalCheckFailedException"}}
    assert Engine(of_bytes(1500)).cost("PutItem", {"Item": WAITING}, refused) == Cost(wru=2, trips=1)


def test_a_transaction_costs_twice_on_the_table_and_once_on_the_indexes() -> None:
    request = {"TransactItems": [{"Put": {"Item": WAITING}}, {"Update": {"Key": {**KEY, "sk": {"S": "c"}}}}]}
    other = {**KEY, "sk": {"S": "c"}}
    cost = Engine(other).cost("TransactWriteItems", request, {}, WAITING, other)
    assert cost == Cost(wru=4, index_wru=1, trips=1)


def test_a_batch_rounds_each_item_and_bills_the_missing() -> None:
    request = {"RequestItems": {TABLE: {"Keys": [KEY, KEY, KEY], "ConsistentRead": True}}}
    answer = {"Responses": {TABLE: [of_bytes(100), of_bytes(5000)]}, "UnprocessedKeys": {}}
    assert Engine().cost("BatchGetItem", request, answer) == Cost(rru=1 + 2 + 1, trips=1)


def test_a_filtered_query_is_billed_for_what_it_read() -> None:
    request = {
        "KeyConditionExpression": "#n0 = :v0",
        "FilterExpression": "#n1 = :v1",
        "ExpressionAttributeNames": {"#n0": "pk", "#n1": "x"},
        "ExpressionAttributeValues": {":v0": {"S": "a"}, ":v1": {"S": "y"}},
        "ConsistentRead": True,
    }
    cost = Engine(of_bytes(3000), of_bytes(3000)).cost("Query", request, {"Items": [], "ScannedCount": 2})
    assert cost == Cost(rru=2, trips=1)


def test_what_the_engine_bills_is_kept_beside() -> None:
    engine = Engine()
    index = {"work": {"CapacityUnits": 1.0}}
    answer = {"ConsumedCapacity": {"CapacityUnits": 2.0, "GlobalSecondaryIndexes": index}}
    engine.cost("PutItem", {"Item": WAITING}, answer, WAITING)
    assert engine.meter.all.calls[0].told == Cost(wru=1, index_wru=1)


def test_nothing_is_billed_while_time_is_measured() -> None:
    engine = Engine()
    with engine.meter.paused():
        assert engine.cost("PutItem", {"Item": WAITING}, {}, WAITING) == Cost()
    assert engine.cost("PutItem", {"Item": WAITING}, {}, WAITING) == Cost(wru=1, trips=1)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 3), (1, 2), (1, 4)], 1),
        ([(0, 2), (1, 3), (2, 4)], 2),
    ],
)
def test_calls_side_by_side_are_one_round(spans: list[tuple[float, float]], expected: int):
    assert rounds(spans) == expected
