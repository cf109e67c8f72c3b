"""The outbox: a mail is claimed, sent once and marked; if nobody can know, it is UNKNOWN and not sent again blindly."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, assert_never

from laurel.domain.mail.mails import MOST_ATTEMPTS, Message, retry_seconds
from laurel.domain.values.ids import instant_of
from laurel.mailer import Letter, Mailer, MailOutcomeUnknown, MailRefused
from laurel.store import keys, outbox
from laurel.store.indexes import WORK
from laurel.store.operations import ConditionFailed, StoreError, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.mail import letters
from laurel.workflows.mail.letters import Later, Never, Ready, Senders
from laurel.workflows.requests import edits
from laurel.workflows.requests.optimistic import racing, redo

LEASE: Final = timedelta(minutes=2)
"""Longer than a sender can live: a mail that is SENDING after it was left by a crash."""
_MARKING_ATTEMPTS: Final = 5


class Result(Enum):
    """The result of one pass over one mail."""

    NOT_OURS = "not ours"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"


def dispatch(table: Table, mailer: Mailer, program_id: str, item: Item, now: datetime, senders: Senders) -> Result:
    """Sends one pending mail that is due, from an image of it that may be stale.

    Raises StoreError if the table does not answer.
    """
    mail = outbox.parse(item)
    if mail.status != "pending" or mail.next_attempt_at > now:
        return Result.NOT_OURS
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


def _claim(table: Table, mailer: Mailer, program_id: str, mail: Message, ready: Ready, now: datetime) -> Result:
    """Claims the mail, with what its letter needs, and sends it; not ours if somebody else has it."""
    claim = secrets.token_hex(4)  # short, so that the item stays under 1 KB
    claimed = _moved(
        mail,
        now,
        status="sending",
        claim=claim,
        to=ready.letter.to,
        attempts=mail.attempts + 1,
        next_attempt_at=now + LEASE,
    )
    try:
        _write(table, [moved(program_id, mail, claimed), *ready.along])
    except ConditionFailed as failed:
        if not _is_held_by(claim, failed.found[0]):
            return Result.NOT_OURS
    return _send(table, mailer, program_id, claimed, ready.letter, now)


def _write(table: Table, updates: Sequence[Update]) -> None:
    if len(updates) == 1:
        table.write(updates[0])  # half the price of a transaction of one
    else:
        table.transact(updates)


def _is_held_by(claim: str, item: Item | None) -> bool:
    """Whether the item holds our own claim: its answer was lost, and the retry met it."""
    return item is not None and item["body"].get("claim") == claim


def take_up(table: Table, program_id: str, item: Item, now: datetime) -> Result:
    """Takes up a mail that is due, for tick: wakes its sender through the stream, or gives up a sender that died.

    Nobody can know whether a sender that died in SENDING had sent the mail: it is UNKNOWN, for an operator to decide.
    """
    mail = outbox.parse(item)
    if mail.next_attempt_at > now or mail.status not in {"pending", "sending"}:
        return Result.NOT_OURS
    if mail.status == "sending":
        return _mark(table, program_id, mail, now, Result.UNKNOWN, status="unknown", failure="lease expired")
    return _mark(table, program_id, mail, now, Result.RETRY)


def resend(table: Table, program_id: str, mail_id: str, now: datetime) -> Message:
    """A failed or unknown mail, pending again; the stream wakes its sender. An unknown one may have been sent before.

    Raises Absent, Conflict `mail_not_resendable`.
    """

    def attempt() -> Message:
        key = keys.mail(program_id, mail_id, instant_of(mail_id))
        current = outbox.parse(edits.get_item(table, key, "mail_not_found", "mail"))
        if current.resent_at == now:
            return current  # an earlier try of this request got through, and its answer was lost
        again = current.resent(now)
        with racing():
            table.write(moved(program_id, current, again))
        return again

    return redo(attempt)


def _send(table: Table, mailer: Mailer, program_id: str, claimed: Message, letter: Letter, now: datetime) -> Result:
    try:
        message_id = mailer.send(letter)
    except MailOutcomeUnknown as unknown:
        return _mark(table, program_id, claimed, now, Result.UNKNOWN, status="unknown", failure=str(unknown))
    except MailRefused as refused:
        return _refused(table, program_id, claimed, now, str(refused))
    return _mark(table, program_id, claimed, now, Result.SENT, status="sent", message_id=message_id, claim=None)


def _refused(table: Table, program_id: str, claimed: Message, now: datetime, failure: str) -> Result:
    if claimed.tries >= MOST_ATTEMPTS:
        return _mark(table, program_id, claimed, now, Result.FAILED, status="failed", failure=failure)
    again = now + timedelta(seconds=retry_seconds(claimed.tries))
    return _mark(
        table, program_id, claimed, now, Result.RETRY, status="pending", failure=failure, next_attempt_at=again
    )


def _moved(mail: Message, now: datetime, **changes: Any) -> Message:
    return mail.model_copy(update={**changes, "updated_at": now, "version": mail.version + 1})


def _mark(table: Table, program_id: str, mail: Message, now: datetime, result: Result, **changes: Any) -> Result:
    """Writes the mail's new state, trying again while the table does not answer: the mail itself is out."""
    write = moved(program_id, mail, _moved(mail, now, **changes))
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


def moved(program_id: str, was: Message, mail: Message) -> Update:
    """The write of a mail's new state, conditional on the version that was read."""
    item = outbox.item(program_id, mail)
    key = keys.mail(program_id, mail.mail_id, mail.created_at)
    changed = {name: item[name] for name in ("body", "outbox", "version", WORK.pk, WORK.sk) if name in item}
    gone = () if WORK.pk in item else (WORK.pk, WORK.sk)
    return Update(key, set=changed, remove=gone, expect={"version": was.version})
