"""Operations and queries as DynamoDB requests; every name and value goes through a placeholder."""

from collections.abc import Iterator
from typing import Any, TypeAlias, assert_never

from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import ABSENT, Check, Delete, Expected, Op, Put, Query, Update
from laurel.store.values import Attribute, Value, encode, encode_item

Request: TypeAlias = dict[str, Any]


class _Placeholders:
    """Gives out placeholders; the same attribute name gets the same one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Attribute] = {}

    def name(self, attribute: str) -> str:
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: Value) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = encode(value)
        return placeholder

    def request(self) -> Request:
        names = {placeholder: attribute for attribute, placeholder in self._names.items()}
        fields = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": self._values}
        return {field: content for field, content in fields.items() if content}


def operation_request(table_name: str, op: Op) -> tuple[str, Request]:
    """DynamoDB's name for `op` in a transaction, and its request, which a call for one item takes as well."""
    placeholders = _Placeholders()
    request: Request = {"TableName": table_name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if isinstance(op, Put):
        request["Item"] = encode_item(op.item)
    else:
        request["Key"] = encode_key(op.key)
    if isinstance(op, Update):
        request["UpdateExpression"] = _changes(op, placeholders)
    if condition := _condition(op, placeholders):
        request["ConditionExpression"] = condition
    return "ConditionCheck" if isinstance(op, Check) else type(op).__name__, request | placeholders.request()


def encode_key(key: Key) -> dict[str, Attribute]:
    """A primary key as DynamoDB takes it."""
    return encode_item(key._asdict())


def query_request(table_name: str, query: Query) -> Request | None:
    """The request for the first page, or None if the stretch is always empty."""
    placeholders = _Placeholders()
    stretch = _stretch(query, placeholders)
    if stretch is None:
        return None
    pk = placeholders.name("pk" if query.index is None else query.index.pk)
    key_condition = f"{pk} = {placeholders.value(query.pk)}{stretch and ' AND '}{stretch}"
    request: Request = {"TableName": table_name, "KeyConditionExpression": key_condition}
    request |= {"IndexName": query.index.name} if query.index else {"ConsistentRead": True}
    request["ScanIndexForward"] = not query.newest_first
    if query.limit is not None:
        # One more with `before`: its item may be read too, and is dropped.
        request["Limit"] = query.limit + (query.before is not None)
    return request | placeholders.request()


def _changes(op: Update, placeholders: _Placeholders) -> str:
    clauses = {
        "SET": [*_settings(op, placeholders)],
        "REMOVE": [placeholders.name(name) for name in op.remove],
        "ADD": [f"{placeholders.name(name)} {placeholders.value(value)}" for name, value in op.add.items()],
    }
    return " ".join(f"{verb} {', '.join(changes)}" for verb, changes in clauses.items() if changes)


def _settings(op: Update, placeholders: _Placeholders) -> Iterator[str]:
    for attribute, value in op.set.items():
        yield f"{placeholders.name(attribute)} = {placeholders.value(value)}"
    for attribute, value in op.initial.items():
        name = placeholders.name(attribute)
        yield f"{name} = if_not_exists({name}, {placeholders.value(value)})"


def _condition(op: Op, placeholders: _Placeholders) -> str:
    match op:
        case Put():
            exists = False if op.new else None
        case Update() | Delete():
            exists = True if op.exists else None
        case Check():
            exists = op.exists
        case _:
            assert_never(op)
    condition = " AND ".join([*_existence(exists, placeholders), *_expected(op.expect, placeholders)])
    if condition and isinstance(op, Put) and op.expired_at is not None:
        expiry = f"{placeholders.name(TTL_ATTRIBUTE)} < {placeholders.value(op.expired_at)}"
        return f"({condition}) OR {expiry}"
    return condition


def _existence(exists: bool | None, placeholders: _Placeholders) -> Iterator[str]:
    if exists is not None:
        yield f"{'attribute_exists' if exists else 'attribute_not_exists'}({placeholders.name('pk')})"


def _expected(expect: Expected, placeholders: _Placeholders) -> Iterator[str]:
    for attribute, value in expect.items():
        name = placeholders.name(attribute)
        yield f"attribute_not_exists({name})" if value is ABSENT else f"{name} = {placeholders.value(value)}"


def _stretch(query: Query, placeholders: _Placeholders) -> str | None:
    """The condition on the sort key. DynamoDB takes only one: `before` is folded into it, or left to the reader."""
    before, prefix = query.before, query.begins_with
    if query.between is None and prefix is None and before is None:
        return ""
    name = placeholders.name(query.sort_key)
    if query.between is not None:
        low, high = query.between
        return _between(name, low, high if before is None else min(high, before), placeholders)
    if prefix is None:
        return f"{name} < {placeholders.value(before)}"
    if before is not None and (before.startswith(prefix) or before < prefix):
        return _between(name, prefix, before, placeholders)
    return f"begins_with({name}, {placeholders.value(prefix)})"


def _between(name: str, low: str, high: str, placeholders: _Placeholders) -> str | None:
    if low > high:
        return None
    return f"{name} BETWEEN {placeholders.value(low)} AND {placeholders.value(high)}"
