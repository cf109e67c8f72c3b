"""The outbox: a mail is claimed, sent once and marked; if nobody can know, it is UNKNOWN and not sent again blindly.

What is told to a shop is handed to a queue of its own, so that a slow shop holds up no mail.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, assert_never

from laurel.domain.mail.mails import AnyMail
from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.program.outbound import MOST_ATTEMPTS, retry_seconds
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.domain.values.ids import instant_of
from laurel.mailer import Letter, Mailer, MailOutcomeUnknown, MailRefused
from laurel.queue import Queue, events_queue, shops_queue
from laurel.store import event_items, keys, outbox
from laurel.store.operations import ConditionFailed, StoreError
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.events import waking
from laurel.workflows.mail import letters
from laurel.workflows.mail.letters import Later, Never, Ready, Senders
from laurel.workflows.program import claiming
from laurel.workflows.requests import edits
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.shops import handing

_MARKING_ATTEMPTS: Final = 5


class Result(Enum):
    """The result of one pass over one message."""

    NOT_OURS = "not ours"
    SENT = "sent"
    HANDED = "handed"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"


def dispatch(  # noqa: PLR0913, PLR0917 - a message, and the ways on which it may leave
    table: Table,
    mailer: Mailer,
    program_id: str,
    item: Item,
    now: datetime,
    senders: Senders,
    shops: Callable[[], Queue] = shops_queue,
    events: Callable[[], Queue] = events_queue,
) -> Result:
    """Sends or hands on one pending message that is due, from an image of it that may be stale.

    A page of events is no message of its own: the endpoints that want them are woken.
    Raises StoreError if the table does not answer; errors of SQS pass through.
    """
    if item["kind"] == event_items.PAGE:
        waking.told(table, program_id, item, events)
        return Result.HANDED
    message = outbox.parse(item)
    if message.status != "pending" or message.next_attempt_at > now:
        return Result.NOT_OURS
    match message:
        case Outgoing():
            return _mailed(table, mailer, program_id, message, now, senders)
        case ShopCode() | Connection() | Watch():
            handing.hand(table, shops(), program_id, message, now)
            return Result.HANDED
        case _:
            assert_never(message)


def _mailed(table: Table, mailer: Mailer, program_id: str, mail: AnyMail, now: datetime, senders: Senders) -> Result:
    match letters.written(table, program_id, mail, now, senders):
        case Ready() as ready:
            return _claim(table, mailer, program_id, mail, ready, now)
        case Later(at):
            return _mark(table, program_id, mail, now, Result.RETRY, next_attempt_at=at)
        case Never(reason, is_expected):
            result = Result.NOT_OURS if is_expected else Result.FAILED
            return _mark(table, program_id, mail, now, result, status="failed", failure=reason)
        case unknown:
            assert_never(unknown)


def _claim(table: Table, mailer: Mailer, program_id: str, mail: AnyMail, ready: Ready, now: datetime) -> Result:
    """Claims the mail, with what its letter needs, and sends it; not ours if somebody else has it."""
    claimed = claiming.claim(table, program_id, mail, now, ready.along, to=ready.letter.to)
    return Result.NOT_OURS if claimed is None else _send(table, mailer, program_id, claimed, ready.letter, now)


def take_up(table: Table, program_id: str, item: Item, now: datetime) -> Result:
    """Takes up a message that is due, for tick: wakes its consumer through the stream, or gives up one that died.

    Nobody can know whether a sender that died in SENDING had sent the mail: it is UNKNOWN, for an operator to decide.
    A shop can be asked what it has: whatever is lost on the way to it is simply done again.
    """
    message = outbox.parse(item)
    if message.next_attempt_at > now or message.status not in {"pending", "handed", "sending"}:
        return Result.NOT_OURS
    match message:
        case Outgoing():
            if message.status == "sending":
                return _mark(table, program_id, message, now, Result.UNKNOWN, status="unknown", failure="lease expired")
            return _mark(table, program_id, message, now, Result.RETRY)
        case ShopCode() | Connection() | Watch():
            handing.wake(table, program_id, message, now)
            return Result.RETRY
        case _:
            assert_never(message)


def resend(table: Table, program_id: str, mail_id: str, now: datetime) -> AnyMail:
    """A failed or unknown mail, pending again; the stream wakes its sender. An unknown one may have been sent before.

    Raises Absent, Conflict `mail_not_resendable`.
    """

    def attempt() -> AnyMail:
        current = _mail(table, program_id, mail_id)
        if current.resent_at == now:
            return current  # an earlier try of this request got through, and its answer was lost
        again = current.resent(now)
        with racing():
            table.write(outbox.moved(program_id, current, again))
        return again

    return redo(attempt)


def _mail(table: Table, program_id: str, mail_id: str) -> AnyMail:
    key = keys.mail(program_id, mail_id, instant_of(mail_id))
    found = outbox.parse(edits.get_item(table, key, "mail_not_found", "mail"))
    if not isinstance(found, Outgoing):
        raise TypeError(mail_id)  # nothing else lies at the key of a mail
    return found


def _send(table: Table, mailer: Mailer, program_id: str, claimed: AnyMail, letter: Letter, now: datetime) -> Result:
    try:
        message_id = mailer.send(letter)
    except MailOutcomeUnknown as unknown:
        return _mark(table, program_id, claimed, now, Result.UNKNOWN, status="unknown", failure=str(unknown))
    except MailRefused as refused:
        return _refused(table, program_id, claimed, now, str(refused))
    return _mark(table, program_id, claimed, now, Result.SENT, status="sent", message_id=message_id, claim=None)


def _refused(table: Table, program_id: str, claimed: AnyMail, now: datetime, failure: str) -> Result:
    if claimed.tries >= MOST_ATTEMPTS:
        return _mark(table, program_id, claimed, now, Result.FAILED, status="failed", failure=failure)
    again = now + timedelta(seconds=retry_seconds(claimed.tries))
    return _mark(
        table, program_id, claimed, now, Result.RETRY, status="pending", failure=failure, next_attempt_at=again
    )


def _mark(table: Table, program_id: str, mail: AnyMail, now: datetime, result: Result, **changes: Any) -> Result:
    """Writes the mail's new state, trying again while the table does not answer: the mail itself is out."""
    write = outbox.moved(program_id, mail, claiming.after(mail, now, **changes))
    for attempt in range(1, _MARKING_ATTEMPTS + 1):
        try:
            table.write(write)
        except ConditionFailed:
            return result if attempt > 1 else Result.NOT_OURS  # the answer of an earlier try may have been lost
        except StoreError:
            if attempt == _MARKING_ATTEMPTS:
                raise
        else:
            break
    return result
