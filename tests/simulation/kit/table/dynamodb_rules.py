"""What DynamoDB does with plain values: when a condition holds, what a write leaves, which values are equal.

A stored item is never changed: a write gives a new one.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import NoneType
from typing import Any, Final, assert_never

from laurel.store.indexes import INDEXES
from laurel.store.keys import TTL_ATTRIBUTE
from laurel.store.operations import ABSENT, Check, Delete, Op, Put, Update
from laurel.store.values import Item, Value, exact, refused

_PLAIN: Final = frozenset((str, bool, NoneType))
_EXACT: Final = 10**38
_KEY_NAMES: Final = frozenset({"pk", "sk"}.union(*((index.pk, index.sk) for index in INDEXES)))
MISSING: Final = object()


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


def copy_of(item: Item) -> Item:
    """A copy of a stored item, which is plain already."""
    copied = item.copy()
    for name, value in item.items():
        if type(value) is dict:
            copied[name] = copy_of(value)
        elif type(value) is list:
            copied[name] = _copy_of_list(value)
    return copied


def _copy_of_list(values: list[Any]) -> list[Any]:
    copied = values.copy()
    for at, value in enumerate(values):
        if type(value) is dict:
            copied[at] = copy_of(value)
        elif type(value) is list:
            copied[at] = _copy_of_list(value)
    return copied


def copy(item: Item | None) -> Item | None:
    return None if item is None else copy_of(item)


def same(one: Any, other: Any) -> bool:
    """Equality as DynamoDB has it: by type too, so that True is not 1."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict):
        return all(same(value, other[name]) for name, value in one.items())
    return not isinstance(one, list) or all(map(same, one, other))


def taken(op: Op) -> Op:
    """`op` with all that it says as the table would keep it; raises TypeError for what it cannot."""
    match op:
        case Put():
            return Put(plain_item(op.item), _plain_expected(op.expect), op.new, op.expired_at)
        case Update():
            told, first = plain_item(op.set), plain_item(op.initial)
            return Update(op.key, told, op.remove, dict(op.add), first, _plain_expected(op.expect), op.exists)
        case Delete():
            return Delete(op.key, _plain_expected(op.expect), op.exists)
        case Check():
            return Check(op.key, _plain_expected(op.expect), op.exists)
    assert_never(op)


def _plain_expected(expect: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value if value is ABSENT else plain(value) for name, value in expect.items()}


def same_ops(some: Sequence[Op], others: Sequence[Op]) -> bool:
    """Whether operations that were `taken` say the same."""
    return len(some) == len(others) and all(map(_same_op, some, others))


def _same_op(one: Op, other: Op) -> bool:
    names = one.__dataclass_fields__
    return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in names)


def holds(op: Op, item: Item | None) -> bool:
    """Whether the conditions of an operation that was `taken` do."""
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
        elif not same(item.get(name, MISSING), value):
            return False
    return True


def _expired(item: Item, at: int) -> bool:
    expires_at = item.get(TTL_ATTRIBUTE)
    return isinstance(expires_at, int | Decimal) and not isinstance(expires_at, bool) and expires_at < at


def after(op: Op, old: Item | None) -> Item | None:
    """What an operation that was `taken` leaves."""
    match op:
        case Put():
            return _indexable(op.item)
        case Update():
            return _indexable(_updated(op, old))
        case Delete():
            return None
        case Check():
            return old
    assert_never(op)


def _updated(op: Update, old: Item | None) -> Item:
    item = {**op.initial, **(old or op.key._asdict()), **op.set}
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
