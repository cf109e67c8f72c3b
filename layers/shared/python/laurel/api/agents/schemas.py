"""The input of a tool: one JSON Schema that refers to nothing outside itself, of an operation's parameters and body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from laurel.api.reference.reading import Schema, resolved

Json = dict[str, Any]
LEFT_OUT: Final = frozenset({"connection", "webhook_secret", "drop_previous_secret", "payer", "format", "totals"})
"""Arguments that no tool takes: credentials and accounts, which must not pass through a conversation, and forms of
tables, since a tool answers in JSON."""
_NOT_SHOWN: Final = frozenset({"discriminator", "example", "examples", "x-enumDescriptions", "x-name"})
_COMPONENTS: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The arguments of an operation, by where they go: none has two places. `required`: those that must be given."""

    path: Mapping[str, Json]
    query: Mapping[str, Json]
    body: Mapping[str, Json]
    required: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all."""
        return (*self.path, *self.query, *self.body)


def inputs(document: Schema, operation: Schema) -> Inputs:
    """The arguments that an operation takes."""
    parameters = [each for each in operation.get("parameters", []) if each["name"] not in LEFT_OUT]
    placed = {place: {p["name"]: _parameter(p) for p in parameters if p["in"] == place} for place in ("path", "query")}
    body, needed = _body(document, operation.get("requestBody", {}))
    required = {p["name"] for p in parameters if p["required"] and p["in"] != "header"}
    return Inputs(placed["path"], placed["query"], body, frozenset(required | needed))


def input_schema(document: Schema, taken: Inputs) -> Json:
    """The schema of a tool's arguments, with what it refers to under `$defs`."""
    fields = {**taken.path, **taken.query, **taken.body}
    schema: Json = {"type": "object", "properties": _shown(fields), "additionalProperties": False}
    if taken.required:
        schema["required"] = sorted(taken.required)
    used = {name: _shown(document["components"]["schemas"][name]) for name in _used(document, fields)}
    whole: Json = _said_once(schema | ({"$defs": used} if used else {}), set())
    return whole


def _parameter(parameter: Json) -> Json:
    return {**parameter["schema"], "description": parameter["description"]}


def _body(document: Schema, body: Json) -> tuple[Mapping[str, Json], set[str]]:
    """The fields of a body that is an object, and those that must be given."""
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    options = [option for option in schema.get("anyOf", [schema]) if option != {"type": "null"}]
    whole = resolved(document, options[0])
    fields = {name: field for name, field in whole.get("properties", {}).items() if name not in LEFT_OUT}
    return fields, set(whole.get("required", [])) & fields.keys() if body.get("required") else set()


def _used(document: Schema, value: Any) -> list[str]:
    """The names of all schemas that `value` refers to, directly or not, in order."""
    found: set[str] = set()
    waiting: list[Any] = [value]
    while waiting:
        new = set(_references(waiting.pop())) - found
        found |= new
        waiting += [document["components"]["schemas"][name] for name in new]
    return sorted(found)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.removeprefix(_COMPONENTS)
        for name, inner in value.items():
            if name not in _NOT_SHOWN:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _said_once(value: Any, said: set[str]) -> Any:
    """A schema without sentences that stand in it already: variants repeat their fields, and tools come all at once."""
    if isinstance(value, dict):
        own = value.get("description")
        kept = {name: _said_once(inner, said) for name, inner in value.items() if name != "description"}
        if not isinstance(own, str):
            return kept if own is None else {**kept, "description": _said_once(own, said)}
        if own in said:
            return kept
        said.add(own)
        return {**kept, "description": own}
    return [_said_once(inner, said) for inner in value] if isinstance(value, list) else value


def _shown(value: Any) -> Any:
    """A schema as agents see it: references within it, and nothing that only OpenAPI knows."""
    if isinstance(value, dict):
        spare = {"type"} if {"const", "enum"} & value.keys() else set()
        return {
            name: inner.replace(_COMPONENTS, "#/$defs/") if name == "$ref" and isinstance(inner, str) else _shown(inner)
            for name, inner in value.items()
            if name not in _NOT_SHOWN | spare and (name, inner) != ("additionalProperties", False)
        }
    return [_shown(inner) for inner in value] if isinstance(value, list) else value
