"""moto's DynamoDB without what makes it slow; nothing that it answers is any different.

It copies every item of a table before each transaction, and again whatever it reads. Here an item that is in a table is
never changed, only replaced, so nobody need copy it, and a whole table is kept and put back in no time.
It sorts all items for each query, by comparing two objects at a time; here a query looks at those under its key, and
all keys are strings and sorted as such.
It looks for the value of an attribute under every name that each of ten types might go by in Python. Here a value is
known by the type that it says it has.
It adds up the size of an item for each attribute laid in it, and again whenever it is read.
What it finds out with every call, or makes anew and nobody looks at, is kept.
It answers one call at a time: functions call side by side, and its copies do not bear that.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

import boto3
import pytest
from botocore import useragent
from botocore.endpoint import Endpoint
from moto.core import DEFAULT_ACCOUNT_ID, models, responses
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend, Item, Table, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize
from moto.kms import models as kms

from tests.functional.kit.short_way import alone, make_request

REGION: Final = "eu-central-1"
MOST_BYTES: Final = 405_000
"""Of an item, as moto has it."""
_asked: ContextVar[tuple[str, DynamoType] | None] = ContextVar("asked", default=None)
"""The attribute that a query is narrowed by, and its value."""
_processed = BotocoreStubber.process_request
_copied = Item.__deepcopy__
_updated = DynamoDBBackend.update_item
_queried = Table.query
_sized = Item.size
_sized_value = DynamoType.size
_enabled = models.MockAWS._enable_patching
_answers: list[Any] = []
_hashed = DynamoType.__hash__
_equal = DynamoType.__eq__
_less = DynamoType.__lt__
_structure = ResponseSerializer._serialize_type_structure


def quicken(patch: pytest.MonkeyPatch) -> None:
    for holder, name, quick in QUICKER:
        patch.setattr(holder, name, quick, raising=False)


def slow_down(patch: pytest.MonkeyPatch) -> None:
    """moto as it comes."""
    for holder, name, was in SLOWER:
        if was is None:
            patch.delattr(holder, name)
        else:
            patch.setattr(holder, name, was)


def _one_at_a_time(stubber: BotocoreStubber, request: Any) -> Any:
    with alone:
        return _processed(stubber, request)


@cache
def client(service: str) -> Any:
    """A client of AWS for the tests themselves, made once."""
    return boto3.client(service, REGION)  # type: ignore[call-overload]


def kept(name: str) -> Table:
    """A table with all that is in it now."""
    return copy.deepcopy(dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[name])


def put_back(table: Table) -> None:
    """The table is as it was when it was kept, and may be again."""
    dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[table.name] = copy.deepcopy(table)


def lay_over(before: Table, after: Table) -> None:
    """Writes into the table again what was written between the two; nothing may have been written there since."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[after.name]
    for pk, of_pk in after.items.items():
        had = before.items.get(pk, {})
        for sk, item in of_pk.items():
            if item is not had.get(sk):
                assert table.items[pk].get(sk) is had.get(sk)
                table.items[pk][sk] = item


@contextmanager
def unheard(client: Any) -> Iterator[None]:
    """Listeners to a client that come meanwhile hear nothing of it afterwards."""
    emitter = client.meta.events._emitter
    listeners = emitter._handlers
    emitter._handlers, emitter._lookup_cache = copy.copy(listeners), {}
    yield
    emitter._handlers, emitter._lookup_cache = listeners, {}


def _enable_patching(mock: models.MockAWS, reset: bool = True) -> None:
    """A thousand patterns say what `requests` would be answered, the same ones each time."""
    if not _answers:
        _enabled(mock, reset)
        _answers.extend(models.responses_mock.registered())
        return
    models.botocore_stubber.enabled = True
    if reset:
        mock.reset()
    models.responses_mock.start()
    models.responses_mock.get_registry().registered.extend(_answers)


def _copy_of(table: Table, memo: dict[int, Any]) -> Table:
    made = copy.copy(table)
    memo[id(table)] = made
    made.items = defaultdict(dict, {pk: dict(of_pk) for pk, of_pk in table.items.items()})
    made.stream_shard = copy.deepcopy(table.stream_shard, memo)
    return made


