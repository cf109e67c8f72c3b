"""Chromium, the functions behind one local server, and a shop behind another: two origins, as it is on the web."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from laurel.settings import ALLOW_LOOPBACK, settings
from tests.browser.kit.shop import Shop, answer_of
from tests.functional.conftest import (  # noqa: F401 -- fixtures
    api,
    boto_session,
    deployed,
    dynamodb,
    empty_table,
    furniture,
    items,
    jobs_queue,
    secrets_key,
    shops_queue,
    table,
    table_client,
    world,
)
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
one_at_a_time = Lock()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=found, args=arguments)
        yield running
        running.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(user_agent=FIREFOX)  # its own says that no person looks
    yield context
    context.close()


@contextmanager
def served(answer: Any) -> Iterator[int]:
    """A server on a port of its own; `answer`: (method, path, headers, body) -> (status, headers, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            with one_at_a_time:
                status, headers, text = answer(self.command, self.path, self.headers, body.decode())
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_OPTIONS = do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop(api: Gateway, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:  # noqa: F811
    """A shop on `localhost` whose pages have the snippet, and the API on `127.0.0.1`."""
    monkeypatch.setenv(ALLOW_LOOPBACK, "yes")
    settings.cache_clear()
    asked: list[tuple[str, str]] = []

    def of_api(method: str, path: str, headers: Any, body: str) -> Any:
        asked.append((method, path))
        return answer_of(api, method, path, headers, body)

    with served(of_api) as api_port:
        made = Shop(api, world, f"http://127.0.0.1:{api_port}", asked)
        with served(made.answer) as port:
            made.url = f"http://localhost:{port}"
            assert api.patch(f"/v1/storefronts/{world.storefront_id}", {"origins": [made.url]}).status == 200
            assert api.patch(f"/v1/offers/{world.links_offer}", {"landing_url": f"{made.url}/"}).status == 200
            yield made
    monkeypatch.undo()
    settings.cache_clear()
