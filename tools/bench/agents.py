"""The cost of agents: a tool called, a change planned and carried out, with the requests that they make of the API."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from tools.bench import gateway, samples
from tools.bench.gateway import Answer, Request
from tools.bench.report import NO_TARGET, Row, Table, figures
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

_ASKED: Final = "members"
"""The function of all that these tools ask the API."""


def table(lab: Lab) -> Table:
    """The cost of each message of an agent, in the order of a conversation."""
    shop = world(lab, samples.template())
    member_id = shop.seller().member_id
    with _served() as api:
        agent = _Agent(shop, api)
        rows = [
            agent.list_of_tools(),
            agent.row("a tool that reads a member", "get_member", member_id=member_id),
            agent.row("a plan to rename a member", "edit_member", member_id=member_id, last_name="King"),
            agent.row("its commit", "commit", hash=agent.last["hash"]),
        ]
    return Table("Agents", rows, _NOTES)


_NOTES: Final = (
    "Through functions/agents and functions/members. Each request of the API is an invocation more, and reads the key",
    "again. A plan reads what it rests on and is kept; its commit reads the same, and notes its beginning and its end.",
)


@dataclass
class _Api:
    """The API at an address of this machine. `asked`: the requests so far."""

    domain: str
    asked: int = 0


@dataclass
class _Agent:
    """An agent with its merchant's key. `last`: what its last tool answered with."""

    shop: World
    api: _Api
    last: Any = None

    def list_of_tools(self) -> Row:
        """The cost of all tools, and their length."""
        answer = self._say("tools/list", {})
        return Row(
            "the list of tools", {**figures(answer.bill.cost), "KB": len(answer.text.encode()) / 1000}, NO_TARGET
        )

    def row(self, name: str, tool: str, **arguments: str) -> Row:
        """The cost of a call. Raises ToolError if it was refused."""
        asked_before = self.api.asked
        answer = self._say("tools/call", {"name": tool, "arguments": arguments})
        result = answer.body["result"]
        if result["isError"]:
            raise ToolError(f"the bench's agent was refused: {result['content']}")
        self.last = result["structuredContent"]
        return Row(name, {"requests": self.api.asked - asked_before, **figures(answer.bill.cost)}, NO_TARGET)

    def _say(self, method: str, params: dict[str, Any]) -> Answer:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = Request("agents", "POST", "/mcp", self.shop.admin, message, domain=self.api.domain)
        return gateway.send(self.shop.lab, request, 200)


@contextmanager
def _served() -> Iterator[_Api]:
    """The function that the tools ask, over loopback, as the gateway would ask it."""
    handler = importlib.import_module(f"{_ASKED}.handler").handler

    class Door(BaseHTTPRequestHandler):
        def do(self) -> None:
            """Answers a request."""
            api.asked += 1
            sent = {name.lower(): value for name, value in self.headers.items()}
            event = Request(_ASKED, self.command, self.path, headers=sent).event
            size = int(self.headers.get("Content-Length") or 0)
            answer = handler({**event, "body": self.rfile.read(size).decode() if size else None}, None)
            data = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in {**answer["headers"], "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = do  # noqa: N815 -- the names that the server asks for

        def log_request(self, *_: object) -> None:
            """Nothing: the bench has its own figures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    api = _Api(f"127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
