"""SES and SQS as the world has them: they may refuse, not answer, or lose the process that called."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from laurel.mailer import Letter, Mailer, MailOutcomeUnknown, MailRefused
from laurel.queue import JobMessage, Queue
from tests.simulation.kit.world.faults import QUEUEING, SENDING, Faults
from tests.simulation.kit.world.scheduler import Crash, Scheduler, Unreachable
from tests.simulation.kit.world.world_table import note

SENDER: Final = "rewards@example.com"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mail that went out."""

    mail_id: str
    message_id: str
    to: str


class WorldMailer(Mailer):
    """SES: what it sent is in `outbox`, in order."""

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        super().__init__("simulated")
        self.scheduler = scheduler
        self.faults = faults
        self.outbox: list[Delivered] = []

    def send(self, letter: Letter) -> str:
        self.scheduler.pause(self.scheduler.switching)
        fault = self.faults.draw(self.scheduler.rng, SENDING, times=8)
        if fault is not None:
            note(self.scheduler, f"SES {letter.mail_id[-4:]}", fault)
        if fault == "crash before":
            raise Crash(fault)
        if fault == "refused":
            raise MailRefused("MessageRejected")
        if fault == "no answer, not done":
            raise MailOutcomeUnknown("no answer")
        message_id = f"ses-{len(self.outbox)}"
        self.outbox.append(Delivered(letter.mail_id, message_id, letter.to))
        self.scheduler.say(f"SES sends {letter.mail_id[-4:]}")
        if fault == "crash after":
            raise Crash(fault)
        if fault == "no answer, done":
            raise MailOutcomeUnknown("no answer")
        self.scheduler.pause(self.scheduler.switching)
        return message_id


@dataclass
class WorldQueue(Queue):
    """SQS: messages wait in `waiting`; taking one hides it, losing its worker brings it back. `later`: not seen yet."""

    scheduler: Scheduler
    faults: Faults
    waiting: list[JobMessage] = field(default_factory=list)
    later: list[JobMessage] = field(default_factory=list)

    def send(self, message: JobMessage, after: timedelta = timedelta(0)) -> None:
        self.scheduler.pause(self.scheduler.switching)
        fault = self.faults.draw(self.scheduler.rng, QUEUEING, times=4)
        if fault is not None:
            note(self.scheduler, "SQS", fault)
        if fault in {"crash before", "no answer, not done"}:
            raise Crash(fault) if fault == "crash before" else Unreachable(fault)
        (self.later if after else self.waiting).append(message)
        self.scheduler.say("SQS takes a job message")
        if fault == "crash after":
            raise Crash(fault)
        if fault == "no answer, done":
            raise Unreachable(fault)
