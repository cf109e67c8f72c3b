"""A member's own change of their e-mail address: it counts once whoever reads the new one has agreed."""

from dataclasses import dataclass
from datetime import datetime

from laurel.domain.history import Author
from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.confirmations import MOST_AN_HOUR
from laurel.domain.members.members import Member, email_identity
from laurel.domain.values.errors import Conflict, Invalid
from laurel.domain.values.ids import instant_of
from laurel.store import keys, outbox, people_keys
from laurel.store.operations import Op
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.people import signing_in
from laurel.workflows.people.sessions import SignedIn
from laurel.workflows.program import asked_addresses
from laurel.workflows.requests import access, hourly
from laurel.workflows.requests.optimistic import racing, redo


def ask(table: Table, program_id: str, member: Member, address: str, origin: str, now: datetime) -> None:
    """Mails a link to the address, unless another member has it: nothing tells whether one does.

    Raises Invalid `same_address`, Conflict `too_many_mails` for a member who has asked 5 times within the hour.
    """
    if email_identity(address) == email_identity(member.email):
        raise Invalid("same_address", "this is your address already", "/email")

    def attempt() -> None:
        free, by_member = hourly.one_more(
            table, people_keys.asking_member(program_id, member.member_id), "asking member", MOST_AN_HOUR, now
        )
        if free > now:
            raise Conflict("too_many_mails", "you have asked for 5 links within the hour: try again later")
        free, counted = asked_addresses.one_more(table, address, now)
        mail: Op = outbox.put(program_id, NewAddressMail.of(member.member_id, address, origin, now))
        if signing_in.holder(table, program_id, address, now) is not None:
            mail = signing_in.to_nobody(counted)
        with racing():
            table.transact([by_member] if free > now else [by_member, counted, mail])

    redo(attempt)


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of address that an open link is about: whose, and to which one."""

    whose: SignedIn
    member: Member
    address: str


def look(table: Table, token: str, now: datetime) -> Asked:
    """The change that the link of `token` confirms; nothing is changed.

    Raises Absent `link_unknown`; Gone: `link_used`, `link_expired`.
    """
    found, link = signing_in.found(table, token, now, people_keys.address_link)
    mail_id = link["body"]["mail_id"]
    stored = table.get(keys.mail(found.program.program_id, mail_id, instant_of(mail_id)))
    mail = None if stored is None else outbox.parse(stored)
    if not isinstance(found.who, Member) or not isinstance(mail, NewAddressMail) or mail.to is None:
        raise signing_in.unknown()
    return Asked(found, found.who, mail.to)


def confirm(table: Table, token: str, now: datetime) -> Asked:
    """Gives a member the address that the link of `token` was mailed to, once. The member is signed out with that.

    Raises as `look` does, and Conflict `email_taken`.
    """

    def attempt() -> Asked:
        asked = look(table, token, now)
        program, member_id = asked.whose.program, asked.member.member_id
        used = signing_in.used(people_keys.address_link(program.program_id, access.digest(token)), now)
        author = Author(asked.whose.person.actor, now)
        members.edited(table, program, member_id, {"email": asked.address}, None, author, along=[used])
        return asked

    try:
        return redo(attempt)
    except Conflict as refusal:
        if refusal.code != "email_taken":
            raise
        raise Conflict("email_taken", "Another member has this address by now.") from refusal
