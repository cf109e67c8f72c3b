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


def resolved(told: dict[str, Any]) -> dict[str, Any]:
    name = told.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["responses"][name] if name else told


def test_the_stored_document_is_what_the_handlers_say():
    assert openapi.DOCUMENT.read_text() == openapi.text()


def test_every_reference_leads_somewhere():
    parts = ("schemas", "responses", "examples")
    names = {f"#/components/{part}/{name}" for part in parts for name in DOCUMENT["components"][part]}
    assert set(references(DOCUMENT)) == names


def test_names_of_operations_differ():
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_tells_its_function_its_keys_and_its_refusals(name: str, operation: dict[str, Any]):
    assert operation["tags"][0] in openapi.folders()
    refusals = {status: resolved(told) for status, told in operation["responses"].items() if "400" <= status < "429"}
    assert bool(operation["security"]) == ({"401", "403", "422"} <= set(refusals))
    assert "{" not in name or "404" in refusals
    signed = operation["tags"][0] == "webhooks"  # a shop never gets a reason to stop sending
    assert not operation.get("requestBody") or {"413", "401" if signed else "400"} <= set(refusals)
    for status, told in refusals.items():
        if operation["tags"][0] == "agents" and status in {"400", "404"}:  # the protocol has errors of its own
            assert told["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/RpcAnswer"}
            continue
        content = told["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert content["examples"], "which codes?"


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_schema_can_be_shown_by_an_example(name: str):
    assert json.dumps(example(DOCUMENT, {"$ref": f"#/components/schemas/{name}"}))
