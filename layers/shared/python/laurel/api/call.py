"""One request while it is answered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from laurel.api import bodies
from laurel.domain.values.errors import Refusal
from laurel.settings import settings
from laurel.workflows.requests.access import Caller

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_CONTEXT: Final = "call"
_LOCAL: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")


@dataclass(slots=True)
class Call:
    """A request and its caller, once known; `refusal`: of a body that cannot be read, raised after the key's check.

    `reason`: of a refusal that is answered as a page, which does not show it.

    `body`: its JSON; `raw`: the body as it came, if it is to be verified before anything reads it.
    """

    method: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    raw: bytes = b""
    refusal: Refusal | None = None
    caller: Caller | None = None
    route: str = "-"
    reason: str = ""

    @staticmethod
    def of(event: Mapping[str, Any], *, raw: bool = False) -> "Call":
        """Reads the body of an HTTP API event; `raw`: only as bytes."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        call = Call(event["requestContext"]["http"]["method"].upper(), headers, cookies_of(event, headers))
        if call.method in _WITH_BODY:
            try:
                if raw:
                    call.raw = bodies.raw(event, bodies.LARGEST_SIGNED)
                else:
                    call.body = bodies.read(event)
            except Refusal as refusal:
                call.refusal = refusal
        return call


def cookies_of(event: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """The cookies of an HTTP API event, by name: the first of each, which browsers send for the nearest path.

    A neighbour's site may lay one of the same name over the whole domain; it comes after ours.
    """
    # HTTP API takes them out of the header; a stand-in for it may not
    pairs = event.get("cookies") or headers.get("cookie", "").split(";")
    named = (pair.strip().partition("=") for pair in pairs)
    return {name: value for name, _, value in reversed([*named])}


def put_call(app: APIGatewayHttpResolver, call: Call) -> None:
    """Keeps `call` for the request that `app` is about to resolve."""
    app.context[_CONTEXT] = call


def call_of(app: APIGatewayHttpResolver) -> Call:
    """The request that `app` resolves now."""
    call: Call = app.context[_CONTEXT]
    return call


def taken(app: APIGatewayHttpResolver) -> bytes:
    """The body of the request that `app` resolves now, as it came."""
    return call_of(app).raw


def origin(app: APIGatewayHttpResolver) -> str:
    """The beginning of links to this API, such as `https://go.example.com`: as deployed, or else as the gateway says.

    A stage other than `$default` is part of the request's path.
    """
    context = app.current_event.request_context
    return origin_of(app.current_event.raw_path, context.domain_name, context.stage)


def origin_of(path: str, domain: str, stage: str) -> str:
    """The same of where a request came: `domain` is the gateway's own.

    No header is asked: whoever sends one could have links mailed to others that lead to themselves.
    """
    if settings().public_url:
        return settings().public_url
    scheme = "http" if _LOCAL.fullmatch(domain) else "https"
    return f"{scheme}://{domain}{f'/{stage}' if path.startswith(f'/{stage}/') else ''}"
