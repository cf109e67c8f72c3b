"""Names behind the actors of a history: users, members, API keys and rules, read together."""

from collections.abc import Iterable, Mapping
from typing import Final

from laurel.domain.history import SYSTEM
from laurel.domain.members.members import Member
from laurel.domain.people.people import User
from laurel.domain.program.programs import ApiKey
from laurel.domain.rules.rules import Rule
from laurel.store import items, keys, people_keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item

_ITSELF: Final = "Laurel"
_GONE: Final = {
    "user": "a former user",
    "member": "a former member",
    "key": "a former API key",
    "rule": "a former rule",
}
_TOLD: Final = 6
"""Characters of a key's id that tell it from others, where it has no name."""
_KEYS: Final = {"user": people_keys.user, "member": keys.member, "key": keys.api_key, "rule": keys.rule}


def named(table: Table, program_id: str, actors: Iterable[str]) -> Mapping[str, str]:
    """Each actor, as a history has it (`user:<id>`, `system`) -> who that is, for people."""
    wanted = {actor: _key(program_id, actor) for actor in dict.fromkeys(actors)}
    found = table.batch_get([key for key in wanted.values() if key is not None])
    return {actor: _name(actor, found.get(key) if key else None) for actor, key in wanted.items()}


def _key(program_id: str, actor: str) -> Key | None:
    kind, _, identity = actor.partition(":")
    return _KEYS[kind](program_id, identity) if kind in _KEYS and identity else None


def _name(actor: str, item: Item | None) -> str:
    if actor == SYSTEM:
        return _ITSELF
    kind = actor.partition(":")[0]
    if item is None:
        return _GONE.get(kind, actor)
    match kind:
        case "user":
            return items.parse(User, item).shown_name
        case "member":
            member = items.parse(Member, item)
            return member.full_name or member.email or _GONE["member"]
        case "key":
            return f"API key {items.parse(ApiKey, item).name or actor[-_TOLD:]}"
        case _:
            return f"rule \u201c{items.parse(Rule, item).name}\u201d"
