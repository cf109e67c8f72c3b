"""JSON-RPC as the Model Context Protocol has it: one message read, and refusals of messages.

Two eras share one door. Since 2026-07-28 every request says its version and repeats in headers what it asks for; until
then a client shakes hands first. Nothing is kept between requests in either.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MODERN: Final = ("2026-07-28",)
WITH_HANDSHAKE: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
VERSIONS: Final = (*WITH_HANDSHAKE, *MODERN)
WITH_BATCHES: Final = "2025-03-26"
"""The one version that has batches, and the one that is meant where none is named."""
VERSION_HEADER: Final = "mcp-protocol-version"
META: Final = "io.modelcontextprotocol/"

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR: Final = -32603
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
_ALWAYS_400: Final = frozenset({PARSE_ERROR, INVALID_REQUEST, HEADER_MISMATCH, UNSUPPORTED_VERSION})
Json = dict[str, Any]
Id = str | int


class Refused(Exception):
    """A message that is answered with a JSON-RPC error. `data`: more of it, for programs."""

    def __init__(self, code: int, message: str, data: Json | None = None) -> None:
        super().__init__(message)
        self.error: Json = {"code": code, "message": message} | ({"data": data} if data is not None else {})
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """A request. `version`: the protocol's, by which it is answered."""

    method: str
    params: Mapping[str, Any]
    id: Id
    version: str

    @property
    def is_modern(self) -> bool:
        """Whether its version knows no handshake."""
        return self.version in MODERN


def version_of(headers: Mapping[str, str]) -> str:
    """The version that the headers name. Raises Refused for one that is not spoken here."""
    named = headers.get(VERSION_HEADER, WITH_BATCHES)
    if named not in VERSIONS:
        raise _unsupported(named)
    return named


def id_of(value: Any) -> Id | None:
    """The id that a message has, if it is one; JSON-RPC's null is none."""
    named = value.get("id") if isinstance(value, dict) else None
    return named if isinstance(named, Id) and not isinstance(named, bool) else None


def asks_nothing(value: Any) -> bool:
    """Whether it is a notification or an answer of a client: neither is answered, and here neither changes anything."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return False
    return "id" not in value if isinstance(value.get("method"), str) else "result" in value or "error" in value


def read(value: Any, headers: Mapping[str, str]) -> Message:
    """A request. Raises Refused if it is none, or if it and the headers tell different things."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0" or not isinstance(value.get("method"), str):
        raise Refused(INVALID_REQUEST, 'a message is an object with "jsonrpc": "2.0" and a "method"')
    named = id_of(value)
    if named is None:
        raise Refused(INVALID_REQUEST, 'an "id" is a text or a whole number')
    params = value.get("params", {})
    if not isinstance(params, dict):
        raise Refused(INVALID_PARAMS, '"params" is an object')
    message = Message(value["method"], params, named, _spoken(params, headers))
    if message.is_modern:
        _require_headers(message, headers)
    return message


def _spoken(params: Json, headers: Mapping[str, str]) -> str:
    """The version of a message: the one that it names itself, or else that of the headers."""
    named, meta = version_of(headers), params.get("_meta")
    own = meta.get(f"{META}protocolVersion") if isinstance(meta, dict) else None
    if named in WITH_HANDSHAKE and (own is None or (VERSION_HEADER in headers and own not in MODERN)):
        return named
    if own is None:
        raise Refused(INVALID_PARAMS, f'"_meta" needs "{META}protocolVersion"')
    if headers.get(VERSION_HEADER) != own:
        raise Refused(HEADER_MISMATCH, "the header MCP-Protocol-Version names another version than the message")
    return named


def _require_headers(message: Message, headers: Mapping[str, str]) -> None:
    told: Json = {"Mcp-Method": message.method}
    if message.method == "tools/call":
        told["Mcp-Name"] = message.params.get("name")
    for name, value in told.items():
        if _decoded(headers.get(name.lower())) != value:
            raise Refused(HEADER_MISMATCH, f"the header {name} is missing, or names something else than the message")
    if not isinstance(message.params["_meta"].get(f"{META}clientCapabilities"), dict):
        raise Refused(INVALID_PARAMS, f'"_meta" needs "{META}clientCapabilities"')


def _decoded(header: str | None) -> str | None:
    """The text of a header: plain, or from base64 if it says so. None for what cannot be read."""
    if header is None or not (header.startswith("=?base64?") and header.endswith("?=")):
        return header
    try:
        return base64.b64decode(header[9:-2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unsupported(named: str) -> Refused:
    return Refused(
        UNSUPPORTED_VERSION,
        f"this protocol version is not spoken here: use one of {', '.join(VERSIONS)}",
        {"supported": list(VERSIONS), "requested": named},
    )


def http_status(code: int, *, is_modern: bool) -> int:
    """The HTTP status of an error: before 2026-07-28 what a method refuses is an answer like any other."""
    if code in _ALWAYS_400 or (is_modern and code == INVALID_PARAMS):
        return 400
    return 404 if is_modern and code == METHOD_NOT_FOUND else 200
