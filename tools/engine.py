"""Start and stop the local AWS engine (ministack) on the loopback address.

Its state lives in memory and ends with it. Its log and its scratch files lie under `.local/`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

from tools.failure import ToolError
from tools.places import ENGINE_PYTHON, LOCAL, ROOT
from tools.ports import LOOPBACK, answers

SCRATCH: Final = LOCAL / "engine"
KEPT_SECONDS: Final = 24 * 3600.0
REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
START_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: `endpoint_url` speaks every AWS API, and `log` is its output."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def endpoint_url(self) -> str:
        """The one address of all services, without a trailing slash."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether its process is running."""
        return self.process.poll() is None

    def complaint(self, what: str) -> ToolError:
        """The error that `what` went wrong, with the log to look into."""
        return ToolError(f"{what}; see {self.log.relative_to(ROOT)}")


@contextlib.contextmanager
def engine(port: int, log: Path) -> Iterator[Engine]:
    """An engine that listens on `port` inside the block; after it, it is gone with all its functions.

    Raises ToolError if it does not come up.
    """
    if not ENGINE_PYTHON.exists():
        raise ToolError("the engine is not installed; run: make .engine")
    _forget_old()
    scratch = SCRATCH / str(port)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = _spawn(port, scratch, output.fileno())
    running = Engine(port, log, process)
    try:
        _wait_until_ready(running)
        yield running
    finally:
        _stop(process)
        _forget(scratch)


def aws(service: str, endpoint_url: str, **options: Any) -> Any:
    """A boto3 client of `service` at a local engine, with the engine's credentials, not this machine's.

    `options`: further settings of botocore's Config.
    """
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=60, proxies={}, **options)
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)
    return session.client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]


def _forget_old() -> None:
    """Remove yesterday's logs, and scratch folders of engines that were killed."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for left in SCRATCH.iterdir():
        recent = time.time() - left.stat().st_mtime < KEPT_SECONDS
        if recent or not left.stem.isdigit() or answers(int(left.stem)):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _spawn(port: int, scratch: Path, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [ENGINE_PYTHON, ROOT / "tools" / "engine_process.py"],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=scratch,
        env=_environment(port, scratch),
        start_new_session=True,
    )


def _environment(port: int, scratch: Path) -> dict[str, str]:
    """The environment variables of the engine and its functions: no AWS, Python or proxy settings of this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return kept | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(scratch),
        "PYTHONUNBUFFERED": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _wait_until_ready(running: Engine) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(running.endpoint_url):
        if not running.alive:
            raise running.complaint("the engine ended while starting")
        if time.monotonic() > deadline:
            raise running.complaint(f"the engine is not ready after {START_SECONDS:.0f} s")
        time.sleep(0.05)


def _is_ready(endpoint_url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{endpoint_url}/_ministack/health", timeout=2) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the engine and its functions at once: they keep nothing that would have to be written first."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def _forget(scratch: Path) -> None:
    """Removes a folder of thousands of files in the background, so that nobody waits for it."""
    gone = scratch.with_suffix(f".{os.getpid()}")
    scratch.rename(gone)
    apart: list[str | Path] = [
        "sh",
        "-c",
        'rm -rf "$0" &',
        gone,
    ]  # of a shell that is over at once: nobody has a child to wait for
    subprocess.run(apart, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
