"""Reports on mails, kept at the mail; and at its member or its program, to whose address nothing more is sent."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import assert_never

from laurel.domain.history import SYSTEM, Author, member_edit
from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.mails import AnyMail, Confirmation, Mail
from laurel.domain.mail.notices import AddressChangedMail, PayeeChangedMail, StatementMail
from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.ses_reports import Heard
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.members.members import Member, email_identity
from laurel.domain.program.mail_reports import MailReport
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import instant_of
from laurel.store import items, keys, outbox
from laurel.store.operations import Op, Put, Update
from laurel.store.table import Table
from laurel.workflows import telling
from laurel.workflows.members import members
from laurel.workflows.requests.edits import following, require_version, revised
from laurel.workflows.requests.optimistic import racing, redo


class Result(Enum):
    """The result of one report."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    KNOWN = "known"
    UNKNOWN = "unknown"


def take(table: Table, heard: Heard, now: datetime) -> Result:
    """Notes a report at its mail; a permanent one also stops mail to the address, in the same transaction.

    So one that comes again changes nothing, even after somebody has let mail go there once more.
    """
    return redo(lambda: _attempt(table, heard, now))


def resume(table: Table, program: Program, member_id: str, if_match: int | None, author: Author) -> None:
    """Lets mail go to a member's address again. Raises Absent, Stale, Conflict `member_erased`."""

    def attempt() -> None:
        current = members.get(table, program.program_id, member_id)
        require_version(current, if_match)
        members.require_present(current)
        if current.mail_stopped is not None:
            with racing():
                table.transact(_marked(program, current, None, author))

    redo(attempt)


def _attempt(table: Table, heard: Heard, now: datetime) -> Result:
    item = table.get(keys.mail(heard.program_id, heard.mail_id, instant_of(heard.mail_id)))
    mail = None if item is None else outbox.parse(item)
    if not isinstance(mail, Outgoing):
        return Result.UNKNOWN
    reported = mail.reported(heard.report, heard.message_id, now)
    if reported is None:
        return Result.KNOWN
    stopped = _stopped(table, heard.program_id, mail, heard.report, now) if heard.report.permanent else []
    with racing():
        table.transact([outbox.moved(heard.program_id, mail, reported), *stopped])
    return Result(heard.report.outcome)


def _stopped(table: Table, program_id: str, mail: AnyMail, report: MailReport, now: datetime) -> Sequence[Op]:
    """The writes that stop mail to the address of a mail, if somebody still has it and mail still goes there."""
    program = items.parse_program(table.get(keys.program(program_id)) or {})
    match mail:
        case (
            Mail(recipient="member")
            | PayeeChangedMail()
            | AddressChangedMail()
            | StatementMail()
            | NewAddressMail()
            | SignInMail(member_id=str())
        ):
            stored = table.get(keys.member(program_id, mail.member_id or ""))
            member = None if stored is None else items.parse(Member, stored)
            if member is None or not _counts(member.mail_stopped, report, mail.to, member.email):
                return []
            return _marked(program, member, report, following(member, Author(SYSTEM, now)))
        case Mail() | EndpointPausedMail():
            if not _counts(program.merchant_mail_stopped, report, mail.to, program.merchant_email):
                return []
            changed = revised(program, program.model_copy(update={"merchant_mail_stopped": report}), now)
            told = {"body": items.program(changed)["body"], "version": changed.version}
            return [Update(keys.program(program_id), set=told, expect={"version": program.version})]
        case Confirmation() | SignInMail():
            return []  # the next one is asked for by hand, and there are five an hour at the most
        case _:
            assert_never(mail)


def _counts(before: MailReport | None, report: MailReport, to: str | None, address: str | None) -> bool:
    is_heavier = before is None or report.weight > before.weight
    return is_heavier and bool(to and address) and email_identity(to or "") == email_identity(address or "")


def _marked(program: Program, current: Member, stopped: MailReport | None, author: Author) -> list[Op]:
    """The writes of a member to whom mail goes no more, or again: an edit like any other."""
    changed = revised(current, current.model_copy(update={"mail_stopped": stopped}), author.at)
    edit = member_edit(current, changed, author)
    return [
        Put(items.member(program.program_id, changed), expect={"version": current.version}),
        members.touch(program.program_id, current.member_id),
        Put(items.member_history(program.program_id, current.member_id, edit, changed.version), new=True),
        *telling.of_member(program, changed, edit),
    ]
