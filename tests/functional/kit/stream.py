"""Raw events of the consumers, and what the stream would report of items."""

import importlib
import json
from typing import Any

from laurel.store.items import LAST_USED_ON
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item, decode_item, encode_item
from tests.functional.kit.gateway import Context
from tools.places import EVENTS


def event(function: str, case: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((EVENTS / function / f"{case}.json").read_text())
    return told


def run(function: str, event: dict[str, Any]) -> Any:
    return importlib.import_module(f"{function}.handler").handler(event, Context())


def happened(table: Table, event: dict[str, Any]) -> list[Item]:
    """Puts the items that the stream reports into the table, as they were when it did."""
    images = [decode_item(r["dynamodb"]["NewImage"]) for r in event["Records"] if "NewImage" in r["dynamodb"]]
    for image in images:
        table.write(Put(image, new=True))
    return images


def drain(table: Table) -> None:
    """What the stream would do of everything that waits, until nothing does."""
    while waiting := [item for item in everything(table) if item.get("pend") == 1]:
        assert run("rule_evaluation", as_stream(*waiting)) == {"batchItemFailures": []}


def everything(table: Table) -> list[Item]:
    """All items of the table, but for the day of a key's use, which each request that asks may change."""
    pages = table._client.get_paginator("scan").paginate(TableName=table._name)
    found = (decode_item(item) for page in pages for item in page["Items"])
    return [{name: value for name, value in item.items() if name != LAST_USED_ON} for item in found]


def as_stream(*found: Item) -> dict[str, Any]:
    records = [{"dynamodb": {"SequenceNumber": str(n), "NewImage": encode_item(item)}} for n, item in enumerate(found)]
    return {"Records": records}
