"""One event in, one answer out: JSON read once, errors answered as problems, one log line."""

import json
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from laurel import clock
from laurel.api import problems
from laurel.api.authorization import authorization_of, caller
from laurel.api.call import Call, call_of, origin, put_call
from laurel.domain.history import Author
from laurel.domain.values import json_text
from laurel.domain.values.errors import Refusal
from laurel.log import logger
from laurel.store.operations import StoreError
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.idempotency import Request

Event = Mapping[str, Any]
_JSON: Final = "application/json"
_UNLESS_SAID: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""Headers of every answer that has none of its own: it is for who asked, and what its type says."""
_PARAMETER: Final = re.compile(r"<\w+>")
_ID: Final = re.compile(r"(?<=[/\"])[a-z]{2,3}_[0-9a-hjkmnp-tv-z]{26}(?=[/\"]|$)")
_REASON: Final = re.compile(r'"(?:code|refused|ignored)": ?"([a-z_]+)"')
"""In a problem, or in the answer to a shop, which is 200 whatever became of its delivery."""
_BEGINNING: Final = 100
"""Characters of an answer that begin with the id of what was made."""


def answer(app: APIGatewayHttpResolver, event: Event, context: Any, *, raw: bool = False) -> dict[str, Any]:
    """Lambda's answer to an HTTP API event (payload 2.0); raises nothing for any input.

    `raw`: the body is kept as it came, and not read here.
    """
    began = time.perf_counter()
    _tell_problems(app)
    call = Call.of(event, raw=raw)
    put_call(app, call)
    response: dict[str, Any] = app.resolve(_plain(event, call), context)
    response["headers"] = {**_UNLESS_SAID, **response["headers"]}
    if response["headers"].get("Content-Type", "").startswith("image/"):
        response["isBase64Encoded"] = True  # routes tell a picture as base64: Powertools reads every body as text
    if response["statusCode"] == HTTPStatus.NO_CONTENT:
        response["body"] = ""
        response["headers"].pop("Content-Type", None)
    _log(call, event, response, began)
    return response


def request(app: APIGatewayHttpResolver, idempotency_key: str | None) -> Request:
    """The request under way as one that creates, with the Idempotency-Key it may have."""
    call, who = call_of(app), caller(app)
    return idempotency.request(
        who, app.current_event.raw_path, idempotency_key, body_hash=json_text.digest(call.body), at=clock.now()
    )


def author(app: APIGatewayHttpResolver) -> Author:
    """The author of changes by the request under way, as of now."""
    return Author(caller(app).key.actor, clock.now())


def _plain(event: Event, call: Call) -> dict[str, Any]:
    """The event as Powertools validates it: every body is the JSON that was read; cookies mean nothing here."""
    body = None if call.body is None else json.dumps(call.body)
    headers = {**call.headers, "content-type": _JSON}
    return {**event, "headers": headers, "body": body, "isBase64Encoded": False, "cookies": []}


def _tell_problems(app: APIGatewayHttpResolver) -> None:
    if Exception not in app.exception_handler_manager.get_registered_handlers():
        handler: Callable[[Exception], Response[str]] = partial(_refused, app)
        app.exception_handler(Exception)(handler)


def _refused(app: APIGatewayHttpResolver, error: Exception) -> Response[str]:
    """The problem that is answered instead of a result."""
    call = call_of(app)
    error = problems.refusal(_first(app, error), call, _body(app))
    problem = problems.describe(error, origin(app))
    if problem["status"] >= 500:
        logger.error("failed", exc_info=error, method=call.method, route=call.route)
    return problems.respond(problem)


def _body(app: APIGatewayHttpResolver) -> Any:
    """The annotation of the body that the route takes; None if it takes none, or there is no route."""
    route: Route | None = app.context.get("_route")
    taken = route.dependant.body_params if route is not None else []
    return taken[0].type_ if taken else None


def _first(app: APIGatewayHttpResolver, error: Exception) -> Exception:
    """The error to answer. Powertools validates first, but a stranger without a key must learn nothing of a body."""
    route: Route = app.context["_route"]
    authorization = authorization_of(route.middlewares)
    if isinstance(error, RequestValidationError) and authorization is not None and call_of(app).caller is None:
        try:
            authorization.admit(app)
        except (Refusal, StoreError) as refusal:
            return refusal
    return error


def _log(call: Call, event: Event, response: Mapping[str, Any], began: float) -> None:
    """One line: the outcome, the reason of a refusal, in which program, by which key, of what, and the request's id."""
    status, body = response["statusCode"], response.get("body") or ""
    reason = _REASON.search(body) if status >= HTTPStatus.BAD_REQUEST or call.raw else None
    ids = _ID.findall(event["rawPath"]) + (_ID.findall(body[:_BEGINNING])[:1] if status == HTTPStatus.CREATED else [])
    told = {
        "reason": reason[1] if reason else call.reason,
        "in": call.caller and call.caller.program.program_id,
        "by": call.caller and call.caller.key.key_id,
        "of": " ".join(ids),
        "ms": round((time.perf_counter() - began) * 1000),
        "request": event["requestContext"].get("requestId"),
    }
    logger.info(
        f"{call.method} {_PARAMETER.sub('*', call.route)} {status}",
        **{name: value for name, value in told.items() if value},
    )
