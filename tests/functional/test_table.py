"""What `Table` asks of DynamoDB and makes of its answers."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from laurel.settings import settings
from laurel.store.keys import Key
from laurel.store.operations import ABSENT, Check, ConditionFailed, Delete, Op, Put, Update, Write
from laurel.store.table import Table, table
from tests.kit.tables import KEY, TABLE_NAME, item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


# --- one item


def test_an_item_comes_back_as_it_was_written(items: Table) -> None:
    written = item(
        text="",
        emoji="🏅",
        yes=True,
        nothing=None,
        number=-7,
        large=12345678901234567890123456789012345678,
        share=Decimal("0.125"),
        body={"lines": [1, "two", {"three": Decimal("3.5")}], "empty": {}, "none": []},
    )
    items.write(Put(written))

    found = items.get(KEY)

    assert found == written
    assert [type(found[name]) for name in ("yes", "number", "large", "share")] == [bool, int, int, Decimal]


def test_an_integral_decimal_comes_back_as_an_int(items: Table) -> None:
    items.write(Put(item(amount=Decimal("5.00"), power=Decimal("1E+3"))))

    found = items.get(KEY)

    assert found == item(amount=5, power=1000)
    assert type(found["amount"]) is type(found["power"]) is int


@pytest.mark.parametrize("value", [0.5, [0.5], {"rate": 0.5}, {1, 2}, b"raw", object()])
def test_what_an_item_cannot_hold_is_refused(items: Table, value: Any) -> None:
    with pytest.raises(TypeError, match="an item cannot hold a"):
        items.write(Put(item(value=value)))

    assert items.get(KEY) is None


@pytest.mark.parametrize("value", [10**38, Decimal("0." + "1" * 39), Decimal("NaN"), Decimal("Infinity")])
def test_a_number_that_would_be_rounded_is_refused(items: Table, value: Any) -> None:
    with pytest.raises((ArithmeticError, TypeError)):
        items.write(Put(item(value=value)))


def test_no_item_is_none(items: Table) -> None:
    assert items.get(KEY) is None


def test_reserved_words_and_odd_names_are_names_like_others(items: Table) -> None:
    items.write(Put(item(status="a", name="b")))

    items.write(Update(KEY, set={"order": 1, "x.y": 2, "#z": 3}, remove=("name",), expect={"status": "a"}))

    assert items.get(KEY) == item() | {"status": "a", "order": 1, "x.y": 2, "#z": 3}


def test_an_update_sets_removes_and_adds(items: Table) -> None:
    items.write(Put(item(count=1, old=True)))

    items.write(Update(KEY, set={"body": {"n": 1}}, remove=("old", "never"), add={"count": 2, "fresh": -3}))

    assert items.get(KEY) == item(count=3, fresh=-3, body={"n": 1})


def test_an_update_makes_an_item_only_when_told(items: Table) -> None:
    with pytest.raises(ConditionFailed):
        items.write(Update(KEY, set={"n": 1}))
    items.write(Update(KEY, set={"n": 1}, exists=False))

    assert items.get(KEY) == item(n=1)


def test_a_delete_of_nothing_passes_unless_there_must_be_something(items: Table) -> None:
    items.write(Delete(KEY))
    with pytest.raises(ConditionFailed):
        items.write(Delete(KEY, exists=True))


@pytest.mark.parametrize(
    "op",
    [
        Put(item(n=9), new=True),
        Put(item(n=9), expect={"n": 2}),
        Put(item(n=9), expect={"n": "1"}),
        Put(item(n=9), expect={"n": ABSENT}),
        Put(item(n=9), expect={"n": 1, "m": 1}),
        Put(item(n=9), new=True, expired_at=100),
        Update(KEY, set={"n": 9}, expect={"n": 2}),
        Update(KEY, add={"n": 9}, expect={"n": 2}),
        Delete(KEY, expect={"body": {"a": [2]}}),
    ],
)
def test_a_failed_condition_tells_what_is_there_and_changes_nothing(items: Table, op: Write) -> None:
    there = item(n=1, body={"a": [1]}, expires_at=100)
    items.write(Put(there))

    with pytest.raises(ConditionFailed) as failure:
        items.write(op)

    assert (failure.value.failed, failure.value.found) == ([0], [there])
    assert items.get(KEY) == there


@pytest.mark.parametrize(
    "op",
    [
        Put(item(done=True), expect={"n": 1, "m": ABSENT, "nothing": None}),
        Put(item(done=True), new=True, expired_at=101),
        Put(item(done=True), expect={"n": 5}, expired_at=101),
        Update(KEY, set={"done": True}, expect={"body": {"a": [1]}}),
        Update(KEY, set={"done": True}, add={"n": 1}, expect={"n": 1}),
    ],
)
def test_a_write_passes_where_its_condition_holds(items: Table, op: Write) -> None:
    items.write(Put(item(n=1, body={"a": [1]}, nothing=None, expires_at=100)))

    items.write(op)

    found = items.get(KEY)
    assert found
    assert found["done"] is True


def test_a_failed_condition_on_nothing_finds_nothing(items: Table) -> None:
    with pytest.raises(ConditionFailed) as failure:
        items.write(Put(item(), expect={"n": 1}))

    assert (failure.value.failed, failure.value.found) == ([0], [None])


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: Update(KEY),
        lambda: Update(KEY, set={"n": 1}, add={"n": 1}),
        lambda: Update(KEY, set={"pk": "other"}),
        lambda: Check(KEY),
    ],
)
def test_an_operation_that_cannot_be_meant_is_refused(mistake: Callable[[], Op]) -> None:
    with pytest.raises(ValueError, match=r"cannot change|always holds"):
        mistake()


# --- many items


def test_a_batch_reads_more_than_a_hundred_keys_once_each(items: Table, dynamodb: "DynamoDBClient") -> None:
    keys = [Key("prg_1", f"{n:03d}") for n in range(230)]
    for start in range(0, 230, 2):
        items.write(Put(item(f"{start:03d}", n=start)))
    asked: list[int] = []
    dynamodb.meta.events.register(
        "provide-client-params.dynamodb.BatchGetItem",
        lambda params, **_: asked.append(len(params["RequestItems"][TABLE_NAME]["Keys"])),
    )

    found = items.batch_get([*keys, *keys])

    assert asked == [100, 100, 30]
    assert found == {key: item(key.sk, n=int(key.sk)) for key in keys[::2]}


def test_a_batch_of_nothing_asks_nothing(items: Table) -> None:
    assert items.batch_get([]) == {}


# --- transactions


def test_a_transaction_applies_all(items: Table) -> None:
    items.write(Put(item("a", n=1)))
    items.write(Put(item("b")))
    items.write(Put(item("c", n=1)))

    items.transact(
        [
            Update(KEY, add={"n": 1}),
            Delete(Key("prg_1", "b")),
            Check(Key("prg_1", "c"), expect={"n": 1}, exists=True),
            Check(Key("prg_1", "d"), exists=False),
            Put(item("e"), new=True),
        ]
    )

    assert items.query("prg_1") == [item("a", n=2), item("c", n=1), item("e")]


def test_a_cancelled_transaction_names_every_refused_operation(items: Table) -> None:
    items.write(Put(item("a", n=1)))
    items.write(Put(item("b", n=1)))

    with pytest.raises(ConditionFailed) as failure:
        items.transact(
            [
                Put(item("new")),
                Put(item("a"), new=True),
                Update(Key("prg_1", "b"), set={"n": 2}, expect={"n": 1}),
                Check(Key("prg_1", "none"), exists=True),
            ]
        )

    assert failure.value.failed == [1, 3]
    assert failure.value.found == [None, item("a", n=1), None, None]
    assert items.query("prg_1") == [item("a", n=1), item("b", n=1)]


@pytest.mark.parametrize(
    ("ops", "token"),
    [
        ([], None),
        ([Put(item(str(n))) for n in range(101)], None),
        ([Put(item()), Delete(KEY)], None),
        ([Put(item())], "t" * 37),
        ([Put(item())], ""),
    ],
)
def test_a_transaction_that_dynamodb_cannot_take_is_refused(items: Table, ops: list[Op], token: str | None) -> None:
    with pytest.raises(ValueError, match=r"transaction takes|token has"):
        items.transact(ops, token=token)


def test_a_transaction_takes_a_hundred_operations(items: Table) -> None:
    items.transact([Put(item(f"{n:03d}")) for n in range(100)], token="t" * 36)

    assert len(items.query("prg_1")) == 100


# --- the deployment's own table


def test_the_deployments_table_is_named_by_its_environment(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    Table(TABLE_NAME, dynamodb).write(Put(item(n=1)))
    monkeypatch.setenv("TABLE_NAME", TABLE_NAME)
    settings.cache_clear()
    table.cache_clear()

    assert table() is table()
    assert table().get(KEY) == item(n=1)

    table()._client.close()
    settings.cache_clear()
    table.cache_clear()
