"""`FakeTable` does what `Table` does on the engine, and injects what it is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from laurel.store.keys import BY_MEMBER, INDEXES, TTL_ATTRIBUTE, WORK, Key
from laurel.store.operations import (
    ABSENT,
    Check,
    ConditionFailed,
    Delete,
    Op,
    Put,
    TokenReused,
    Unavailable,
    Update,
    Write,
)
from laurel.store.table import Table
from laurel.store.values import Item, decode, encode
from tests.simulation.fake_table import FakeTable, plain
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = Key("p", "a")
NUMBERS = count()


# --- what is asked

# Few values, many of them nearly equal: conditions must hold and fail about as often.
SCALARS: list[Any] = [0, 1, 2, True, False, None, "", "1", "a", Decimal("1.5"), Decimal("1.0"), "🏅\0"]
values = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "order", "x.y"]), inner, max_size=2)
    ),
    max_leaves=4,
)
keys = st.builds(Key, st.sampled_from(["p", "q"]), st.sampled_from(["a1", "a2", "b1", "b2"]))
names = st.sampled_from(["n", "m", "status", "body", "x.y"])
bounds = st.sampled_from(["a", "a1", "a2", "a9", "b", "b1", "b1/q", "b2", "c"])
instants = st.integers(98, 102)
expected: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names, values | st.just(ABSENT), max_size=1) | st.just({})
paths = st.sampled_from(["n", "status", "body.a", "body.order", "body.a.order"])


@st.composite
def attributes(draw: st.DrawFn, key: Key) -> dict[str, Any]:
    """Attributes with a place in some indexes; sort keys differ there, since equal ones come in no defined order."""
    found: dict[str, Any] = draw(st.dictionaries(names, values, max_size=3))
    for index in draw(st.sets(st.sampled_from(INDEXES))):
        found |= {index.pk: "i", index.sk: f"{draw(bounds)}/{key.pk}{key.sk}"}
    return found | draw(st.fixed_dictionaries({}, optional={TTL_ATTRIBUTE: instants}))


@st.composite
def puts(draw: st.DrawFn, key: Key) -> Put:
    item = {**key._asdict(), **draw(attributes(key))}
    return Put(item, draw(expected), draw(st.booleans()), draw(st.none() | instants))


@st.composite
def updates(draw: st.DrawFn, key: Key) -> Update:
    changed = draw(attributes(key)) or {"n": 1}
    removable = st.sampled_from(["m", "member_sk", "work_pk", TTL_ATTRIBUTE])
    removed = tuple(sorted(draw(st.sets(removable, max_size=2)) - changed.keys()))
    added = draw(st.dictionaries(st.sampled_from(["n", "count"]), st.integers(-2, 2), max_size=2))
    unset = {name: amount for name, amount in added.items() if name not in changed}
    return Update(key, changed, removed, unset, draw(expected), draw(st.booleans()))


@st.composite
def checks(draw: st.DrawFn, key: Key) -> Check:
    expect = draw(expected)
    return Check(key, expect, draw(st.booleans() if not expect else st.none() | st.booleans()))


def deletes(key: Key) -> st.SearchStrategy[Delete]:
    return st.builds(Delete, st.just(key), expected, st.booleans())


def writes(key: Key) -> st.SearchStrategy[Write]:
    return st.one_of(puts(key), updates(key), deletes(key))


transactions = st.lists(keys, min_size=1, max_size=5, unique=True).flatmap(
    lambda chosen: st.tuples(*(writes(key) | checks(key) for key in chosen))
)
stretches: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"between": st.tuples(bounds, bounds)}),
    st.fixed_dictionaries({"begins_with": bounds}),
)


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "before": draw(st.none() | bounds),
        "limit": draw(st.none() | st.integers(1, 3)),
        "newest_first": draw(st.booleans()),
        "where": draw(st.dictionaries(paths, values, max_size=1)),
        "index": draw(st.none() | st.sampled_from(INDEXES)),
    }
    pk = draw(st.sampled_from(["p", "q"])) if asked["index"] is None else "i"
    return {"pk": pk, **asked, **draw(stretches)}


@dataclass(frozen=True)
class Step:
    """One call, and a place to make it again: the same token with the same operations is no new transaction."""

    name: str
    argument: Any
    token: str | None = None

    def on(self, table: Table, tokens: str) -> Any:
        match self.name:
            case "get":
                return table.get(self.argument)
            case "batch_get":
                return sorted(table.batch_get(self.argument).values(), key=lambda item: (item["pk"], item["sk"]))
            case "query":
                return table.query(**self.argument)
            case "write":
                return table.write(self.argument)
        return table.transact(self.argument, token=self.token and tokens + self.token)


steps = st.one_of(
    st.builds(Step, st.just("write"), keys.flatmap(writes)),
    st.builds(Step, st.just("write"), keys.flatmap(writes)),
    st.builds(Step, st.just("transact"), transactions, st.sampled_from([None, "one", "two"])),
    st.builds(Step, st.just("get"), keys),
    st.builds(Step, st.just("batch_get"), st.lists(keys, max_size=6)),
    st.builds(Step, st.just("query"), queries()),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    made = draw(st.lists(steps, min_size=1, max_size=12))
    again = draw(st.lists(st.sampled_from(made), max_size=3))
    return made + again


# --- what comes of it


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
    client = boto3.client(
        "dynamodb",
        endpoint_url=engine_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield client
    client.close()


@settings(max_examples=150, deadline=None)
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


@given(value=values | st.decimals(allow_nan=False, allow_infinity=False, places=9) | st.integers())
def test_the_fake_keeps_a_value_as_the_store_encodes_it(value: Any) -> None:
    def copied() -> Any:
        try:
            return encode(plain(value))
        except ArithmeticError as error:
            return type(error)

    def encoded() -> Any:
        try:
            return encode(decode(encode(value)))
        except ArithmeticError as error:
            return type(error)

    assert copied() == encoded()


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
    given: Item = {"pk": "p", "sk": "a", "body": {"lines": [1]}, "member_pk": "m", "member_sk": "1"}
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
