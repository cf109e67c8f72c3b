"""Failures of tools, and their lines on the terminal."""

import sys
from collections.abc import Callable

Say = Callable[[str], None]


class ToolError(Exception):
    """A reason to stop that the person at the terminal can act on; printed as one line, without a traceback."""


def say(line: str = "") -> None:
    """Prints `line` at once, also into a pipe."""
    print(line, flush=True)


def remark(line: str) -> None:
    """Prints `line` beside the results, for somebody who waits."""
    print(line, file=sys.stderr, flush=True)


def silence(line: str) -> None:
    """Says nothing, for tests, which start stacks in the background."""
