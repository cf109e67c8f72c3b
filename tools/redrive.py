"""Retry work that was given up, once its cause is mended: failed batches of consumers, and dead letters of queues.

    python -m tools.redrive --env dev

All consumers, and the workers of jobs, shops and events, are safe to run twice. A batch that fails again stays where it
was; then the exit status is 1.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from tools.commands import operate
from tools.deployed import Deployed, deployed, parser
from tools.failure import Say, ToolError, say

Invoke: TypeAlias = Callable[[str, dict[str, Any]], Any]
"""(function, event) -> its answer; raises ToolError if it fails."""
FAILURES: Final = "aws/lambda/"
QUEUES: Final = {"jobs": "", "shops": "Shops", "events": "Events"}
"""Queues with dead letters, and what the names of their outputs begin with."""
_AT_ONCE: Final = 10
_LISTEN_SECONDS: Final = 1
"""Asked without waiting, a queue of few messages may say that it has none."""


def redrive_batches(s3: Any, bucket: str, invoke: Invoke, tell: Say) -> int:
    """Gives every failed batch to its consumer again, and forgets those that it takes.

    The number of batches that it did not take.
    """
    left = 0
    for key in _keys(s3, bucket):
        record = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        function, event = record["requestContext"]["functionArn"], _event(record)
        try:
            again = invoke(function, event).get("batchItemFailures", [])
        except ToolError as reason:
            again = [str(reason)]
        if again:
            left += 1
            tell(f"{key}: {len(again)} of {len(event['Records'])} records failed again, it stays")
        else:
            s3.delete_object(Bucket=bucket, Key=key)
            tell(f"{key}: {len(event['Records'])} records taken")
    return left


def redrive_letters(sqs: Any, dead_letters: str, queue: str, tell: Say) -> int:
    """Puts dead letters into their queue again; their number.

    Sent before it is deleted: a letter may come twice, and none is lost.
    """
    moved = 0
    while letters := _letters(sqs, dead_letters):
        for letter in letters:
            sqs.send_message(QueueUrl=queue, MessageBody=letter["Body"])
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
            tell(f"{letter['Body']}: sent again")
    return moved


def invoker(client: Any) -> Invoke:
    """Calls functions through the Lambda API."""

    def invoke(function: str, event: dict[str, Any]) -> Any:
        answer = client.invoke(FunctionName=function.removesuffix(":$LATEST"), Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise ToolError(f"{function}: {payload}")
        return payload or {}

    return invoke


def _keys(s3: Any, bucket: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=FAILURES):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _letters(sqs: Any, queue: str) -> list[dict[str, str]]:
    told = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_AT_ONCE, WaitTimeSeconds=_LISTEN_SECONDS)
    letters: list[dict[str, str]] = told.get("Messages", [])
    return letters


def _event(record: Any) -> Any:
    """The event that a function did not take: of a stream's batch as text, of a notification as it was."""
    payload = record["payload"] if "payload" in record else record["requestPayload"]
    return json.loads(payload) if isinstance(payload, str) else payload


def redrive(where: Deployed, tell: Say) -> int:
    """Retries all that `where` has given up; the number of batches that failed again."""
    bucket = where.output("data", "FailuresBucket")
    left = redrive_batches(where.client("s3"), bucket, invoker(where.client("lambda")), tell)
    moved = {name: redrive_letters(where.client("sqs"), *_queue(where, name), tell) for name in QUEUES}
    told = ", ".join(f"{number} of {name}" for name, number in moved.items())
    tell(f"{left} batches failed again; dead letters sent again: {told}")
    return left


def _queue(where: Deployed, name: str) -> tuple[str, str]:
    """The addresses of a queue's dead letters, and of the queue."""
    part = QUEUES[name]
    return where.output("service", f"{part}DeadLettersUrl"), where.output("service", f"{part or 'Jobs'}QueueUrl")


def main() -> int:
    """The exit status: 0, or 1 if something failed again or nothing runs here."""
    return operate(lambda: 1 if redrive(deployed(parser(__doc__).parse_args()), say) else 0)


if __name__ == "__main__":
    sys.exit(main())
