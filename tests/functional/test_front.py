"""The front door: documents, health, and answers where there is nothing."""

import json
import re

import pytest

from laurel.api.reference import operations
from tests.functional.kit.gateway import DOCUMENT, Gateway
from tests.functional.kit.world import World, http_event
from tools.places import ROOT


def test_the_document_is_the_one_in_docs(api: Gateway):
    answer = api.get("/v1/openapi.json", key=None)
    assert answer.body == json.loads((ROOT / "docs/openapi.json").read_text())


def test_the_page_shows_every_operation_and_loads_nothing(api: Gateway):
    answer = api.get("/docs", key=None)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for path, method, _ in operations(DOCUMENT):
        assert f"{method.upper()} {path}" in answer.body
    assert not re.search(r"<script|<img|<link|src=|url\(|@import", answer.body)


def test_the_page_may_do_nothing_but_be_styled(api: Gateway):
    policy = api.get("/docs", key=None).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/offers", "/v1/offers/", "/v1/offers/a/b/c/d", "/v1/openapi.json/x", "/é🎉"]
)
def test_where_nothing_is_the_answer_is_404(api: Gateway, path: str):
    answer = api.get(path)
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/offers", "GET, POST"),
        ("PUT", "/v1/program", "GET, PATCH"),
        ("HEAD", "/v1/offers/off_x", "GET, PATCH"),
        ("OPTIONS", "/healthz", "GET"),
        ("POST", "/v1/offers/off_x/enrollments/mem_x", "GET, PATCH, PUT"),
    ],
)
def test_another_method_is_405_and_says_which_there_are(api: Gateway, method: str, path: str, allowed: str):
    answer = api.call(method, path)
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "method_not_allowed", allowed)


@pytest.mark.parametrize("body", ["{", "x" * 300_000])
def test_no_body_makes_404_anything_else(api: Gateway, body: str):
    assert api.post("/v1/nothing", body).status == 404


def test_an_event_at_the_wrong_function_is_404(api: Gateway, world: World):
    assert api.send(http_event("GET", "/v1/offers", key=world.admin), "members").status == 404
