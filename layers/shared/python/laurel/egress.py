"""Requests that leave: to public addresses over TLS alone, without redirects, within time and size.

The only way to an address that a stranger named. A name is asked for once, and what was checked is what is used.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from queue import Empty, SimpleQueue
from threading import Event, Thread, Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from laurel import clock
from laurel.domain.values.networks import is_loopback, is_public

CONNECT_SECONDS: Final = 5.0
"""For the address of a name and the connection to it, together."""
ANSWER_SECONDS: Final = 15.0
"""From the first byte sent to the last one read, however slowly they come."""
_PIECE: Final = 65_536


class Forbidden(Exception):
    """An address that nothing is sent to. Nothing was."""


class NoAnswer(Exception):
    """No whole answer in time: what was asked may have been done or not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers by small letters, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(  # noqa: PLR0913 - a request, and its bounds
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    most_bytes: int,
    allow_loopback: bool = False,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """Sends one request, once; a redirect is an answer like any other.

    `most_bytes`: the longest body that is read. `allow_loopback`: plain http to this machine, too. Raises Forbidden,
    NoAnswer.
    """
    parts, connect_seconds = urlsplit(url), clock.countdown(CONNECT_SECONDS)
    connection, address = _checked(parts, connect_seconds(), allow_loopback=allow_loopback)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _wire(connection, address, connect_seconds(), seconds):
            connection.request(method, path, body, {"User-Agent": "laurel", **headers})
            with connection.getresponse() as answer:
                read = _read(answer, most_bytes)
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"no answer from {parts.hostname}") from error
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, read)


def _checked(parts: SplitResult, seconds: float, *, allow_loopback: bool) -> tuple[HTTPConnection, str]:
    """A connection that is not made yet, and the address that it may be made to. Raises Forbidden, NoAnswer."""
    host, is_plain = parts.hostname or "", parts.scheme == "http"
    if not host or (parts.scheme != "https" and not (is_plain and allow_loopback)):
        raise Forbidden("nothing is sent but by https")
    try:
        port = parts.port or (80 if is_plain else 443)
    except ValueError:
        raise Forbidden("there is no such port") from None
    addresses = _resolved(host, port, seconds)
    if not all(is_loopback(address) if is_plain else is_public(address) for address in addresses):
        raise Forbidden(f"{host} is in no public network")
    return HTTPConnection(host, port) if is_plain else HTTPSConnection(host, port, context=_tls()), addresses[0]


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """All addresses of a host. Raises NoAnswer, after `seconds` at the latest.

    The system's resolver has no bound but its own, of half a minute: so it is asked in a thread, which is left to it.
    """
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()
    Thread(target=_resolve, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise NoAnswer(f"nobody says in time where {host} is") from None
    if isinstance(answer, Exception):
        raise NoAnswer(f"there is no {host}") from answer
    return answer


def _resolve(host: str, port: int, answers: "SimpleQueue[list[str] | Exception]") -> None:
    try:
        answers.put([str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
    except (OSError, ValueError) as error:  # not a name at all, too
        answers.put(error)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _wire(connection: HTTPConnection, address: str, connect_seconds: float, seconds: float) -> Iterator[None]:
    """Makes a connection, with the certificate of the name that its address was found by; it ends after `seconds`.

    Whoever waits for it then gets nothing more: one that drips is none that answers. `connect_seconds`: to be there.
    """
    if connect_seconds <= 0:  # 0 would mean not to wait at all, and below it is an error
        raise TimeoutError("the name took all of the time")
    wire = socket.create_connection((address, connection.port), connect_seconds)
    if isinstance(connection, HTTPSConnection):
        wire = _tls().wrap_socket(wire, server_hostname=connection.host, do_handshake_on_connect=False)
    wire.settimeout(seconds)
    is_cut = Event()
    timer = Timer(seconds, _cut, [wire, is_cut])
    timer.daemon = True
    timer.start()
    try:
        if isinstance(wire, ssl.SSLSocket):
            wire.do_handshake()
        connection.sock = wire
        yield
        if is_cut.is_set():
            raise TimeoutError("cut off")  # within the headers that would look like their end
    finally:
        timer.cancel()
        connection.close()
        wire.close()


def _cut(wire: socket.socket, is_cut: Event) -> None:
    is_cut.set()
    with suppress(OSError):  # it is over already
        socket.socket.shutdown(wire, socket.SHUT_RDWR)  # of the socket itself: TLS would still say goodbye


def _read(answer: HTTPResponse, most_bytes: int) -> bytes:
    pieces, size = [], 0
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > most_bytes:
            raise HTTPException("more than anybody would read")
        pieces.append(piece)
    if answer.length:
        raise HTTPException("cut off")
    return b"".join(pieces)
