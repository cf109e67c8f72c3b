"""JSON merge patches (RFC 7396) of what people may set, and validation errors told by JSON pointers."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from laurel.domain.errors import Invalid

Settings = TypeVar("Settings", bound=BaseModel)
Location = tuple[str | int, ...]


def patched(settings: type[Settings], entity: BaseModel, patch: Mapping[str, Any]) -> Settings:
    """The `settings` of `entity` after `patch`. Raises Invalid with a pointer into the patch for what does not fit."""
    known = set(settings.model_fields)
    current = entity.model_dump(mode="json", include=known, exclude_none=True)
    unknown = {name: None for name in patch if name not in known}  # whose null must not vanish unseen
    try:
        return settings.model_validate({**merged(current, patch), **unknown})
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False), patch) from error


def merged(target: Any, patch: Any) -> Any:
    """`target` after `patch`: objects are merged, null removes, everything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def invalid(errors: Iterable[Mapping[str, Any]], body: Any) -> Invalid:
    """pydantic's errors about `body` as one refusal."""
    told = [(pointer(error["loc"], body, missing=error["type"] == "missing"), _message(error)) for error in errors]
    distinct = list(dict.fromkeys(told))
    return Invalid("invalid_request", sentences(distinct), distinct[0][0], distinct)


def pointer(location: Location, body: Any, *, missing: bool) -> str:
    """The JSON pointer to the culprit in `body`. Names of union members, which `location` also has, are left out.

    missing: the last part is a field that `body` does not have.
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


def _message(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


def sentences(errors: Iterable[tuple[str, str]]) -> str:
    """(pointer, message) pairs for people."""
    return "; ".join(f"{at}: {message}" if at else message for at, message in errors)
