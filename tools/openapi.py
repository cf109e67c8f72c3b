"""docs/openapi.json from the handlers: one document, the same for the same source.

    python -m tools.openapi [--check]

--check writes nothing, and fails if the stored document differs from the handlers.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Route

from laurel.api import documents
from laurel.api.authorization import Authorization, authorization_of
from laurel.api.problems import Problem
from tools.commands import Arguments, operate
from tools.document import examples, naming, refusals, webhooks
from tools.document.words import WORDS
from tools.failure import say
from tools.places import ROOT

DOCUMENT: Final = ROOT / "docs" / "openapi.json"
FUNCTIONS: Final = ROOT / "functions"
Json = dict[str, Any]

_INFO: Final = {
    "title": "Laurel",
    "version": "1",
    "license": {"name": "All rights reserved", "identifier": "LicenseRef-All-Rights-Reserved"},
    "description": "Affiliate and creator programs: offers, members, conversions, commissions and performance rewards. "
    "Money is in minor units; instants are RFC 3339 in UTC; lists are newest first.",
}
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key of the program, `Authorization: Bearer lk_...`. The key decides the program and what "
    "it is for: with `admin` everything, with `read` only reading, with `storefront` reporting for one storefront. "
    "`POST /v1/api-keys` makes more of them.",
}
_TOO_MANY: Final = {"description": "Too many requests at once, in the gateway's own words: try again in a second."}
_AS_SAID: Final = {"example", "content"}
"""Objects whose order is told: that of an example, and the media types of an answer, the usual one first."""
_SERVER: Final = {"url": "..", "description": "Where this document is served, as seen from its own address."}


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
    _fold_slashes(paths)
    whole = {"openapi": "3.1.0", "info": _INFO, "servers": [_SERVER], "paths": paths}
    whole["x-mail-variables"] = WORDS.names["variables"]
    sent = webhooks.schemas(schemas)
    used = whole | {
        "components": {"schemas": _used([whole, sent], schemas | sent) | sent, "securitySchemes": {"bearer": _BEARER}}
    }
    ordered: Json = _sorted(
        webhooks.told(refusals.shared(refusals.told(WORDS.said(examples.shown(naming.named(used))))))
    )
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
    return operate(_run)


def _run() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("--check", action="store_true", help="write nothing; the exit status says whether it agrees")
    if not asked.parse_args().check:
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


def _fold_slashes(paths: Json) -> None:
    """A path that is another with a slash at its end is no path of its own, but one more place of its operations."""
    for path in [path for path in paths if path.endswith("/") and path[:-1] in paths]:
        for method in paths.pop(path):
            paths[path[:-1]][method]["x-also-at"] = [path]


def _finish(operation: Json, route: Route) -> None:
    """Completes a route's declarations: adds its scopes, and removes additions of Powertools that do not hold here."""
    admission = authorization_of(route.middlewares)
    assert admission is not None, f"{route.method} {route.path} says nothing of keys"
    operation["operationId"] = route.func.__name__
    operation |= _rights(admission)
    operation["description"] = " ".join(filter(None, (operation.get("description"), _scopes(admission))))
    operation.pop("deprecated", None)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "header":
            parameter["name"] = parameter["name"].title()
    if not admission.scopes and "401" not in operation["responses"]:
        operation["responses"].pop("422", None)
        if not admission.takes_any_query:
            operation["responses"]["422"] = documents.refusals(422)[422]
    if operation["tags"][0] != "front":
        operation["responses"] |= {str(status): told for status, told in documents.refusals(503).items()}
    operation["responses"]["429"] = _TOO_MANY
    if not any(status.startswith("2") for status in operation["responses"]):
        operation["responses"]["default"] = {"description": "Nothing else is answered."}
    if "204" in operation["responses"]:
        operation["responses"]["204"].pop("content", None)


def _rights(admission: Authorization) -> Json:
    """The need of a key: `x-scopes` are those of which it has to have one."""
    if not admission.scopes:
        return {"security": []}
    return {"security": [{"bearer": []}], "x-scopes": sorted({"admin", *admission.scopes})}


def _scopes(admission: Authorization) -> str:
    if not admission.scopes:
        return "Needs no key; takes any query." if admission.takes_any_query else "Needs no key."
    named = " or ".join(dict.fromkeys(("admin", *admission.scopes)))
    return f"Needs a key with the scope {named}."


def _used(roots: list[Json], schemas: Json) -> Json:
    """The schemas that `roots` refer to, directly or not."""
    used: Json = {}
    waiting = [*roots]
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
        return {name: value[name] if name in _AS_SAID else _sorted(value[name]) for name in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
