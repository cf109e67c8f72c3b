"""The HTTP request that a tool and its arguments come to, and the answer of the API, asked with the caller's own key.

Every request goes to this deployment's own address, whatever the message says: the API's functions check key, scope and
values, each with the rights that it has, as for anybody.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from laurel import egress
from laurel.api.agents import fits
from laurel.api.agents.fits import Misfit
from laurel.api.agents.tools import Tool
from laurel.domain.values import messages
from laurel.domain.values.errors import Absent, Invalid

READING_SECONDS: Final = 25.0
MOST_BYTES: Final = 2 * 1024 * 1024
"""The longest answer that is read: an agent gets it twice, as text and as a value."""
_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[^\x00-\x1f\x7f]{1,300}")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to this API. `path`: with the query; `body`: None for none."""

    method: str
    path: str
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The path alone."""
        return self.path.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of this API: `body` is JSON where it is that, else a text; None for none."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        """Whether it is no refusal."""
        return self.status < 300


@dataclass(frozen=True, slots=True)
class Api:
    """This API as the caller's key opens it. `origin`: where it is; `authorization`: the header as it came."""

    origin: str
    authorization: str
    allow_loopback: bool

    def ask(self, request: Request, seconds: float = READING_SECONDS) -> Answer:
        """Sends a request, once. Raises egress.NoAnswer if no whole answer comes in time."""
        headers = {"Authorization": self.authorization, "Content-Type": "application/json", **request.headers}
        body = None if request.body is None else json.dumps(request.body, ensure_ascii=False).encode()
        answer = egress.send(
            request.method,
            self.origin + request.path,
            headers,
            body,
            most_bytes=MOST_BYTES,
            allow_loopback=self.allow_loopback,
            seconds=seconds,
        )
        return Answer(answer.status, _read(answer))


def request(tool: Tool, arguments: Json) -> Request:
    """The request of a call. Raises Invalid for arguments that the tool does not take, or lacks, and Absent."""
    given = {name: value for name, value in arguments.items() if value is not None or name in tool.inputs.body}
    fits.refuse(_misfits(tool, given))
    path = tool.path.format(**{name: segment(str(given[name])) for name in tool.inputs.path})
    query = {name: _plain(name, given[name]) for name in tool.inputs.query if name in given}
    body = {name: given[name] for name in tool.inputs.body if name in given}
    whole = path + (f"?{urlencode(query)}" if query else "")
    return Request(tool.method.upper(), whole, body if tool.inputs.body else None)


def segment(value: str) -> str:
    """A value as one part of a path, whatever it is. Raises Absent for one that would be none."""
    if not _SEGMENT.fullmatch(value):
        raise Absent("not_found", "there is nothing here by that id")
    return quote(value, safe="")


def _misfits(tool: Tool, given: Json) -> Iterator[Misfit]:
    known = tool.inputs.names
    yield from ((f"/{name}", "this is needed") for name in sorted(tool.inputs.required - given.keys()))
    for name, value in given.items():
        if name not in known:
            yield f"/{name}", messages.unknown_name(name, "argument", known)
        elif name in tool.inputs.path and not isinstance(value, str):
            yield f"/{name}", "a text is needed, in quotes"


def _plain(name: str, value: Any) -> str:
    """A value as a query has it. Raises Invalid for a list or an object."""
    if isinstance(value, dict | list):
        raise Invalid("invalid_request", f"{name}: one value is needed, no list and no object", f"/{name}")
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _read(answer: egress.Answer) -> Any:
    text = answer.body.decode(errors="replace")
    return json.loads(text) if text and "json" in answer.headers.get("content-type", "") else text or None
