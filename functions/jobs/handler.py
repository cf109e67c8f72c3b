"""SQS -> pages of long work: goes on with a job until the message's time is up."""

from typing import Any

from laurel import clock, consumers
from laurel.concurrency import side_by_side
from laurel.queue import JobMessage, queue
from laurel.store.table import table
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.upkeep import job_pages

PAGES_FOR_SECONDS = 20

rulebooks = Rulebooks()


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes the job messages of one batch."""
    return consumers.each(run, ((record["messageId"], record["body"]) for record in event["Records"]))


def run(body: str) -> None:
    """Goes on with the job of one message."""
    message = JobMessage.parse(body)
    rulebook = rulebooks.current(table(), message.program_id)
    has_time = clock.seconds(PAGES_FOR_SECONDS)
    job_pages.run(table(), queue(), rulebook, message.job_id, clock.now(), has_time, side_by_side)
