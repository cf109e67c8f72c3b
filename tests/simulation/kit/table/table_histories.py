"""Random histories of calls on a table, for Hypothesis."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from laurel.store.indexes import INDEXES
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import ABSENT, Check, Delete, Put, Update, Write
from laurel.store.table import Table

# Few keys, names and values, many of them nearly equal: conditions must hold and fail about as often.
SCALARS: list[Any] = [1, True, "1", None, Decimal("1.5")]
KEYS = [Key("p", "a1"), Key("p", "a2"), Key("p", "b1"), Key("p", "b2"), Key("q", "a1")]
scalars = st.sampled_from(SCALARS)
bodies = st.fixed_dictionaries({"a": scalars | st.fixed_dictionaries({"order": scalars})}) | st.lists(
    scalars, max_size=2
)
keys = st.sampled_from(KEYS)
bounds = st.sampled_from(["a", "a1", "a1/pa1", "a2", "b", "b1", "b1/pb1", "c"])
instants = st.integers(99, 101)
expected: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"n": scalars | st.just(ABSENT)}),
    st.fixed_dictionaries({"body": bodies | st.just(ABSENT)}),
    st.fixed_dictionaries({"n": st.just(1), "status": st.just(ABSENT)}),
)


@st.composite
def attributes(draw: st.DrawFn, key: Key) -> dict[str, Any]:
    """Attributes with a place in an index; sort keys differ there, since equal ones come in no defined order."""
    index = draw(st.sampled_from(INDEXES))
    place = {index.pk: "i", index.sk: f"{draw(bounds)}/{key.pk}{key.sk}"}
    return draw(
        st.fixed_dictionaries(
            {},
            optional={"n": scalars, "body": bodies, "status": scalars, "x.y": scalars, TTL_ATTRIBUTE: instants},
        )
    ) | draw(st.sampled_from([place, {index.pk: "i"}, {}]))


@st.composite
def puts(draw: st.DrawFn, key: Key) -> Put:
    item = {**key._asdict(), **draw(attributes(key))}
    return Put(item, draw(expected), draw(st.booleans()), draw(st.none() | instants))


@st.composite
def updates(draw: st.DrawFn, key: Key) -> Update:
    added = draw(st.dictionaries(st.sampled_from(["n", "count"]), st.integers(-2, 2), max_size=2))
    changed = {name: value for name, value in draw(attributes(key)).items() if name not in added}
    fallback = draw(st.just({}) | attributes(key))
    initial = {name: value for name, value in fallback.items() if name not in {*added, *changed}}
    removable = st.sampled_from(["n", "body", "place", "work_pk", TTL_ATTRIBUTE])
    removed = draw(st.sets(removable, max_size=2)) - changed.keys() - initial.keys() - added.keys()
    if not (added or changed or initial or removed):
        initial = {"n": 1}
    return Update(key, changed, tuple(sorted(removed)), added, initial, draw(expected), draw(st.booleans()))


@st.composite
def checks(draw: st.DrawFn, key: Key) -> Check:
    expect = draw(expected)
    return Check(key, expect, draw(st.booleans() if not expect else st.none() | st.booleans()))


def deletes(key: Key) -> st.SearchStrategy[Delete]:
    return st.builds(Delete, st.just(key), expected, st.booleans())


def writes(key: Key) -> st.SearchStrategy[Write]:
    return st.one_of(puts(key), puts(key), updates(key), updates(key), deletes(key))


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
        "before": draw(st.none() | st.none() | bounds),
        "limit": draw(st.none() | st.integers(1, 2)),
        "newest_first": draw(st.booleans()),
        "index": draw(st.none() | st.sampled_from(INDEXES)),
    }
    pk = "p" if asked["index"] is None else "i"
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
    st.builds(Step, st.just("query"), queries()),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    there = [Step("write", Put({**key._asdict(), **draw(attributes(key))})) for key in KEYS]
    made = draw(st.lists(steps, min_size=10, max_size=30))
    again = draw(st.lists(st.sampled_from(made), max_size=3))
    return there + made + again
