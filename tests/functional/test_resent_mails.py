"""A mail that failed, or whose fate is unknown, sent again by an operator."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from laurel import clock
from laurel.domain.mail.mails import Mail
from laurel.domain.program.outbound import MOST_ATTEMPTS
from laurel.domain.values.ids import derived_id
from laurel.mailer import Letter, MailOutcomeUnknown, MailRefused
from laurel.store import keys, mail_items
from laurel.store import outbox as messages
from laurel.store.indexes import INDEXES
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.mail import outbox
from laurel.workflows.mail.letters import Senders
from laurel.workflows.mail.outbox import Result
from laurel.workflows.program import claiming
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.quick_moto import REGION
from tests.functional.kit.stream import as_stream, drain, event, happened, run
from tests.functional.kit.world import World
from tests.kit.interference import Interfering

LONGEST_RUN = timedelta(seconds=60)
"""No function of ours lives longer."""


@pytest.fixture
def fired(items: Table, world: World, outside: None) -> Mail:
    """The mail of a rule that fired, as the fold left it."""
    happened(items, event("rule_evaluation", "crosses_threshold"))
    drain(items)
    return mail_of(items, world)


def mail_of(items: Table, world: World) -> Mail:
    (found,) = [item for pk in keys.mails(world.program.program_id) for item in items.query(pk)]
    mail = messages.parse(found)
    assert isinstance(mail, Mail)
    return mail


def left(items: Table, world: World, mail: Mail, **changes: object) -> Mail:
    """The mail as something left it."""
    changed = mail.model_copy(update={**changes, "version": mail.version + 1})
    items.write(Put(mail_items.mail(world.program.program_id, changed)))
    return changed


def image_of(items: Table, world: World, mail: Mail) -> dict[str, Any]:
    return items.get(keys.mail(world.program.program_id, mail.mail_id, mail.created_at)) or {}


@dataclass(frozen=True, slots=True)
class Ending:
    """An SES where every mail ends so."""

    how: Exception

    def send(self, _: Letter) -> str:
        raise self.how


@dataclass(frozen=True, slots=True)
class Slow:
    """An SES that takes its time: meanwhile something else happens."""

    meanwhile: Callable[[], object]

    def send(self, _: Letter) -> str:
        self.meanwhile()
        return "ses-1"


def test_tick_leaves_a_mail_to_its_sender_as_long_as_that_can_live(items: Table, world: World, fired: Mail):
    program_id, began, taken = world.program.program_id, fired.next_attempt_at, list[Result]()

    def tick(after: timedelta) -> None:
        taken.append(outbox.take_up(items, program_id, image_of(items, world, fired), began + after))

    slow: Any = Slow(lambda: tick(LONGEST_RUN))
    result = outbox.dispatch(
        items, slow, program_id, image_of(items, world, fired), began, Senders("rewards@example.com")
    )
    assert (result, taken, mail_of(items, world).status) == (Result.SENT, [Result.NOT_OURS], "sent")


def test_tick_gives_up_a_mail_whose_sender_cannot_live_any_more(items: Table, world: World, fired: Mail):
    program_id, began, taken = world.program.program_id, fired.next_attempt_at, list[Result]()

    def tick() -> None:
        taken.append(outbox.take_up(items, program_id, image_of(items, world, fired), began + claiming.LEASE))

    slow: Any = Slow(tick)
    outbox.dispatch(items, slow, program_id, image_of(items, world, fired), began, Senders("rewards@example.com"))
    assert (taken, mail_of(items, world).status) == ([Result.UNKNOWN], "unknown")


def sent_mails() -> list[Any]:
    return list(sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages)


@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_a_mail_that_failed_or_is_unknown_is_sent_again(
    api: Gateway, items: Table, world: World, fired: Mail, status: str
):
    left(items, world, fired, status=status, attempts=3, failure="SES did not answer")
    answer = api.post(f"/v1/mails/{fired.mail_id}/resend")
    assert (answer.status, answer.body["status"], answer.body["attempts"]) == (200, "pending", 3)
    assert run("mail", as_stream(image_of(items, world, fired))) == {"batchItemFailures": []}
    assert len(sent_mails()) == 1
    now = mail_of(items, world)
    assert (now.status, now.attempts, now.resent_at is None) == ("sent", 4, False)


@pytest.mark.parametrize("status", ["pending", "sending", "sent"])
def test_a_mail_that_is_on_its_way_or_arrived_is_left_alone(
    api: Gateway, items: Table, world: World, fired: Mail, status: str
):
    before = left(items, world, fired, status=status)
    answer = api.post(f"/v1/mails/{fired.mail_id}/resend")
    assert (answer.status, answer.code) == (409, "mail_not_resendable")
    assert mail_of(items, world) == before


def test_a_resent_mail_has_as_many_attempts_as_a_new_one(items: Table, world: World, fired: Mail):
    program_id, now, seen = world.program.program_id, clock.now(), []
    left(items, world, fired, status="failed", attempts=MOST_ATTEMPTS)
    outbox.resend(items, program_id, fired.mail_id, now)
    while mail_of(items, world).status == "pending":
        now += timedelta(days=1)
        seen.append(
            outbox.dispatch(
                items, Ending(MailRefused("no")), program_id, image_of(items, world, fired), now, Senders("a@b.example")
            )
        )
    assert seen == [Result.RETRY] * (MOST_ATTEMPTS - 1) + [Result.FAILED]
    assert mail_of(items, world).attempts == 2 * MOST_ATTEMPTS


def test_the_first_refusal_of_a_resent_mail_waits_a_minute(items: Table, world: World, fired: Mail):
    boto3.client("sesv2", REGION).delete_email_identity(EmailIdentity="rewards@laurel.example")
    left(items, world, fired, status="failed", attempts=MOST_ATTEMPTS)
    outbox.resend(items, world.program.program_id, fired.mail_id, clock.now())
    run("mail", as_stream(image_of(items, world, fired)))
    mail = mail_of(items, world)
    assert mail.next_attempt_at - mail.updated_at == timedelta(minutes=1)


def test_a_resent_mail_without_an_answer_is_unknown_once_more(items: Table, world: World, fired: Mail):
    program_id = world.program.program_id
    left(items, world, fired, status="unknown", attempts=1)
    outbox.resend(items, program_id, fired.mail_id, clock.now())
    outbox.dispatch(
        items,
        Ending(MailOutcomeUnknown("no answer")),
        program_id,
        image_of(items, world, fired),
        clock.now(),
        Senders("a@b.example"),
    )
    assert mail_of(items, world).status == "unknown"


def test_of_two_operators_who_resend_at_once_one_does(items: Table, world: World, fired: Mail):
    program_id = world.program.program_id
    left(items, world, fired, status="failed")
    faster = Interfering(items, lambda: outbox.resend(items, program_id, fired.mail_id, clock.now()))
    with pytest.raises(Exception, match="mail_not_resendable"):
        outbox.resend(faster, program_id, fired.mail_id, clock.now() + timedelta(seconds=1))


def test_a_resend_whose_answer_was_lost_and_that_is_asked_again_says_what_it_did(
    items: Table, world: World, fired: Mail, pauses: list[float]
):
    program_id, now = world.program.program_id, clock.now()
    left(items, world, fired, status="failed")
    unheard = Interfering(items, lambda: outbox.resend(items, program_id, fired.mail_id, now))
    assert outbox.resend(unheard, program_id, fired.mail_id, now).status == "pending"


def test_a_mail_that_does_not_exist_is_absent_whatever_its_id_says(api: Gateway, world: World, fired: Mail):
    for mail_id in (derived_id("mai", "x"), "mai_" + "0" * 26, "mai_" + "z" * 26):
        answer = api.post(f"/v1/mails/{mail_id}/resend")
        assert (answer.status, answer.code) == (404, "mail_not_found")
    assert api.post(f"/v1/mails/{fired.mail_id}/resend", key=world.reader).status == 403


def test_a_mail_that_is_sent_is_written_to_no_list_again(items: Table, world: World, fired: Mail):
    def entries() -> list[dict[str, Any]]:
        image = image_of(items, world, fired)
        return [{name: value for name, value in image.items() if index.carries(name)} for index in INDEXES]

    waiting = entries()
    assert claiming.claim(items, world.program.program_id, fired, fired.next_attempt_at) is not None
    assert entries() == waiting  # not even to that of what is due
    assert image_of(items, world, fired)["outbox"] == "sending"
