"""The only DynamoDB client."""

import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, cast

from laurel import concurrency
from laurel.settings import settings
from laurel.store.expressions import Request, encode_key, operation_request, query_request
from laurel.store.indexes import Index
from laurel.store.keys import Key
from laurel.store.operations import (
    ConditionFailed,
    Conflict,
    Op,
    Query,
    StoreError,
    Throttled,
    TokenReused,
    Unavailable,
    Update,
    Write,
    check_transaction,
)
from laurel.store.values import Item, decode_item

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb import DynamoDBClient

_CALLS: Final = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}
_ATTEMPTS: Final = 3
_BATCH: Final = 100  # keys BatchGetItem takes
_BATCH_ROUNDS: Final = 6
_FIRST_PAUSE: Final = 0.05  # seconds, doubled every round

# Error codes, and the reasons a transaction gives for its cancellation.
_REFUSALS: Final[Mapping[str, type[StoreError]]] = {
    "TransactionConflictException": Conflict,
    "TransactionInProgressException": Conflict,
    "TransactionConflict": Conflict,
    "ProvisionedThroughputExceededException": Throttled,
    "ProvisionedThroughputExceeded": Throttled,
    "ThrottlingException": Throttled,
    "ThrottlingError": Throttled,
    "RequestLimitExceeded": Throttled,
    "IdempotentParameterMismatchException": TokenReused,
}
_connecting: Final = Lock()


class Table:
    """The items of one table as plain values; threads may share it. Every method may raise Throttled and Unavailable.

    A mistake (no such table, no permission, an item too large) is no refusal: it stays botocore's ClientError.
    """

    def __init__(self, name: str, client: "DynamoDBClient | None" = None) -> None:
        self._name = name
        self._made = client

    @property
    def _client(self) -> "DynamoDBClient":
        if self._made is None:
            with _connecting:  # the first calls of many threads share one
                self._made = self._made or connect()
        return self._made

    def get(self, key: Key) -> Item | None:
        """The item, or None."""
        with _refusals():
            answer = self._client.get_item(TableName=self._name, Key=encode_key(key), ConsistentRead=True)
        return decode_item(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """The items that exist, by key; they are not one snapshot."""
        wanted = [encode_key(key) for key in dict.fromkeys(keys)]
        chunks = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
        found = concurrency.side_by_side(lambda chunk: list(self._batch(chunk)), chunks)
        return {Key(item["pk"], item["sk"]): item for items in found for item in items}

    def query(  # noqa: PLR0913 -- all of them narrow one question
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
        """The items of a collection in the order of their sort key, at most `limit`: see `operations.Query`.

        An index is never consistent and gives only the attributes that it projects.
        """
        return self._ask(Query(pk, between, begins_with, before, limit, newest_first, index))

    def write(self, op: Write) -> None:
        """One conditional write; raises ConditionFailed and Conflict.

        An update that adds is sent as a transaction of one: only its token makes it safe to send again.
        """
        if isinstance(op, Update) and op.add:
            return self.transact([op])
        kind, request = operation_request(self._name, op)
        with _refusals():
            getattr(self._client, _CALLS[kind])(**request)
        return None

    def transact(self, ops: Sequence[Op], *, token: str | None = None) -> None:
        """All or nothing, 1 to 100 operations, each item once; raises ConditionFailed, Conflict and TokenReused.

        The same operations under the same token within ten minutes succeed and apply nothing. Without a token each call
        has its own. Raises ValueError for what DynamoDB cannot take.
        """
        check_transaction(ops, token)
        request: Request = {"TransactItems": [dict([operation_request(self._name, op)]) for op in ops]}
        if token is not None:
            request["ClientRequestToken"] = token
        with _refusals():
            self._client.transact_write_items(**request)

    def _batch(self, keys: list[dict[str, Any]]) -> Iterator[Item]:
        """The items of at most 100 keys, asking again for those that DynamoDB left out."""
        for attempt in range(_BATCH_ROUNDS):
            request: Any = {self._name: {"Keys": keys, "ConsistentRead": True}}
            with _refusals():
                answer = self._client.batch_get_item(RequestItems=request)
            yield from map(decode_item, answer["Responses"].get(self._name, ()))
            if self._name not in answer["UnprocessedKeys"]:
                return
            keys = cast(list[dict[str, Any]], answer["UnprocessedKeys"][self._name]["Keys"])
            time.sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))  # noqa: S311 -- jitter keeps no secret
        raise Throttled(f"{len(keys)} keys were left out {_BATCH_ROUNDS} times")

    def _ask(self, query: Query) -> list[Item]:
        """Read pages until the limit or the end; the item at `before` itself may come with them."""
        request = query_request(self._name, query)
        read: list[Item] = []
        while request is not None:
            with _refusals():
                answer = self._client.query(**request)
            read += [item for item in map(decode_item, answer["Items"]) if item[query.sort_key] != query.before]
            enough = query.limit is not None and len(read) >= query.limit
            last = None if enough else answer.get("LastEvaluatedKey")
            request = request | {"ExclusiveStartKey": last} if last else None
        return read[: query.limit]


@cache
def table() -> Table:
    """The table of this deployment, one per process."""
    return Table(settings().table_name)


def connect(*, read_timeout: int = 3, attempts: int = _ATTEMPTS) -> "DynamoDBClient":
    """A client with short timeouts (seconds); region, credentials and endpoint are the environment's.

    It does not check what it is given: `expressions` and `values` make nothing else than DynamoDB takes.
    """
    retries = {"mode": "standard", "total_max_attempts": attempts}
    waits = {"connect_timeout": 1, "read_timeout": read_timeout}
    made: DynamoDBClient = concurrency.client("dynamodb", **waits, retries=retries, parameter_validation=False)
    made.meta.events.register("before-parse.dynamodb", _as_told)
    return made


def _as_told(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Takes an answer as the JSON that it is; to build the same of its shapes takes botocore a third of a fold."""
    if response_dict["status_code"] < HTTPStatus.MULTIPLE_CHOICES and response_dict["body"]:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b""


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise DynamoDB's refusals and failures as store errors."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(str(error)) from error
    except ClientError as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: "ClientError") -> StoreError | None:
    """The store error that `error` is, or None if it is a mistake in the request."""
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed([_item(error.response)], [0])
    if code == "TransactionCanceledException":
        return _cancellation(cast(list[dict[str, Any]], error.response.get("CancellationReasons", [])))
    if code in _REFUSALS:
        return _REFUSALS[code](str(error))
    return Unavailable(str(error)) if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 else None


def _cancellation(reasons: list[dict[str, Any]]) -> StoreError | None:
    """One error for the reasons, one for each operation in order; a failed condition outweighs the others."""
    codes = [reason["Code"] for reason in reasons]
    failed = [position for position, code in enumerate(codes) if code == "ConditionalCheckFailed"]
    if failed:
        in_the_way = [_item(reason) if position in failed else None for position, reason in enumerate(reasons)]
        return ConditionFailed(in_the_way, failed)
    others = {_REFUSALS.get(code) for code in codes if code != "None"}
    return next((kind(", ".join(codes)) for kind in (Conflict, Throttled) if kind in others), None)


def _item(answer: Mapping[str, Any]) -> Item | None:
    return decode_item(answer["Item"]) if "Item" in answer else None
