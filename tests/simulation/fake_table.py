"""The table in memory: what `Table` does, without a network, with every fault a test wants.

`test_fake_table.py` holds it against the real `Table` on the local engine.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import wraps
from types import NoneType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, assert_never

from laurel.store.keys import INDEXES, TTL_ATTRIBUTE, Index, Key
from laurel.store.operations import (
    ABSENT,
    Check,
    ConditionFailed,
    Delete,
    Op,
    Put,
    Query,
    TokenReused,
    Update,
    Write,
    check_transaction,
)
from laurel.store.table import Table
from laurel.store.values import Item, Value, exact, refused

_P = ParamSpec("_P")
_R = TypeVar("_R")
_PLAIN: Final = frozenset((str, bool, NoneType))
_EXACT: Final = 10**38
_KEY_NAMES: Final = frozenset({"pk", "sk"}.union(*((index.pk, index.sk) for index in INDEXES)))
_MISSING: Final = object()

Gate = Callable[[str, Any], None]


class Record:
    """One change in the stream; `old` None: inserted, `new` None: removed. Each reading gives a copy of its own."""

    __slots__ = ("_new", "_old", "key")

    def __init__(self, key: Key, old: Item | None, new: Item | None) -> None:
        self.key = key
        self._old = old
        self._new = new

    @property
    def old(self) -> Item | None:
        return _copy(self._old)

    @property
    def new(self) -> Item | None:
        return _copy(self._new)


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
        self._indexed: list[Item] = []
        self._changes: list[Record] = []
        self._tokens: dict[str, Any] = {}

    @property
    def stream(self) -> list[Record]:
        return self._changes

    def contents(self) -> dict[Key, Item]:
        """Every item, for assertions: no operation, so no gate."""
        return {Key(item["pk"], item["sk"]): plain_item(item) for item in self._items()}

    def refresh(self) -> None:
        """Let the indexes catch up."""
        self._indexed = list(self._items())

    @_gated
    def get(self, key: Key, *, consistent: bool = True) -> Item | None:  # noqa: ARG002 -- always is
        return _copy(self._stored(key))

    @_gated
    def batch_get(self, keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Item]:  # noqa: ARG002
        stored = ((key, self._stored(key)) for key in keys)
        return {key: plain_item(item) for key, item in stored if item is not None}

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
        consistent: bool = True,
        where: Mapping[str, Value] | None = None,
    ) -> list[Item]:
        query = Query(pk, between, begins_with, before, limit, newest_first, index, consistent, where or {})
        items = [item for item in self._collection(query) if _within(query, item[query.sort_key])]
        items.sort(key=lambda item: item[query.sort_key], reverse=newest_first)
        wanted = [(path.split("."), plain(value)) for path, value in query.where.items()]
        found = [item for item in items if all(_same(_at(item, path), value) for path, value in wanted)]
        return [plain_item(item) for item in found[:limit]]

    @_gated
    def write(self, op: Write) -> None:
        self._apply([op])

    @_gated
    def transact(self, ops: Sequence[Op], *, token: str | None = None) -> None:
        check_transaction(ops, token)
        if token is None:
            return self._apply(ops)
        asked = [_frozen(op) for op in ops]
        if token not in self._tokens:
            self._apply(ops)
            self._tokens[token] = asked
        elif not _same(self._tokens[token], asked):
            raise TokenReused(token)
        return None

    def _apply(self, ops: Sequence[Op]) -> None:
        olds = [self._stored(op.key) for op in ops]
        failed = [at for at, op in enumerate(ops) if not _holds(op, olds[at])]
        if failed:
            raise ConditionFailed([_copy(old) if at in failed else None for at, old in enumerate(olds)], failed)
        news = [_after(op, old) for op, old in zip(ops, olds, strict=True)]
        for op, old, new in zip(ops, olds, news, strict=True):
            self._store(op.key, old, new)

    def _store(self, key: Key, old: Item | None, new: Item | None) -> None:
        if new is not None:
            self._collections.setdefault(key.pk, {})[key.sk] = new
        elif old is not None:
            del self._collections[key.pk][key.sk]
        if not _same(old, new):
            self._changes.append(Record(key, old, new))

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
        own = {"pk", "sk", index.pk, index.sk, *index.projection}
        found = (item for item in self._indexed if item.get(index.pk) == query.pk and index.sk in item)
        return [{name: item[name] for name in item if name in own} for item in found]


def plain(value: Any) -> Any:
    """A copy of `value` as the table would give it back; raises TypeError for what it cannot hold."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int and -_EXACT < value < _EXACT:
        return value
    if kind is dict:
        return plain_item(value)
    if kind is list or kind is tuple:
        return [plain(each) for each in value]
    return _unusual(value)


