"""What a tool says when it cannot go on."""

from collections.abc import Callable

Say = Callable[[str], None]


class ToolError(Exception):
    """A reason to stop that the person at the terminal can act on; printed as one line, without a traceback."""


def say(line: str = "") -> None:
    """Print `line` at once, also into a pipe."""
    print(line, flush=True)


def silence(line: str) -> None:
    """Say nothing: for tests, which start stacks in the background."""
