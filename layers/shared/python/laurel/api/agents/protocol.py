"""The methods of the Model Context Protocol that are here: shaking hands, tools and their calls."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from laurel import egress
from laurel.api import problems
from laurel.api.agents import plans
from laurel.api.agents.messages import (
    INVALID_PARAMS,
    META,
    METHOD_NOT_FOUND,
    VERSIONS,
    WITH_HANDSHAKE,
    Message,
    Refused,
)
from laurel.api.agents.requests import Answer, Api, request
from laurel.api.agents.tools import COMMIT, Tool, listed
from laurel.domain.values.errors import Refusal
from laurel.store.operations import StoreError
from laurel.workflows.requests.access import Caller

Json = dict[str, Any]
_SERVER: Final[Json] = {"name": "Laurel", "version": "1"}
_CAPABILITIES: Final[Json] = {"tools": {}}
_FRESH_MS: Final = 300_000
_INSTRUCTIONS: Final = (
    "Laurel runs affiliate programs: offers, members, orders, commissions and reward rules. Money is in minor units of "
    "the program's currency. Tools that read answer at once. Tools that write change nothing: they answer with a plan "
    "and its hash. Show the plan to whoever asked for it, and call `commit` with the hash when they agree."
)


@dataclass(frozen=True, slots=True)
class Session:
    """One request's caller, tools and way to the API: nothing outlives it."""

    who: Caller
    tools: Mapping[str, Tool]
    api: Api


def result(session: Session, message: Message) -> Json:
    """The result of a request. Raises Refused."""
    methods = _SINCE_2026 if message.is_modern else _WITH_HANDSHAKE
    if message.method not in methods:
        raise Refused(METHOD_NOT_FOUND, f"there is no method {message.method[:64]}: use one of {', '.join(methods)}")
    told = methods[message.method](session, message)
    if not message.is_modern:
        return told
    return {**told, "resultType": "complete", "_meta": {f"{META}serverInfo": _SERVER}}


def _initialize(_: Session, message: Message) -> Json:
    named = message.params.get("protocolVersion")
    return {
        "protocolVersion": named if named in WITH_HANDSHAKE else WITH_HANDSHAKE[-1],
        "capabilities": _CAPABILITIES,
        "serverInfo": _SERVER,
        "instructions": _INSTRUCTIONS,
    }


def _discover(_: Session, __: Message) -> Json:
    told = {"supportedVersions": list(VERSIONS), "capabilities": _CAPABILITIES, "instructions": _INSTRUCTIONS}
    return {**told, "ttlMs": _FRESH_MS, "cacheScope": "public"}


def _ping(_: Session, __: Message) -> Json:
    return {}


def _list(session: Session, message: Message) -> Json:
    if message.params.get("cursor") is not None:
        raise Refused(INVALID_PARAMS, "the list of tools has one page: leave out the cursor")
    told: Json = {"tools": listed(session.tools.values(), session.who)}
    return told | ({"ttlMs": _FRESH_MS, "cacheScope": "private"} if message.is_modern else {})


def _call(session: Session, message: Message) -> Json:
    name, arguments = message.params.get("name"), message.params.get("arguments", {})
    if not isinstance(name, str) or not (name == COMMIT or name in session.tools):
        raise Refused(INVALID_PARAMS, f"Unknown tool: {str(name)[:64]}")
    if not isinstance(arguments, dict):
        raise Refused(INVALID_PARAMS, '"arguments" is an object')
    try:
        return _shown(_done(session, name, arguments))
    except plans.Refusal as refusal:
        return _shown(refusal.answer)
    except egress.NoAnswer:
        return _shown(_problem(session, 503, "unavailable", "no answer in time: a write may have been done or not"))
    except (Refusal, StoreError) as error:
        told = problems.describe(error, session.api.origin)
        return _shown(Answer(told["status"], told))


def _done(session: Session, name: str, arguments: Json) -> Answer:
    """The answer of the API, or of a plan. Raises Refusal, StoreError, plans.Refusal, egress.NoAnswer."""
    if name == COMMIT:
        return plans.commit(session.tools, _hash(arguments), session.who, session.api)
    tool = session.tools[name]
    session.who.require(tool.scopes)
    if tool.is_reading:
        return session.api.ask(request(tool, arguments))
    return Answer(200, plans.plan(session.tools, tool, arguments, session.who, session.api))


def _hash(arguments: Json) -> str:
    named = arguments.get("hash")
    return named if isinstance(named, str) and len(named) <= 64 else ""


def _problem(session: Session, status: int, code: str, detail: str) -> Answer:
    return Answer(status, problems.problem(session.api.origin, status, code, detail))


def _shown(answer: Answer) -> Json:
    """An answer as the result of a tool; a refusal is one, too, for the agent to read."""
    value = {} if answer.body is None else answer.body
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    told: Json = {"content": [{"type": "text", "text": text}], "isError": not answer.is_good}
    return told if isinstance(value, str) else told | {"structuredContent": value}


Method = Callable[[Session, Message], Json]
_TOOLS: Final[dict[str, Method]] = {"tools/list": _list, "tools/call": _call}
_WITH_HANDSHAKE: Final[dict[str, Method]] = {"initialize": _initialize, "ping": _ping, **_TOOLS}
_SINCE_2026: Final[dict[str, Method]] = {"server/discover": _discover, **_TOOLS}
