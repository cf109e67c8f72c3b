"""What `make run` told about itself in `.local/stack.json`."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from tools.failure import ToolError
from tools.places import STACK_FILE
from tools.ports import answers


@dataclass(frozen=True, slots=True)
class Running:
    """endpoint_url: speaks the AWS APIs. api_url: what `/v1/...` is added to. admin_key: of the one program."""

    endpoint_url: str
    api_url: str
    admin_key: str


def find_running() -> Running | None:
    """None if nothing runs; what a killed run left behind does not count."""
    if not STACK_FILE.exists():
        return None
    told = json.loads(STACK_FILE.read_text())
    address = urlsplit(told["api_url"])
    if address.port is None or not answers(address.port):
        return None
    return Running(f"{address.scheme}://{address.netloc}", told["api_url"], told["admin_key"])


def get_running() -> Running:
    """Raises ToolError if nothing runs."""
    if (found := find_running()) is None:
        raise ToolError("nothing runs here; start it with: make run")
    return found
