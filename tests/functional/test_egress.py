"""Requests that leave: never inside, never further than was checked, and bounded, whatever is answered."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from laurel import clock, egress
from tests.unit.test_networks import INSIDE

NAMED = [
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://localhost/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0/",
    "http://shop.example/",
    "http://127.0.0.1/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "https:///",
    "https://shop.example:99999/",
]


def send(url: str, **options: Any) -> egress.Answer:
    return egress.send("GET", url, {}, **{"most_bytes": 1000, **options})


@contextmanager
def answering(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server on this machine that answers one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                try:
                    answer(connection)
                except OSError:
                    return  # whoever asked is gone

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were asked for; each has another address the second time."""
    names: list[str] = []
    answers = {"shop.example": [["93.184.215.14"], ["127.0.0.1"]], "half.example": [["93.184.215.14", "10.0.0.1"]]}

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        names.append(host)
        found = answers[host][names.count(host) - 1] if host in answers else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses that were connected to; nobody is there."""
    found: list[Any] = []

    def connect(address: Any, seconds: float) -> Any:
        assert 0 < seconds <= egress.CONNECT_SECONDS
        found.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return found


@pytest.mark.parametrize("url", NAMED)
def test_nothing_is_sent_inside(url: str, connected: list[Any]):
    with pytest.raises((egress.Forbidden, egress.NoAnswer)):
        send(url)
    assert connected == []


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_followed(address: str, connected: list[Any], monkeypatch: pytest.MonkeyPatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(egress.Forbidden):
        send("https://shop.example/", allow_loopback=True)
    assert connected == []


def test_what_was_checked_is_what_is_connected_to(asked: list[str], connected: list[Any]):
    with pytest.raises(egress.NoAnswer):
        send("https://shop.example/")
    assert (asked, connected) == (["shop.example"], [("93.184.215.14", 443)])


def test_a_name_with_one_address_inside_is_not_followed(asked: list[str], connected: list[Any]):
    with pytest.raises(egress.Forbidden):
        send("https://half.example/")
    assert (asked, connected) == (["half.example"], [])


def test_plain_http_leaves_this_machine_never(asked: list[str], connected: list[Any]):
    with pytest.raises(egress.Forbidden):
        send("http://shop.example/", allow_loopback=True)
    assert connected == []


def test_a_name_that_nobody_answers_for_holds_nobody_up(connected: list[Any], monkeypatch: pytest.MonkeyPatch):
    is_over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: is_over.wait() and [])
    monkeypatch.setattr(egress, "CONNECT_SECONDS", 0.01)
    with pytest.raises(egress.NoAnswer, match="in time"):
        send("https://shop.example/")
    is_over.set()
    assert connected == []


@pytest.mark.parametrize(("takes", "left"), [(4.0, [1.0]), (5.0, []), (6.0, [])])
def test_what_a_name_takes_is_taken_off_the_time_to_connect(
    takes: float, left: list[float], asked: list[str], monkeypatch: pytest.MonkeyPatch
):
    found: list[float] = []

    def connect(_: Any, seconds: float) -> Any:
        found.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(clock, "countdown", lambda seconds: lambda: seconds - takes * len(asked))
    with pytest.raises(egress.NoAnswer):
        send("https://shop.example/")
    assert found == left


def test_a_redirect_is_an_answer_and_not_followed():
    with answering(lambda to: to.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n")) as url:
        assert send(url, allow_loopback=True).status == 302


ENDLESS = [
    b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000,
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 5000,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n" + b"3e8\r\nxxx",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    b"SSH-2.0-OpenSSH\r\n",
    b"",
]


@pytest.mark.parametrize("answer", ENDLESS, ids=range(len(ENDLESS)))
def test_an_answer_that_is_too_long_or_cut_off_is_none(answer: bytes):
    with answering(lambda to: to.sendall(answer)) as url, pytest.raises(egress.NoAnswer):
        send(url, allow_loopback=True)


@pytest.mark.parametrize("piece", [b"X-Drip: 1\r\n", b"H"])
def test_an_answer_that_drips_is_cut_off(piece: bytes):
    def drip(to: socket.socket) -> None:
        to.settimeout(0.01)
        to.sendall(b"HTTP/1.1 200 OK\r\n" if len(piece) > 1 else b"")
        while True:
            to.sendall(piece)
            try:
                if to.recv(1) == b"":
                    return
            except TimeoutError:
                continue

    with answering(drip) as url, pytest.raises(egress.NoAnswer):
        send(url, allow_loopback=True, seconds=0.1)
