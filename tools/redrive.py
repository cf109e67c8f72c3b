"""Retry work that was given up, once its cause is mended: failed stream batches, and dead letters of jobs.

    python -m tools.redrive --env dev

Both consumers and all jobs are safe to run twice. Work that fails again stays in place; then the exit status is 1.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from tools.deployed import Deployed, deployed, operate, parser
from tools.failure import Say, ToolError, say

Invoke: TypeAlias = Callable[[str, dict[str, Any]], Any]
"""(function, event) -> its answer; raises ToolError if it fails."""
FAILURES: Final = "aws/lambda/"
_AT_ONCE: Final = 10


def redrive_batches(s3: Any, bucket: str, invoke: Invoke, tell: Say) -> int:
    """Gives every failed batch to its consumer again, and forgets those that it takes.

    The number of batches that it did not take.
    """
    left = 0
    for key in _keys(s3, bucket):
        record = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        function, event = record["requestContext"]["functionArn"], _event(record["payload"])
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
    """Puts the dead letters of the jobs into their queue again; their number.

    Sent before it is deleted: a letter may come twice, and none is lost.
    """
    moved = 0
    while letters := sqs.receive_message(QueueUrl=dead_letters, MaxNumberOfMessages=_AT_ONCE).get("Messages", []):
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


def _event(payload: Any) -> Any:
    return json.loads(payload) if isinstance(payload, str) else payload


def redrive(where: Deployed, tell: Say) -> int:
    """Retries all that `where` has given up; the number of batches that failed again."""
    bucket = where.output("data", "FailuresBucket")
    left = redrive_batches(where.client("s3"), bucket, invoker(where.client("lambda")), tell)
    letters, queue = where.output("service", "DeadLettersUrl"), where.output("service", "JobsQueueUrl")
    moved = redrive_letters(where.client("sqs"), letters, queue, tell)
    tell(f"{left} batches failed again; {moved} dead letters sent again")
    return left


def main() -> int:
    """The exit status: 0, or 1 if something failed again or nothing runs here."""
    given = parser("Retry what was given up").parse_args()
    return operate(lambda: 1 if redrive(deployed(given), say) else 0)


if __name__ == "__main__":
    sys.exit(main())
