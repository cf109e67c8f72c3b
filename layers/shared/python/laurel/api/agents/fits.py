"""Values beside their schema: a plan of what could never be sent is refused before anybody is shown it.

Kinds, choices and names are looked at; forms and bounds are the API's to judge, when the plan is carried out.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from laurel.api.reference.reading import Schema, resolved
from laurel.domain.values import messages, patches
from laurel.domain.values.errors import Invalid

MOST_TOLD: Final = 20
_LONGEST: Final = 200
"""Characters of a pointer that are told: a name in it may be as long as the body."""
_KINDS: Final[dict[str, tuple[type | tuple[type, ...], str]]] = {
    "string": (str, "a text is needed, in quotes"),
    "integer": (int, "a whole number is needed, without quotes"),
    "number": ((int, float), "a number is needed"),
    "boolean": (bool, "true or false is needed, without quotes"),
    "array": (list, "a list is needed"),
    "object": (dict, "an object is needed"),
    "null": (type(None), "only null fits here"),
}
_ANOTHER: Final = "this is another kind"
Misfit = tuple[str, str]
"""A JSON pointer, and a message."""


def require(document: Schema, fields: Mapping[str, Schema], given: Mapping[str, Any]) -> None:
    """Raises Invalid unless each value fits the schema of its field."""
    refuse(misfit for name, value in given.items() for misfit in misfits(document, fields[name], value, f"/{name}"))


def refuse(found: Iterable[Misfit]) -> None:
    """Raises Invalid with the first misfits, if there are any: as many as anybody would read."""
    told = [(pointer[:_LONGEST], message) for pointer, message in islice(found, MOST_TOLD)]
    if told:
        raise Invalid("invalid_request", patches.sentences(told), told[0][0], told)


def misfits(document: Schema, schema: Schema, value: Any, at: str) -> Iterator[Misfit]:
    """What does not fit, with its place; `at`: the place of `value`."""
    whole = resolved(document, schema)
    options = whole.get("anyOf") or whole.get("oneOf")
    if options:
        yield from _of_nearest([list(misfits(document, option, value, at)) for option in options])
    elif "const" in whole or "enum" in whole:
        choices = whole.get("enum", [whole.get("const")])
        if value not in choices:
            yield at, _ANOTHER if "const" in whole else f"one of {', '.join(map(json.dumps, choices))} is needed"
    elif not _is_of_kind(whole, value):
        yield at, _KINDS[whole["type"]][1]
    else:
        yield from _within(document, whole, value, at)


def _is_of_kind(schema: Schema, value: Any) -> bool:
    kind = schema.get("type")
    if kind is None:
        return True
    if isinstance(value, bool):
        return bool(kind == "boolean")
    is_decimal = kind == "string" and isinstance(value, int | float) and "pattern" in schema
    return isinstance(value, _KINDS[kind][0]) or (is_decimal and bool(re.match(schema["pattern"], str(value))))


def _within(document: Schema, schema: Schema, value: Any, at: str) -> Iterator[Misfit]:
    """The misfits inside an object or a list."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from misfits(document, schema.get("items", {}), inner, f"{at}/{index}")
    elif isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from ((f"{at}/{name}", "this is needed") for name in schema.get("required", []) if name not in value)
        for name, inner in value.items():
            if name not in fields and others is False:
                yield f"{at}/{name}", messages.unknown_name(name, "field", fields)
            elif name in fields or isinstance(others, dict):
                yield from misfits(document, fields.get(name, others), inner, f"{at}/{name}")


def _of_nearest(tried: list[list[Misfit]]) -> list[Misfit]:
    """The misfits of the alternative that was meant, as far as can be told: of the same kind, with the fewest."""
    return min(tried, key=lambda found: (any(why in {_ANOTHER, _KINDS["null"][1]} for _, why in found), len(found)))
