"""What was given up is tried again: batches and notifications that lie in the bucket, letters of queues."""

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from laurel.store import keys
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.quick_moto import REGION
from tests.functional.kit.stream import event, happened, run
from tests.functional.kit.world import World
from tools import redrive
from tools.failure import ToolError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUCKET = "failures"
AT = "aws/lambda/0c4d2f5e/shardId-00000001/2026/11/18/2026-11-18T10.00.00-"


@pytest.fixture
def s3(dynamodb: "DynamoDBClient") -> Any:
    client = boto3.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def given_up(s3: Any, name: str, function: str, batch: dict[str, Any]) -> None:
    """As Lambda writes a batch that was retried often enough."""
    record = {
        "requestContext": {
            "requestId": "b7e2",
            "functionArn": f"arn:aws:lambda:{REGION}:000000000000:function:{function}:$LATEST",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 6,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": None},
        "version": "1.0",
        "timestamp": "2026-11-18T10:00:00.000Z",
        "DDBStreamBatchInfo": {"shardId": "shardId-00000001", "batchSize": len(batch["Records"])},
        "payload": json.dumps(batch),
    }
    s3.put_object(Bucket=BUCKET, Key=AT + name, Body=json.dumps(record).encode())


def left(s3: Any) -> list[str]:
    return [entry["Key"].removeprefix(AT) for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def invoke(function: str, batch: dict[str, Any]) -> Any:
    return run(function.split(":")[6], batch)


def test_a_batch_that_was_given_up_is_folded_and_forgotten(
    api: Gateway, items: Table, world: World, outside: None, s3: Any
):
    crossing = event("rule_evaluation", "crosses_threshold")
    happened(items, crossing)
    given_up(s3, "1", "rule_evaluation", crossing)
    assert redrive.redrive_batches(s3, BUCKET, invoke, print) == 0
    (bonus,) = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"]
    assert bonus["amount"] == 420
    assert left(s3) == []


def test_what_fails_again_stays_and_keeps_nothing_else_back(items: Table, world: World, outside: None, s3: Any):
    mixed, crossing = event("rule_evaluation", "one_unreadable"), event("mail", "pending")
    for batch in (mixed, crossing):
        happened(items, batch)
    given_up(s3, "1", "rule_evaluation", mixed)
    given_up(s3, "2", "mail", crossing)
    told: list[str] = []
    assert redrive.redrive_batches(s3, BUCKET, invoke, told.append) == 1
    assert left(s3) == ["1"]
    assert ["it stays" in line for line in told] == [True, False]


def test_a_batch_that_was_caught_up_with_meanwhile_changes_nothing(items: Table, world: World, outside: None, s3: Any):
    crossing = event("rule_evaluation", "crosses_threshold")
    happened(items, crossing)
    run("rule_evaluation", crossing)
    account = keys.account(world.program.program_id, world.ada)
    before = items.query(account)
    given_up(s3, "1", "rule_evaluation", crossing)
    assert redrive.redrive_batches(s3, BUCKET, invoke, print) == 0
    assert items.query(account) == before


def test_a_report_on_a_mail_that_was_given_up_is_taken(s3: Any):
    notification = event("bounces", "complaint")
    record = {
        "requestContext": {"functionArn": f"arn:aws:lambda:{REGION}:000000000000:function:bounces:$LATEST"},
        "requestPayload": notification,
        "responsePayload": {"errorMessage": "the table did not answer"},
    }
    key = "aws/lambda/async/bounces/2026/11/18/2026-11-18T10.00.00-1"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(record).encode())
    taken: list[Any] = []

    def took(function: str, told: dict[str, Any]) -> Any:
        taken.append(told)
        return {}

    assert redrive.redrive_batches(s3, BUCKET, took, print) == 0
    assert (taken, left(s3)) == ([notification], [])


def test_a_function_that_ends_in_an_error_has_not_taken_its_batch(s3: Any):
    def broken(function: str, batch: dict[str, Any]) -> Any:
        raise ToolError("Unhandled")

    given_up(s3, "1", "rule_evaluation", {"Records": []})
    assert redrive.redrive_batches(s3, BUCKET, broken, print) == 1
    assert left(s3) == ["1"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"Payload": io.BytesIO(b'{"batchItemFailures": []}')}, {"batchItemFailures": []}),
        ({"Payload": io.BytesIO(b"null")}, {}),
    ],
)
def test_the_answer_of_a_function_is_what_it_returned(answer: dict[str, Any], outcome: object):
    class Lambda:
        def invoke(self, **request: Any) -> Any:
            assert request == {"FunctionName": "arn:aws:lambda:r:a:function:f", "Payload": '{"Records": []}'}
            return answer

    assert redrive.invoker(Lambda())("arn:aws:lambda:r:a:function:f:$LATEST", {"Records": []}) == outcome


def test_an_error_of_a_function_is_told():
    class Lambda:
        def invoke(self, **_: Any) -> Any:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "out of time"}')}

    with pytest.raises(ToolError, match="out of time"):
        redrive.invoker(Lambda())("f", {})


def test_dead_letters_go_back_to_their_queue(dynamodb: "DynamoDBClient"):
    sqs = boto3.client("sqs", REGION)
    queue, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("jobs", "dead"))
    for number in range(12):
        sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    assert redrive.redrive_letters(sqs, dead, queue, print) == 12
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    assert sorted(map(int, found)) == list(range(12))
    assert "Messages" not in sqs.receive_message(QueueUrl=dead)


class Deployment:
    """An environment whose stacks tell the addresses of everything in it."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.outputs = outputs

    def output(self, part: str, name: str) -> str:
        assert part == ("data" if name == "FailuresBucket" else "service")
        return self.outputs[name]

    def client(self, service: str) -> Any:
        return boto3.client(service, REGION)


@pytest.fixture
def given_up_everywhere(s3: Any) -> Any:
    """An environment in which each queue has one dead letter."""
    sqs, outputs = boto3.client("sqs", REGION), {"FailuresBucket": BUCKET}
    for part in ("", "Shops", "Events"):
        for name in (f"{part}DeadLettersUrl", f"{part or 'Jobs'}QueueUrl"):
            outputs[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        sqs.send_message(QueueUrl=outputs[f"{part}DeadLettersUrl"], MessageBody=f"of {part}")
    return Deployment(outputs)


def test_dead_letters_of_jobs_shops_and_events_go_back_and_are_told(given_up_everywhere: Any):
    told: list[str] = []
    assert redrive.redrive(given_up_everywhere, told.append) == 0
    assert told == [
        *("of : sent again", "of Shops: sent again", "of Events: sent again"),
        "0 batches failed again; dead letters sent again: 1 of jobs, 1 of shops, 1 of events",
    ]
    sqs = boto3.client("sqs", REGION)
    for part in ("Jobs", "Shops", "Events"):
        (message,) = sqs.receive_message(QueueUrl=given_up_everywhere.outputs[f"{part}QueueUrl"])["Messages"]
        assert message["Body"] == f"of {part.removeprefix('Jobs')}"
