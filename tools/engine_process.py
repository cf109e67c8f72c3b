"""The engine's own process: ministack, which ends with its functions when its starter closes its stdin.

It runs in the engine's environment (`.engine`), not in ours, as the leader of a process group. The pipe closes on an
orderly stop and also if the starter is killed, so no engine outlives it.
"""

import inspect
import os
import signal
import sys
import threading

GRACE = 3.0


def _stop_functions() -> None:
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]

    lambda_runtime.Worker._discard_tmpdir = lambda _: None  # the starter removes all scratch files, once this is over
    lambda_runtime.reset()


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    stopping = threading.Thread(target=_stop_functions, daemon=True)
    stopping.start()
    stopping.join(GRACE)
    os.killpg(0, signal.SIGKILL)


def _lead_preflights_to_functions() -> None:
    """An HTTP API without CORS settings has routes for OPTIONS like any other, as on AWS; the engine refuses them."""
    from ministack.services import apigateway  # type: ignore[import-not-found]

    source = inspect.getsource(apigateway._handle_execute_in_scope)
    refused = 'if method == "OPTIONS":'
    assert source.count(refused) == 1, "this is another engine than the one that is pinned"
    exec(source.replace(refused, 'if method == "OPTIONS" and cors_cfg:'), vars(apigateway))


def main() -> None:
    """Serve until stdin ends."""
    from ministack.app import main as serve  # type: ignore[import-not-found]

    _lead_preflights_to_functions()

    sys.argv = ["ministack"]
    serve()


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    main()
