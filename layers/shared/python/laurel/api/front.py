"""The answers to paths without a function: the API document itself, and 404 or 405 for all others."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import pages, problems, reference
from laurel.api.call import call_of, origin


@cache
def text(file: Path) -> str:
    """The OpenAPI document as it is sent."""
    return file.read_text()


@cache
def page(file: Path) -> str:
    """The OpenAPI document for people."""
    return reference.page(json.loads(text(file)))


def document(file: Path) -> Response[str]:
    """Answers with the document."""
    return Response(200, "application/json", text(file))


def html(app: APIGatewayHttpResolver, file: Path) -> Response[str]:
    """Answers with the document for people."""
    shown = reference.at(page(file), origin(app))
    return Response(200, "text/html; charset=utf-8", shown, dict(reference.security_headers()))


def allowed(known: Mapping[str, Any], path: str) -> list[str]:
    """The methods that `path` has in the document; none if nothing is there."""
    asked = path.split("/")
    return sorted(
        {method.upper() for template, method, _ in reference.routed(known) if _matches(template.split("/"), asked)}
    )


def refuse(app: APIGatewayHttpResolver, file: Path) -> Response[str]:
    """405 with the methods that there are, or 404, which browsers are told on a page."""
    methods = allowed(json.loads(text(file)), app.current_event.raw_path)
    if methods and call_of(app).method not in methods:
        refusal = problems.problem(origin(app), 405, "method_not_allowed", f"there is only {', '.join(methods)} here")
        return problems.respond(refusal, {"Allow": ", ".join(methods)})
    return pages.refused(app, problems.NOTHING_HERE)


def _matches(template: list[str], path: list[str]) -> bool:
    return len(template) == len(path) and all(
        part == asked or (part.startswith("{") and asked != "") for part, asked in zip(template, path, strict=True)
    )
