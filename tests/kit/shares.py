"""How the tests are shared out among workers, so that none is left with a long file when the others have done.

A worker takes a file at a time, and the long ones first. Journeys are two shares, each with a stack of its own to run
on: a stack takes longer to set up than most journeys take.
"""

from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling

LONG: Final = ("tests/journeys/", "tests/simulation/", "tests/browser/", "tests/functional/test_document.py")
_STACKS: Final = 2


def in_order(items: list[pytest.Item]) -> None:
    """The tests of `LONG` first, as they stand there; otherwise in the order in which they were found."""
    items.sort(key=lambda item: next((at for at, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG)))


class Shares(LoadFileScheduling):
    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # it takes files of many tests for long ones

    def _split_scope(self, nodeid: str) -> str:
        """The share of a test."""
        file = nodeid.partition("::")[0]
        if file.startswith("tests/journeys/"):
            return f"tests/journeys/{sum(Path(file).stem.encode()) % _STACKS}"
        return file
