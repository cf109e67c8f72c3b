"""Batches that Lambda hands to the consumers of the stream and the queue, and the partial answer it takes back."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from laurel.log import logger
from laurel.store.values import decode_item
from laurel.workflows.kernel.batches import Failure, StreamRecord

Event = dict[str, Any]
Work = TypeVar("Work")
Answer = dict[str, list[dict[str, str]]]


def stream_records(event: Event) -> list[StreamRecord]:
    """The changes of a DynamoDB stream batch that left an item."""
    changes = (record["dynamodb"] for record in event["Records"])
    return [
        StreamRecord(change["SequenceNumber"], decode_item(change["NewImage"]))
        for change in changes
        if "NewImage" in change
    ]


def failed(identifiers: Iterable[str]) -> Answer:
    """The answer that names the records to be sent again; none if all is well."""
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


def report(taken: int, failures: Sequence[object]) -> None:
    """Logs one line per batch, and the error of each failed part."""
    for failure in failures:
        match failure:
            case Failure():
                logger.error("could not fold", records=failure.records, exc_info=failure.error)
            case Exception():
                logger.error("could not take up", exc_info=failure)
    logger.info("batch", extra={"taken": taken, "failed": len(failures)})


def each(work: Callable[[Work], object], records: Iterable[tuple[str, Work]]) -> Answer:
    """Does the work of every record (identifier, content); the answer names those that failed, to be sent again."""
    tried = [attempt(identifier, work, what) for identifier, what in records]
    again = [identifier for identifier in tried if identifier]
    report(len(tried), again)
    return failed(again)


def attempt(identifier: str, work: Callable[[Work], object], what: Work) -> str | None:
    """Does one record's work; its identifier if it failed, so that the others go on. Logs the failure."""
    try:
        work(what)
    except Exception:
        logger.exception("record failed", identifier=identifier)
        return identifier
    return None
