"""docs/openapi.json: what the handlers say, and what clients are told of keys and refusals."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from laurel.api.reference import example, operations
from tests.functional.kit.gateway import DOCUMENT
from tools import openapi

OPERATIONS = [(f"{method.upper()} {path}", operation) for path, method, operation in operations(DOCUMENT)]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == "$ref")
        yield from (found for each in value.values() for found in references(each))
    elif isinstance(value, list):
        yield from (found for each in value for found in references(each))


def test_the_stored_document_is_what_the_handlers_say():
    assert openapi.DOCUMENT.read_text() == openapi.text()


def test_every_reference_leads_somewhere():
    names = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) == names


def test_names_of_operations_differ():
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_tells_its_function_its_keys_and_its_refusals(name: str, operation: dict[str, Any]):
    assert operation["tags"][0] in openapi.folders()
    refusals = {status: told for status, told in operation["responses"].items() if status >= "400"}
    assert bool(operation["security"]) == ({"401", "403", "422"} <= set(refusals))
    assert "{" not in name or "404" in refusals
    assert not operation.get("requestBody") or {"400", "413"} <= set(refusals)
    for told in refusals.values():
        assert told["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_schema_can_be_shown_by_an_example(name: str):
    assert json.dumps(example(DOCUMENT, {"$ref": f"#/components/schemas/{name}"}))
