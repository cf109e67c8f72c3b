"""Synthesize the CDK app, once per state of its sources.

The assembly lies in `.local/assembly/<digest>`. The digest covers everything that synthesis reads, so an
unchanged checkout starts without Node.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.failure import Say, ToolError
from tools.places import LOCAL, ROOT

SOURCES: Final = (
    "infra",
    "functions",
    "layers",
    "docs/openapi.json",
    "requirements/dev.txt",
    "tools/layer.py",
    "tools/shared_layer.py",
    "tools/synth.py",
)
NOT_SOURCES: Final = ("__pycache__", ".mypy_cache", ".ruff_cache")
KEPT: Final = 3


def assembly(environment: str, say: Say) -> Path:
    """The folder with the synthesized stacks of `environment`; raises ToolError if synthesis fails."""
    LOCAL.mkdir(exist_ok=True)
    with _alone(LOCAL / "assembly.lock"):
        _build_layer(say)
        folder = LOCAL / "assembly" / f"{environment}-{_digest()}"
        if not (folder / "manifest.json").exists():
            say("  synthesizing the CDK stacks (some seconds, only after a change)")
            _synthesize(environment, folder)
            _forget_old(folder.parent)
    return folder


def _synthesize(environment: str, folder: Path) -> None:
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    _module("synthesis failed", "tools.synth", "--env", environment, "--out", str(draft))
    draft.rename(folder)


def _build_layer(say: Say) -> None:
    printed = _module("the dependency layer could not be built", "tools.layer", "--arch", "native")
    if "up to date" not in printed:
        say("  built the dependency layer for this machine")


def _module(failure: str, name: str, *arguments: str) -> str:
    """The output of a module, run in a process of its own, since it changes imports and paths of its process."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "layers" / "shared" / "python")))
    ran = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise ToolError(f"{failure}:\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def _digest() -> str:
    """A digest of the path and content of every source file, and of this interpreter, for which the layer is built."""
    total = hashlib.sha256(sys.version.encode())
    for path in _source_files():
        name = str(path.relative_to(ROOT)).encode()
        total.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _source_files() -> Iterator[Path]:
    for source in SOURCES:
        root = ROOT / source
        paths = [root] if root.is_file() else root.rglob("*")
        yield from sorted(path for path in paths if path.is_file() and not set(path.parts) & set(NOT_SOURCES))


def _forget_old(folder: Path) -> None:
    newest_first = sorted(folder.iterdir(), key=lambda built: built.stat().st_mtime, reverse=True)
    for built in newest_first[KEPT:]:
        shutil.rmtree(built, ignore_errors=True)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Lets one process of this checkout in at a time: parallel tests share the assembly."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
