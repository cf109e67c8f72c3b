"""moto's DynamoDB without what makes it slow; nothing that it answers is any different.

It copies every item of a table before each transaction, and again whatever it reads. Here an item that is in a table is
never changed, only replaced, so nobody need copy it, and a whole table is kept and put back in no time.
It sorts all items for each query, by comparing two objects at a time; here all keys are strings and sorted as such.
It looks for the value of an attribute under every name that each of ten types might go by in Python. Here a value is
known by the type that it says it has.
What it finds out with every call, or makes anew and nobody looks at, is kept.
It answers one call at a time: functions call side by side, and its copies do not bear that.
"""

import copy
from functools import cache
from threading import RLock
from typing import Any, Final

import pytest
from moto.core import DEFAULT_ACCOUNT_ID, responses
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models import DynamoDBBackend, Item, Table, dynamodb_backends
from moto.kms import models as kms

REGION: Final = "eu-central-1"
_alone = RLock()
_processed = BotocoreStubber.process_request
_copied = Item.__deepcopy__
_updated = DynamoDBBackend.update_item
_structure = ResponseSerializer._serialize_type_structure


def quicken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(BotocoreStubber, "process_request", _one_at_a_time)
    patch.setattr(Item, "__deepcopy__", lambda item, _: item)
    patch.setattr(DynamoDBBackend, "update_item", _update_item)
    patch.setattr(Table, "all_items", _all_items)
    patch.setattr(ResponseSerializer, "_serialize_type_structure", _serialize_structure)
    patch.setattr(responses, "method_names_from_class", cache(responses.method_names_from_class))
    patch.setattr(kms, "generate_private_key", cache(kms.generate_private_key))


def _one_at_a_time(stubber: BotocoreStubber, request: Any) -> Any:
    with _alone:
        return _processed(stubber, request)


def kept(name: str) -> Table:
    """A table with all that is in it now."""
    return copy.deepcopy(dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[name])


def put_back(table: Table) -> None:
    """The table is as it was when it was kept, and may be again."""
    dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[table.name] = copy.deepcopy(table)


def _update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
    """moto changes the item that lies in the table; so another is laid there first."""
    table = backend.get_table(table_name)
    pk, sk = backend.get_keys_value(table, key)
    item = table.get_item(pk, sk)
    if item is not None:
        table.items[pk][sk] = _copied(item, {})
    return _updated(backend, table_name, key, *args, **kwargs)


def _all_items(table: Table) -> list[Item]:
    every = (item for of_pk in table.items.values() for item in of_pk.values())
    return sorted(every, key=lambda item: (item.hash_key.value, item.range_key.value))


def _serialize_structure(serializer: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name != "AttributeValue":
        return _structure(serializer, serialized, value, shape, key)
    ((kind, content),) = value.items()
    told: dict[str, Any] = {}
    serializer._serialize(told, content, shape.members[kind], kind)
    return serializer._default_serialize(serialized, told, shape, key)
