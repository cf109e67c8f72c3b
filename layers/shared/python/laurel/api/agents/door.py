"""The door of agents: one HTTP request in, with one message or, in the oldest version, several; one answer out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import bodies
from laurel.api.agents import messages, protocol
from laurel.api.agents.messages import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, WITH_BATCHES, Json, Refused
from laurel.api.agents.protocol import Session
from laurel.api.agents.requests import Api
from laurel.api.agents.tools import tools
from laurel.api.authorization import caller
from laurel.api.call import call_of, origin
from laurel.api.documents import refusals
from laurel.concurrency import side_by_side
from laurel.domain.values.errors import Forbidden, Malformed
from laurel.log import logger
from laurel.settings import settings

MOST_MESSAGES: Final = 10
_ANSWER: Final = {
    "x-name": "RpcAnswer",
    "type": "object",
    "properties": {
        "jsonrpc": {"type": "string"},
        "id": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "result": {"type": "object"},
        "error": {"type": "object"},
    },
    "description": "What a method answers with, or an error of the protocol.",
}


def answers() -> Any:
    """The responses of the door."""
    content = {"application/json": {"schema": _ANSWER}}
    refused = {
        400: {"description": "The message cannot be read, or is none of its version", "content": content},
        404: {"description": "There is no such method in the message's version", "content": content},
    }
    done = {200: {"description": "Answered", "content": content}, 202: {"description": "Heard; nothing is answered"}}
    return {**done, **refused, **refusals(401, 403, 413, 422)}


def take(app: APIGatewayHttpResolver, document: Path) -> Response[Any]:
    """Answers the request under way. `document`: the OpenAPI document that the tools are made of.

    Raises Forbidden `foreign_origin` for a page of elsewhere, and TooLarge.
    """
    call, own = call_of(app), origin(app)
    _require_own_page(call.headers, own)
    api = Api(own, call.headers.get("authorization", ""), settings().allow_loopback)
    session = Session(caller(app), tools(document), api)
    try:
        value = bodies.value(bodies.within(call.raw))
        messages.version_of(call.headers)
    except Malformed as error:
        return _response(400, _error(None, Refused(PARSE_ERROR, error.detail)))
    except Refused as refused:
        return _response(400, _error(None, refused))
    if isinstance(value, list):
        return _batch(session, value, call.headers)
    return _heard() if messages.asks_nothing(value) else _response(*_answered(session, value, call.headers))


def _require_own_page(headers: Mapping[str, str], own: str) -> None:
    page, parts = headers.get("origin"), urlsplit(own)
    if page is not None and page != f"{parts.scheme}://{parts.netloc}":
        raise Forbidden("foreign_origin", "pages of other addresses may not speak for an agent")


def _batch(session: Session, values: list[Any], headers: Mapping[str, str]) -> Response[Any]:
    """The answers to several messages at once, which the oldest version has and later ones have not."""
    if headers.get(messages.VERSION_HEADER, WITH_BATCHES) != WITH_BATCHES or not 1 <= len(values) <= MOST_MESSAGES:
        told = f"send one message, or in version {WITH_BATCHES} up to {MOST_MESSAGES}"
        return _response(400, _error(None, Refused(INVALID_REQUEST, told)))
    asking = [value for value in values if not messages.asks_nothing(value)]
    answered = side_by_side(lambda value: _answered(session, value, headers)[1], asking)
    return _response(200, answered) if answered else _heard()


def _answered(session: Session, value: Any, headers: Mapping[str, str]) -> tuple[int, Json]:
    """The answer to a message, with its HTTP status. Raises nothing."""
    is_modern = headers.get(messages.VERSION_HEADER) in messages.MODERN
    named = messages.id_of(value)
    try:
        message = messages.read(value, headers)
        return 200, {"jsonrpc": "2.0", "id": message.id, "result": protocol.result(session, message)}
    except Refused as refused:
        return messages.http_status(refused.code, is_modern=is_modern), _error(named, refused)
    except Exception as error:
        logger.error("failed", exc_info=error, method="POST", route="/mcp")
        return 200, _error(named, Refused(INTERNAL_ERROR, "this was our mistake, and it has been recorded"))


def _error(named: messages.Id | None, refused: Refused) -> Json:
    return {"jsonrpc": "2.0", "id": named, "error": refused.error}


def _response(status: int, body: Any) -> Response[Any]:
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def _heard() -> Response[Any]:
    return Response(202, body="")
