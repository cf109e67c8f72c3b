"""A plain HTTP client for Laurel's API, as a customer would write it: JSON, a bearer key, none of our code."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.failure import ToolError

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Calls under `url` (without a trailing slash) with `key`."""

    url: str
    key: str

    def get(self, path: str) -> Any:
        """The answer's JSON; raises ToolError for any status of 400 and above."""
        return self._call("GET", path)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a POST of `body`; raises as `get`."""
        return self._call("POST", path, body)

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a PUT of `body`; raises as `get`."""
        return self._call("PUT", path, body)

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a PATCH with `body`; raises as `get`."""
        return self._call("PATCH", path, body)

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with _DIRECT.open(request, timeout=SECONDS) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            raise ToolError(f"{method} {path}: {refused.code} {refused.read().decode(errors='replace')}") from refused
        except OSError as lost:
            raise ToolError(f"{method} {path}: no answer ({lost})") from lost


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follows no redirect: the answer itself is wanted."""


def led_to(url: str, browser: str) -> str:
    """The URL that a browser following `url` is sent to; raises ToolError if there is none."""
    request = urllib.request.Request(url, headers={"User-Agent": browser})
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay).open(request, timeout=SECONDS)
    except urllib.error.HTTPError as answer:
        if location := answer.headers["Location"]:
            return str(location)
    raise ToolError(f"{url} leads nowhere")


def read_json(url: str) -> Any:
    """The JSON at `url`, read without a key."""
    with _DIRECT.open(url, timeout=SECONDS) as answer:
        return json.loads(answer.read())
