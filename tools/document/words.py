"""The sentences of docs/reference: for fields, values of choices, unions, error codes, tags, variables of mails."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tools.places import ROOT

FOLDER: Final = ROOT / "docs/reference"
Json = dict[str, Any]


@dataclass(frozen=True)
class Words:
    """All sentences, as they are written."""

    fields: Json
    choices: dict[str, dict[str, str]]
    names: Json
    codes: dict[str, str]

    @staticmethod
    def read() -> "Words":
        """The sentences of today."""
        files = ("fields", "choices", "names", "codes")
        return Words(*(tomllib.loads((FOLDER / f"{file}.toml").read_text()) for file in files))

    def choice_of(self, values: Iterable[str]) -> str | None:
        """The name of the choice between `values`."""
        return self._choices.get(frozenset(values))

    @cached_property
    def _choices(self) -> dict[frozenset[str], str]:
        return {frozenset(values): name for name, values in self.choices.items()}

    def union_of(self, members: Iterable[str]) -> str | None:
        """The name of the union of `members`, known by one of them."""
        has = set(members)
        return next((name for name, said in self.names["unions"].items() if said["of"] in has), None)

    def field(self, schema: str, name: str) -> str | None:
        """The sentence for a field: of that schema alone, or of all that have one of that name."""
        own = self.fields.get(schema, {}).get(name)
        said = own if own is not None else self.fields.get(name)
        return said if isinstance(said, str) else None

    def parameter(self, name: str, place: str) -> str | None:
        """The sentence for a parameter: in the path it names a thing, elsewhere it narrows what is asked for."""
        own = self.fields["paths" if place == "path" else "parameters"]
        return own.get(name) or self.field("", name)

    def missing(self, document: Json) -> Iterator[str]:
        """Where the document has no sentence, and where to write it."""
        for name, schema in document["components"]["schemas"].items():
            for field, inner in schema.get("properties", {}).items():
                if not inner.get("description"):
                    yield f"fields.toml, {field} or [{name}] {field}"
        for operation in operations(document):
            for parameter in operation.get("parameters", []):
                if not parameter.get("description"):
                    yield f"fields.toml, [parameters] {parameter['name']} ({operation['operationId']})"
        yield from (f"choices.toml, for {', '.join(map(str, values))}" for values in _inline_choices(document))

    def said(self, document: Json) -> Json:
        """The document with its sentences."""
        for name, schema in document["components"]["schemas"].items():
            self._describe(name, schema)
        for operation in operations(document):
            for parameter in operation.get("parameters", []):
                parameter["schema"].pop("description", None)
                parameter["description"] = (
                    parameter.get("description") or self.parameter(parameter["name"], parameter["in"]) or ""
                )
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content["schema"].pop("default", None)
        tags = {operation["tags"][0] for operation in operations(document)}
        told = [
            {"name": tag, "description": self.names["tags"].get(tag, "")} for tag in self.names["tags"] if tag in tags
        ]
        return document | {"tags": told + [{"name": tag} for tag in sorted(tags - self.names["tags"].keys())]}

    def _describe(self, name: str, schema: Json) -> None:
        for field, inner in schema.get("properties", {}).items():
            said = self.field(name, field) or inner.get("description") or ""
            inner["description"] = " ".join(filter(None, (said, _default_told(inner))))
        if name in self.choices and "enum" in schema:
            told = self.choices[name]
            schema["description"] = "\n".join(f"- `{value}`: {told.get(value, '')}" for value in schema["enum"])
            schema["x-enumDescriptions"] = {value: told.get(value, "") for value in schema["enum"]}
        if name in self.names["unions"]:
            schema["description"] = self.names["unions"][name]["is"]


def operations(document: Json) -> Iterator[Json]:
    """All operations."""
    return (operation for item in document["paths"].values() for operation in item.values())


def _default_told(schema: Json) -> str:
    """An object or a list as a default is told in words: code made from the document could not hold it."""
    if not isinstance(schema.get("default"), dict | list):
        return ""
    default = schema.pop("default")
    return f"If not given: `{json.dumps(default)}`." if default and any(map(_says, _leaves(default))) else ""


def _says(value: Any) -> bool:
    return value not in (None, False)


def _leaves(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        yield value
    else:
        for each in inner:
            yield from _leaves(each)


def _inline_choices(value: Any, inside: str = "") -> Iterator[list[Any]]:
    """Choices between texts that have no name; `inside`: the name of what holds `value`."""
    if isinstance(value, dict):
        if isinstance(value.get("enum"), list) and inside not in {"schemas", "named"}:
            yield value["enum"]
        for name, inner in value.items():
            yield from _inline_choices(inner, "named" if inside == "schemas" else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _inline_choices(inner)


WORDS: Final = Words.read()
