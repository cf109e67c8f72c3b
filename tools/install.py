"""Make a virtual environment from a lock file, with a line of progress. Standard library only: it runs first.

    python3 tools/install.py .venv requirements/dev.txt "development tools"

The environment is complete once it holds `installed`; an incomplete one is made anew.
"""

import contextlib
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

STAMP = "installed"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
COLLECTED = re.compile(r"^(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")
OLDEST = (3, 11)
EVERY_SECONDS = 5.0


class Progress:
    """The progress: one changing line on a terminal, elsewhere a line every five seconds."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._began = self._spoke = time.monotonic()
        self._moving = sys.stdout.isatty()

    def step(self, name: str) -> None:
        """Notes that one more package, `name`, is downloaded."""
        self._done += 1
        self._show(f"{min(self._done, self._total)} of {self._total}: {name}")

    def phase(self, what: str) -> None:
        """Notes that all packages are there, and `what` happens now."""
        self._spoke = 0.0
        self._show(what)

    def finish(self) -> None:
        """Says how long it took."""
        self._spoke = 0.0
        self._show(f"ready in {time.monotonic() - self._began:.0f} s")
        if self._moving:
            print()

    def _show(self, text: str) -> None:
        line = f"installing {self._title}: {text}"
        if self._moving:
            print(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
        elif time.monotonic() - self._spoke > EVERY_SECONDS:
            self._spoke = time.monotonic()
            print(line, flush=True)


def main(environment: Path, lock: Path, title: str) -> None:
    """Makes the environment; exits with pip's last lines if that fails."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Laurel needs Python 3.11 or newer; this is {sys.version.split()[0]}. Choose one: make PYTHON=python3.12"
        )
    if environment.is_symlink():
        environment.unlink()
    progress = Progress(title, len(PIN.findall(lock.read_text())))
    progress.phase(f"making {environment}")
    venv.create(environment, clear=True, with_pip=True, symlinks=True)
    _install(environment, lock, progress)
    (environment / STAMP).touch()
    progress.finish()


def _install(environment: Path, lock: Path, progress: Progress) -> None:
    log = environment / "install.log"
    command = [environment / "bin" / "python", "-m", "pip", "install", "--require-hashes", "--no-compile", "-r", lock]
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    with _started([*map(str, command), *quiet]) as pip, log.open("w") as copy:
        for line in pip.stdout or ():
            copy.write(line)
            if package := COLLECTED.match(line):
                progress.step(package[1])
            elif line.startswith("Installing collected packages"):
                progress.phase("unpacking")
    if pip.returncode != 0:
        tail = "".join(log.read_text().splitlines(keepends=True)[-15:])
        sys.exit(f"\n{tail}\npip could not install {lock}; all its output is in {log}")


@contextlib.contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        if sys.exc_info()[0]:
            process.terminate()
        process.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
        sys.exit(0)
    sys.exit(130)
