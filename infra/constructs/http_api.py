"""The HTTP API: one exact route for each operation of the OpenAPI document, one integration for each function.

First-level constructs, because the second-level ones repeat the integration and the permission for every route.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.function import LaurelFunction
from infra.environments import Environment
from infra.nag import accept
from infra.routes import Route

FRONT: Final = "front"
INGESTION: Final = frozenset({"conversions", "webhooks"})
"""Folders of the routes by which shops report: some of them need no key, since what comes is signed."""
Limits = dict[str, int]
NO_ACCESS_LOG: Final = (
    "Each function logs its answers, with the reason of a refusal and ids, which the API does not know; what the API "
    "refuses itself is in its metrics, and would let strangers write our bill."
)
NO_AUTHORIZER: Final = (
    "laurel.api checks the key inside the function, never cached; an authorizer would keep revoked keys and answer "
    "without problem+json (docs/decisions/0004)."
)


class HttpApi(Construct):
    """The HTTP API. `url`: without a slash at its end; `api_id`: the dimension of its metrics; `folders`: behind it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        routes: Iterable[Route],
        functions: Mapping[str, LaurelFunction],
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._api = api.CfnApi(self, "Api", name=environment.stack_name("api"), protocol_type="HTTP")
        self.api_id, self.url = self._api.ref, self._api.attr_api_endpoint
        self._functions = functions
        self._targets: dict[str, str] = {}
        known = (*routes, Route("$default", FRONT, is_public=True))
        made = [self._route(route) for route in known]
        self.folders = frozenset(self._targets)
        self._stage(environment, limits(known, environment), made)

    def metric(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric (`Count`, `4xx`, `5xx` or `Latency`) of all routes, over five minutes."""
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiId": self.api_id},
            statistic=statistic,
            period=Duration.minutes(5),
        )

    def _route(self, route: Route) -> api.CfnRoute:
        made = api.CfnRoute(
            self,
            "Route " + route.key.replace("/", "|"),
            api_id=self.api_id,
            route_key=route.key,
            target=self._target(route.folder),
            authorization_type="NONE",
        )
        accept(made, {"AwsSolutions-APIG4": NO_AUTHORIZER})
        return made

    def _target(self, folder: str) -> str:
        if folder not in self._targets:
            function = self._functions[folder].function
            self._targets[folder] = f"integrations/{self._integration(folder, function).ref}"
            self._permission(folder, function)
        return self._targets[folder]

    def _integration(self, folder: str, function: lambda_.Function) -> api.CfnIntegration:
        return api.CfnIntegration(
            self,
            f"Integration {folder}",
            api_id=self.api_id,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
        )

    def _permission(self, folder: str, function: lambda_.Function) -> None:
        api_arn = Stack.of(self).format_arn(service="execute-api", resource=self.api_id, resource_name="*")
        lambda_.CfnPermission(
            self,
            f"Permission {folder}",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=api_arn,
        )

    def _stage(self, environment: Environment, limits: Mapping[str, Limits], routes: Iterable[api.CfnRoute]) -> None:
        stage = api.CfnStage(
            self,
            "Stage",
            api_id=self.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=api.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=environment.throttle_rate,
                throttling_burst_limit=environment.throttle_burst,
            ),
            route_settings=limits,
        )
        accept(stage, {"AwsSolutions-APIG1": NO_ACCESS_LOG})
        for route in routes:  # a stage is refused that limits a route which is not there yet
            stage.add_dependency(route)


def limits(routes: Iterable[Route], environment: Environment) -> dict[str, Limits]:
    """The limits of routes with a budget of their own, by their keys: those that shops report by, or strangers call.

    Each is said whole: what a route leaves out is zero, not the default.
    """
    orders = _limits(environment.throttle_rate, environment.throttle_burst)
    strangers = _limits(environment.public_rate, environment.public_burst)
    return {
        route.key: orders if route.folder in INGESTION else strangers
        for route in routes
        if route.folder in INGESTION or route.is_public
    }


def _limits(rate: int, burst: int) -> Limits:
    # no metrics of the route: nothing reads them, and each is a custom metric on the bill
    return {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
