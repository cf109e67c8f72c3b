"""Items that lead to others: lookups without knowing the program, claims that keep a name unique, the registry."""

from laurel.domain.members.members import Member, email_identity
from laurel.store import keys
from laurel.store.keys import Key
from laurel.store.values import Item, Value


def registry(program_id: str) -> Item:
    """A program's line in the list of programs."""
    return _item("registry", keys.registry(program_id))


def storefront(program_id: str, storefront_id: str) -> Item:
    """The program of a storefront."""
    return _item("storefront door", keys.storefront_door(storefront_id), program_id=program_id)


def link(program_id: str, slug: str, *, offer_id: str, member_id: str, first: str | None = None) -> Item:
    """The owner of a link: its program, offer and member. `first`: the slug that it had at first, if another."""
    named: dict[str, Value] = {} if first in {None, slug} else {"first": first}
    return _item("link", keys.link(slug), program_id=program_id, offer_id=offer_id, member_id=member_id, **named)


def email_claim(program_id: str, member: Member) -> Item:
    """The holder of an e-mail address."""
    key = keys.email_claim(program_id, email_identity(member.email))
    return _item("e-mail claim", key, member_id=member.member_id)


def _item(kind: str, key: Key, **body: Value) -> Item:
    return {**key._asdict(), "kind": kind, "version": 1, "body": body}
