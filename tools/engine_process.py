"""The engine's own process: ministack, which ends with its functions when its starter closes its stdin.

It runs in the engine's environment (`.engine`), not in ours, as the leader of a process group. The pipe closes on an
orderly stop and also if the starter is killed, so no engine outlives it.
"""

import hashlib
import inspect
import os
import signal
import sys
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import Any, ClassVar


class _Unpacked(zipfile.ZipFile):
    """A zip that is unpacked once; wherever it is wanted again, a link leads there."""

    _places: ClassVar[dict[str, Path]] = {}
    _one_at_a_time: ClassVar = threading.Lock()

    def namelist(self) -> list[str]:
        """Asked only to refuse names that lead out of the place, which archives of our own do not have."""
        return []

    def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:
        """`path`: an empty folder."""
        Path(path).rmdir()
        Path(path).symlink_to(self._place(), target_is_directory=True)

    def _place(self) -> Path:
        digest = hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()
        with self._one_at_a_time:
            if digest not in self._places:
                place = tempfile.mkdtemp(prefix="unpacked-")
                super().extractall(place, super().namelist())
                self._places[digest] = Path(place)
            return self._places[digest]


def _unpack_once() -> None:
    """Or each process of each function unpacks both layers for itself: 1,300 files, which are deleted in the end."""
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]

    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": _Unpacked})


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)  # its functions are of its group, and nothing that they hold is kept


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

    _unpack_once()
    _lead_preflights_to_functions()
    sys.argv = ["ministack"]
    serve()


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    main()