def plain_item(item: Mapping[str, Any]) -> Item:
    """A copy of `item` as the table would give it back."""
    return {name: value if type(value) in _PLAIN else plain(value) for name, value in item.items()}


def _unusual(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | Decimal):
        return exact(value)
    if isinstance(value, dict):
        return plain_item(value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    raise refused(value)


def _copy(item: Item | None) -> Item | None:
    return None if item is None else plain_item(item)


def _same(one: Any, other: Any) -> bool:
    """Equality as DynamoDB has it: by type too, so that True is not 1."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict):
        return all(_same(value, other[name]) for name, value in one.items())
    return not isinstance(one, list) or all(map(_same, one, other))


def _holds(op: Op, item: Item | None) -> bool:
    match op:
        case Put():
            exists = False if op.new else None
        case Update() | Delete():
            exists = True if op.exists else None
        case Check():
            exists = op.exists
        case _:
            assert_never(op)
    if exists in (None, item is not None) and _as_expected(op.expect, item or {}):
        return True
    return isinstance(op, Put) and op.expired_at is not None and _expired(item or {}, op.expired_at)


def _as_expected(expect: Mapping[str, Value], item: Item) -> bool:
    for name, value in expect.items():
        if value is ABSENT:
            if name in item:
                return False
        elif not _same(item.get(name, _MISSING), plain(value)):
            return False
    return True


def _expired(item: Item, at: int) -> bool:
    expires_at = item.get(TTL_ATTRIBUTE)
    return isinstance(expires_at, int | Decimal) and not isinstance(expires_at, bool) and expires_at < at


def _after(op: Op, old: Item | None) -> Item | None:
    match op:
        case Put():
            return _indexable(plain_item(op.item))
        case Update():
            return _indexable(_updated(op, old))
        case Delete():
            return None
        case Check():
            return old
    assert_never(op)


def _updated(op: Update, old: Item | None) -> Item:
    item = {**(old or op.key._asdict()), **plain_item(op.set)}
    for name in op.remove:
        item.pop(name, None)
    for name, amount in op.add.items():
        item[name] = exact(_number(item.get(name, 0)) + amount)
    return item


def _number(value: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"cannot add to a {type(value).__name__}")
    return value


def _indexable(item: Item) -> Item:
    """Raise TypeError where DynamoDB refuses a key: keys of the table and of its indexes are texts, not empty."""
    for name in _KEY_NAMES & item.keys():
        if type(item[name]) is not str or not item[name]:
            raise TypeError(f"{name} is a key and cannot be {item[name]!r}")
    return item


def _within(query: Query, sk: str) -> bool:
    if query.between is not None and not query.between[0] <= sk <= query.between[1]:
        return False
    if query.begins_with is not None and not sk.startswith(query.begins_with):
        return False
    return query.before is None or sk < query.before


def _at(item: Item, path: Sequence[str]) -> Any:
    value: Any = item
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return _MISSING
        value = value[name]
    return value


def _frozen(op: Op) -> list[Any]:
    """What a token stands for: the kind of `op` and a copy of all it says."""
    said = (getattr(op, name) for name in op.__dataclass_fields__)
    return [type(op).__name__, *(_copied(value) for value in said)]


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {name: each if type(each) in _PLAIN or each is ABSENT else plain(each) for name, each in value.items()}
    return value if isinstance(value, Key) else plain(value)
