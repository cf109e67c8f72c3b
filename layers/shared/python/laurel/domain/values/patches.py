"""JSON merge patches (RFC 7396) of what people may set, and validation errors told by JSON pointers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from laurel.domain.values import messages
from laurel.domain.values.errors import Invalid, Misfit
from laurel.domain.values.model import OneOf
from laurel.domain.values.shapes import Location, known_fields

Settings = TypeVar("Settings", bound=BaseModel)
_NOT_EMPTY: Final = "this cannot be null"
_MOST_TOLD: Final = 50
"""Errors that a refusal tells: a body has room for tens of thousands, each of which is told longer than it was."""


def patched(settings: type[Settings], entity: BaseModel, patch: Mapping[str, Any]) -> Settings:
    """The `settings` of `entity` after `patch`. Raises Invalid with a pointer into the patch for what does not fit."""
    known = set(settings.model_fields)
    current = entity.model_dump(mode="json", include=known, exclude_none=True)
    unknown = {name: None for name in patch if name not in known}  # kept, so that a null of theirs is refused too
    try:
        changed = settings.model_validate({**merged(current, patch, entity), **unknown})
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False), patch, settings) from error
    emptied = islice(_emptied(settings, patch), _MOST_TOLD)
    if kept := [(pointer(at, patch, missing=False), _NOT_EMPTY) for at in emptied]:
        raise Invalid("invalid_request", sentences(kept), kept[0][0], kept)
    return changed


def can_be_empty(field: FieldInfo) -> bool:
    """Whether null clears the field. If its default says something, null would set a value that nobody asked for."""
    return not field.is_required() and not field.get_default(call_default_factory=True)


def _emptied(settings: type[BaseModel], patch: Mapping[str, Any], inside: Location = ()) -> Iterator[Location]:
    """The locations where `patch` has null for a field that cannot be empty."""
    for name, value in patch.items():
        field = settings.model_fields.get(name)
        if value is None and (field is None or not can_be_empty(field)):
            yield (*inside, name)
        elif field is not None and isinstance(value, Mapping) and isinstance(field.default, BaseModel):
            yield from _emptied(type(field.default), value, (*inside, name))


def merged(target: Any, patch: Any, kept: Any = None) -> Any:
    """`target` after `patch`: objects are merged, null removes, everything else replaces. `target`: `kept` as JSON.

    Of alternatives the one that is given replaces the other, so that nobody must know what was there to clear it.
    """
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    if isinstance(kept, OneOf) and any(patch.get(name) is not None for name in kept.ALTERNATIVES):
        result = {name: value for name, value in result.items() if name not in kept.ALTERNATIVES}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value, _inside(kept, name))
    return result


def _inside(kept: Any, name: str) -> Any:
    return kept.get(name) if isinstance(kept, Mapping) else getattr(kept, name, None)


def invalid(errors: Iterable[Mapping[str, Any]], body: Any, shape: Any) -> Invalid:
    """pydantic's errors about `body`, which should have had `shape` (an annotation), as one refusal.

    It tells the first _MOST_TOLD of them; the others are not even worded.
    """
    culprits = (_pointed(error, body, shape) for error in islice(_culprits(list(errors)), _MOST_TOLD))
    distinct = list(dict.fromkeys(culprits))
    return Invalid("invalid_request", sentences(distinct), distinct[0][0], distinct)


def _pointed(error: Mapping[str, Any], body: Any, shape: Any) -> tuple[str, str]:
    """(pointer, message) of an error. A model that says which of its fields is wrong is pointed into."""
    place: Location = tuple(error["loc"])
    context = error.get("ctx", {})
    within = next(iter(_fields_meant(error["type"], context)), None)
    known = known_fields(shape, place[:-1]) if error["type"] == "extra_forbidden" else ()
    meant = place if within is None else (*place, within)
    is_absent = within is not None or error["type"] == "missing"
    return pointer(meant, body, missing=is_absent), messages.message(error, known)


def _fields_meant(kind: str, context: Mapping[str, Any]) -> Iterator[str]:
    """The one field of a model that an error about the whole of it means, if there is one."""
    if isinstance(misfit := context.get("error"), Misfit):
        yield misfit.field
    if kind.startswith("union_tag_") and (tag := str(context["discriminator"]).strip("'")).isidentifier():
        yield tag


def _culprits(errors: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The errors, without those of lists that are too short only because their elements were refused."""
    locations: list[Location] = [error["loc"] for error in errors]

    def is_outcome(error: Mapping[str, Any]) -> bool:
        outer: Location = error["loc"]
        return error["type"] == "too_short" and any(
            len(location) > len(outer) and location[: len(outer)] == outer for location in locations
        )

    return (error for error in errors if not is_outcome(error))


def pointer(location: Location, body: Any, *, missing: bool) -> str:
    """The JSON pointer to the culprit in `body`, without the names of union members that `location` has.

    `missing`: the last part is a field that `body` does not have.
    """
    parts = []
    for position, part in enumerate(location):
        if _has(body, part):
            body = body[part]
        elif not (missing and position == len(location) - 1):
            continue
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in parts)


def _has(value: Any, part: str | int) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def sentences(errors: Iterable[tuple[str, str]]) -> str:
    """(pointer, message) pairs as one text for people."""
    return "; ".join(f"{at}: {message}" if at else message for at, message in errors)
