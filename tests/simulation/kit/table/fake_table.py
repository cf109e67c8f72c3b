"""The table in memory: what `Table` does, without a network, with every fault a test wants.

`test_fake_table.py` holds it against the real `Table` on the local engine.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

from laurel.store.indexes import INDEXES, Index
from laurel.store.keys import Key
from laurel.store.operations import (
    ConditionFailed,
    Op,
    Query,
    TokenReused,
    Write,
    check_transaction,
)
from laurel.store.table import Table
from laurel.store.values import Item
from tests.simulation.kit.table.dynamodb_rules import after, copy, copy_of, holds, same, same_ops, taken

_P = ParamSpec("_P")
_R = TypeVar("_R")
Gate = Callable[[str, Any], None]
_catching_up = Lock()
"""Lists are read side by side. A table is copied, which a lock of its own would not bear."""


class Record:
    """One change in the stream; `old` None: inserted, `new` None: removed. Each reading gives a copy of its own."""

    __slots__ = ("_new", "_old", "key")

    def __init__(self, key: Key, old: Item | None, new: Item | None) -> None:
        self.key = key
        self._old = old
        self._new = new

    @property
    def old(self) -> Item | None:
        return copy(self._old)

    @property
    def new(self) -> Item | None:
        return copy(self._new)


def _gated(method: "Callable[Concatenate[FakeTable, _P], _R]") -> "Callable[Concatenate[FakeTable, _P], _R]":
    """Call the gate around `method`; what it raises after it hides the answer, not the effect."""
    name = method.__name__

    @wraps(method)
    def wrapper(self: "FakeTable", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        if self.gate is None:
            return method(self, *args, **kwargs)
        self.gate("before", name)
        try:
            return method(self, *args, **kwargs)
        finally:
            self.gate("after", name)

    return wrapper


class FakeTable(Table):
    """A table that nobody else can reach.

    gate: called as gate("before" | "after", method name) around every operation; may raise. Raising after it loses the
        answer of what was applied. A write that adds is the operation "write", not "transact".
    lag: asked by every index query; True: it sees the indexes as the last query that did not lag saw them, or as
        `refresh` left them.
    stream: every change so far, in order; readers take what they want and may empty it.
    """

    def __init__(self, gate: Gate | None = None, lag: Callable[[], bool] | None = None) -> None:
        super().__init__("fake")
        self.gate = gate
        self.lag = lag
        self._collections: dict[str, dict[str, Item]] = {}  # a stored item is never changed, only replaced
        self._indexed: dict[tuple[str, str], dict[Key, Item]] = defaultdict(dict)  # by index and its partition
        self._shown: dict[Key, Item] = {}  # what the indexes have caught up with
        self._behind: dict[Key, None] = {}  # what they have not
        self._changes: list[Record] = []
        self._tokens: dict[str, Sequence[Op]] = {}

    @property
    def stream(self) -> list[Record]:
        return self._changes

    def contents(self) -> dict[Key, Item]:
        """Every item, for assertions: no operation, so no gate."""
        return {Key(item["pk"], item["sk"]): copy_of(item) for item in self._items()}

    def copied(self) -> dict[str, dict[str, Item]]:
        """All that is stored, to be restored."""
        return {pk: dict(found) for pk, found in self._collections.items()}

    def restore(self, collections: dict[str, dict[str, Item]]) -> None:
        """As it was when it was `copied`."""
        self._collections = {pk: dict(found) for pk, found in collections.items()}
        self._behind |= dict.fromkeys([*self._shown, *(Key(item["pk"], item["sk"]) for item in self._items())])

    def refresh(self) -> None:
        """Let the indexes catch up."""
        with _catching_up:
            for key in self._behind:
                self._catch_up(key)
            self._behind.clear()

    def _catch_up(self, key: Key) -> None:
        for place in _places(self._shown.pop(key, {})):
            del self._indexed[place][key]
        if (item := self._stored(key)) is not None:
            self._shown[key] = item
            for place in _places(item):
                self._indexed[place][key] = item

    @_gated
    def get(self, key: Key) -> Item | None:
        return copy(self._stored(key))

    @_gated
    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        stored = ((key, self._stored(key)) for key in keys)
        return {key: copy_of(item) for key, item in stored if item is not None}

    @_gated
    def query(
        self,
        pk: str,
        *,
        between: tuple[str, str] | None = None,
        begins_with: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        index: Index | None = None,
    ) -> list[Item]:
        query = Query(pk, between, begins_with, before, limit, newest_first, index)
        by = query.sort_key
        items = [item for item in self._collection(query) if _within(query, item[by])]
        items.sort(key=lambda item: item[by], reverse=newest_first)
        if index is None:
            return [copy_of(item) for item in items[:limit]]
        own = {"pk", "sk", index.pk, index.sk, *index.projection}
        return [copy_of({name: item[name] for name in item if name in own}) for item in items[:limit]]

    @_gated
    def write(self, op: Write) -> None:
        self._apply([taken(op)])

    @_gated
    def transact(self, ops: Sequence[Op], *, token: str | None = None) -> None:
        check_transaction(ops, token)
        if token is None:
            return self._apply([taken(op) for op in ops])
        asked = [taken(op) for op in ops]
        if token not in self._tokens:
            self._apply(asked)
            self._tokens[token] = asked
        elif not same_ops(self._tokens[token], asked):
            raise TokenReused(token)
        return None

    def _apply(self, ops: Sequence[Op]) -> None:
        olds = [self._stored(op.key) for op in ops]
        failed = [at for at, op in enumerate(ops) if not holds(op, olds[at])]
        if failed:
            raise ConditionFailed([copy(old) if at in failed else None for at, old in enumerate(olds)], failed)
        news = [after(op, old) for op, old in zip(ops, olds, strict=True)]
        for op, old, new in zip(ops, olds, news, strict=True):
            self._store(op.key, old, new)

    def _store(self, key: Key, old: Item | None, new: Item | None) -> None:
        if new is not None:
            self._collections.setdefault(key.pk, {})[key.sk] = new
        elif old is not None:
            del self._collections[key.pk][key.sk]
        if not same(old, new):
            self._changes.append(Record(key, old, new))
            self._behind[key] = None

    def _stored(self, key: Key) -> Item | None:
        return self._collections.get(key.pk, {}).get(key.sk)

    def _items(self) -> Iterator[Item]:
        return (item for collection in self._collections.values() for item in collection.values())

    def _collection(self, query: Query) -> Iterable[Item]:
        index = query.index
        if index is None:
            return self._collections.get(query.pk, {}).values()
        if not (self.lag and self.lag()):
            self.refresh()
        return self._indexed.get((index.name, query.pk), {}).values()


def _places(item: Item) -> Iterator[tuple[str, str]]:
    """The index partitions that hold an item."""
    return ((index.name, item[index.pk]) for index in INDEXES if index.pk in item and index.sk in item)


def _within(query: Query, sk: str) -> bool:
    if query.between is not None and not query.between[0] <= sk <= query.between[1]:
        return False
    if query.begins_with is not None and not sk.startswith(query.begins_with):
        return False
    return query.before is None or sk < query.before
