"""Hooks on botocore's events that reckon the cost of every call to DynamoDB, and keep the engine's own figure."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tools.bench import capacity
from tools.bench.capacity import Cost
from tools.bench.sizes import StoredItem

Request = dict[str, Any]
Answer = Mapping[str, Any]
Span = tuple[float, float]
"""The seconds at which a call began and ended."""
_TRANSACTION: Final = 2
_MOST_KEYS: Final = 100
_IMAGES: Final = "laurel.images"
_REQUEST: Final = "laurel.request"
_BEGAN: Final = "laurel.began"
_DELAY: Final = 0.1
_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


@dataclass(frozen=True, slots=True)
class Call:
    """One round trip. `told`: the engine's figure for a write, None if it gives none (for a refused write)."""

    operation: str
    cost: Cost
    told: Cost | None = None


@dataclass(slots=True)
class Bill:
    """The calls of one stretch of work."""

    calls: list[Call] = field(default_factory=list)

    @property
    def cost(self) -> Cost:
        """The sum of the calls."""
        return sum((call.cost for call in self.calls), Cost())

    @property
    def operations(self) -> str:
        """The names of the calls in order."""
        return " ".join(call.operation for call in self.calls)


def rounds(spans: Iterable[Span]) -> int:
    """The number of times that somebody waits: calls side by side are one round."""
    count, over = 0, 0.0
    for began, ended in sorted(spans, key=lambda span: span[1]):
        if began >= over:
            count, over = count + 1, ended
    return count


class Meter:
    """Bills the calls in `events`: those of one client, or of all clients that a session makes from now on.

    `side`, another client, reads items before and after, and is not billed.
    """

    def __init__(self, events: Any, side: Any, table_name: str) -> None:
        self._side = side
        self._table_name = table_name
        self.all = Bill()
        self._current = Bill()
        self._is_paused = False
        self._spans: list[Span] | None = None
        events.register("before-parameter-build.dynamodb.*", self._before)
        events.register("after-call.dynamodb.*", self._after)

    @contextmanager
    def measure(self) -> Iterator[Bill]:
        """The bill of the calls inside the block."""
        self._current = Bill()
        yield self._current
        self._current = Bill()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Bills nothing inside the block: computing a bill must not take time where time is measured."""
        self._is_paused = True
        yield
        self._is_paused = False

    @contextmanager
    def timed(self) -> Iterator[list[Span]]:
        """When each call inside the block began and ended, all of them delayed a little; nothing is billed.

        Without the delay the engine may answer a call before its neighbour, side by side with it, is under way.
        """
        self._spans = []
        with self.paused():
            yield self._spans
        self._spans = None

    def _before(self, params: Request, model: Any, context: Request, **_: Any) -> None:
        context[_BEGAN] = time.perf_counter()
        if self._spans is not None:
            time.sleep(_DELAY)
        if self._is_paused:
            return
        params["ReturnConsumedCapacity"] = "INDEXES"
        context[_REQUEST] = params
        if model.name in _WRITES:
            context[_IMAGES] = self._images(params)

    def _after(self, parsed: Answer, model: Any, context: Request, **_: Any) -> None:
        if self._spans is not None:
            self._spans.append((context[_BEGAN], time.perf_counter()))
        if self._is_paused:
            return
        request = context[_REQUEST]
        if model.name in _WRITES:
            after = self._images(request)
            call = Call(model.name, _write_cost(request, context[_IMAGES], after, parsed), _told(parsed))
        else:
            call = Call(model.name, Cost(rru=self._read_units(model.name, request, parsed), trips=1))
        self.all.calls.append(call)
        self._current.calls.append(call)

    def _images(self, request: Request) -> "list[StoredItem | None]":
        """Each written item as it stands now, in the order of the request."""
        keys = [_key(write) for write in _writes(request)]
        stored: dict[tuple[str, str], StoredItem] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            wanted = {"Keys": keys[start : start + _MOST_KEYS], "ConsistentRead": True}
            answer = self._side.batch_get_item(RequestItems={self._table_name: wanted})
            stored |= {_identity(item): item for item in answer["Responses"][self._table_name]}
        return [stored.get(_identity(key)) for key in keys]

    def _read_units(self, operation: str, request: Request, answer: Answer) -> float:
        match operation:
            case "GetItem":
                items = [answer["Item"]] if "Item" in answer else []
                return capacity.read_units(items, consistent=request.get("ConsistentRead", False))
            case "BatchGetItem":
                return sum(
                    _batch_units(request["RequestItems"][name], answer, name) for name in request["RequestItems"]
                )
            case "Query":
                return capacity.read_units(
                    self._evaluated(request, answer), consistent=request.get("ConsistentRead", False)
                )
        raise NotImplementedError(f"no rule is known for the units of {operation}")

    def _evaluated(self, request: Request, answer: Answer) -> list[StoredItem]:
        """The items that a query read, before its filter, if it has one."""
        if "FilterExpression" not in request:
            return list(answer.get("Items", []))
        plain = {name: value for name, value in request.items() if name != "FilterExpression"}
        used = request["KeyConditionExpression"]
        for names in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            plain[names] = {name: value for name, value in request[names].items() if name in used}
        items: list[StoredItem] = self._side.query(**plain)["Items"]
        return items[: answer["ScannedCount"]]


def _batch_units(asked: Mapping[str, Any], answer: Answer, table_name: str) -> float:
    """Units of one batch: every item is rounded by itself, and a key without an item costs the minimum."""
    consistent = asked.get("ConsistentRead", False)
    items = answer.get("Responses", {}).get(table_name, [])
    left_out = len(answer.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", []))
    missing = len(asked["Keys"]) - len(items) - left_out
    units = [capacity.read_units([item], consistent=consistent) for item in items]
    return sum(units) + missing * capacity.read_units([], consistent=consistent)


def _write_cost(
    request: Request, before: "list[StoredItem | None]", after: "list[StoredItem | None]", answer: Answer
) -> Cost:
    """The cost of a write. A refused one costs by the item to write or the item in its way, and nothing on an index."""
    factor = _TRANSACTION if "TransactItems" in request else 1
    if "Error" in answer:
        meant = [write.get("Item") for write in _writes(request)]
        refused = sum(capacity.write_units(*images) for images in zip(before, meant, strict=True))
        return Cost(wru=factor * refused, trips=1)
    changes = list(zip(before, after, strict=True))
    return Cost(
        wru=factor * sum(capacity.write_units(*images) for images in changes),
        index_wru=sum(capacity.all_index_units(*images) for images in changes),
        trips=1,
    )


def _writes(request: Request) -> list[Request]:
    if "TransactItems" not in request:
        return [request]
    return [operation for item in request["TransactItems"] for operation in item.values()]


def _key(write: Request) -> StoredItem:
    source: StoredItem = write["Item"] if "Item" in write else write["Key"]
    return {"pk": source["pk"], "sk": source["sk"]}


def _identity(item: StoredItem) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _told(answer: Answer) -> Cost | None:
    """The engine's bill for a write."""
    if "Error" in answer or "ConsumedCapacity" not in answer:
        return None
    consumed = answer["ConsumedCapacity"]
    tables = [consumed] if isinstance(consumed, dict) else consumed
    return sum(map(_told_of_table, tables), Cost())


def _told_of_table(consumed: Mapping[str, Any]) -> Cost:
    indexes = sum(index["CapacityUnits"] for index in consumed.get("GlobalSecondaryIndexes", {}).values())
    return Cost(wru=consumed["CapacityUnits"] - indexes, index_wru=indexes)
