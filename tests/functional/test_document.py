"""Whatever the document allows, and much that it forbids: no answer is a 5xx, and every refusal is a listed problem.

One test for each operation. What is sent is made up when a test runs: every worker collects all tests, and runs some.
"""

import json
import re
from collections.abc import Callable

import pytest
import schemathesis

from laurel.api.reference import operations
from tests.functional.kit.fuzzing import event_of, fuzz
from tests.functional.kit.gateway import DOCUMENT, Gateway


@pytest.fixture(scope="module")
def document() -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(json.loads(json.dumps(DOCUMENT)))


def answered(path: str, method: str) -> Callable[..., None]:
    def test(document: schemathesis.BaseSchema, api: Gateway, outside: None, secrets_key: str) -> None:
        def check(case: schemathesis.Case) -> None:
            answer = api.send(event_of(case, api.key))
            assert answer.status < 500, answer.body
            if answer.status >= 400 and case.method not in {"OPTIONS", "HEAD"}:
                if path == "/mcp" and answer.headers["Content-Type"].startswith("application/json"):
                    assert {"code", "message"} <= answer.body["error"].keys()  # an error of the protocol of agents
                    return
                assert answer.headers["Content-Type"].startswith("application/problem+json")
                assert {"type", "title", "status", "detail", "code"} <= answer.body.keys()

        fuzz(document[path][method], check)

    return test


for path, method, _ in operations(DOCUMENT):
    name = "_".join(re.findall(r"\w+|/$", f"{method} {path}")).replace("_/", "_slash")
    globals()[f"test_no_5xx_from_{name}"] = answered(path, method.upper())


def test_every_operation_has_its_test(document: schemathesis.BaseSchema) -> None:
    made = [name for name in globals() if name.startswith("test_no_5xx_from_")]
    assert len(made) == document.statistic.operations.total > 40
