"""A function's first answer in this process, over items in a file: prints the seconds of the processor that it took.

    python tools/bench/first_answer.py events/offers/list.json items.json

It imports nothing of tools: what is measured is the function, its client and its answer.
"""

import importlib
import io
import json
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

_LISTS: Final = {"by_member": "member_pk", "by_owner": "owner_pk", "by_rule": "rule_pk", "work": "-"}
Stored = list[dict[str, Any]]


def main(event: str, items: str) -> None:
    """Answers the event."""
    began = time.process_time()
    handler = importlib.import_module("handler").handler
    from laurel.store.table import table

    stored: Stored = json.loads(open(items).read())  # noqa: SIM115, PTH123 - pathlib is an import more
    table()._client.meta.events.register("before-send.dynamodb.*", lambda request, **_: _sent(request, stored))
    handler(json.loads(open(event).read()), None)  # noqa: SIM115, PTH123
    print(time.process_time() - began)


def _sent(request: Any, stored: Stored) -> Any:
    from botocore.awsrequest import AWSResponse

    operation = request.headers["X-Amz-Target"].rpartition(b".")[2].decode()
    answer = _answer(operation, json.loads(request.body), stored)
    return AWSResponse(request.url, 200, {}, _Body(json.dumps(answer).encode()))  # type: ignore[arg-type]


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        """The body as urllib3 gives it."""
        yield self.getvalue()


def _answer(operation: str, asked: dict[str, Any], stored: Stored) -> dict[str, Any]:
    """As DynamoDB would, but that a query gives its whole partition, nothing is due, and a write does nothing."""
    match operation:
        case "GetItem":
            return {"Item": found[0]} if (found := _at([asked["Key"]], stored)) else {}
        case "BatchGetItem":
            ((name, wanted),) = asked["RequestItems"].items()
            return {"Responses": {name: _at(wanted["Keys"], stored)}, "UnprocessedKeys": {}}
        case "Query":
            partition = _LISTS.get(asked.get("IndexName", ""), "pk")
            values = [value.get("S") for value in asked["ExpressionAttributeValues"].values()]
            return {"Items": [item for item in stored if item.get(partition, {"S": None})["S"] in values]}
    return {}


def _at(keys: list[dict[str, Any]], stored: Stored) -> Stored:
    return [item for item in stored if {"pk": item["pk"], "sk": item["sk"]} in keys]


if __name__ == "__main__":
    main(*sys.argv[1:])
