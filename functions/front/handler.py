"""The front door: documents, the snippet, health, and the answer to paths that no other function has."""

from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import answer, front, public, public_with_any_query, shows, snippet
from laurel.pages import assets

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["front"]
DOCUMENT = Path(__file__).with_name("openapi.json")
SNIPPET, RELEASED = Path(__file__).with_name("laurel.js"), Path(__file__).with_name("released")


@app.get(
    "/v1/openapi.json",
    summary="This document",
    tags=TAGS,
    responses=shows("application/json", "OpenAPI 3.1"),
    middlewares=[public],
)
def get_document() -> Response[str]:
    return front.document(DOCUMENT)


@app.get(
    "/docs",
    summary="This document for people",
    tags=TAGS,
    responses=shows("text/html", "One page that loads nothing"),
    middlewares=[public],
)
def get_page() -> Response[str]:
    return front.html(app, DOCUMENT)


@app.get(
    "/laurel.js",
    summary="The snippet for shops' pages",
    description="It keeps the click that a link brought and hands it on to the order. `/laurel.<hash>.js` is one "
    "version of it, for ever.",
    tags=TAGS,
    responses=shows("text/javascript", "A script of less than 1.5 KB gzipped"),
    middlewares=[public_with_any_query],
)
def get_snippet() -> Response[str]:
    return snippet.latest(SNIPPET)


@app.get("/healthz", summary="Whether the API answers at all", tags=TAGS, middlewares=[public])
def get_health() -> dict[str, str]:
    return {"status": "ok"}


@app.not_found
def refuse(_: Exception) -> Response[str]:
    path = app.current_event.raw_path
    return snippet.named(RELEASED, path.rpartition("/")[2]) or assets.served(path) or front.refuse(app, DOCUMENT)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
