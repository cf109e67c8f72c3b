"""SQS -> an endpoint: sends the events that it has not got yet. It alone opens the secrets that sign them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from laurel import consumers, egress, metrics, vault
from laurel.queue import EndpointMessage, events_queue
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.events import sending

LARGEST_ANSWER: Final = 1_000_000
"""Bytes of an answer, which nobody looks at."""


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes the messages of one batch."""
    return consumers.each(send, ((record["messageId"], record["body"]) for record in event["Records"]))


def send(body: str) -> None:
    """Sends to the endpoint that one message names, and counts the result."""
    result = sending.take(table(), events_queue(), unsealed, post, EndpointMessage.parse(body))
    metrics.count_sending(result)


@lru_cache(maxsize=64)
def unsealed(sealed: str, endpoint_id: str) -> str:
    """A secret, opened once for many events."""
    return vault.unseal(sealed, **{vault.OF_ENDPOINT: endpoint_id})


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Posts an event: the status of the answer, whatever that says. Raises NoAnswer and Forbidden of the guard."""
    is_local = settings().allow_loopback
    return egress.send("POST", url, headers, body, most_bytes=LARGEST_ANSWER, allow_loopback=is_local).status
