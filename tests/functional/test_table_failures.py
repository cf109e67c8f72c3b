"""What `Table` makes of refusals, of silence and of answers that are lost."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto.core.models import botocore_stubber

from laurel.store.keys import Key
from laurel.store.operations import (
    ConditionFailed,
    Conflict,
    Put,
    StoreError,
    Throttled,
    TokenReused,
    Unavailable,
    Update,
)
from laurel.store.table import Table, connect
from tests.kit.tables import KEY, TABLE_NAME, item
from tools.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture
def dynamodb(dynamodb: "DynamoDBClient") -> "Iterator[DynamoDBClient]":
    """A client for itself: others have tried nothing again with it."""
    client = connect()
    yield client
    client.close()


def answering(dynamodb: "DynamoDBClient", operation: str, *answers: tuple[int, dict[str, Any]] | None) -> None:
    """Answer `operation` with these, in turn; None lets it through, and so does the end."""
    left = list(answers)

    def answer(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        given = left.pop(0) if left else None
        if given is None:
            return None
        status, body = given
        return SimpleNamespace(status_code=status), body | {"ResponseMetadata": {"HTTPStatusCode": status}}

    dynamodb.meta.events.register(f"before-call.dynamodb.{operation}", answer)  # type: ignore[arg-type]


def refusal(code: str, status: int = 400, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"Error": {"Code": code, "Message": code}, **more}


def losing(dynamodb: "DynamoDBClient", operation: str, send: Callable[[Any], Any], times: int) -> list[int]:
    """Let `operation` through, but lose its first `times` answers; gives a list that grows with every attempt."""
    attempts: list[int] = []

    def lose(request: Any, **_: Any) -> Any:
        attempts.append(len(attempts))
        answer = send(request)
        if len(attempts) <= times:
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    dynamodb.meta.events.register_first(f"before-send.dynamodb.{operation}", lose)
    return attempts


def in_moto(request: Any) -> Any:
    return botocore_stubber("before-send", request)


def test_a_batch_asks_again_for_keys_left_out(items: Table, dynamodb: "DynamoDBClient", pauses: list[float]) -> None:
    items.write(Put(item(n=1)))
    left_out = {TABLE_NAME: {"Keys": [{"pk": {"S": "prg_1"}, "sk": {"S": "a"}}]}}
    answering(dynamodb, "BatchGetItem", *[(200, {"Responses": {TABLE_NAME: []}, "UnprocessedKeys": left_out})] * 3)

    assert items.batch_get([KEY]) == {KEY: item(n=1)}
    assert len(pauses) == 3


def test_a_batch_gives_up_on_keys_always_left_out(items: Table, dynamodb: "DynamoDBClient") -> None:
    left_out = {TABLE_NAME: {"Keys": [{"pk": {"S": "prg_1"}, "sk": {"S": "a"}}]}}
    answering(dynamodb, "BatchGetItem", *[(200, {"Responses": {TABLE_NAME: []}, "UnprocessedKeys": left_out})] * 20)

    with pytest.raises(Throttled):
        items.batch_get([KEY])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal("TransactionConflictException"), Conflict),
        (refusal("TransactionInProgressException"), Conflict),
        (refusal("ProvisionedThroughputExceededException"), Throttled),
        (refusal("ThrottlingException"), Throttled),
        (refusal("RequestLimitExceeded"), Throttled),
        (refusal("IdempotentParameterMismatchException"), TokenReused),
        (refusal("InternalServerError", 500), Unavailable),
        (refusal("ServiceUnavailable", 503), Unavailable),
    ],
)
def test_a_refusal_of_dynamodb_is_an_error_of_the_store(
    items: Table, dynamodb: "DynamoDBClient", answer: tuple[int, dict[str, Any]], expected: type[StoreError]
) -> None:
    for operation in ("GetItem", "PutItem", "TransactWriteItems", "Query", "BatchGetItem"):
        answering(dynamodb, operation, answer)
    calls: list[Callable[[], object]] = [
        lambda: items.get(KEY),
        lambda: items.write(Put(item())),
        lambda: items.transact([Put(item())]),
        lambda: items.query("prg_1"),
        lambda: items.batch_get([KEY]),
    ]

    for call in calls:
        with pytest.raises(expected):
            call()


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["None", "TransactionConflict"], Conflict),
        (["ThrottlingError", "TransactionConflict"], Conflict),
        (["ThrottlingError", "None"], Throttled),
        (["ProvisionedThroughputExceeded", "None"], Throttled),
        (["TransactionConflict", "ConditionalCheckFailed"], ConditionFailed),
        (["ValidationError", "None"], ClientError),
    ],
)
def test_the_reasons_of_a_cancellation_decide_its_error(
    items: Table, dynamodb: "DynamoDBClient", codes: list[str], expected: type[Exception]
) -> None:
    reasons = [{"Code": code} for code in codes]
    answering(dynamodb, "TransactWriteItems", refusal("TransactionCanceledException", CancellationReasons=reasons))

    with pytest.raises(expected):
        items.transact([Put(item("a")), Put(item("b"))])


def test_a_mistake_stays_the_clients_error(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        Table("no-such-table", dynamodb).get(KEY)


def test_silence_is_tried_three_times_and_then_unavailable(items: Table, dynamodb: "DynamoDBClient") -> None:
    attempts: list[str] = []

    def silent(request: Any, **_: Any) -> None:
        attempts.append(request.url)
        raise ConnectTimeoutError(endpoint_url=request.url)

    dynamodb.meta.events.register_first("before-send.dynamodb.PutItem", silent)

    with pytest.raises(Unavailable):
        items.write(Put(item()))

    assert len(attempts) == 3


def test_a_write_whose_answers_are_all_lost_is_unavailable_and_may_be_applied(
    items: Table, dynamodb: "DynamoDBClient"
) -> None:
    losing(dynamodb, "PutItem", in_moto, times=3)

    with pytest.raises(Unavailable):
        items.write(Put(item(n=1)))

    assert items.get(KEY) == item(n=1)


def test_a_new_item_whose_answer_is_lost_stands_in_its_own_way(items: Table, dynamodb: "DynamoDBClient") -> None:
    attempts = losing(dynamodb, "PutItem", in_moto, times=1)

    with pytest.raises(ConditionFailed) as failure:
        items.write(Put(item(n=1), new=True))

    assert failure.value.found == [item(n=1)]
    assert len(attempts) == 2


# The engine is asked over HTTP and honours tokens; moto is not, and does not.


@pytest.fixture
def on_engine(engine_url: str, monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    settings = {
        "ENDPOINT_URL": engine_url,
        "DEFAULT_REGION": "us-east-1",
        "ACCESS_KEY_ID": "-",
        "SECRET_ACCESS_KEY": "-",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    client = connect()
    create_table(client, TABLE_NAME)
    yield client
    client.delete_table(TableName=TABLE_NAME)
    client.close()


@pytest.mark.parametrize("lone", [True, False])
def test_an_addition_whose_answer_is_lost_counts_once(on_engine: "DynamoDBClient", lone: bool) -> None:
    items = Table(TABLE_NAME, on_engine)
    items.write(Put(item(n=1)))
    session = on_engine._endpoint.http_session  # type: ignore[attr-defined]
    attempts = losing(on_engine, "TransactWriteItems", session.send, times=2)

    if lone:
        items.write(Update(KEY, add={"n": 1}))
    else:
        items.transact([Update(KEY, add={"n": 1})])

    assert items.get(KEY) == item(n=2)
    assert len(attempts) == 3


def test_a_token_is_good_for_one_transaction(on_engine: "DynamoDBClient") -> None:
    items = Table(TABLE_NAME, on_engine)
    for _ in range(2):
        items.transact([Update(KEY, add={"n": 1}, exists=False)], token="once")
    with pytest.raises(TokenReused):
        items.transact([Update(KEY, add={"n": 2}, exists=False)], token="once")

    assert items.get(KEY) == item(n=1)


def test_what_is_answered_over_http_is_the_item_as_it_was_written(on_engine: "DynamoDBClient") -> None:
    items, absent = Table(TABLE_NAME, on_engine), Key("no", "such")
    body = {"lines": [1, "two", {"three": Decimal("3.5")}], "empty": {}, "none": []}
    written = item(text="", emoji="🏅", yes=True, nothing=None, number=-7, share=Decimal("0.125"), body=body)
    items.write(Put(written))

    assert items.get(KEY) == written
    assert items.batch_get([KEY, absent]) == {KEY: written}
    assert items.query(KEY.pk) == [written]
    assert (items.get(absent), items.batch_get([absent]), items.query(absent.pk)) == (None, {}, [])
    with pytest.raises(ConditionFailed) as failure:
        items.write(Put(item(), new=True))
    assert failure.value.found == [written]
