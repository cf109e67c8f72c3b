"""Whatever the document allows, and much that it forbids: no answer is a 5xx, and every refusal is a problem.

One test for each operation, with a name of its own: pytest-xdist runs only one of several tests that share a name. What
is sent is made up when a test runs: every worker collects all tests, and runs some of them.
"""

import json
import re
from collections.abc import Callable, Iterator

import pytest
import requests
import schemathesis

from laurel.api.reference import operations
from tests.journeys.kit.client import Api
from tests.journeys.kit.fuzzing import fuzz
from tools.places import ROOT

DOCUMENT = ROOT / "docs/openapi.json"


@pytest.fixture(scope="module")
def document() -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_path(str(DOCUMENT))


@pytest.fixture(scope="module")
def victim(stranger: Api) -> Api:
    """A program of its own, so that what is made up here disturbs nobody."""
    return stranger


@pytest.fixture(scope="module")
def connection() -> Iterator[requests.Session]:
    """Kept open from request to request; this machine's proxies are none of its business."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def answered(path: str, method: str) -> Callable[..., None]:
    def test(document: schemathesis.BaseSchema, victim: Api, connection: requests.Session) -> None:
        def check(case: schemathesis.Case) -> None:
            answer = case.call(victim.url, connection, headers={"Authorization": f"Bearer {victim.key}"})
            assert answer.status_code < 500, answer.text
            if answer.status_code >= 400 and case.method != "OPTIONS":  # pre-flights are answered by the gateway itself
                if path == "/mcp" and answer.headers["content-type"][0].startswith("application/json"):
                    assert {"code", "message"} <= answer.json()["error"].keys()  # an error of the protocol of agents
                    return
                assert answer.headers["content-type"][0].startswith("application/problem+json")
                if case.method != "HEAD":  # its answers have no body
                    assert {"type", "title", "status", "detail", "code"} <= answer.json().keys()

        fuzz(document[path][method], check)

    return test


for path, method, _ in operations(json.loads(DOCUMENT.read_text())):
    name = "_".join(re.findall(r"\w+|/$", f"{method} {path}")).replace("_/", "_slash")
    globals()[f"test_no_5xx_from_{name}"] = answered(path, method.upper())


def test_every_operation_has_its_test(document: schemathesis.BaseSchema) -> None:
    made = [name for name in globals() if name.startswith("test_no_5xx_from_")]
    assert len(made) == document.statistic.operations.total > 40
