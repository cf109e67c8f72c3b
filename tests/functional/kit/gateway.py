"""The HTTP API in this process: a request goes to the function that the OpenAPI document names, or else to front."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from laurel.api.reference import routed
from tests.functional.kit.world import http_event
from tools.places import ROOT

DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text())


class Context:
    """What Powertools asks of Lambda's context."""

    function_name = "laurel"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:laurel"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]
    cookies: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.body["errors"]]


@dataclass(slots=True)
class Gateway:
    """Calls with `key` unless another is given."""

    key: str | None = None

    def get(self, path: str, **kwargs: Any) -> Answer:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, body: object = None, **kwargs: Any) -> Answer:
        return self.call("POST", path, body, **kwargs)

    def put(self, path: str, body: object = None, **kwargs: Any) -> Answer:
        return self.call("PUT", path, body, **kwargs)

    def patch(self, path: str, body: object = None, **kwargs: Any) -> Answer:
        return self.call("PATCH", path, body, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Answer:
        return self.call("DELETE", path, **kwargs)

    def call(self, method: str, path: str, body: object = None, *, key: str | None = "own", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(http_event(method, path, body, self.key if key == "own" else key, named))

    def send(self, event: Mapping[str, Any], function: str | None = None) -> Answer:
        http = event["requestContext"]["http"]
        target = function or function_of(http["method"], event["rawPath"])
        answer = importlib.import_module(f"{target}.handler").handler(event, Context())
        text = answer["body"]
        require_listed(http["method"], event["rawPath"], target, answer)
        is_json = "json" in answer["headers"].get("Content-Type", "")
        return Answer(
            answer["statusCode"], json.loads(text) if is_json else text, answer["headers"], tuple(answer["cookies"])
        )


def function_of(method: str, path: str) -> str:
    operation = operation_at(method, path)
    return "front" if operation is None else str(operation["tags"][0])


@cache
def operation_at(method: str, path: str) -> Mapping[str, Any] | None:
    """What the document has there."""
    asked = path.split("/")
    for template, known, operation in routed(DOCUMENT):
        parts = template.split("/")
        if known == method.lower() and len(parts) == len(asked) and all(map(_fits, parts, asked)):
            return operation
    return None


def require_listed(method: str, path: str, function: str, answer: Mapping[str, Any]) -> None:
    """The document lists every code that an operation answers with, so that nobody meets one that is not there."""
    operation = operation_at(method, path)
    if operation is None or operation["tags"][0] != function or not is_problem(answer):
        return
    listed = [listing(told) for told in operation["responses"].values()]
    code = json.loads(answer["body"])["code"]
    assert any(code in codes for codes in listed), f"{operation['operationId']} does not list {code}"


def is_problem(answer: Mapping[str, Any]) -> bool:
    """Whether it is a refusal, and told as one: browsers get a page."""
    return answer["statusCode"] in range(400, 500) and "problem+json" in answer["headers"].get("Content-Type", "")


def listing(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The codes of a response of the document."""
    if "$ref" in told:
        told = DOCUMENT["components"]["responses"][told["$ref"].rpartition("/")[2]]
    content: Mapping[str, Any] = told.get("content", {}).get("application/problem+json", {})
    return dict(content.get("examples", {}))


def _fits(part: str, given: str) -> bool:
    return part == given or part.startswith("{")


def matches(expected: Any, actual: Any) -> bool:
    """Whether `actual` has all that `expected` has."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(name in actual and matches(value, actual[name]) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(matches, expected, actual))
    return bool(expected == actual)
