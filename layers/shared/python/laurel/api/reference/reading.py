"""Operations and references of an OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
METHODS: Final = ("get", "head", "options", "put", "post", "patch", "delete")
PROBLEM_JSON: Final = "application/problem+json"


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """The operations as (path, method, operation), in the document's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def routed(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """The same at every path that leads to them: an operation may be at one more, written with a slash at its end."""
    for path, method, operation in operations(document):
        yield path, method, operation
        yield from ((also, method, operation) for also in operation.get("x-also-at", []))


def name_of(schema: Schema) -> str:
    """The name that a reference leads to; empty if it is none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def resolved(document: Schema, value: Schema) -> Schema:
    """`value`, or what it refers to: `#/components/<part>/<name>`."""
    if "$ref" not in value:
        return value
    part, name = value["$ref"].split("/")[2:]
    found: Schema = document["components"][part][name]
    return found


def codes(document: Schema, response: Schema) -> list[str]:
    """The error codes of a response."""
    content = resolved(document, response).get("content", {})
    return list(content.get(PROBLEM_JSON, {}).get("examples", {}))
