"""Requests as the HTTP API hands them to a function, and the cost of answering them."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from tools.bench.meter import Bill
from tools.bench.world import Lab
from tools.failure import ToolError

_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `function`: the folder of its handler; `secret`: an API key, None on a public route."""

    function: str
    method: str
    path: str
    secret: str | None = None
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = "192.0.2.1"
    domain: str = "api.example"

    @property
    def event(self) -> dict[str, Any]:
        """The event, in payload format 2.0."""
        key = {"authorization": f"Bearer {self.secret}"} if self.secret else {}
        http = {"method": self.method, "path": self.path, "sourceIp": self.address}
        return {
            "version": "2.0",
            "rawPath": self.path,
            "rawQueryString": urlencode(self.query),
            "queryStringParameters": dict(self.query),
            "headers": {"content-type": "application/json", "user-agent": _BROWSER, **key, **self.headers},
            "requestContext": {"http": http, "stage": "$default", "requestId": "bench", "domainName": self.domain},
            "body": None if self.body is None else json.dumps(self.body),
            "isBase64Encoded": False,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, and its bill."""

    headers: Mapping[str, str]
    text: str
    bill: Bill

    @property
    def body(self) -> Any:
        """The JSON in it."""
        return json.loads(self.text)


def send(lab: Lab, request: Request, status: int) -> Answer:
    """The answer, as the HTTP API would get it. Raises ToolError unless it has this status."""
    handler = importlib.import_module(f"{request.function}.handler").handler
    with lab.meter.measure() as bill:
        answer = handler(request.event, None)
    if answer["statusCode"] != status:
        raise ToolError(f"{request.method} {request.path} answered {answer['statusCode']}: {answer['body']}")
    return Answer(answer["headers"], answer["body"], bill)
