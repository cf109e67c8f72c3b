"""Letters: a message of the outbox as SES gets it, made of what it is about at the moment at which it is sent."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from laurel.domain.erasure import ERASED
from laurel.domain.mail import confirmations
from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.mails import AnyMail, Confirmation, Mail, template_values
from laurel.domain.mail.notices import AddressChangedMail, Notice, PayeeChangedMail, StatementMail
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.mail.templates import Template, render
from laurel.domain.members.members import Member, email_identity
from laurel.domain.people.sign_in_links import LINK_LIVES, path_of
from laurel.domain.program.mail_reports import MailReport
from laurel.domain.program.senders import NO_DOMAINS, SenderDomains
from laurel.domain.values.errors import Absent
from laurel.mailer import Letter
from laurel.store import items, keys, people
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.people import persons, signing_in
from laurel.workflows.program import asked_addresses, sender_links
from laurel.workflows.requests import access


@dataclass(frozen=True, slots=True)
class Senders:
    """The senders of an environment: its own, and the domains that programs may have senders in."""

    default: str
    domains: SenderDomains = NO_DOMAINS


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter to send, once `along` is written together with the claim of its message."""

    letter: Letter
    along: tuple[Update, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing to send before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Never:
    """Nothing to send, and the reason; `is_expected`: nobody need look."""

    reason: str
    is_expected: bool = False


def written(table: Table, program_id: str, message: AnyMail, now: datetime, senders: Senders) -> Ready | Later | Never:
    """The letter of a message, as things stand at `now`."""
    match message:
        case Mail():
            return _of_rule(table, program_id, message, senders)
        case Confirmation():
            return _of_sender(table, program_id, message, now, senders)
        case PayeeChangedMail() | AddressChangedMail() | StatementMail():
            return _of_notice(table, program_id, message, senders)
        case EndpointPausedMail():
            return _of_endpoint(table, program_id, message, senders)
        case SignInMail():
            return _of_link(table, program_id, message, now, senders)
        case NewAddressMail():
            return _of_new_address(table, program_id, message, now, senders)
        case _:
            assert_never(message)


def _of_rule(table: Table, program_id: str, mail: Mail, senders: Senders) -> Ready | Never:
    program_key = keys.program(program_id)
    member_key = keys.member(program_id, mail.member_id)
    template_key = keys.template(program_id, mail.template_id)
    stored = table.batch_get([program_key, member_key, template_key])
    if program_key not in stored or member_key not in stored:
        raise Absent("mail_without_member", f"mail {mail.mail_id} belongs to nobody")
    if template_key not in stored:
        return Never("the template was deleted")
    program, member = items.parse_program(stored[program_key]), items.parse(Member, stored[member_key])
    if member.erased_at is not None:
        return Never(ERASED)
    to = member.email if mail.recipient == "member" else program.merchant_email
    if to is None:
        return Never("the program has no merchant_email")
    stopped = member.mail_stopped if mail.recipient == "member" else program.merchant_mail_stopped
    if stopped is not None:
        return _stopped(stopped)
    template = items.parse(Template, stored[template_key])
    rendered = render(template, template_values(mail, program, member))
    sender = program.sender_within(senders.domains) or senders.default
    return Ready(Letter(program_id, mail.mail_id, sender, to, rendered))


def _of_notice(table: Table, program_id: str, notice: Notice, senders: Senders) -> Ready | Never:
    program_key, member_key = keys.program(program_id), keys.member(program_id, notice.member_id)
    stored = table.batch_get([program_key, member_key])
    if program_key not in stored or member_key not in stored:
        raise Absent("mail_without_member", f"mail {notice.mail_id} belongs to nobody")
    program, member = items.parse_program(stored[program_key]), items.parse(Member, stored[member_key])
    to = notice.reader(member)
    if member.erased_at is not None or to is None:
        return Never(ERASED)
    if member.mail_stopped is not None and not notice.is_sent_despite(member.mail_stopped):
        return _stopped(member.mail_stopped)
    sender = program.sender_within(senders.domains) or senders.default
    return Ready(Letter(program_id, notice.mail_id, sender, to, notice.rendered(program, member)))


def _of_endpoint(table: Table, program_id: str, mail: EndpointPausedMail, senders: Senders) -> Ready | Never:
    program = items.parse_program(table.get(keys.program(program_id)) or {})
    if program.merchant_email is None:
        return Never("the program has no merchant_email", is_expected=True)
    if program.merchant_mail_stopped is not None:
        return _stopped(program.merchant_mail_stopped)
    sender = program.sender_within(senders.domains) or senders.default
    return Ready(Letter(program_id, mail.mail_id, sender, program.merchant_email, mail.rendered(program)))


def _stopped(report: MailReport) -> Never:
    return Never(f"an earlier mail to this address {report.outcome} ({report.reason})", is_expected=True)


def _of_sender(
    table: Table, program_id: str, mail: Confirmation, now: datetime, senders: Senders
) -> Ready | Later | Never:
    """The letter with a link that is made for it, from the environment's own sender."""
    item = table.get(keys.program(program_id)) or {}
    if mail.to is None or item.get(sender_links.MAIL) != mail.mail_id:
        return Never("a later mail, or another sender, has taken its place", is_expected=True)
    free, one_more = asked_addresses.one_more(table, mail.to, now)
    if free > now:
        return Later(free)
    token, opened = sender_links.made(program_id, mail.mail_id, now, secrets.token_bytes)
    link = f"{mail.origin}{sender_links.PATH}/{token}"
    rendered = confirmations.confirmation(items.parse_program(item).name, mail.to, link)
    return Ready(Letter(program_id, mail.mail_id, senders.default, mail.to, rendered), (opened, one_more))


def _of_link(table: Table, program_id: str, mail: SignInMail, now: datetime, senders: Senders) -> Ready | Never:
    """The letter with a link that is made for it; none for whoever may not sign in, or has another address by now."""
    program_key, person_key = keys.program(program_id), persons.key(program_id, mail.person_id)
    stored = table.batch_get([program_key, person_key])
    if len(stored) < 2 or mail.to is None:
        return Never("whom it was for is gone", is_expected=True)
    program, who = items.parse_program(stored[program_key]), persons.parse(stored[person_key])
    if not persons.may_sign_in(who) or email_identity(who.email) != email_identity(mail.to):
        return Never("whom it was for may not sign in by it", is_expected=True)
    stopped = who.mail_stopped if isinstance(who, Member) else None
    if stopped is not None and (stopped.outcome == "bounced" or mail.kind == "invitation"):
        return _stopped(stopped)  # who only complained has asked for the others
    token, opened = signing_in.opened(program_id, mail.person_id, mail.kind, now, secrets.token_bytes)
    link = mail.origin + path_of(mail.person_id, program_id, token)
    sender = program.sender_within(senders.domains) or senders.default
    return Ready(Letter(program_id, mail.mail_id, sender, who.email, mail.rendered(program, link)), (opened,))


def _of_new_address(
    table: Table, program_id: str, mail: NewAddressMail, now: datetime, senders: Senders
) -> Ready | Never:
    """The letter with a link that is made for it; none once whoever asked for it may not have gone on."""
    program_key, member_key = keys.program(program_id), keys.member(program_id, mail.member_id)
    stored = table.batch_get([program_key, member_key])
    if len(stored) < 2 or mail.to is None:
        return Never("whom it was for is gone", is_expected=True)
    program, member = items.parse_program(stored[program_key]), items.parse(Member, stored[member_key])
    if not persons.may_go_on(member, keys.instant(mail.created_at)):
        return Never("whoever asked for it may not sign in any more", is_expected=True)
    token = access.new_token(program_id, secrets.token_bytes)
    opened = people.address_link(program_id, access.digest(token), mail, now + LINK_LIVES["sign_in"])
    link = f"{mail.origin}/portal/{program_id}/address/{token}"
    sender = program.sender_within(senders.domains) or senders.default
    return Ready(Letter(program_id, mail.mail_id, sender, mail.to, mail.rendered(program, link)), (opened,))
