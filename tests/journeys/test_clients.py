"""A client that openapi-python-client makes of the document is whole, is typed, and reads every GET of a program."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from laurel.api.reference import operations
from tests.journeys.conftest import Mailbox
from tests.journeys.kit import read_all
from tests.journeys.kit.client import Api
from tests.journeys.kit.filled import NEEDS, Filled, filled
from tools.places import ROOT

DOCUMENT = ROOT / "docs/openapi.json"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's folder; it is made without a word of complaint."""
    folder = tmp_path_factory.mktemp("client")
    pictures = 'content_type_overrides: {"image/*": application/octet-stream}'
    (folder / "config.yml").write_text(f"post_hooks: []\n{pictures}\n")
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--path",
        DOCUMENT,
        "--output-path",
        folder / "made",
        "--config",
        folder / "config.yml",
    ]
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr, done.stdout + done.stderr
    return folder / "made"


@pytest.fixture(scope="module")
def at(fresh: Api, mailbox: Mailbox) -> Filled:
    return filled(fresh, mailbox.to)


def reads_json(operation: dict[str, Any]) -> bool:
    """Whether JSON is the usual answer."""
    return [*operation["responses"].get("200", {}).get("content", {})][:1] == ["application/json"]


def asked(at: Filled) -> dict[str, dict[str, Any]]:
    """What each GET that answers JSON is asked with."""
    found = {}
    for _, method, operation in operations(json.loads(DOCUMENT.read_text())):
        name = operation["operationId"]
        if method == "get" and operation["security"] and reads_json(operation):
            shown = {each["name"]: each["example"] for each in operation.get("parameters", []) if "example" in each}
            needs: Callable[[Filled], dict[str, str]] = NEEDS.get(name, lambda _: {})
            found[name] = {**shown, **at.ids, **needs(at)}
    return found


def test_the_client_is_typed(client: Path):
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(client / "cache"), str(client / "laurel_client")]
    done = subprocess.run(command, cwd=client, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_client_reads_everything_that_can_be_read(client: Path, at: Filled):
    told = json.dumps({"url": at.admin.url, "key": at.admin.key, "asked": asked(at)})
    command = [sys.executable, read_all.__file__, str(client)]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=True)
    assert done.stdout == ""
