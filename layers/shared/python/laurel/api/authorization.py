"""API keys, scopes and query parameters: every route has `requires(...)`, `public` or `public_with_any_query`."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from laurel import clock
from laurel.api import queries
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

    def __init__(self, *scopes: Scope, along: Along | None = None, takes_any_query: bool = False) -> None:
        self.scopes = scopes
        self.takes_any_query = takes_any_query
        self.__name__ = f"requires({', '.join(scopes)})" if scopes else "public"
        self._along = along

    def __call__(self, app: APIGatewayHttpResolver, next_middleware: Next) -> Response[Any]:  # noqa: D102 -- see class
        self.admit(app, self._along)
        return next_middleware(app)

    def admit(self, app: APIGatewayHttpResolver, along: Along | None = None) -> None:
        """Raises Unauthenticated or Forbidden, then Invalid for the query, then what is wrong with the body as such."""
        call = call_of(app)
        call.route = app.context["_route"].path
        if self.scopes:
            call.caller = _identified(call, app.current_event, along)
            call.caller.require(self.scopes)
        if not self.takes_any_query:
            queries.require_known(app)
        if call.refusal is not None:
            raise call.refusal


def requires(*scopes: Scope, along: Along | None = None) -> Authorization:
    """Only for keys with one of `scopes`; admin keys have them all. `along`: its items are in `caller(app).found`."""
    return Authorization(*scopes, along=along)


public: Final = Authorization()
"""For everybody, without a key."""
public_with_any_query: Final = Authorization(takes_any_query=True)
"""The same, where the query is for others to choose: the route says what becomes of it."""


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
    secret = secret.strip()
    who = access.identify(table(), secret, lambda program_id: along(program_id, event) if along else ())
    access.use(table(), secret, who, clock.now())
    return who
