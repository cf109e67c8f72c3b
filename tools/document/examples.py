"""A request for each operation: ids that look like ids; bodies and parameters of docs/reference/examples.toml."""

import json
import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from laurel.domain.values.ids import derived_id
from tools.document.naming import parameters
from tools.document.words import FOLDER, operations

Json = dict[str, Any]
EXAMPLES: Final[Json] = tomllib.loads((FOLDER / "examples.toml").read_text())
_AS_SENT: Final[Json] = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "object", "description": "As the platform sends it."}}},
}
"""The body that a route reads by itself."""
_PREFIX: Final = re.compile(r"\^([a-z]+)_\[")
_STAND_IN: Final = re.compile(r"\$([a-z_]+)")


def shown(document: Json) -> Json:
    """The document with an example of each parameter that must be given, and of each body."""
    ids = _ids(document)
    for operation in operations(document):
        said = EXAMPLES.get(operation["operationId"], {})
        _add_parameters(operation, said)
        for parameter in operation.get("parameters", []):
            _show_parameter(parameter, said, ids)
        if "body" in said:
            for content in operation.setdefault("requestBody", deepcopy(_AS_SENT))["content"].values():
                content["example"] = filled(json.loads(said["body"]), ids)
    return document


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """`value` with `$name` replaced by the id of that name wherever it stands in a text."""
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    if isinstance(value, str):
        return _STAND_IN.sub(lambda found: ids.get(found[1], found[0]), value)
    return value


def _ids(document: Json) -> dict[str, str]:
    """A value for each name of a parameter in a path: an id, or what examples.toml says."""
    found = dict(EXAMPLES["values"])
    for _, parameter in parameters(document):
        prefix = _PREFIX.match(parameter["schema"].get("pattern", ""))
        if parameter["in"] == "path" and prefix is not None and parameter["name"] not in found:
            found[parameter["name"]] = derived_id(prefix[1], parameter["name"])
    return found


def _add_parameters(operation: Json, said: Json) -> None:
    """Parameters that a route reads by itself, so that its handler does not declare them."""
    known = {parameter["name"] for parameter in operation.get("parameters", [])}
    for where in ("query", "headers"):
        for name, given in said.get(where, {}).items():
            if name in known:
                continue
            added = {"name": name, "in": where.removesuffix("s"), "required": False, "schema": {"type": _type(given)}}
            operation.setdefault("parameters", []).append(added)
    operation.get("parameters", []).sort(key=lambda one: (one["in"] != "path", not one["required"], one["in"]))


def _type(value: Any) -> str:
    return "integer" if isinstance(value, int) else "string"


def _show_parameter(parameter: Json, said: Json, ids: Mapping[str, str]) -> None:
    name = parameter["name"]
    given = {**said.get("query", {}), **said.get("headers", {})}
    if name in given:
        parameter["example"] = filled(given[name], ids)
    elif parameter["in"] == "path" and name in ids:
        parameter["example"] = ids[name]
