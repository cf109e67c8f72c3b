"""Refusals as RFC 9457 problem+json; one table maps their kinds to statuses."""

import json
from collections.abc import Sequence
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel

from laurel.domain.values import errors, patches
from laurel.domain.values.errors import Absent, Invalid, Refusal
from laurel.store import operations as store
from laurel.store.operations import StoreError
from laurel.vault import VaultClosed


class Culprit(BaseModel):
    """What was wrong, and where: a JSON pointer into the body, `?name` of the query, or a header's name."""

    pointer: str
    message: str


class Problem(BaseModel):
    """Any refusal (RFC 9457). `code` is stable; `detail` is for people; `errors` comes with 422."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Culprit] | None = None


PROBLEM_JSON: Final = "application/problem+json"
TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_STATUSES: Final[dict[type[Exception], int]] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Absent: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    store.TokenReused: 500,
    store.ConditionFailed: 500,  # every workflow says what it means, so one that gets here is a mistake
    StoreError: 503,
    VaultClosed: 503,
}
RETRY_SECONDS: Final = 1


def problem(status: int, code: str, detail: str, culprits: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """The JSON of a refusal; `culprits`: (pointer, message)."""
    told: dict[str, Any] = {"type": "about:blank", "title": TITLES[status], "status": status}
    told |= {"detail": detail, "code": code}
    if culprits:
        told["errors"] = [{"pointer": pointer, "message": message} for pointer, message in culprits]
    return told


def describe(error: Exception) -> dict[str, Any]:
    """The problem that `error` is to a client: what is no refusal is told without a trace of its text."""
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), 500)
    match error:
        case Invalid():
            return problem(status, error.code, error.detail, error.errors)
        case Refusal():
            return problem(status, error.code, error.detail)
        case _ if status == 503:
            return problem(status, "unavailable", "try again: nothing is lost by sending this once more")
        case _:
            return problem(500, "internal_error", "this was our mistake, and it has been recorded")


def respond(told: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    """A problem as the answer to a request."""
    extra = dict(headers or {})
    if told["status"] == 401:
        extra["WWW-Authenticate"] = 'Bearer realm="laurel"'
    if told["status"] == 503:
        extra["Retry-After"] = str(RETRY_SECONDS)
    return Response(told["status"], PROBLEM_JSON, json.dumps(told), extra)


def refusal(error: Exception, body: Any) -> Exception:
    """What Powertools refused, in our own words; every other error as it is. `body`: the request's JSON."""
    if isinstance(error, NotFoundError):
        return Absent("not_found", "there is nothing here")
    if isinstance(error, RequestValidationError):
        return _invalid([dict(each) for each in error.errors()], body) or error
    return error


def _invalid(found: list[dict[str, Any]], body: Any) -> Refusal | None:
    """None: it was our response that did not fit, which is no refusal."""
    places = {each["loc"][0] for each in found}
    if "response" in places:
        return None
    if "path" in places:
        return Absent("not_found", "there is nothing here by that id")
    about_body = [{**each, "loc": each["loc"][1:]} for each in found if each["loc"][0] == "body"]
    told = list(patches.invalid(about_body, body).errors) if about_body else []
    told += [(_parameter(*each["loc"][:2]), each["msg"]) for each in found if each["loc"][0] != "body"]
    return Invalid("invalid_request", patches.sentences(told), told[0][0], told)


def _parameter(place: str, name: str) -> str:
    """`?limit`, `Idempotency-Key`."""
    return f"?{name}" if place == "query" else name.title()
