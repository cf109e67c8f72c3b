"""Names of whoever changed something, as they are called now: a history keeps ids alone, so that an erasure holds."""

from collections.abc import Iterable
from typing import Final

from laurel.domain.history import Edit
from laurel.domain.people.people import User
from laurel.store import people_keys
from laurel.store.table import Table
from laurel.workflows.people import persons
from laurel.workflows.requests.listing import Page

_PERSONS: Final = ("user", "member")


def signed(table: Table, program_id: str, page: Page[Edit]) -> Page[Edit]:
    """A page of a history with the names of its users and members: one batched read if there are any."""
    names = _names(table, program_id, (edit.actor for edit in page.items))
    return page.of(lambda edit: edit.model_copy(update={"actor_name": names.get(edit.actor)}))


def _names(table: Table, program_id: str, actors: Iterable[str]) -> dict[str, str]:
    """Actor -> name; users who were removed have theirs, members who were erased have none."""
    ids = {actor: actor.partition(":")[2] for actor in set(actors) if actor.partition(":")[0] in _PERSONS}
    known = {actor: persons.key(program_id, person_id) for actor, person_id in ids.items()}
    removed = {actor: people_keys.removed_user(program_id, person_id) for actor, person_id in ids.items()}
    stored = table.batch_get([*known.values(), *removed.values()])
    found = {actor: stored.get(known[actor]) or stored.get(removed[actor]) for actor in ids}
    return {actor: _name(persons.parse(item)) for actor, item in found.items() if item is not None}


def _name(who: persons.Somebody) -> str:
    return who.shown_name if isinstance(who, User) else who.full_name or who.email
