"""People as items: users with the doors that their addresses are, and sessions."""

from datetime import datetime
from typing import Any, Final

from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.members.members import email_identity
from laurel.domain.people.people import User
from laurel.store import items, people_keys
from laurel.store.keys import TTL_ATTRIBUTE, instant
from laurel.store.operations import Update
from laurel.store.values import Item

USED_ON: Final = "used_on"
"""Attribute of a session: the local day of its latest use."""


USED_AT: Final = "used_at"
"""Attribute of a link that has signed somebody in."""


def user(program_id: str, entity: User) -> Item:
    """A user in their program's list; the role stands beside the body too, for conditions."""
    return items.as_item("user", people_keys.user(program_id, entity.user_id), entity, role=entity.role)


def removed_user(program_id: str, entity: User) -> Item:
    """The item that is kept of a user who was removed."""
    return {**user(program_id, entity), **people_keys.removed_user(program_id, entity.user_id)._asdict()}


def user_door(program_id: str, entity: User) -> Item:
    """The lead from an address to its user."""
    key = people_keys.user_door(email_identity(entity.email), program_id)
    return {**key._asdict(), "kind": "user door", "version": 1, "body": {"user_id": entity.user_id}}


def session(sha256: str, person_id: str, now: datetime, **kept: Any) -> Item:
    """A session that begins. `kept`: the day and the end of `renewed`."""
    body = {"person_id": person_id, "begun_at": instant(now)}
    return {**people_keys.session(sha256)._asdict(), "kind": "session", "version": 1, "body": body, **kept}


def link(program_id: str, sha256: str, person_id: str, now: datetime, until: datetime) -> Update:
    """The write that opens a link; the sender of mails may only update."""
    body = {"person_id": person_id, "begun_at": instant(now)}
    told = {"kind": "sign-in link", "version": 1, "body": body, TTL_ATTRIBUTE: int(until.timestamp())}
    return Update(people_keys.link(program_id, sha256), set=told, exists=False)


def address_link(program_id: str, sha256: str, mail: NewAddressMail, until: datetime) -> Update:
    """The write that opens the link of a mail to a new address, which is kept at the mail alone: erasure blanks it."""
    body = {"person_id": mail.member_id, "begun_at": instant(mail.created_at), "mail_id": mail.mail_id}
    told = {"kind": "address link", "version": 1, "body": body, TTL_ATTRIBUTE: int(until.timestamp())}
    return Update(people_keys.address_link(program_id, sha256), set=told, exists=False)


def renewed(today: str, until: datetime) -> dict[str, Any]:
    """The attributes of a session that is used `today` and ends at `until` if it is not used again."""
    return {USED_ON: today, TTL_ATTRIBUTE: int(until.timestamp())}
