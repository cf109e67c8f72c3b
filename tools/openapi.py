"""docs/openapi.json from the handlers: one document, the same for the same source.

    python -m tools.openapi [--check]

--check writes nothing, and fails if the stored document differs from the handlers.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Route

from laurel.api.authorization import Authorization, authorization_of
from laurel.api.documents import refusals
from laurel.api.problems import Problem
from tools.failure import say
from tools.places import ROOT

DOCUMENT: Final = ROOT / "docs" / "openapi.json"
FUNCTIONS: Final = ROOT / "functions"
SERVER: Final = ".."  # as seen from /v1/openapi.json, whatever prefix both have
Json = dict[str, Any]

_INFO: Final = {
    "title": "Laurel",
    "version": "1",
    "description": "Affiliate and creator programs: offers, members, conversions, commissions and performance rewards. "
    "Money is in minor units; instants are RFC 3339 in UTC; lists are newest first.",
}
_BEARER: Final = {"type": "http", "scheme": "bearer", "description": "An API key of the program: lk_..."}


def document() -> Json:
    """The whole document, every object sorted by key."""
    paths: Json = {}
    schemas = _problem()
    for app in apps():
        described = _described(app)
        for path, item in described["paths"].items():
            paths.setdefault(path, {}).update(item)
        for name, schema in described.get("components", {}).get("schemas", {}).items():
            assert schemas.setdefault(name, schema) == schema, f"two schemas are named {name}"
    whole = {"openapi": "3.1.0", "info": _INFO, "servers": [{"url": SERVER}], "paths": paths}
    components = {"schemas": _used(whole, schemas), "securitySchemes": {"bearer": _BEARER}}
    ordered: Json = _sorted(whole | {"components": components})
    return ordered


def text() -> str:
    """The document as it is stored."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def folders() -> list[str]:
    """The folders of all functions."""
    return sorted(handler.parent.name for handler in FUNCTIONS.glob("*/handler.py"))


def apps() -> Iterator[APIGatewayHttpResolver]:
    """The resolver of every function that answers HTTP, by folder."""
    for folder in folders():
        module = importlib.import_module(f"{folder}.handler")
        if isinstance(app := getattr(module, "app", None), APIGatewayHttpResolver):
            yield app


def routes(app: APIGatewayHttpResolver) -> list[Route]:
    """Every route of a resolver."""
    return [*app._static_routes, *app._dynamic_routes]


def main() -> int:
    """The exit status: 0, or 1 if `--check` finds the document stale."""
    parser = argparse.ArgumentParser(description="Write docs/openapi.json from the handlers")
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        DOCUMENT.write_text(text())
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text() == text():
        return 0
    say(f"{DOCUMENT.relative_to(ROOT)} is not what the handlers say: run make openapi")
    return 1


def _problem() -> Json:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def _described(app: APIGatewayHttpResolver) -> Json:
    described: Json = json.loads(app.get_openapi_json_schema(title="-", version="-"))
    for route in routes(app):
        _finish(described["paths"][route.openapi_path][route.method.lower()], route)
    return described


def _finish(operation: Json, route: Route) -> None:
    """Completes a route's declarations: adds its scopes, and removes additions of Powertools that do not hold here."""
    admission = authorization_of(route.middlewares)
    assert admission is not None, f"{route.method} {route.path} says nothing of keys"
    operation["operationId"] = route.func.__name__
    operation["security"] = [{"bearer": []}] if admission.scopes else []
    operation["description"] = " ".join(filter(None, (operation.get("description"), _scopes(admission))))
    operation.pop("deprecated", None)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "header":
            parameter["name"] = parameter["name"].title()
    if not admission.scopes and "401" not in operation["responses"]:
        operation["responses"].pop("422", None)
        if not admission.takes_any_query:
            operation["responses"]["422"] = refusals(422)[422]
    if "204" in operation["responses"]:
        operation["responses"]["204"].pop("content", None)


def _scopes(admission: Authorization) -> str:
    if not admission.scopes:
        return "Needs no key; takes any query." if admission.takes_any_query else "Needs no key."
    named = " or ".join(dict.fromkeys(("admin", *admission.scopes)))
    return f"Needs a key with the scope {named}."


def _used(whole: Json, schemas: Json) -> Json:
    """The schemas that the paths refer to, directly or not."""
    used: Json = {}
    waiting = [whole]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in used:
                used[name] = schemas[name]
                waiting.append(schemas[name])
    return used


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
