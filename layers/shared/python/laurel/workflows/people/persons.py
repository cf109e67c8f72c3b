"""Users and members alike: a person of a program who may sign in."""

from typing import TypeAlias

from laurel.domain.members.members import Member
from laurel.domain.people.people import User
from laurel.store import items, keys, people_keys
from laurel.store.keys import Key
from laurel.store.values import Item

Somebody: TypeAlias = User | Member


def key(program_id: str, person_id: str) -> Key:
    """The key of a user or a member, which their id tells apart."""
    if person_id.startswith("usr_"):
        return people_keys.user(program_id, person_id)
    return keys.member(program_id, person_id)


def parse(item: Item) -> Somebody:
    """The user or member of an item."""
    return items.parse(User, item) if item["kind"] == "user" else items.parse(Member, item)


def may_sign_in(who: Somebody) -> bool:
    """Whether they may have sessions at all: a member may while pending, and not once suspended or erased."""
    return isinstance(who, User) or (who.status != "suspended" and who.erased_at is None)


def may_go_on(who: Somebody, begun_at: str) -> bool:
    """Whether a session or a link of theirs that was `begun_at` is good: a suspension ends all before it for good."""
    if not may_sign_in(who):
        return False
    return isinstance(who, User) or who.suspended_at is None or keys.instant(who.suspended_at) < begun_at
