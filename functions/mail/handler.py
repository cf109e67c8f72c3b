"""Table stream (outbox) -> SES, each mail at most once; and what shops are to be told -> their queue."""

from typing import Any

from laurel import clock, consumers, metrics
from laurel.domain.program.senders import SenderDomains
from laurel.mailer import mailer
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.mail import outbox
from laurel.workflows.mail.letters import Senders


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes INSERT and MODIFY records of messages with `outbox = pending`."""
    records = consumers.stream_records(event)
    return consumers.each(send, ((record.sequence_number, record.image) for record in records))


def senders() -> Senders:
    """The senders of this environment."""
    return Senders(settings().default_sender, SenderDomains.of(settings().sender_domains))


def send(image: dict[str, Any]) -> None:
    """Sends one mail, or hands on what a shop is to be told, and counts the result."""
    program_id = image["pk"].partition("#")[0]
    result = outbox.dispatch(table(), mailer(), program_id, image, clock.now(), senders())
    metrics.count_mails([result])
