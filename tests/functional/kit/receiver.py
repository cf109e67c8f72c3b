"""A receiver of events on this machine, which verifies them with the official library, and the way of events to it."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from laurel import clock
from laurel.queue import EndpointMessage, Queue
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.events import sending, waking
from laurel.workflows.events.sending import Result
from tests.functional.kit.quick_moto import client
from tests.functional.kit.stream import as_stream, everything, run


@dataclass
class Receiver:
    """`answers`: the statuses of the next requests, 200 once they are used up."""

    secrets: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    verified: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, _: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert method == "POST"
        if int(headers["webhook-timestamp"]) < clock.now().timestamp() + 60:  # the library refuses what is to come
            for secret in self.secrets:
                Webhook(secret).verify(body, headers)
                self.verified += 1
        event = json.loads(body)
        assert event["id"] == headers["webhook-id"]
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append(event)
        return status, b"{}"

    def throttled(self) -> tuple[int, bytes]:
        return 429, b"{}"

    def types(self) -> list[str]:
        return [event["type"] for event in self.got]


@dataclass(slots=True)
class EventsQueue:
    """The queue of endpoints, and the function that takes its messages; `later`: time that has passed."""

    url: str
    table: Table
    later: timedelta = timedelta(0)
    seen: set[str] = field(default_factory=set)

    def work(self) -> list[Result]:
        """What the stream hands on, and then every message, until none is left."""
        fresh = [item for item in everything(self.table) if item["kind"] == "events" and item["sk"] not in self.seen]
        fresh = [item for item in fresh if item.get("outbox") == "pending"]
        self.seen |= {item["sk"] for item in fresh}
        if fresh:
            assert run("mail", as_stream(*fresh)) == {"batchItemFailures": []}
        return self.drain()

    def drain(self) -> list[Result]:
        """Every message, each once; what asks for a later try waits for `tick`."""
        done: list[Result] = []
        while bodies := self.take():
            done += [self.send(EndpointMessage.parse(body)) for body in bodies]
        return done

    def send(self, message: EndpointMessage) -> Result:
        from events.handler import post, unsealed

        queue = Queue(self.url)
        return sending.take(self.table, queue, unsealed, post, message, self.now)

    def now(self) -> datetime:
        return clock.now() + self.later

    def tick(self) -> None:
        """What `tick` finds to be missed."""
        for item in self._progress():
            waking.overdue(self.table, item["pk"].partition("#")[0], item, self.now(), lambda: Queue(self.url))

    def _progress(self) -> list[Item]:
        return [item for item in everything(self.table) if item["kind"] == "endpoint progress" and "work_pk" in item]

    def take(self) -> list[str]:
        """The messages that wait; they wait no more. Those for later are left to `tick`."""
        sqs, bodies = client("sqs"), list[str]()
        while found := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for each in found:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
            bodies += [each["Body"] for each in found]
        return list(dict.fromkeys(bodies))
