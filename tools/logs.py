"""Print what the functions of the running local stack have logged, oldest first.

python -m tools.logs [offers]
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

from tools.commands import Arguments, function_named, operate
from tools.engine import aws
from tools.failure import say
from tools.running import get_running

OF_LAMBDA: Final = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def main() -> int:
    """The exit status: 0, or 1 if nothing runs here."""
    return operate(_run)


def _run() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("function", nargs="?", default="", help="a folder of functions/; all by default")
    wanted = asked.parse_args().function
    if wanted:
        function_named(wanted)
    logs = aws("logs", get_running().endpoint_url)
    for at, function, message in sorted(_events(logs, wanted.replace("_", "")), key=itemgetter(0)):
        say(f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S} {function:<14} {message}")
    return 0


def _events(logs: Any, wanted: str) -> Iterator[tuple[int, str, str]]:
    """The log lines as instant (ms), function and line."""
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        function = name.rpartition("/")[2].partition("Log")[0]
        if wanted and function != wanted:
            continue
        for event in _pages(logs, "filter_log_events", "events", logGroupName=name):
            if not event["message"].startswith(OF_LAMBDA):
                yield event["timestamp"], function, event["message"].rstrip()


def _pages(logs: Any, call: str, content: str, **arguments: str) -> Iterator[dict[str, Any]]:
    for page in logs.get_paginator(call).paginate(**arguments):
        yield from page[content]


if __name__ == "__main__":
    sys.exit(main())
