"""Every operation of the contract reaches its function."""

import json
from pathlib import Path

import pytest

from infra.routes import ELSEWHERE, PAGES, Route, routes
from tests.infra.conftest import Deployed
from tests.infra.kit.facts import Facts

TARGET = "integrations/"


def _folders_by_route(facts: Facts) -> dict[str, str]:
    integrations = {made.logical_id: made for made in facts.all("ApiGatewayV2::Integration")}
    found = {}
    for route in facts.all("ApiGatewayV2::Route"):
        (prefix, reference) = route.properties["Target"]["Fn::Join"][1]
        assert prefix == TARGET
        integration = integrations[reference["Ref"]].properties
        found[route.properties["RouteKey"]] = facts.folder_of(integration["IntegrationUri"])
    return found


def test_every_operation_has_a_route_to_its_function(prod: Facts, openapi: Path) -> None:
    paths = json.loads(openapi.read_text())["paths"]
    told = {
        f"{method.upper()} {place}": operation["tags"][0]
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in {"get", "head", "options", "post", "put", "patch", "delete"}
        for place in (path, *operation.get("x-also-at", []))
    }
    pages = {f"ANY /{folder}{below}": folder for folder in ("console", "portal") for below in ("", "/{proxy+}")}
    assert _folders_by_route(prod) == told | pages | ELSEWHERE | {"$default": "front"}


def test_one_integration_and_one_permission_a_function(prod: Facts) -> None:
    folders = set(_folders_by_route(prod).values())
    assert len(prod.all("ApiGatewayV2::Integration")) == len(folders)
    permitted = {
        prod.folder_of(made.properties["FunctionName"])
        for made in prod.all("Lambda::Permission")
        if made.properties["Principal"] == "apigateway.amazonaws.com"
    }
    assert permitted == folders


@pytest.mark.parametrize(("name", "rate"), [("dev", 100), ("prod", 2_000)])
def test_the_stage_is_throttled_and_leaves_the_log_to_the_functions(deployed: Deployed, name: str, rate: int) -> None:
    stage = deployed(name).the("ApiGatewayV2::Stage").properties
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == rate
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] >= rate
    assert "AccessLogSettings" not in stage


def test_an_operation_without_a_function_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text('{"paths": {"/v1/offers": {"get": {"tags": ["offers"]}, "post": {}, "parameters": []}}}')
    with pytest.raises(ValueError, match="POST /v1/offers has no tag"):
        routes(document)


def test_what_belongs_to_a_path_is_not_an_operation(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text('{"paths": {"/v1/offers": {"get": {"tags": ["offers"]}, "parameters": []}}}')
    told = [route for route in routes(document) if route.folder not in PAGES and route.key not in ELSEWHERE]
    assert told == [Route("GET /v1/offers", "offers")]
