"""moto answers the same when it is quickened, refusals too."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from laurel.store.indexes import BY_MEMBER
from tests.functional.kit.quick_moto import put_back, slow_down
from tests.kit.tables import TABLE_NAME

if TYPE_CHECKING:
    from moto.dynamodb.models import Table as MotoTable
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = {"TableName": TABLE_NAME}
NEW = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
NESTED = {"M": {"BOOL": {"BOOL": False}, "none": {"NULL": True}, "list": {"L": [{"N": "1.50"}, {"M": {}}, {"L": []}]}}}


def key(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


def put(sk: str, **more: Any) -> dict[str, Any]:
    return {**TABLE, "Item": {**key(sk), "n": {"N": "1"}, "Ben": {"S": "Ünï\n"}, "nested": NESTED}, **more}


def adding(sk: str, value: dict[str, str]) -> dict[str, Any]:
    values = {":by": value, ":set": {"S": ""}}
    told = {"UpdateExpression": "SET a = :set ADD n :by", "ExpressionAttributeValues": values}
    return {**TABLE, "Key": key(sk), **told}


def asking(pk: str = "pk", value: str = "p", **more: Any) -> dict[str, Any]:
    told = {"KeyConditionExpression": "#k = :k", "ExpressionAttributeNames": {"#k": pk}}
    return {**TABLE, **told, "ExpressionAttributeValues": {":k": {"S": value}}, **more}


INDEXED = {BY_MEMBER.pk: {"S": "m"}, BY_MEMBER.sk: {"S": "1"}}
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("put_item", put("a")),
    ("put_item", put("a", **NEW)),
    ("put_item", put("b", **NEW)),
    ("put_item", {**TABLE, "Item": {**key("i"), **INDEXED, "n": {"N": "2"}}}),
    ("put_item", put("")),
    ("put_item", put("big", Item={**key("big"), "text": {"S": "x" * 410_000}})),
    ("put_item", {"TableName": "nowhere", "Item": key("a")}),
    ("get_item", {**TABLE, "Key": key("a"), "ConsistentRead": True}),
    ("get_item", {**TABLE, "Key": key("none")}),
    ("get_item", {**TABLE, "Key": {"pk": {"S": "p"}}}),
    ("update_item", adding("a", {"N": "2"})),
    ("update_item", adding("new", {"N": "2"})),
    ("update_item", adding("a", {"S": "no number"})),
    ("update_item", {**adding("a", {"N": "1"}), **NEW}),
    ("batch_get_item", {"RequestItems": {TABLE_NAME: {"Keys": [key("a"), key("none"), key("b")]}}}),
    ("batch_get_item", {"RequestItems": {TABLE_NAME: {"Keys": [key("a"), key("a")]}}}),
    ("query", asking()),
    ("query", asking(Limit=1)),
    ("query", asking(Limit=1, ScanIndexForward=False, ExclusiveStartKey=key("b"))),
    ("query", asking(value="nobody's")),
    ("query", asking(BY_MEMBER.pk, "m", IndexName=BY_MEMBER.name)),
    ("query", asking("n")),
    ("scan", TABLE),
    ("scan", {**TABLE, "Limit": 2}),
    ("transact_write_items", {"TransactItems": [{"Put": put("c")}, {"Update": adding("a", {"N": "1"})}]}),
    ("transact_write_items", {"TransactItems": [{"Put": put("d")}, {"Put": put("a", **NEW)}]}),
    ("transact_write_items", {"TransactItems": [{"Put": put("d")}, {"Put": put("d")}]}),
    ("batch_write_item", {"RequestItems": {TABLE_NAME: [{"PutRequest": {"Item": put("e")["Item"]}}]}}),
    ("delete_item", {**TABLE, "Key": key("a"), **NEW}),
    ("delete_item", {**TABLE, "Key": key("a"), "ReturnValues": "ALL_OLD"}),
    ("delete_item", {**TABLE, "Key": key("none")}),
    ("scan", TABLE),
]


def answers(client: "DynamoDBClient") -> list[Any]:
    return [answer(client, *step) for step in STEPS]


def answer(client: "DynamoDBClient", operation: str, request: dict[str, Any]) -> Any:
    try:
        told = getattr(client, operation)(**request)
    except ClientError as error:
        told = {**error.response, "raised": type(error).__name__}
    metadata = told.pop("ResponseMetadata")
    return operation, told, metadata["HTTPStatusCode"], metadata["RetryAttempts"]


def test_it_answers_the_same_as_it_does_when_it_is_slow(
    dynamodb: "DynamoDBClient", empty_table: "MotoTable", monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = answers(dynamodb)
    put_back(empty_table)
    slow_down(monkeypatch)
    slow = answers(dynamodb)
    assert quick == slow
    assert {status for _, _, status, _ in slow} == {200, 400}


def test_it_refuses_a_question_that_dynamodb_does_not_have(dynamodb: "DynamoDBClient") -> None:
    wrong: dict[str, Any] = {"TableName": TABLE_NAME, "Key": {"pk": {"S": 5}}}
    with pytest.raises(ParamValidationError, match=r"Key\.pk\.S"):
        dynamodb.get_item(**wrong)
