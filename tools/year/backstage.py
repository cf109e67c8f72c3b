"""The machinery around the workflows, in place of AWS: stream, mails, jobs, and the tick of each night."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from laurel.domain.history import Author
from laurel.domain.people.people import Person
from laurel.domain.program.programs import ApiKey, Program
from laurel.mailer import Letter, Mailer, MailOutcomeUnknown
from laurel.queue import EndpointMessage, JobMessage, Queue, ShopMessage
from laurel.store.values import Item
from laurel.workflows.kernel import closing
from laurel.workflows.kernel.batches import StreamRecord
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.streams import fold_records
from laurel.workflows.mail import outbox
from laurel.workflows.mail.letters import Senders
from laurel.workflows.program import jobs, programs
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.upkeep import job_pages, sweeps
from tests.simulation.kit.table.fake_table import FakeTable
from tools.failure import ToolError

SENDER: Final = "rewards@laurel.example"
_LOST: Final = 40
"""The letter of which nobody knows whether it was sent."""


class Post(Mailer):
    """Takes every letter and keeps none: the year's mails are in the program's list of mails, not in a mailbox."""

    def __init__(self) -> None:
        super().__init__("year")
        self.sent = 0

    def send(self, letter: Letter) -> str:  # noqa: ARG002
        """Its number as an id."""
        self.sent += 1
        if self.sent == _LOST:
            raise MailOutcomeUnknown("no answer")
        return f"year-{self.sent}"


class Errands(Queue):
    """Jobs that wait to be run."""

    def __init__(self) -> None:
        super().__init__("year")
        self.waiting: list[str] = []

    def send(self, message: JobMessage | ShopMessage | EndpointMessage, after: timedelta = timedelta(0)) -> None:  # noqa: ARG002
        """Waits for the next hand."""
        if isinstance(message, JobMessage):
            self.waiting.append(message.job_id)


@dataclass
class Backstage:
    """The machinery of one program. `table`: all of it, in memory; `rng`: where everything of chance comes from."""

    table: FakeTable
    program_id: str
    rng: Random
    post: Post = field(default_factory=Post)
    queue: Errands = field(default_factory=Errands)
    rulebooks: Rulebooks = field(default_factory=Rulebooks)

    def randomness(self, size: int) -> bytes:
        """Bytes for ids."""
        return self.rng.randbytes(size)

    @property
    def program(self) -> Program:
        """The program as it stands."""
        return programs.get(self.table, self.program_id)

    def asked_by(self, by: ApiKey | Person, at: datetime) -> Request:
        """A request at that hour."""
        return Request(self.program, by, None, "", at)

    def settle(self, at: datetime) -> None:
        """Works off what the stream tells until it is silent: rows are counted, rules fire, mails go out."""
        while told := list(self._told()):
            failures = fold_records(self.table, self.rulebooks, _rows(told), at)
            if failures:
                raise ToolError(f"the year cannot be counted: {failures[0].error!r}")
            for item in told:
                if item.get("outbox") == "pending":
                    self._send(item, at)

    def run_jobs(self, at: datetime) -> None:
        """Runs jobs to their ends, with the counting that some of them wait for."""
        self.settle(at)
        while self.queue.waiting:
            rulebook = self.rulebooks.current(self.table, self.program_id)
            job_pages.run(self.table, self.queue, rulebook, self.queue.waiting.pop(0), at, lambda: True)
            self.settle(at)

    def pass_night(self, at: datetime) -> None:
        """Does the work of the tick once the day before is over: holds end, jobs go on, days are closed."""
        self.settle(at)
        while sweeps.sweep(self.table, self.rulebooks, self.program_id, at).released:
            self.settle(at)
        job_pages.resend_stalled(self.table, self.queue, self.program_id, at)
        self.run_jobs(at)
        while due := closing.due(self.table, self.program_id, at):
            cursor = closing.first_cursor(due.day)
            jobs.start(self.table, self.queue, self.program_id, "close_period", due.day.isoformat(), at, cursor)
            self.run_jobs(at)

    def _told(self) -> Iterator[Item]:
        """The newest images of what waits for somebody, each once."""
        newest = {record.key: record.new for record in self.table.stream}
        self.table.stream.clear()
        for image in newest.values():
            if image is not None and (image.get("pend") == 1 or image.get("outbox") == "pending"):
                yield image

    def _send(self, item: Item, at: datetime) -> None:
        outbox.dispatch(self.table, self.post, self.program_id, item, at, Senders(SENDER), lambda: self.queue)


def _rows(told: list[Item]) -> list[StreamRecord]:
    return [StreamRecord(str(number), item) for number, item in enumerate(told) if item.get("pend") == 1]


def author(by: Person, at: datetime) -> Author:
    """A person as the author of changes at that hour."""
    return Author(by.actor, at)
