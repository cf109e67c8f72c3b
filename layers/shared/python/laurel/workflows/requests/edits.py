"""Edits of stored entities: the entity that is read, and the version, author and time of the one that replaces it."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from laurel.domain.history import Author
from laurel.domain.values.errors import Absent, Conflict, Stale
from laurel.domain.values.model import instant_after
from laurel.store import items
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item

Model = TypeVar("Model", bound=BaseModel)


class Versioned(Protocol):
    """A stored entity with its version."""

    @property
    def version(self) -> int:
        """The number of its versions so far."""


class Stamped(Protocol):
    """A stored entity with the time of its last edit."""

    @property
    def updated_at(self) -> datetime:
        """The instant of its last edit."""


def require_version(stored: Versioned, if_match: int | None) -> None:
    """Raises Stale if another version than the stored one was asked for."""
    if if_match is not None and if_match != stored.version:
        raise Stale("version_mismatch", f"the stored version is {stored.version}")


def require_confirmation(warning: str, *, confirmed: bool) -> None:
    """Raises Conflict `confirmation_required`: what it sets off cannot be taken back."""
    if not confirmed:
        raise Conflict("confirmation_required", f"{warning}: say confirm=true")


def following(current: Stamped | None, author: Author) -> Author:
    """The author of an edit of `current`, stamped after the edit before it, whichever was asked for first.

    It is taken anew for each attempt: the loser of a race comes second, in everything that the edit stamps.
    """
    return author if current is None else replace(author, at=instant_after(current.updated_at, author.at))


def revised(entity: Model, changed: Model, now: datetime) -> Model:
    """`changed` one version on, as of `now`; `entity` itself if they are the same."""
    if changed == entity:
        return entity
    version: int = getattr(entity, "version")  # noqa: B009 -- every stored model has one
    return changed.model_copy(update={"updated_at": now, "version": version + 1})


def settings_of(settings: BaseModel) -> dict[str, Any]:
    """The fields of `settings` as changes of an entity that has them."""
    return {name: getattr(settings, name) for name in type(settings).model_fields}


def get(table: Table, key: Key, model: type[Model], code: str, what: str) -> Model:
    """The entity at `key`. Raises Absent."""
    return items.parse(model, get_item(table, key, code, what))


def get_item(table: Table, key: Key, code: str, what: str) -> Item:
    """The item at `key`. Raises Absent."""
    item = table.get(key)
    if item is None:
        raise Absent(code, f"there is no such {what}")
    return item
