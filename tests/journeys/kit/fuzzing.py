"""Requests made up from the document: its examples, each of its limits met and broken, and some at random."""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from schemathesis import APIOperation, Case
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

EXAMPLES = 6


def fuzz(operation: APIOperation, check: Callable[[Case], None]) -> None:
    """Lets `check` have them all, the same ones each time.

    As `parametrize` of Schemathesis does it, which makes them up when tests are collected, by every worker for all.
    """

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def test(case: Case) -> None:
        check(case)

    config = HypothesisTestConfig(project=operation.schema.config, modes=list(HypothesisTestMode))
    create_test(operation=operation, test_func=test, config=config)()
