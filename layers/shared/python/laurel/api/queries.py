"""The query of a request: a parameter that its route does not declare is refused, as an unknown field is."""

from collections.abc import Sequence
from difflib import get_close_matches

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.api_gateway import Route

from laurel.domain.values import patches
from laurel.domain.values.errors import Invalid


def require_known(app: APIGatewayHttpResolver) -> None:
    """Raises Invalid `unknown_parameter`: a filter with a typo would be answered with all instead of some."""
    route: Route = app.context["_route"]
    known = [parameter.alias for parameter in route.dependant.query_params]
    told = [
        (f"?{name}", _instead(name, known)) for name in app.current_event.query_string_parameters if name not in known
    ]
    if told:
        raise Invalid("unknown_parameter", patches.sentences(told), told[0][0], told)


def _instead(name: str, known: Sequence[str]) -> str:
    if nearest := get_close_matches(name, known, n=1):
        return f"there is no such parameter here; is it ?{nearest[0]}"
    return f"there is no such parameter here, only {', '.join(known)}" if known else "there are no parameters here"
