"""`make run`: Laurel on this machine until Ctrl-C or SIGTERM, with a short demo.

    python -m tools.run [--port 4600] [--empty | --year]

While it is ready, `.local/stack.json` has its address.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from types import FrameType

from laurel import clock
from tools import demo
from tools.commands import Arguments, operate
from tools.failure import ToolError, say
from tools.local_stack import Stack, local_stack
from tools.places import LOCAL, STACK_FILE
from tools.ports import answers, demand_free, free_near
from tools.running import find_running
from tools.shop.server import local_shop
from tools.year.filling import Filling
from tools.year.plan import plan

PORT = 4600
LOG = LOCAL / "engine.log"
CURLS = (
    'curl -s $URL/v1/program -H "Authorization: Bearer $KEY"',
    'curl -s $URL/v1/members -H "Authorization: Bearer $KEY" -d \'{"email": "ada@example.com", "status": "approved"}\'',
    'curl -s $URL/v1/members -H "Authorization: Bearer $KEY"',
)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked this process to end; not an Exception, so that no handler swallows it."""


def main() -> int:
    """The exit status: 0 after a requested stop, 1 if Laurel could not start or went down."""
    _listen_to_signals()
    try:
        return operate(_asked)
    except Stopped:
        say("\nstopped")
        return 0


def _asked() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("--port", type=int, default=PORT)
    asked.add_argument("--empty", action="store_true", help="without the demo")
    asked.add_argument("--year", action="store_true", help="with a year of orders beside the demo")
    given = asked.parse_args()
    return _run(given.port, with_demo=not given.empty, with_year=given.year)


def _run(port: int, *, with_demo: bool, with_year: bool) -> int:
    demand_free(port)
    if not find_running():
        STACK_FILE.unlink(missing_ok=True)  # left by a killed run: nobody must take it for this one
    began = time.monotonic()
    with contextlib.ExitStack() as running:
        stack, scene = running.enter_context(local_stack(port, say=say, log=LOG)), None
        if with_demo:
            shop = running.enter_context(local_shop(free_near(port)))
            scene = demo.play(stack.api_url, stack.admin_key, stack.mailbox_url, shop, say)
            if with_year:
                _fill(stack, scene)
            stack = replace(stack, shop_url=shop.url, portal_url=stack.entrance_of(scene.member_id))
        with _announced(stack):
            for line in told(stack, scene, time.monotonic() - began):
                say(line)
            _wait_while_up(port)
    return 1


def _fill(stack: Stack, scene: demo.Scene) -> None:
    """A year of sales in the demo's program, and for its Ada."""
    say("\nA year of sales is filled in.\n")
    today, program_id = clock.now().date(), stack.program_id
    Filling(stack.table, program_id, scene.admin, scene.storefront, scene.member_id, today).fill(plan(today), say)


def told(stack: Stack, scene: demo.Scene | None, seconds: float) -> Iterator[str]:
    """The last lines to print: the address, the keys, and calls to try."""
    yield f"\nLaurel is ready after {seconds:.1f} s. Its API is described at {stack.api_url}/docs\n"
    yield f"  export URL={stack.api_url}"
    yield f"  export KEY={stack.admin_key}   # admin"
    if scene:
        yield f"  export SHOP={scene.storefront.key}   # storefront"
    yield ""
    for line in demo.curls(scene) if scene else CURLS:
        yield f"  {line}"
    if scene:
        yield f"\nA shop: {scene.shop_url}. {demo.CODE} is live there, and Ada's link leads there: {scene.link}"
    yield f"Sent mail: {stack.mailbox_url}. What the functions log: make logs."
    if stack.portal_url:
        yield f"Ada's portal: {stack.portal_url}"
    if stack.console_url:
        yield f"The console, signed in: {stack.console_url}"
    yield "Ctrl-C stops it and forgets everything."


@contextlib.contextmanager
def _announced(stack: Stack) -> Iterator[None]:
    """Keeps `.local/stack.json` inside the block; it appears as a whole, and goes when this stack goes."""
    text = stack.as_json()
    draft = STACK_FILE.with_suffix(f".{os.getpid()}")
    draft.write_text(text + "\n")
    draft.replace(STACK_FILE)
    try:
        yield
    finally:
        if STACK_FILE.exists() and STACK_FILE.read_text().strip() == text:
            STACK_FILE.unlink()


def _wait_while_up(port: int) -> None:
    """Waits until a signal (raises Stopped), until make is gone, or until the engine is (raises ToolError)."""
    parent = os.getppid()
    while answers(port):
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            raise Stopped
        time.sleep(1.0)
    raise ToolError(f"the engine went down; see {LOG.relative_to(LOCAL.parent)}")


def _listen_to_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
    for other in STOP_SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # one is enough: let the clean-up finish
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
