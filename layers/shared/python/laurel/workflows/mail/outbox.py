"""The outbox: a mail is claimed, sent once and marked; if nobody can know, it is UNKNOWN and not sent again blindly."""

import secrets
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from laurel.domain.erasure import ERASED
from laurel.domain.mail.mails import Mail, RuleMail, template_values
from laurel.domain.mail.sending import MOST_ATTEMPTS, retry_seconds
from laurel.domain.mail.templates import Rendered, Template, render
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Absent
from laurel.domain.values.ids import instant_of
from laurel.mailer import Mailer, MailOutcomeUnknown, MailRefused, Message
from laurel.store import items, keys
from laurel.store.indexes import WORK
from laurel.store.operations import ConditionFailed, StoreError, Update
from laurel.store.table import Table
from laurel.store.values import Item
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


def dispatch(table: Table, mailer: Mailer, program_id: str, item: Item, now: datetime, sender: str) -> Result:
    """Sends one pending mail that is due, from an image of it that may be stale.

    `sender`: used if the program names none. Raises StoreError if the table does not answer.
    """
    mail = items.parse_mail(item)
    if mail.status != "pending" or mail.next_attempt_at > now:
        return Result.NOT_OURS
    message = _message(table, program_id, mail, sender)
    if isinstance(message, str):
        return _mark(table, program_id, mail, now, Result.FAILED, status="failed", failure=message)
    claim = secrets.token_hex(4)  # short, so that the item stays under 1 KB
    claimed = _moved(
        mail, now, status="sending", claim=claim, to=message.to, attempts=mail.attempts + 1, next_attempt_at=now + LEASE
    )
    try:
        table.write(moved(program_id, mail, claimed))
    except ConditionFailed as failed:
        if not _is_held_by(claim, failed.found[0]):
            return Result.NOT_OURS
    return _send(table, mailer, program_id, claimed, message, now)


def _is_held_by(claim: str, item: Item | None) -> bool:
    """Whether the item holds our own claim: its answer was lost, and the retry met it."""
    return item is not None and item["body"].get("claim") == claim


def take_up(table: Table, program_id: str, item: Item, now: datetime) -> Result:
    """Takes up a mail that is due, for tick: wakes its sender through the stream, or gives up a sender that died.

    Nobody can know whether a sender that died in SENDING had sent the mail: it is UNKNOWN, for an operator to decide.
    """
    mail = items.parse_mail(item)
    if mail.next_attempt_at > now or mail.status not in {"pending", "sending"}:
        return Result.NOT_OURS
    if mail.status == "sending":
        return _mark(table, program_id, mail, now, Result.UNKNOWN, status="unknown", failure="lease expired")
    return _mark(table, program_id, mail, now, Result.RETRY)


def resend(table: Table, program_id: str, mail_id: str, now: datetime) -> Mail:
    """A failed or unknown mail, pending again; the stream wakes its sender. An unknown one may have been sent before.

    Raises Absent, Conflict `mail_not_resendable`.
    """

    def attempt() -> Mail:
        key = keys.mail(program_id, mail_id, instant_of(mail_id))
        current = items.parse_mail(edits.get_item(table, key, "mail_not_found", "mail"))
        if current.resent_at == now:
            return current  # an earlier try of this request got through, and its answer was lost
        again = current.resent(now)
        with racing():
            table.write(moved(program_id, current, again))
        return again

    return redo(attempt)


def _send(table: Table, mailer: Mailer, program_id: str, claimed: Mail, message: Message, now: datetime) -> Result:
    try:
        message_id = mailer.send(message)
    except MailOutcomeUnknown as unknown:
        return _mark(table, program_id, claimed, now, Result.UNKNOWN, status="unknown", failure=str(unknown))
    except MailRefused as refused:
        return _refused(table, program_id, claimed, now, str(refused))
    return _mark(table, program_id, claimed, now, Result.SENT, status="sent", message_id=message_id, claim=None)


def _refused(table: Table, program_id: str, claimed: Mail, now: datetime, failure: str) -> Result:
    if claimed.tries >= MOST_ATTEMPTS:
        return _mark(table, program_id, claimed, now, Result.FAILED, status="failed", failure=failure)
    again = now + timedelta(seconds=retry_seconds(claimed.tries))
    return _mark(
        table, program_id, claimed, now, Result.RETRY, status="pending", failure=failure, next_attempt_at=again
    )


def _message(table: Table, program_id: str, mail: Mail, sender: str) -> Message | str:
    """The mail as it is sent, or the reason why it never can be."""
    program_key = keys.program(program_id)
    member_key = keys.member(program_id, mail.member_id)
    template_key = keys.template(program_id, mail.template_id) if isinstance(mail, RuleMail) else None
    stored = table.batch_get([program_key, member_key, *([template_key] if template_key else [])])
    if program_key not in stored or member_key not in stored:
        raise Absent("mail_without_member", f"mail {mail.mail_id} belongs to nobody")
    program, member = items.parse_program(stored[program_key]), items.parse(Member, stored[member_key])
    if member.erased_at is not None:
        return ERASED
    to = member.email if _is_for_member(mail) else program.merchant_email
    if to is None:
        return "the program has no merchant_email"
    rendered = _rendered(mail, program, member, template_key and stored.get(template_key))
    if rendered is None:
        return "the template was deleted"
    return Message(mail.mail_id, program.sender_email or sender, to, rendered)


def _is_for_member(mail: Mail) -> bool:
    return not isinstance(mail, RuleMail) or mail.recipient == "member"


def _rendered(mail: Mail, program: Program, member: Member, template: Item | None) -> Rendered | None:
    """The text of a mail; None for a rule's whose template is not there any more."""
    if not isinstance(mail, RuleMail):
        return mail.rendered(program, member)
    if template is None:
        return None
    return render(items.parse(Template, template), template_values(mail, program, member))


def _moved(mail: Mail, now: datetime, **changes: Any) -> Mail:
    return mail.model_copy(update={**changes, "updated_at": now, "version": mail.version + 1})


def _mark(table: Table, program_id: str, mail: Mail, now: datetime, result: Result, **changes: Any) -> Result:
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


def moved(program_id: str, was: Mail, mail: Mail) -> Update:
    """The write of a mail's new state, conditional on the version that was read."""
    item = items.mail(program_id, mail)
    key = keys.mail(program_id, mail.mail_id, mail.created_at)
    changed = {name: item[name] for name in ("body", "outbox", "version", WORK.pk, WORK.sk) if name in item}
    gone = () if WORK.pk in item else (WORK.pk, WORK.sk)
    return Update(key, set=changed, remove=gone, expect={"version": was.version})
