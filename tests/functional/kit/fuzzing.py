"""Requests made up from the document: its examples, each of its limits met and broken, and some at random."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from hypothesis import HealthCheck, settings
from schemathesis import APIOperation, Case
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from tests.functional.kit.world import http_event

EXAMPLES = 6
_ORIGIN = "https://api.example.com"


def fuzz(operation: APIOperation, check: Callable[[Case], None]) -> None:
    """Lets `check` have them all, the same ones each time.

    As `parametrize` of Schemathesis does it, which makes them up when tests are collected, by every worker for all.
    """

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def test(case: Case) -> None:
        check(case)

    config = HypothesisTestConfig(project=operation.schema.config, modes=list(HypothesisTestMode))
    create_test(operation=operation, test_func=test, config=config)()


def event_of(case: Case, key: str | None) -> dict[str, Any]:
    """The event that the gateway would make of it."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=_ORIGIN)).prepare()
    url = urlsplit(str(sent.url))
    event, path = http_event(str(sent.method), "/", key=key), unquote(url.path)
    event |= {"rawPath": path, "routeKey": f"{sent.method} {path}"}
    event["requestContext"]["http"]["path"] = path
    event["headers"] = {name.lower(): str(value) for name, value in sent.headers.items()} | event["headers"]
    if url.query:
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(url.query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        event["rawQueryString"] = url.query
        event["queryStringParameters"] = {name: ",".join(each) for name, each in values.items()}
    if sent.body is not None:
        body = sent.body.encode() if isinstance(sent.body, str) else bytes(sent.body)
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event
