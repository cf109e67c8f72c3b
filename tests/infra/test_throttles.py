"""Strangers cannot use up what shops need: routes have budgets of their own."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.constructs.http_api import limits
from infra.environments import ENVIRONMENTS
from infra.routes import Route
from tests.infra.conftest import Deployed
from tests.infra.kit.facts import Facts


def stage_of(facts: Facts) -> dict[str, Any]:
    return facts.the("ApiGatewayV2::Stage").properties


def budgets(facts: Facts) -> dict[str, int]:
    return {key: told["ThrottlingRateLimit"] for key, told in stage_of(facts)["RouteSettings"].items()}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_links_documents_and_unknown_paths_get_less_than_orders(deployed: Deployed, name: str) -> None:
    rates = budgets(deployed(name))
    strangers = {rates[key] for key in ("GET /r/{slug}", "GET /docs", "GET /healthz", "$default")}
    webhooks = [f"POST /webhooks/{{storefront_id}}/{each}" for each in ("shopify", "woocommerce", "stripe")]
    shops = {rates[key] for key in (*webhooks, "POST /v1/conversions", "POST /v1/refunds", "GET /t/{storefront_id}")}
    assert (strangers, shops) == (
        {ENVIRONMENTS[name].public_rate},
        {stage_of(deployed(name))["DefaultRouteSettings"]["ThrottlingRateLimit"]},
    )
    assert max(strangers) < min(shops)


def test_every_operation_without_a_key_has_a_budget_of_its_own(prod: Facts, openapi: Path) -> None:
    paths = json.loads(openapi.read_text())["paths"].items()
    public = {f"{m.upper()} {path}" for path, item in paths for m, told in item.items() if told["security"] == []}
    assert public <= budgets(prod).keys()


def test_a_budget_is_told_whole(prod: Facts) -> None:
    for key, told in stage_of(prod)["RouteSettings"].items():
        assert told["ThrottlingBurstLimit"] >= told["ThrottlingRateLimit"] > 0, key


def test_no_route_has_metrics_that_nothing_reads(prod: Facts) -> None:
    stage = stage_of(prod)
    for told in (stage["DefaultRouteSettings"], *stage["RouteSettings"].values()):
        assert not told.get("DetailedMetricsEnabled", False)


def test_the_stage_comes_after_the_routes_that_it_limits(prod: Facts) -> None:
    stage = prod.the("ApiGatewayV2::Stage")
    made = {each.logical_id for each in prod.all("ApiGatewayV2::Route")}
    assert made <= set(stage.whole["DependsOn"])


def test_what_needs_a_key_and_reports_no_orders_has_the_budget_of_all() -> None:
    routes = [Route("GET /v1/offers", "offers"), Route("GET /open", "new", is_public=True)]
    assert list(limits(routes, ENVIRONMENTS["prod"])) == ["GET /open"]


def test_no_function_is_kept_small(prod: Facts) -> None:
    assert not any("ReservedConcurrentExecutions" in each.properties for each in prod.all("Lambda::Function"))
