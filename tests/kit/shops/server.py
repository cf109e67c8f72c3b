"""One shop on this machine: each request is answered once, unless a fault comes first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal, Protocol

Fault = Literal["down", "lost", "throttled"]
"""Nothing done and 503; done, and the answer lost; nothing done, and asked for patience."""


class Platform(Protocol):
    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]: ...

    def throttled(self) -> tuple[int, bytes]: ...


@dataclass
class FakeShop:
    """`faults`: one for each of the next requests (None for none); `lets_in`: whether the credentials are good."""

    platform: Any
    url: str = ""
    lets_in: bool = True
    faults: list[Fault | None] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def serve(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        """The answer to a request; None for one that is lost."""
        self.calls.append(f"{method} {path.partition('?')[0]}")
        fault = self.faults.pop(0) if self.faults else None
        if not self.lets_in:
            return 401, b'{"errors": "Invalid API key or access token"}'
        if fault == "down":
            return 503, b"busy"
        if fault == "throttled":
            return self.platform.throttled()  # type: ignore[no-any-return]
        answer = self.platform.answer(method, path, headers, body)
        return None if fault == "lost" else answer


@contextmanager
def opened(platform: Platform) -> Iterator[FakeShop]:
    """The shop, listening on this machine."""
    shop = FakeShop(platform)

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = shop.serve(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            if told is None:
                self.close_connection = True
                return
            self.send_response(told[0])
            self.send_header("Content-Length", str(len(told[1])))
            self.end_headers()
            self.wfile.write(told[1])

        do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 - as the library calls them

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
