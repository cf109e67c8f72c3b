"""`FakeTable` does what `Table` does on the engine, and injects what it is told."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from laurel.store.indexes import BY_MEMBER, WORK
from laurel.store.keys import Key
from laurel.store.operations import (
    ConditionFailed,
    Delete,
    Op,
    Put,
    TokenReused,
    Unavailable,
    Update,
)
from laurel.store.table import Table
from laurel.store.values import Item, decode, encode
from tests.simulation.kit.table.dynamodb_rules import plain
from tests.simulation.kit.table.fake_table import FakeTable
from tests.simulation.kit.table.table_histories import Step, histories, scalars
from tools.engine import aws
from tools.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = Key("p", "a")
NUMBERS = count()


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """The answer with its types, or the error with what it tells."""
    try:
        return "answer", encode(call())
    except ConditionFailed as refused:
        return "refused", refused.failed, encode(refused.found)
    except TokenReused:
        return ("token reused",)
    except (TypeError, ClientError):
        return ("mistake",)


@pytest.fixture(scope="session")
def client(engine_url: str) -> "Iterator[DynamoDBClient]":
    client = cast("DynamoDBClient", aws("dynamodb", engine_url))
    yield client
    client.close()


@settings(max_examples=100, deadline=None, derandomize=True, phases=set(Phase) - {Phase.explain})
@given(history=histories())
def test_the_fake_and_the_engine_agree(client: "DynamoDBClient", history: list[Step]) -> None:
    name = f"table-{next(NUMBERS)}"
    create_table(client, name)
    real, fake = Table(name, client), FakeTable()
    try:
        for step in history:
            assert outcome(lambda: step.on(fake, name)) == outcome(lambda: step.on(real, name)), step  # noqa: B023
        left = [item for pk in ("p", "q") for item in real.query(pk)]
        assert encode(left) == encode([fake.contents()[key] for key in sorted(fake.contents())])
        assert replayed(fake) == fake.contents()
    finally:
        client.delete_table(TableName=name)


def replayed(fake: FakeTable) -> dict[Key, Item]:
    """What the stream of changes adds up to."""
    items: dict[Key, Item] = {}
    for record in fake.stream:
        assert encode(items.pop(record.key, None)) == encode(record.old) != encode(record.new)
        if record.new is not None:
            items[record.key] = record.new
    return items


anything = st.recursive(
    scalars | st.text(max_size=5) | st.just(Decimal("1.0")) | st.floats() | st.binary(max_size=1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def kept(convert: Callable[[Any], Any], value: Any) -> Any:
    """What becomes of `value`, with its types, or the kind of its refusal."""
    try:
        return encode(convert(value))
    except (ArithmeticError, TypeError) as error:
        return type(error)


@given(value=anything | st.decimals(allow_nan=False, allow_infinity=False, places=9) | st.integers())
def test_the_fake_keeps_a_value_as_the_store_encodes_it(value: Any) -> None:
    assert kept(plain, value) == kept(lambda given: decode(encode(given)), value)


def test_the_fake_replaces_every_operation() -> None:
    public = {name for name in vars(Table) if not name.startswith("_")}

    assert public <= vars(FakeTable).keys()


# --- what the engine cannot be told to do


class Lost(Exception):
    pass


def failing(moment: str, name: str) -> Callable[[str, Any], None]:
    def gate(*called: str) -> None:
        if called == (moment, name):
            raise Lost

    return gate


OPERATIONS: Mapping[str, Callable[[Table], Any]] = {
    "get": lambda table: table.get(KEY),
    "batch_get": lambda table: table.batch_get([KEY]),
    "query": lambda table: table.query("p"),
    "write": lambda table: table.write(Put({"pk": "p", "sk": "b"})),
    "transact": lambda table: table.transact([Put({"pk": "p", "sk": "b"})]),
}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(("moment", "applied"), [("before", False), ("after", True)])
def test_a_fault_before_applies_nothing_and_a_fault_after_loses_only_the_answer(
    name: str, moment: str, applied: bool
) -> None:
    table = FakeTable(gate=failing(moment, name))

    with pytest.raises(Lost):
        OPERATIONS[name](table)

    assert bool(table.contents()) == (applied and name in ("write", "transact"))


def test_a_fault_hides_a_refusal_too() -> None:
    table = FakeTable(gate=failing("after", "write"))

    with pytest.raises(Lost):
        table.write(Update(KEY, set={"n": 1}))


def test_a_lost_transaction_is_made_once_under_its_token() -> None:
    table = FakeTable()
    ops: list[Op] = [Update(KEY, add={"n": 1}, exists=False)]

    def lose(*_: str) -> None:
        if table.contents():
            raise Unavailable

    table.gate = lose
    with pytest.raises(Unavailable):
        table.transact(ops, token="t")
    table.gate = None
    table.transact(ops, token="t")

    assert table.get(KEY) == {"pk": "p", "sk": "a", "n": 1}
    assert len(table.stream) == 1


def test_a_refused_transaction_leaves_its_token_free() -> None:
    table = FakeTable()
    with pytest.raises(ConditionFailed):
        table.transact([Update(KEY, set={"n": 1})], token="t")

    table.transact([Update(KEY, set={"n": 1}, exists=False)], token="t")

    assert table.get(KEY) == {"pk": "p", "sk": "a", "n": 1}


def test_nobody_holds_what_the_table_holds() -> None:
    table = FakeTable()
    given: Item = {"pk": "p", "sk": "a", "body": {"lines": [1]}, "member_pk": "m", "place": "1"}
    ops = [Put(given)]
    table.transact(ops, token="t")
    kept = table.contents()

    given["body"]["lines"].append(2)
    for item in (
        table.get(KEY),
        table.batch_get([KEY])[KEY],
        *table.query("p"),
        *table.query("m", index=BY_MEMBER),
        table.stream[0].new,
    ):
        assert item is not None
        item["body"]["lines"].append(3)
    with pytest.raises(ConditionFailed) as failure:
        table.write(Put({"pk": "p", "sk": "a"}, new=True))
    assert failure.value.found[0]
    failure.value.found[0]["body"].clear()

    assert table.contents() == kept
    with pytest.raises(TokenReused):
        table.transact(ops, token="t")


def test_a_lagging_index_shows_what_it_last_caught_up_with() -> None:
    lagging = True
    table = FakeTable(lag=lambda: lagging)
    table.write(Put({"pk": "p", "sk": "a", "work_pk": "w", "work_sk": "1"}))

    assert table.query("w", index=WORK) == []
    table.refresh()
    table.write(Delete(KEY))
    assert [item["sk"] for item in table.query("w", index=WORK)] == ["a"]
    assert table.query("p") == []
    lagging = False
    assert table.query("w", index=WORK) == []


def test_a_write_that_changes_nothing_is_not_in_the_stream() -> None:
    table = FakeTable()
    for _ in range(2):
        table.write(Put({"pk": "p", "sk": "a", "n": 1}))
        table.write(Delete(Key("p", "none")))
    table.write(Put({"pk": "p", "sk": "a", "n": True}))

    assert [(record.old, record.new) for record in table.stream] == [
        (None, {"pk": "p", "sk": "a", "n": 1}),
        ({"pk": "p", "sk": "a", "n": 1}, {"pk": "p", "sk": "a", "n": True}),
    ]
