"""Table stream (outbox) -> SES: sends each mail that a firing rule left, at most once."""

from typing import Any

from laurel import clock, consumers, metrics
from laurel.mailer import mailer
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.mail import outbox


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes INSERT and MODIFY records of mails with `outbox = pending`."""
    records = consumers.stream_records(event)
    return consumers.each(send, ((record.sequence_number, record.image) for record in records))


def send(image: dict[str, Any]) -> None:
    """Sends one mail and counts the result."""
    program_id = image["pk"].partition("#")[0]
    result = outbox.dispatch(table(), mailer(), program_id, image, clock.now(), settings().default_sender)
    metrics.count_mails([result])
