"""The queues of jobs, of shops and of endpoints: the only SQS client."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from laurel import concurrency
from laurel.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class JobMessage:
    """A message to go on with a job. It is delivered at least once; the job item, not the message, has the progress."""

    program_id: str
    job_id: str

    @property
    def group(self) -> str:
        """Programs take their turns."""
        return self.program_id

    @staticmethod
    def parse(text: str) -> "JobMessage":
        """The message in a text. Raises ValueError or KeyError for a text that this module did not write."""
        fields = json.loads(text)
        return JobMessage(fields["program_id"], fields["job_id"])


@dataclass(frozen=True, slots=True)
class ShopMessage:
    """A message to tell a shop what the item at a key wants. The item, not the message, says what that is.

    `storefront_id`: the shop; only older messages do not tell it.
    """

    program_id: str
    pk: str
    sk: str
    storefront_id: str = ""

    @property
    def group(self) -> str:
        """Shops take their turns: one that is slow, or has thousands of codes, holds up none of the others."""
        return self.storefront_id or self.program_id

    @staticmethod
    def parse(text: str) -> "ShopMessage":
        """The message in a text. Raises ValueError or KeyError for a text that this module did not write."""
        fields = json.loads(text)
        return ShopMessage(fields["program_id"], fields["pk"], fields["sk"], fields.get("storefront_id", ""))


@dataclass(frozen=True, slots=True)
class EndpointMessage:
    """A message to deliver what an endpoint has not got yet. Its progress, not the message, says what that is."""

    program_id: str
    endpoint_id: str

    @property
    def group(self) -> str:
        """Endpoints take their turns."""
        return self.endpoint_id

    @staticmethod
    def parse(text: str) -> "EndpointMessage":
        """The message in a text. Raises ValueError or KeyError for a text that this module did not write."""
        fields = json.loads(text)
        return EndpointMessage(fields["program_id"], fields["endpoint_id"])


class Queue:
    """Sends messages to one queue. Errors of SQS pass through: tick sends lost messages again."""

    def __init__(self, url: str, client: "SQSClient | None" = None) -> None:
        self._url = url
        self._given = client

    def send(self, message: JobMessage | ShopMessage | EndpointMessage, after: timedelta = timedelta(0)) -> None:
        """Asks for one more run of the work that `message` names, `after` some time.

        Of a group that takes more than its share of the workers' time SQS delivers later than of the others.
        """
        (self._given or _connect()).send_message(
            QueueUrl=self._url,
            MessageBody=json.dumps(asdict(message)),
            MessageGroupId=message.group,
            DelaySeconds=int(after.total_seconds()),
        )


@cache
def _connect() -> "SQSClient":
    made: SQSClient = concurrency.client("sqs")
    return made


def queue() -> Queue:
    """This deployment's jobs queue."""
    return Queue(settings().jobs_queue_url)


def shops_queue() -> Queue:
    """This deployment's queue of what shops are to be told."""
    return Queue(settings().shops_queue_url)


def events_queue() -> Queue:
    """This deployment's queue of endpoints that are to get events."""
    return Queue(settings().events_queue_url)
