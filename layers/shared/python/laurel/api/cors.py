"""Answers for pages of other origins: a browser shows them to a page only if we name its origin."""

from collections.abc import Callable, Collection
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel

from laurel.api import problems
from laurel.api.call import call_of, origin
from laurel.api.documents import refusals
from laurel.domain.values.errors import Forbidden, Refusal
from laurel.store.operations import StoreError

_A_DAY: Final = 24 * 3600


def answered(
    app: APIGatewayHttpResolver, origins: Collection[str], result: Callable[[], tuple[BaseModel, int]]
) -> Response[Any]:
    """A result and its status, or the refusal, for a page of one of `origins`. Raises Forbidden for others."""
    headers = _for_page(app, origins)
    try:
        told, status = result()
    except (Refusal, StoreError) as error:
        return problems.respond(problems.describe(error, origin(app)), headers)
    return Response(status, "application/json", told.model_dump_json(), headers)


def allowed(app: APIGatewayHttpResolver, origins: Collection[str]) -> Response[Any]:
    """The answer to a browser that asks, before it sends JSON, whether it may. Raises Forbidden."""
    leave = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type",
        "Access-Control-Max-Age": str(_A_DAY),
    }
    return Response(204, None, "", {**_for_page(app, origins), **leave})


def answers(model: type[BaseModel], *statuses: int) -> Any:
    """The responses of a route for pages: 201 or 200 with `model`, or a problem."""
    schema = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    told = {201: "Created", 200: "Done"}
    return {
        **{status: {"description": what, "content": schema} for status, what in told.items()},
        **refusals(*statuses),
    }


def leave() -> Any:
    """The responses of the question before."""
    return {204: {"description": "It may", "content": {}}, **refusals(403, 404)}


def _for_page(app: APIGatewayHttpResolver, origins: Collection[str]) -> dict[str, Any]:
    page = call_of(app).headers.get("origin", "")
    if page not in origins:
        raise Forbidden("origin_refused", "this is for pages of the storefront's `origins` alone")
    return {"Access-Control-Allow-Origin": page, "Vary": "Origin"}
