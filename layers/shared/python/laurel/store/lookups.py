"""Items that lead to others: lookups without knowing the program, claims that keep a name unique, names, programs."""

from collections.abc import Iterator
from itertools import zip_longest

from laurel.domain.members.members import Member, email_identity
from laurel.domain.members.names import names_of
from laurel.store import indexes, keys, member_keys
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import Key
from laurel.store.operations import Op, Put, Update
from laurel.store.values import Item, Value


def registry(program_id: str) -> Item:
    """A program's line in the list of programs."""
    return _item("registry", keys.registry(program_id))


def storefront(program_id: str, storefront_id: str) -> Item:
    """The program of a storefront."""
    return _item("storefront door", keys.storefront_door(storefront_id), program_id=program_id)


def link(program_id: str, slug: str, *, offer_id: str, member_id: str) -> Item:
    """The owner of a link: its program, offer and member."""
    return _item("link", keys.link(slug), program_id=program_id, offer_id=offer_id, member_id=member_id)


def email_claim(program_id: str, member: Member) -> Item:
    """The holder of an e-mail address."""
    key = keys.email_claim(program_id, email_identity(member.email))
    return _item("e-mail claim", key, member_id=member.member_id)


def renamed(program_id: str, before: Member | None, after: Member) -> Iterator[Op]:
    """The writes by which a member is found under the names that it has `after`, and no others."""
    names = zip_longest(names_of(before) if before else [], names_of(after))
    for number, (old, new) in enumerate(names):
        key = member_keys.name(program_id, after.member_id, number)
        if new is None:
            yield Update(key, set={"kind": "name"}, remove=(BY_OWNER.pk, BY_OWNER.sk), exists=False)
        elif new != old:
            yield Put(_name(program_id, key, new, after.member_id))


def name_place(name: str, member_id: str) -> str:
    """The sort key of a member's name among all names."""
    return f"{name}#{member_id}"


def _name(program_id: str, key: Key, name: str, member_id: str) -> Item:
    listed = {BY_OWNER.pk: indexes.names(program_id, name), BY_OWNER.sk: name_place(name, member_id)}
    return {**key._asdict(), "kind": "name", **listed}


def _item(kind: str, key: Key, **body: Value) -> Item:
    return {**key._asdict(), "kind": kind, "version": 1, "body": body}
