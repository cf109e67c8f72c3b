"""Tables of local engines: the schema where no CloudFormation makes it, from the same chart; all items in and out."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from laurel.store.indexes import INDEXES
from laurel.store.values import Item, decode_item, encode_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeySchemaElementTypeDef, ProjectionTypeDef

_BATCH: Final = 25


def create_table(client: "DynamoDBClient", name: str) -> None:
    """Create the empty table `name` with every index of `indexes.INDEXES`."""
    key_names = dict.fromkeys(["pk", "sk", *(name for index in INDEXES for name in (index.pk, index.sk))])
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in key_names],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index.name,
                "KeySchema": _schema(index.pk, index.sk),
                "Projection": _projection(index.projection),
            }
            for index in INDEXES
        ],
    )


def load(client: "DynamoDBClient", name: str, loaded: Iterable[Item]) -> None:
    """Writes items, whatever is there. While a batch is under way the next one is made."""
    with ThreadPoolExecutor(1) as sender:
        sent: Future[Any] = sender.submit(dict)
        for puts in _batches(loaded):
            sent.result()
            sent = sender.submit(client.batch_write_item, RequestItems={name: puts})
        sent.result()


def unload(client: "DynamoDBClient", name: str) -> Iterator[Item]:
    """All items of a table."""
    for page in client.get_paginator("scan").paginate(TableName=name):
        yield from map(decode_item, page["Items"])


def _batches(loaded: Iterable[Item]) -> Iterator[list[Any]]:
    puts = ({"PutRequest": {"Item": encode_item(item)}} for item in loaded)
    while batch := list(itertools.islice(puts, _BATCH)):
        yield batch


def _schema(pk: str, sk: str) -> "list[KeySchemaElementTypeDef]":
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]


def _projection(attributes: tuple[str, ...]) -> "ProjectionTypeDef":
    if not attributes:
        return {"ProjectionType": "KEYS_ONLY"}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(attributes)}
