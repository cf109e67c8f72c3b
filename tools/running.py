"""The running stack of `make run`, by its `.local/stack.json`."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from tools.failure import ToolError
from tools.places import STACK_FILE
from tools.ports import answers


@dataclass(frozen=True, slots=True)
class Running:
    """A running stack. `endpoint_url`: speaks the AWS APIs. `api_url`: the base of `/v1/...`. `admin_key`: its key."""

    endpoint_url: str
    api_url: str
    admin_key: str


def find_running() -> Running | None:
    """The running stack; None if nothing runs. A file that a killed run left behind does not count."""
    if not STACK_FILE.exists():
        return None
    stack = json.loads(STACK_FILE.read_text())
    address = urlsplit(stack["api_url"])
    if address.port is None or not answers(address.port):
        return None
    return Running(f"{address.scheme}://{address.netloc}", stack["api_url"], stack["admin_key"])


def get_running() -> Running:
    """The running stack. Raises ToolError if nothing runs."""
    if (running := find_running()) is None:
        raise ToolError("nothing runs here; start it with: make run")
    return running