def _made(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    item.hash_key, item.range_key, item.attrs, size = hash_key, range_key, LimitedSizeDict(), 0
    for key, value in attrs.items():
        attribute = DynamoType(value)
        size += bytesize(key) + attribute.size()
        if size > MOST_BYTES:
            raise ItemSizeTooLarge
        dict.__setitem__(item.attrs, key, attribute)


def _size_of_item(item: Item) -> int:
    if "_size" not in item.__dict__:
        item.__dict__["_size"] = _sized(item)
    return int(item.__dict__["_size"])


def _size_of_value(value: DynamoType) -> int:
    if value.type == "M":
        return sum(bytesize(name) + each.size() for name, each in value.value.items())
    return _sized_value(value)


def _hash(value: DynamoType) -> int:
    return hash(("S", value.value)) if value.type == "S" else _hashed(value)


def _eq(one: DynamoType, other: DynamoType) -> bool:
    return one.value == other.value if one.type == other.type == "S" else _equal(one, other)


def _lt(one: DynamoType, other: DynamoType) -> bool:
    return one.value < other.value if one.type == other.type == "S" else _less(one, other)


def _update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
    """moto changes the item that lies in the table; so another is laid there first."""
    table = backend.get_table(table_name)
    pk, sk = backend.get_keys_value(table, key)
    item = table.get_item(pk, sk)
    if item is not None:
        table.items[pk][sk] = _copied(item, {})
    return _updated(backend, table_name, key, *args, **kwargs)


def _query(table: Table, *args: Any, hash_key_conditions: list[tuple[str, DynamoType]], **kwargs: Any) -> Any:
    narrowed = _asked.set(hash_key_conditions[0])
    try:
        return _queried(table, *args, hash_key_conditions=hash_key_conditions, **kwargs)
    finally:
        _asked.reset(narrowed)


def _all_items(table: Table) -> list[Item]:
    """All that a query may find, or all there are if none is under way."""
    return sorted(_candidates(table), key=lambda item: (item.hash_key.value, item.range_key.value))


def _candidates(table: Table) -> Iterable[Item]:
    asked = _asked.get()
    if asked is not None and asked[0] == table.hash_key_attr:
        return table.items[asked[1]].values() if asked[1] in table.items else ()
    every = (item for of_pk in table.items.values() for item in of_pk.values())
    if asked is None:
        return every
    name, value = asked
    return (item for item in every if name in item.attrs and item.attrs[name] == value)


def _serialize_structure(serializer: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name != "AttributeValue":
        return _structure(serializer, serialized, value, shape, key)
    ((kind, content),) = value.items()
    told: dict[str, Any] = {}
    serializer._serialize(told, content, shape.members[kind], kind)
    return serializer._default_serialize(serialized, told, shape, key)


QUICKER: Final[tuple[tuple[Any, str, Any], ...]] = (
    (BotocoreStubber, "process_request", _one_at_a_time),
    (Endpoint, "make_request", make_request),
    (models.MockAWS, "_enable_patching", _enable_patching),
    (Item, "__deepcopy__", lambda item, _: item),
    (Item, "__init__", _made),
    (Item, "size", _size_of_item),
    (DynamoType, "size", _size_of_value),
    (DynamoType, "__hash__", _hash),
    (DynamoType, "__eq__", _eq),
    (DynamoType, "__lt__", _lt),
    (DynamoDBBackend, "update_item", _update_item),
    (Table, "__deepcopy__", _copy_of),
    (Table, "query", _query),
    (Table, "all_items", _all_items),
    (ResponseSerializer, "_serialize_type_structure", _serialize_structure),
    (useragent, "sanitize_user_agent_string_component", cache(useragent.sanitize_user_agent_string_component)),
    (responses, "method_names_from_class", cache(responses.method_names_from_class)),
    (kms, "generate_private_key", cache(kms.generate_private_key)),
)
"""Where something lies, its name, and what lies there in its place."""
SLOWER: Final = tuple((holder, name, getattr(holder, name, None)) for holder, name, _ in QUICKER)
