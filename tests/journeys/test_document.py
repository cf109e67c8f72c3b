"""Whatever the document allows, and much that it forbids: no answer is a 5xx, and every refusal is a problem."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.journeys.client import Api

DOCUMENT = schemathesis.openapi.from_path(str(Path(__file__).parents[2] / "docs/openapi.json"))
EXAMPLES = 20


@pytest.fixture(scope="module")
def victim(stranger: Api) -> Api:
    """A program of its own, so that what is made up here disturbs nobody."""
    return stranger


@DOCUMENT.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_no_request_is_answered_by_a_5xx(case: schemathesis.Case, victim: Api):
    answer = case.call(base_url=victim.url, headers={"Authorization": f"Bearer {victim.key}"})
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and case.method != "OPTIONS":  # pre-flights are answered by the gateway itself
        assert answer.headers["content-type"][0].startswith("application/problem+json")
        assert {"type", "title", "status", "detail", "code"} <= answer.json().keys()
