"""Whatever the document allows, and much that it forbids: no answer is a 5xx, and every refusal is a problem.

One test for each operation, with a name of its own: pytest-xdist runs only one of several tests that share a name.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.journeys.kit.client import Api

DOCUMENT = schemathesis.openapi.from_path(str(Path(__file__).parents[2] / "docs/openapi.json"))
EXAMPLES = 6


@pytest.fixture(scope="module")
def victim(stranger: Api) -> Api:
    """A program of its own, so that what is made up here disturbs nobody."""
    return stranger


def answered(path: str, method: str) -> Callable[..., None]:
    @DOCUMENT.include(path=path, method=method).parametrize()
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def test(case: schemathesis.Case, victim: Api) -> None:
        answer = case.call(base_url=victim.url, headers={"Authorization": f"Bearer {victim.key}"})
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400 and case.method != "OPTIONS":  # pre-flights are answered by the gateway itself
            assert answer.headers["content-type"][0].startswith("application/problem+json")
            if case.method != "HEAD":  # its answers have no body
                assert {"type", "title", "status", "detail", "code"} <= answer.json().keys()

    return test


for found in DOCUMENT.get_all_operations():
    operation = found.ok()
    name = "_".join(re.findall(r"\w+", f"{operation.method} {operation.path}"))
    globals()[f"test_no_5xx_from_{name}"] = answered(operation.path, operation.method.upper())


def test_every_operation_has_its_test() -> None:
    made = [name for name in globals() if name.startswith("test_no_5xx_from_")]
    assert len(made) == DOCUMENT.statistic.operations.total > 40
