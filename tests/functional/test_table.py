"""What `Table` asks of DynamoDB and makes of its answers."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws
from moto.core.models import botocore_stubber

from laurel.settings import settings
from laurel.store.keys import BY_MEMBER, WORK, Key
from laurel.store.operations import (
    ABSENT,
    Check,
    ConditionFailed,
    Conflict,
    Delete,
    Op,
    Put,
    StoreError,
    Throttled,
    TokenReused,
    Unavailable,
    Update,
    Write,
)
from laurel.store.table import Table, connect, table
from laurel.store.values import Item
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = Key("prg_1", "a")
NAME = "laurel"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits here; the seconds asked for are noted."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = connect()
        create_table(client, NAME)
        yield client
        client.close()


@pytest.fixture
def items(client: "DynamoDBClient") -> Table:
    return Table(NAME, client)


def item(sk: str = "a", **attributes: Any) -> Item:
    return {"pk": "prg_1", "sk": sk, **attributes}


def answering(client: "DynamoDBClient", operation: str, *answers: tuple[int, dict[str, Any]] | None) -> None:
    """Answer `operation` with these, in turn; None lets it through, and so does the end."""
    left = list(answers)

    def answer(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        given = left.pop(0) if left else None
        if given is None:
            return None
        status, body = given
        return SimpleNamespace(status_code=status), body | {"ResponseMetadata": {"HTTPStatusCode": status}}

    client.meta.events.register(f"before-call.dynamodb.{operation}", answer)  # type: ignore[arg-type]


def refusal(code: str, status: int = 400, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"Error": {"Code": code, "Message": code}, **more}


def losing(client: "DynamoDBClient", operation: str, send: Callable[[Any], Any], times: int) -> list[int]:
    """Let `operation` through, but lose its first `times` answers; gives a list that grows with every attempt."""
    attempts: list[int] = []

    def lose(request: Any, **_: Any) -> Any:
        attempts.append(len(attempts))
        answer = send(request)
        if len(attempts) <= times:
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    client.meta.events.register_first(f"before-send.dynamodb.{operation}", lose)
    return attempts


def in_moto(request: Any) -> Any:
    return botocore_stubber("before-send", request)


# --- one item


def test_an_item_comes_back_as_it_was_written(items: Table) -> None:
    written = item(
        text="",
        emoji="🏅",
        yes=True,
        nothing=None,
        number=-7,
        large=12345678901234567890123456789012345678,
        share=Decimal("0.125"),
        body={"lines": [1, "two", {"three": Decimal("3.5")}], "empty": {}, "none": []},
    )
    items.write(Put(written))

    found = items.get(KEY)

    assert found == written
    assert [type(found[name]) for name in ("yes", "number", "large", "share")] == [bool, int, int, Decimal]


def test_an_integral_decimal_comes_back_as_an_int(items: Table) -> None:
    items.write(Put(item(amount=Decimal("5.00"), power=Decimal("1E+3"))))

    found = items.get(KEY)

    assert found == item(amount=5, power=1000)
    assert type(found["amount"]) is type(found["power"]) is int


@pytest.mark.parametrize("value", [0.5, [0.5], {"rate": 0.5}, {1, 2}, b"raw", object()])
def test_what_an_item_cannot_hold_is_refused(items: Table, value: Any) -> None:
    with pytest.raises(TypeError, match="an item cannot hold a"):
        items.write(Put(item(value=value)))

    assert items.get(KEY) is None


@pytest.mark.parametrize("value", [10**38, Decimal("0." + "1" * 39), Decimal("NaN"), Decimal("Infinity")])
def test_a_number_that_would_be_rounded_is_refused(items: Table, value: Any) -> None:
    with pytest.raises((ArithmeticError, TypeError)):
        items.write(Put(item(value=value)))


def test_no_item_is_none(items: Table) -> None:
    assert items.get(KEY) is None


def test_reserved_words_and_odd_names_are_names_like_others(items: Table) -> None:
    items.write(Put(item(status="a", name="b")))

    items.write(Update(KEY, set={"order": 1, "x.y": 2, "#z": 3}, remove=("name",), expect={"status": "a"}))

    assert items.get(KEY) == item() | {"status": "a", "order": 1, "x.y": 2, "#z": 3}


def test_an_update_sets_removes_and_adds(items: Table) -> None:
    items.write(Put(item(count=1, old=True)))

    items.write(Update(KEY, set={"body": {"n": 1}}, remove=("old", "never"), add={"count": 2, "fresh": -3}))

    assert items.get(KEY) == item(count=3, fresh=-3, body={"n": 1})


def test_an_update_makes_an_item_only_when_told(items: Table) -> None:
    with pytest.raises(ConditionFailed):
        items.write(Update(KEY, set={"n": 1}))
    items.write(Update(KEY, set={"n": 1}, exists=False))

    assert items.get(KEY) == item(n=1)


def test_a_delete_of_nothing_passes_unless_there_must_be_something(items: Table) -> None:
    items.write(Delete(KEY))
    with pytest.raises(ConditionFailed):
        items.write(Delete(KEY, exists=True))


@pytest.mark.parametrize(
    "op",
    [
        Put(item(n=9), new=True),
        Put(item(n=9), expect={"n": 2}),
        Put(item(n=9), expect={"n": "1"}),
        Put(item(n=9), expect={"n": ABSENT}),
        Put(item(n=9), expect={"n": 1, "m": 1}),
        Put(item(n=9), new=True, expired_at=100),
        Update(KEY, set={"n": 9}, expect={"n": 2}),
        Update(KEY, add={"n": 9}, expect={"n": 2}),
        Delete(KEY, expect={"body": {"a": [2]}}),
    ],
)
def test_a_failed_condition_tells_what_is_there_and_changes_nothing(items: Table, op: Write) -> None:
    there = item(n=1, body={"a": [1]}, expires_at=100)
    items.write(Put(there))

    with pytest.raises(ConditionFailed) as failure:
        items.write(op)

    assert (failure.value.failed, failure.value.found) == ([0], [there])
    assert items.get(KEY) == there


@pytest.mark.parametrize(
    "op",
    [
        Put(item(done=True), expect={"n": 1, "m": ABSENT, "nothing": None}),
        Put(item(done=True), new=True, expired_at=101),
        Put(item(done=True), expect={"n": 5}, expired_at=101),
        Update(KEY, set={"done": True}, expect={"body": {"a": [1]}}),
        Update(KEY, set={"done": True}, add={"n": 1}, expect={"n": 1}),
    ],
)
def test_a_write_passes_where_its_condition_holds(items: Table, op: Write) -> None:
    items.write(Put(item(n=1, body={"a": [1]}, nothing=None, expires_at=100)))

    items.write(op)

    found = items.get(KEY)
    assert found
    assert found["done"] is True


def test_a_failed_condition_on_nothing_finds_nothing(items: Table) -> None:
    with pytest.raises(ConditionFailed) as failure:
        items.write(Put(item(), expect={"n": 1}))

    assert (failure.value.failed, failure.value.found) == ([0], [None])


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: Update(KEY),
        lambda: Update(KEY, set={"n": 1}, add={"n": 1}),
        lambda: Update(KEY, set={"pk": "other"}),
        lambda: Check(KEY),
    ],
)
def test_an_operation_that_cannot_be_meant_is_refused(mistake: Callable[[], Op]) -> None:
    with pytest.raises(ValueError, match=r"cannot change|always holds"):
        mistake()


# --- many items


def test_a_batch_reads_more_than_a_hundred_keys_once_each(items: Table, client: "DynamoDBClient") -> None:
    keys = [Key("prg_1", f"{n:03d}") for n in range(230)]
    for start in range(0, 230, 2):
        items.write(Put(item(f"{start:03d}", n=start)))
    asked: list[int] = []
    client.meta.events.register(
        "provide-client-params.dynamodb.BatchGetItem",
        lambda params, **_: asked.append(len(params["RequestItems"][NAME]["Keys"])),
    )

    found = items.batch_get([*keys, *keys])

    assert asked == [100, 100, 30]
    assert found == {key: item(key.sk, n=int(key.sk)) for key in keys[::2]}


def test_a_batch_asks_again_for_keys_left_out(items: Table, client: "DynamoDBClient", pauses: list[float]) -> None:
    items.write(Put(item(n=1)))
    left_out = {NAME: {"Keys": [{"pk": {"S": "prg_1"}, "sk": {"S": "a"}}]}}
    answering(client, "BatchGetItem", *[(200, {"Responses": {NAME: []}, "UnprocessedKeys": left_out})] * 3)

    assert items.batch_get([KEY]) == {KEY: item(n=1)}
    assert len(pauses) == 3


def test_a_batch_gives_up_on_keys_always_left_out(items: Table, client: "DynamoDBClient") -> None:
    left_out = {NAME: {"Keys": [{"pk": {"S": "prg_1"}, "sk": {"S": "a"}}]}}
    answering(client, "BatchGetItem", *[(200, {"Responses": {NAME: []}, "UnprocessedKeys": left_out})] * 20)

    with pytest.raises(Throttled):
        items.batch_get([KEY])


def test_a_batch_of_nothing_asks_nothing(items: Table) -> None:
    assert items.batch_get([]) == {}


@pytest.mark.parametrize(
    ("stretch", "expected"),
    [
        ({}, "a1 a2 a3 b1 b2"),
        ({"newest_first": True}, "b2 b1 a3 a2 a1"),
        ({"limit": 2}, "a1 a2"),
        ({"begins_with": "a"}, "a1 a2 a3"),
        ({"begins_with": "a", "before": "a3"}, "a1 a2"),
        ({"begins_with": "b", "before": "a3"}, ""),
        ({"begins_with": "a", "before": "b2"}, "a1 a2 a3"),
        ({"between": ("a2", "b1")}, "a2 a3 b1"),
        ({"between": ("a2", "b1"), "before": "b1"}, "a2 a3"),
        ({"between": ("a2", "b1"), "before": "a2"}, ""),
        ({"between": ("b1", "a2")}, ""),
        ({"before": "b1"}, "a1 a2 a3"),
        ({"before": "b1", "newest_first": True, "limit": 2}, "a3 a2"),
        ({"between": ("a1", "b2"), "before": "b1", "newest_first": True, "limit": 1}, "a3"),
        ({"where": {"body.status": "on"}}, "a1 a3 b2"),
        ({"where": {"body.status": "on", "n": 2}}, "a3"),
        ({"where": {"body.status.deeper": "on"}}, ""),
        ({"where": {"body.status": "on"}, "limit": 2, "newest_first": True}, "b2 a3"),
    ],
)
def test_a_query_reads_a_stretch_of_a_collection(items: Table, stretch: dict[str, Any], expected: str) -> None:
    for n, sk in enumerate(["a1", "a2", "a3", "b1", "b2"]):
        items.write(Put(item(sk, n=n, body={"status": "off" if n % 2 else "on"})))
    items.write(Put({"pk": "prg_2", "sk": "a1"}))

    assert [found["sk"] for found in items.query("prg_1", **stretch)] == expected.split()


@pytest.mark.parametrize("limit", [1, 120, 130, None])
def test_a_query_reads_page_after_page(items: Table, client: "DynamoDBClient", limit: int | None) -> None:
    for n in range(260):
        items.write(Put(item(f"{n:03d}", n=n, even=n % 2 == 0)))
    pages: list[Any] = []

    def small_pages(params: Any, **_: Any) -> None:
        pages.append(params.get("ExclusiveStartKey"))
        params["Limit"] = 100

    client.meta.events.register("provide-client-params.dynamodb.Query", small_pages)

    found = items.query("prg_1", where={"even": True}, limit=limit)

    assert [each["n"] for each in found] == list(range(0, 260, 2))[:limit]
    assert len(pages) == (1 if limit == 1 else 3)


def test_an_index_gives_what_it_projects_of_the_items_it_holds(items: Table) -> None:
    items.write(Put(item("a", member_pk="m", member_sk="2", body={"n": 1}, version=1, counted=7)))
    items.write(Put(item("b", member_pk="m", member_sk="1", body={"n": 2}, version=1)))
    items.write(Put(item("c", member_pk="m", body={"n": 3})))
    items.write(Put(item("d", work_pk="w", work_sk="1", body={"n": 4})))

    assert items.query("m", index=BY_MEMBER, where={"body.n": 1}) == [
        item("a", member_pk="m", member_sk="2", body={"n": 1}, version=1)
    ]
    assert [found["sk"] for found in items.query("m", index=BY_MEMBER)] == ["b", "a"]
    assert [found["sk"] for found in items.query("m", index=BY_MEMBER, before="2")] == ["b"]
    assert items.query("w", index=WORK) == [item("d", work_pk="w", work_sk="1")]


@pytest.mark.parametrize("mistake", [{"between": ("a", "b"), "begins_with": "a"}, {"limit": 0}, {"where": {"sk": "a"}}])
def test_a_query_that_cannot_be_asked_is_refused(items: Table, mistake: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"query|where"):
        items.query("prg_1", **mistake)


# --- transactions


def test_a_transaction_applies_all(items: Table) -> None:
    items.write(Put(item("a", n=1)))
    items.write(Put(item("b")))
    items.write(Put(item("c", n=1)))

    items.transact(
        [
            Update(KEY, add={"n": 1}),
            Delete(Key("prg_1", "b")),
            Check(Key("prg_1", "c"), expect={"n": 1}, exists=True),
            Check(Key("prg_1", "d"), exists=False),
            Put(item("e"), new=True),
        ]
    )

    assert items.query("prg_1") == [item("a", n=2), item("c", n=1), item("e")]


def test_a_cancelled_transaction_names_every_refused_operation(items: Table) -> None:
    items.write(Put(item("a", n=1)))
    items.write(Put(item("b", n=1)))

    with pytest.raises(ConditionFailed) as failure:
        items.transact(
            [
                Put(item("new")),
                Put(item("a"), new=True),
                Update(Key("prg_1", "b"), set={"n": 2}, expect={"n": 1}),
                Check(Key("prg_1", "none"), exists=True),
            ]
        )

    assert failure.value.failed == [1, 3]
    assert failure.value.found == [None, item("a", n=1), None, None]
    assert items.query("prg_1") == [item("a", n=1), item("b", n=1)]


@pytest.mark.parametrize(
    ("ops", "token"),
    [
        ([], None),
        ([Put(item(str(n))) for n in range(101)], None),
        ([Put(item()), Delete(KEY)], None),
        ([Put(item())], "t" * 37),
        ([Put(item())], ""),
    ],
)
def test_a_transaction_that_dynamodb_cannot_take_is_refused(items: Table, ops: list[Op], token: str | None) -> None:
    with pytest.raises(ValueError, match=r"transaction takes|token has"):
        items.transact(ops, token=token)


def test_a_transaction_takes_a_hundred_operations(items: Table) -> None:
    items.transact([Put(item(f"{n:03d}")) for n in range(100)], token="t" * 36)

    assert len(items.query("prg_1")) == 100


# --- refusals and failures


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
    items: Table, client: "DynamoDBClient", answer: tuple[int, dict[str, Any]], expected: type[StoreError]
) -> None:
    for operation in ("GetItem", "PutItem", "TransactWriteItems", "Query", "BatchGetItem"):
        answering(client, operation, answer)
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
    items: Table, client: "DynamoDBClient", codes: list[str], expected: type[Exception]
) -> None:
    reasons = [{"Code": code} for code in codes]
    answering(client, "TransactWriteItems", refusal("TransactionCanceledException", CancellationReasons=reasons))

    with pytest.raises(expected):
        items.transact([Put(item("a")), Put(item("b"))])


def test_a_mistake_stays_the_clients_error(client: "DynamoDBClient") -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        Table("no-such-table", client).get(KEY)


def test_silence_is_tried_three_times_and_then_unavailable(items: Table, client: "DynamoDBClient") -> None:
    attempts: list[str] = []

    def silent(request: Any, **_: Any) -> None:
        attempts.append(request.url)
        raise ConnectTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first("before-send.dynamodb.PutItem", silent)

    with pytest.raises(Unavailable):
        items.write(Put(item()))

    assert len(attempts) == 3


def test_a_write_whose_answers_are_all_lost_is_unavailable_and_may_be_applied(
    items: Table, client: "DynamoDBClient"
) -> None:
    losing(client, "PutItem", in_moto, times=3)

    with pytest.raises(Unavailable):
        items.write(Put(item(n=1)))

    assert items.get(KEY) == item(n=1)


def test_a_new_item_whose_answer_is_lost_stands_in_its_own_way(items: Table, client: "DynamoDBClient") -> None:
    attempts = losing(client, "PutItem", in_moto, times=1)

    with pytest.raises(ConditionFailed) as failure:
        items.write(Put(item(n=1), new=True))

    assert failure.value.found == [item(n=1)]
    assert len(attempts) == 2


# --- on the engine, which honours tokens; moto does not


@pytest.fixture
def engine_client(engine_url: str) -> "Iterator[DynamoDBClient]":
    client = boto3.client(
        "dynamodb",
        endpoint_url=engine_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    create_table(client, NAME)
    yield client
    client.delete_table(TableName=NAME)
    client.close()


@pytest.mark.parametrize("lone", [True, False])
def test_an_addition_whose_answer_is_lost_counts_once(engine_client: "DynamoDBClient", lone: bool) -> None:
    items = Table(NAME, engine_client)
    items.write(Put(item(n=1)))
    session = engine_client._endpoint.http_session  # type: ignore[attr-defined]
    attempts = losing(engine_client, "TransactWriteItems", session.send, times=2)

    if lone:
        items.write(Update(KEY, add={"n": 1}))
    else:
        items.transact([Update(KEY, add={"n": 1})])

    assert items.get(KEY) == item(n=2)
    assert len(attempts) == 3


def test_a_token_is_good_for_one_transaction(engine_client: "DynamoDBClient") -> None:
    items = Table(NAME, engine_client)
    for _ in range(2):
        items.transact([Update(KEY, add={"n": 1}, exists=False)], token="once")
    with pytest.raises(TokenReused):
        items.transact([Update(KEY, add={"n": 2}, exists=False)], token="once")

    assert items.get(KEY) == item(n=1)


# --- the deployment's own table


def test_the_deployments_table_is_named_by_its_environment(
    client: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    Table(NAME, client).write(Put(item(n=1)))
    monkeypatch.setenv("TABLE_NAME", NAME)
    settings.cache_clear()
    table.cache_clear()

    assert table() is table()
    assert table().get(KEY) == item(n=1)

    table()._client.close()
    settings.cache_clear()
    table.cache_clear()
