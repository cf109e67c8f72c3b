"""An agent: it speaks to the door of agents, which asks the API of this process over loopback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from tests.functional.kit.gateway import Answer, Context, Gateway, function_of
from tests.functional.kit.world import http_event

MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"


@dataclass(slots=True)
class Agent:
    """Calls tools with `key`. `asked`: what the API was asked; `meanwhile`: by method, what happens just before."""

    key: str
    asked: list[str] = field(default_factory=list)
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)

    def call(self, tool: str, *, key: str | None = None, **arguments: Any) -> "Told":
        answer = self.say("tools/call", {"name": tool, "arguments": arguments}, key=key)
        assert answer.status == 200, answer.body
        result = answer.body["result"]
        return Told(result.get("structuredContent"), result["isError"], result["content"][0]["text"])

    def say(self, method: str, params: Any = None, *, key: str | None = None, **headers: str) -> Answer:
        """One request in a version with a handshake."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method} | ({} if params is None else {"params": params})
        return self.post(message, key=key, **headers)

    def say_now(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> Answer:
        """One request as the newest version has it."""
        told = params or {}
        meta = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}
        named = {"mcp_protocol_version": MODERN, "mcp_method": method}
        named |= {"mcp_name": told["name"]} if "name" in told else {}
        return self.say(method, {"_meta": meta, **told}, **{**named, **headers})

    def post(self, message: object, *, key: str | None = None, **headers: str) -> Answer:
        return Gateway(key or self.key).post("/mcp", message, **headers)


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool answered with."""

    value: Any
    is_error: bool
    text: str

    @property
    def code(self) -> str:
        assert self.is_error, self.value
        return str(self.value["code"])


@contextmanager
def served(agent: Agent) -> Iterator[str]:
    """The API of this process at an address of this machine."""

    class Door(BaseHTTPRequestHandler):
        def do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size).decode() if size else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            agent.asked.append(f"{self.command} {self.path}")
            agent.meanwhile.pop(self.command, lambda: None)()
            event = http_event(self.command, self.path, body, None, headers)
            self.reply(answered(event))

        def reply(self, answer: dict[str, Any]) -> None:
            data = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in {**answer["headers"], "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_request(self, *_: object) -> None:
            return

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Door, f"do_{method}", Door.do)
    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def answered(event: dict[str, Any]) -> dict[str, Any]:
    import importlib
    from urllib.parse import unquote

    event["rawPath"] = unquote(event["rawPath"])
    query = event.get("queryStringParameters", {})
    event["queryStringParameters"] = {name: unquote(value.replace("+", " ")) for name, value in query.items()}
    folder = function_of(event["requestContext"]["http"]["method"], event["rawPath"])
    told: dict[str, Any] = importlib.import_module(f"{folder}.handler").handler(event, Context())
    return told
