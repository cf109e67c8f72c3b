"""The front door: documents, health, and the answer to paths that no other function has."""

from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import answer, front, public, shows

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["front"]
DOCUMENT = Path(__file__).with_name("openapi.json")


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
    responses=shows("text/html", "One page, without scripts"),
    middlewares=[public],
)
def get_page() -> Response[str]:
    return front.html(DOCUMENT)


@app.get("/healthz", summary="Whether the API answers at all", tags=TAGS, middlewares=[public])
def get_health() -> dict[str, str]:
    return {"status": "ok"}


@app.not_found
def refuse(_: Exception) -> Response[str]:
    return front.refuse(app, DOCUMENT)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
