"""Refusals as RFC 9457 problem+json; one table maps their kinds to statuses."""

import json
from collections.abc import Sequence
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from laurel.api.call import Call
from laurel.domain.values import errors, messages, patches
from laurel.domain.values.errors import Absent, Invalid, Refusal
from laurel.domain.values.model import Open
from laurel.store import operations as store
from laurel.store.operations import StoreError
from laurel.vault import VaultClosed


class Culprit(Open):
    """An error and its place: a JSON pointer into the body, `?name` of the query, or a header's name."""

    pointer: str
    message: str


class Problem(Open):
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
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
STATUSES: Final[dict[type[Exception], int]] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Absent: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    store.TokenReused: 500,
    store.ConditionFailed: 500,  # every workflow handles it, so one that gets here is a mistake
    StoreError: 503,
    VaultClosed: 503,
}
RETRY_SECONDS: Final = 1


def problem(
    origin: str, status: int, code: str, detail: str, culprits: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """The JSON of a refusal; `origin`: where this API and its page of codes are; `culprits`: (pointer, message)."""
    shown: dict[str, Any] = {"type": f"{origin}/docs#error-{code}", "title": TITLES[status], "status": status}
    shown |= {"detail": detail, "code": code}
    if culprits:
        shown["errors"] = [{"pointer": pointer, "message": message} for pointer, message in culprits]
    return shown


def describe(error: Exception, origin: str) -> dict[str, Any]:
    """The problem that a client gets for `error`: of errors that are no refusals, without any of their text.

    `origin`: where this API is.
    """
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
    match error:
        case Invalid():
            return problem(origin, status, error.code, error.detail, error.errors)
        case Refusal():
            return problem(origin, status, error.code, error.detail)
        case _ if status == 503:
            return problem(origin, status, "unavailable", "try again: nothing is lost by sending this once more")
        case _:
            return problem(origin, 500, "internal_error", "this was our mistake, and it has been recorded")


def respond(problem: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    """A problem as the answer to a request."""
    extra = dict(headers or {})
    if problem["status"] == 401:
        extra["WWW-Authenticate"] = 'Bearer realm="laurel"'
    if problem["status"] == 503:
        extra["Retry-After"] = str(RETRY_SECONDS)
    return Response(problem["status"], PROBLEM_JSON, json.dumps(problem), extra)


NOTHING_HERE: Final = Absent("not_found", "there is nothing here; /docs lists what there is")


def refusal(error: Exception, call: Call, body: Any) -> Exception:
    """A refusal of Powertools in our own words; every other error as it is. `body`: the annotation of the route's."""
    if isinstance(error, NotFoundError):
        return NOTHING_HERE
    if isinstance(error, RequestValidationError):
        return _invalid([dict(detail) for detail in error.errors()], call.body, body) or error
    return error


def _invalid(errors: list[dict[str, Any]], body: Any, shape: Any) -> Refusal | None:
    """The refusal for validation errors; None if it was our response that did not fit, which is no refusal."""
    parts = {error["loc"][0] for error in errors}
    if "response" in parts:
        return None
    if "path" in parts:
        return Absent("not_found", "there is nothing here by that id")
    about_body = [{**error, "loc": error["loc"][1:]} for error in errors if error["loc"][0] == "body"]
    culprits = list(patches.invalid(about_body, body, shape).errors) if about_body else []
    culprits += [
        (_parameter(*error["loc"][:2]), messages.message(error)) for error in errors if error["loc"][0] != "body"
    ]
    return Invalid("invalid_request", patches.sentences(culprits), culprits[0][0], culprits)


def _parameter(part: str, name: str) -> str:
    """A parameter as culprits name it: `?limit`, `Idempotency-Key`."""
    return f"?{name}" if part == "query" else name.title()
