"""The query of a request: a parameter that its route does not declare is refused, as an unknown field is."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Route

from laurel.domain.values import messages, patches
from laurel.domain.values.errors import Invalid


def require_known(app: APIGatewayHttpResolver) -> None:
    """Raises Invalid `unknown_parameter`: a filter with a typo would be answered with all instead of some."""
    route: Route = app.context["_route"]
    known = [parameter.alias for parameter in route.dependant.query_params]
    given = app.current_event.query_string_parameters
    told = [(f"?{name}", messages.unknown_name(name, "parameter", known, "?")) for name in given if name not in known]
    if told:
        raise Invalid("unknown_parameter", patches.sentences(told), told[0][0], told)
