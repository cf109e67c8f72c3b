"""One HTTP request to a shop: to public addresses over TLS alone, without redirects, within time and size."""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from laurel import clock
from laurel.connectors import Refused, Unreachable

_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 15
_LARGEST_ANSWER: Final = 2_000_000
_PIECE: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """A shop's answer: status, headers by small letters, and the body as JSON (None if it is none)."""

    status: int
    headers: Mapping[str, str]
    body: Any


def send(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    is_local: bool,
) -> Answer:
    """Sends one request, once. Raises Unreachable without an answer in time, Refused for a forbidden address."""
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, is_local=is_local)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path or "/", body, {"User-Agent": "laurel", "Accept": "application/json", **headers})
        answer = connection.getresponse()
        read = _read(answer)
    except (OSError, HTTPException) as error:
        raise Unreachable(f"no answer from {parts.hostname}") from error
    finally:
        connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, _json(read))


def _connection(scheme: str, host: str, port: int | None, *, is_local: bool) -> HTTPConnection:
    if scheme == "http" and is_local:
        _addresses(host, port or 80, is_local=True)
        return HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
    if scheme != "https":
        raise Refused("a shop is reached by https alone")
    address = _addresses(host, port or 443, is_local=is_local)
    return _Pinned(host, address, port or 443)


def _addresses(host: str, port: int, *, is_local: bool) -> str:
    """The address to connect to: the name is asked once, and what was checked is what is used. Raises Refused."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"there is no {host}") from error
    for address in found:
        known = ip_address(address.partition("%")[0])
        if not (known.is_loopback if is_local and known.is_loopback else known.is_global and not known.is_multicast):
            raise Refused(f"{host} is in no public network")
    return found[0]


class _Pinned(HTTPSConnection):
    """A connection to an address that was checked, with the certificate of the name that it was found by."""

    def __init__(self, host: str, address: str, port: int) -> None:
        super().__init__(host, port, timeout=_ANSWER_SECONDS, context=_tls())
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), _CONNECT_SECONDS)
        plain.settimeout(_ANSWER_SECONDS)
        self.sock = _tls().wrap_socket(plain, server_hostname=self.host)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(answer: HTTPResponse) -> bytes:
    """The body, piece by piece: a shop that drips is given up as one that does not answer."""
    has_time, pieces, size = clock.seconds(_ANSWER_SECONDS), [], 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > _LARGEST_ANSWER or not has_time():
            raise HTTPException("too much, or too slow")
        pieces.append(piece)
    return b"".join(pieces)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
