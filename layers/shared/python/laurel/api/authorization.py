"""API keys and scopes: every route has one of `requires(...)` and `public`, and a test looks for it."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from laurel.api.call import Call, call_of
from laurel.domain.program.programs import Scope
from laurel.domain.values.errors import Unauthenticated
from laurel.store.keys import Key
from laurel.store.table import table
from laurel.workflows.requests import access
from laurel.workflows.requests.access import Caller

Along = Callable[[str, APIGatewayProxyEventV2], Iterable[Key]]
"""(program id, request) -> further keys to read in the same call; the program id is not proven yet, only named."""
Next = Callable[[APIGatewayHttpResolver], Response[Any]]


class Authorization:
    """A middleware that lets a request through to its route, or raises."""

    def __init__(self, *scopes: Scope, along: Along | None = None) -> None:
        self.scopes = scopes
        self.__name__ = f"requires({', '.join(scopes)})" if scopes else "public"
        self._along = along

    def __call__(self, app: APIGatewayHttpResolver, next_middleware: Next) -> Response[Any]:  # noqa: D102 -- see class
        self.admit(app, self._along)
        return next_middleware(app)

    def admit(self, app: APIGatewayHttpResolver, along: Along | None = None) -> None:
        """Raises Unauthenticated or Forbidden, then the refusal of the body as such."""
        call = call_of(app)
        call.route = app.context["_route"].path
        if self.scopes:
            call.caller = _identified(call, app.current_event, along)
            call.caller.require(self.scopes)
        if call.refusal is not None:
            raise call.refusal


def requires(*scopes: Scope, along: Along | None = None) -> Authorization:
    """Only for keys with one of `scopes`; admin keys have them all. `along`: its items are in `caller(app).found`."""
    return Authorization(*scopes, along=along)


public: Final = Authorization()
"""For everybody, without a key."""


def caller(app: APIGatewayHttpResolver) -> Caller:
    """The caller, on a route that requires a scope."""
    known = call_of(app).caller
    assert known is not None, "the route is public"  # noqa: S101
    return known


def authorization_of(middlewares: Iterable[object]) -> Authorization | None:
    """The authorization among a route's middlewares."""
    return next((middleware for middleware in middlewares if isinstance(middleware, Authorization)), None)


def _identified(call: Call, event: APIGatewayProxyEventV2, along: Along | None) -> Caller:
    scheme, _, secret = (call.headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("missing_key", "send an API key: Authorization: Bearer lk_...")
    return access.identify(table(), secret.strip(), lambda program_id: along(program_id, event) if along else ())
