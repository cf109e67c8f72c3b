"""Signing in: a link is asked for, looked at as often as one likes, and used once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.members.members import Member, email_identity
from laurel.domain.people.people import User
from laurel.domain.people.sessions import SessionText
from laurel.domain.people.sign_in_links import LINK_LIVES, LinkKind
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Absent, Conflict, Gone
from laurel.store import items, keys, outbox, people, people_keys
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import ABSENT, Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.people import persons, sessions
from laurel.workflows.people.sessions import SignedIn
from laurel.workflows.program import asked_addresses
from laurel.workflows.requests import access
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.optimistic import racing, redo

MOST_PROGRAMS: Final = 20
"""Programs of one address that are mailed a link each."""


def ask_user(table: Table, address: str, origin: str, now: datetime) -> None:
    """Mails a link for each program that knows `address` as a user's. Nothing tells whether one does."""
    doors = table.query(people_keys.user_doors(email_identity(address)), limit=MOST_PROGRAMS)
    known = [(door["sk"], door["body"]["user_id"]) for door in doors]
    _ask(table, address, known, origin, now)


def ask_member(table: Table, program_id: str, address: str, origin: str, now: datetime) -> None:
    """Mails a link if `address` is a member's of that program. Nothing tells whether it is."""
    member_id = holder(table, program_id, address, now)
    _ask(table, address, [] if member_id is None else [(program_id, member_id)], origin, now)


def holder(table: Table, program_id: str, address: str, now: datetime) -> str | None:
    """The id of the member who has an address, None if nobody has it."""
    claim = table.get(keys.email_claim(program_id, email_identity(address)))
    if claim is None or claim.get(TTL_ATTRIBUTE, now.timestamp() + 1) <= now.timestamp():
        return None
    member_id: str = claim["body"]["member_id"]
    return member_id


def _ask(table: Table, address: str, known: Sequence[tuple[str, str]], origin: str, now: datetime) -> None:
    """One transaction of as many writes as for one person at least, so that its time tells nothing either."""

    def attempt() -> None:
        free, counted = asked_addresses.one_more(table, address, now)
        if free > now:
            return
        mails: list[Op] = [
            outbox.put(program_id, SignInMail.of("sign_in", person_id, address, origin, now))
            for program_id, person_id in known
        ]
        with racing():
            table.transact([counted, *(mails or [to_nobody(counted)])])

    redo(attempt)


def to_nobody(counted: Update) -> Update:
    """A write in place of a mail's, for an address that nobody has."""
    return Update(people_keys.nobody(counted.key), set={"kind": "nobody", **_until(counted)}, exists=False)


def _until(counted: Update) -> dict[str, Any]:
    return {TTL_ATTRIBUTE: counted.set[TTL_ATTRIBUTE]}


def opened(
    program_id: str, person_id: str, kind: LinkKind, now: datetime, randomness: Randomness
) -> tuple[str, Update]:
    """A new link's token, which is stored nowhere, and the write that opens it."""
    token = access.new_token(program_id, randomness)
    return token, people.link(program_id, access.digest(token), person_id, now, now + LINK_LIVES[kind])


def look(table: Table, token: str, now: datetime) -> SignedIn:
    """Whom the link of `token` would sign in; looking changes nothing. Raises Absent `link_unknown`, Gone as `use`."""
    return found(table, token, now)[0]


def use(table: Table, token: str, now: datetime, randomness: Randomness) -> tuple[SignedIn, SessionText]:
    """Signs in by the link of `token`, once.

    Raises Absent `link_unknown`, Gone: `link_used`, `link_expired`.
    """

    def attempt() -> tuple[SignedIn, SessionText]:
        person, link = found(table, token, now)
        session, begins = sessions.begun(person.program, link["body"]["person_id"], now, randomness)
        key = people_keys.link(person.program.program_id, access.digest(token))
        with racing():
            table.transact([used(key, now), begins, *_first(person, now)])
        return person, session

    return redo(attempt)


def used(key: Key, now: datetime) -> Update:
    """The write that uses a link up; it fails if the link was used meanwhile."""
    return Update(key, set={people.USED_AT: keys.instant(now)}, expect={people.USED_AT: ABSENT})


def found(
    table: Table, token: str, now: datetime, key_of: Callable[[str, str], Key] = people_keys.link
) -> tuple[SignedIn, Item]:
    """The person whose the link of `token` is, and its item. `key_of`: program id, hash -> where such links lie.

    Raises Absent `link_unknown`; Gone: `link_used`, `link_expired`.
    """
    program_id = f"prg_{token.partition('_')[0]}"
    link = table.get(key_of(program_id, access.digest(token)))
    if link is None:
        raise unknown()
    if people.USED_AT in link:
        raise Gone("link_used", "This link has been used. Ask for another one.")
    if now.timestamp() >= link[TTL_ATTRIBUTE]:
        raise Gone("link_expired", "This link is too old. Ask for another one.")
    program_key, person_key = keys.program(program_id), persons.key(program_id, link["body"]["person_id"])
    stored = table.batch_get([program_key, person_key])
    if len(stored) < 2:
        raise unknown()
    who = persons.parse(stored[person_key])
    if not persons.may_go_on(who, link["body"]["begun_at"]):
        raise unknown()
    return SignedIn(items.parse_program(stored[program_key]), who), link


def _first(person: SignedIn, now: datetime) -> list[Put]:
    """The write that notes when a user signed in first."""
    if not isinstance(person.who, User) or person.who.signed_in_at is not None:
        return []
    seen = person.who.model_copy(update={"signed_in_at": now, "version": person.who.version + 1})
    return [Put(people.user(person.program.program_id, seen), expect={"version": person.who.version})]


def unknown() -> Absent:
    """The refusal of a link that is none of ours."""
    return Absent("link_unknown", "This link leads nowhere: it is not complete, or whom it was for may not sign in.")


def invite_member(table: Table, program_id: str, member: Member, origin: str, now: datetime) -> None:
    """Mails a member a link that is good for a week. Raises Conflict: `member_inactive`, `too_many_mails`."""
    address = member.email
    if address is None or not persons.may_sign_in(member):
        raise Conflict("member_inactive", "the member may not sign in")

    def attempt() -> None:
        counted = asked_addresses.invited(table, address, now)
        mail = SignInMail.of("invitation", member.member_id, address, origin, now)
        with racing():
            table.transact([counted, outbox.put(program_id, mail)])

    redo(attempt)


def invitation(program: Program, user: User, origin: str) -> Op:
    """The mail that invites a user."""
    mail = SignInMail.of("invitation", user.user_id, user.email, origin, user.created_at)
    return outbox.put(program.program_id, mail)
