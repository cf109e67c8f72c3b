"""All functions behind one local server, for browsers: the pages as they are, with a small program in the table."""

import base64
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.functional.kit.gateway import Context, function_of
from tests.pages.kit.people import People
from tests.pages.kit.reader import event_of

PHONE, DESK = (360, 780), (1280, 900)
PAGES = ("console", "portal")
_alone = Lock()


@dataclass(frozen=True, slots=True)
class Stage:
    """`url`: without a slash at its end."""

    url: str
    people: People

    def opened(
        self, browser: Browser, role: str, size: tuple[int, int] = DESK, scheme: str = "light"
    ) -> BrowserContext:
        """A window of whoever is signed in by that role; nobody is if it is empty."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-GB",
        )
        if role:
            name, value = self.people.cookie(role)
            context.add_cookies([{"name": name, "value": value, "url": self.url}])
        return context

    def address(self, path: str) -> str:
        """A path of the API; `portal` stands for the portal of the program."""
        return self.url + path.replace("/portal", f"/portal/{self.people.program.program_id}", 1)


@contextmanager
def staged(people: People) -> Iterator[Stage]:
    """The stage, while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Stage(f"http://127.0.0.1:{server.server_address[1]}", people)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answered(method: str, path: str, headers: Mapping[str, str], body: str | None) -> Mapping[str, Any]:
    """What the API answers."""
    sent = {name.lower(): value for name, value in headers.items()}
    event = event_of(method, path, body, sent)
    event["requestContext"]["domainName"] = sent.get("host", "")
    folder = path.partition("?")[0].split("/")[1]
    target = folder if folder in PAGES else function_of(method, event["rawPath"])
    with _alone:
        told: Mapping[str, Any] = importlib.import_module(f"{target}.handler").handler(event, Context())
    return told


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length).decode() if length else None
        sent = {**dict(self.headers.items()), "x-forwarded-proto": "http"}
        answer = answered(self.command, self.path, sent, body)
        data = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else (answer["body"] or "").encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        for cookie in answer["cookies"]:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass
