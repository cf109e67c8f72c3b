"""The front door: documents, health, and answers where there is nothing."""

import base64
import hashlib
import html
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
    text = re.sub(r"<[^>]+>", "", answer.body)
    for path, method, _ in operations(DOCUMENT):
        assert f"{method.upper()} {path}" in text
    assert not re.search(r"<img|<link|src=|url\(|@import|fetch\(|XMLHttpRequest", answer.body)


def test_the_page_may_do_nothing_but_run_its_script_and_be_styled(api: Gateway):
    answer = api.get("/docs", key=None)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.body, re.S)
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_every_anchor_of_the_page_leads_somewhere_and_is_there_once(api: Gateway):
    body = api.get("/docs", key=None).body
    anchors = re.findall(r' id="([^"]+)"', body)
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r'href="#([^"]+)"', body)) <= set(anchors)


def test_a_refusal_leads_to_the_meaning_of_its_code(api: Gateway):
    page = api.get("/docs", key=None).body
    kind = api.get("/v1/members?e_mail=a").body["type"]
    assert kind == "https://api.example.com/docs#error-unknown_parameter"
    assert f'id="{kind.partition("#")[2]}"' in page


def test_the_page_knows_every_variant_choice_code_and_variable(api: Gateway):
    page = api.get("/docs", key=None).body
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert f'id="schema-{name}"' in page
        assert all(f"<code>{value}</code>" in page for value in schema.get("enum", []))
    assert all(f'id="error-{code}"' in page for code in DOCUMENT["components"]["examples"])
    assert all(html.escape(name) in page for name in DOCUMENT["x-mail-variables"])


def test_the_page_shows_every_event_with_its_sentence_fields_headers_and_an_example(api: Gateway):
    page = api.get("/docs").body
    for type_, path in DOCUMENT["webhooks"].items():
        begins = page.index(f'<article id="event-{type_}">')
        shown = page[begins : page.index("</article>", begins)]
        assert path["post"]["summary"] in html.unescape(shown)
        assert "<dt><code>data</code>" in shown
        _, _, told = shown.rpartition('<pre tabindex="0"><code>')
        sent = path["post"]["requestBody"]["content"]["application/json"]["example"]
        assert json.loads(html.unescape(told.partition("</code>")[0])) == sent
        assert f'href="#event-{type_}"' in page
    assert all(f"<code>webhook-{name}</code>" in page for name in ("id", "timestamp", "signature"))


def test_the_page_says_where_it_is_whatever_the_request_claims(api: Gateway):
    assert "export URL=https://api.example.com\n" in api.get("/docs", key=None).body
    claimed = api.get("/docs", key=None, host="<script>alert(1)</script>").body
    assert "<script>alert" not in claimed


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
