"""The HTTP API as its customers see it: requests, answers, and waiting for what the stream does."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import urllib3

T = TypeVar("T")
WAIT_SECONDS = 30.0
_pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=30.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `json` is None where the body is none."""

    status: int
    headers: urllib3.HTTPHeaderDict
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text) if self.text else None


@dataclass(frozen=True, slots=True)
class Api:
    """Calls under `url`, with `key` if there is one."""

    url: str
    key: str | None

    def with_key(self, key: str | None) -> "Api":
        return replace(self, key=key)

    def send(self, method: str, path: str, body: object = None, raw: bytes | None = None, **headers: str) -> Answer:
        data = raw if raw is not None or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        if self.key is not None:
            sent["Authorization"] = f"Bearer {self.key}"
        answer = _pool.request(method, self.url + path, body=data, headers=sent)
        return Answer(answer.status, answer.headers, answer.data.decode(errors="replace"))

    def get(self, path: str) -> Any:
        return self._good(self.send("GET", path))

    def post(self, path: str, body: object) -> Any:
        return self._good(self.send("POST", path, body))

    def put(self, path: str, body: object) -> Any:
        return self._good(self.send("PUT", path, body))

    def patch(self, path: str, body: object) -> Any:
        return self._good(self.send("PATCH", path, body))

    def today(self) -> str:
        """The program's day, which is seldom that of a machine in UTC; `key` is of its admin."""
        return datetime.now(ZoneInfo(self.get("/v1/program")["timezone"])).date().isoformat()

    @staticmethod
    def _good(answer: Answer) -> Any:
        assert answer.status < 400, answer.text
        return answer.json


def eventually(found: Callable[[], T | None]) -> T:
    """What `found` finds once it finds something."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return result
