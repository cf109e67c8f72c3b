"""Fixtures that more than one kind of test needs."""

import gc
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.kit.network import kept_here
from tests.kit.shares import Shares, in_order
from tools.engine import engine
from tools.places import LOCAL
from tools.ports import free_port

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
NO_BROWSER = (
    "tests/browser did NOT run: there is no Chromium on this machine. Install it (Debian, Ubuntu: "
    "`apt-get install chromium`; macOS: `brew install --cask chromium`) and run the tests again."
)
collect_ignore = [] if BROWSER else ["browser"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out, and how to have it."""
    if BROWSER is None:
        terminalreporter.write_line(NO_BROWSER, yellow=True, bold=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_order(items)


def pytest_collection_finish() -> None:
    """What all the tests imported stays until the end: the garbage collector need not look through it every time."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def nothing_leaves_this_machine() -> Iterator[None]:
    with kept_here():
        yield


@pytest.fixture(scope="session")
def engine_url(worker_id: str) -> Iterator[str]:
    """A local engine for this test process, on a port of its own."""
    with engine(free_port(), LOCAL / "tests" / f"engine-{worker_id}.log") as running:
        yield running.endpoint_url
