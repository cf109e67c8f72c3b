"""Fixtures that more than one kind of test needs."""

import gc
from collections.abc import Iterator

import pytest

from tools.engine import engine
from tools.places import LOCAL
from tools.ports import free_port


def pytest_collection_finish() -> None:
    """What all the tests imported stays until the end: the garbage collector need not look through it every time."""
    gc.freeze()


@pytest.fixture(scope="session")
def engine_url(worker_id: str) -> Iterator[str]:
    """A local engine for this test process, on a port of its own."""
    with engine(free_port(), LOCAL / "tests" / f"engine-{worker_id}.log") as running:
        yield running.endpoint_url
