"""Build the dependency layer, `layers/dependencies/python`, from its locked requirements; no Docker.

python -m tools.layer                  for Lambda as deployed: Python 3.13 on arm64
python -m tools.layer --arch native    for the local engine: this interpreter on this machine
"""

import functools
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.commands import Arguments, operate

DEPENDENCIES: Final = Path(__file__).parents[1] / "layers" / "dependencies"
STAMP: Final = ".built"
# Files that no function imports, by pattern below python/: every new instance would unpack them for nothing. A function
# that needs one of these fails in the journeys; strike the line then.
_UTILITIES: Final = "aws_lambda_powertools/utilities"
UNUSED: Final = (
    "bin",
    "*/tests",
    "*/py.typed",
    "*.dist-info/RECORD",
    "dns",  # email-validator asks it whether a domain takes mail, which pydantic never needs
    "stdnum/imsi.dat",  # of numbers that are no accounts
    "stdnum/oui.dat",
    "pydantic/mypy.py",
    "pydantic/v1",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.js",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.css",
    f"{_UTILITIES}/auth_alpha",
    f"{_UTILITIES}/batch",
    f"{_UTILITIES}/circuit_breaker",
    f"{_UTILITIES}/data_masking",
    f"{_UTILITIES}/feature_flags",
    f"{_UTILITIES}/idempotency",
    f"{_UTILITIES}/kafka",
    f"{_UTILITIES}/parameters",
    f"{_UTILITIES}/parser",
    f"{_UTILITIES}/streaming",
)


@dataclass(frozen=True, slots=True)
class Target:
    """A target. `arch`: as in `--arch`. `python`: `3.13`. `wheels`: platform tag, "" for this machine's own."""

    arch: str
    python: str
    wheels: str = ""

    @property
    def name(self) -> str:
        """The name in the stamp; no two targets with different files share it."""
        return f"python{self.python} {self.wheels or sysconfig.get_platform()}"

    def interpreter(self) -> str | None:
        """An interpreter of the target's version, which makes its bytecode; None if this machine has none."""
        return sys.executable if self.python == _this_python() else _found(f"python{self.python}")


@functools.cache
def _found(command: str) -> str | None:
    """The path of a command, if it runs: version managers put commands for missing versions on the path."""
    path = shutil.which(command)
    if path is None:
        return None
    ran = subprocess.run([path, "-c", ""], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return path if ran.returncode == 0 else None


def _this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


NATIVE: Final = Target("native", _this_python())
TARGETS: Final = {
    target.arch: target
    for target in (
        Target("arm64", "3.13", "manylinux2014_aarch64"),
        Target("x86_64", "3.13", "manylinux2014_x86_64"),
        NATIVE,
    )
}


def is_built(target: Target, folder: Path = DEPENDENCIES) -> bool:
    """Whether `python/` holds the locked versions for `target`, without UNUSED files."""
    stamp = folder / "python" / STAMP
    return stamp.exists() and stamp.read_text() == _stamp(target, folder)


def build(target: Target, folder: Path = DEPENDENCIES) -> None:
    """Fills `folder/python`, all or nothing. Raises CalledProcessError if a version or its hash cannot be had."""
    half = folder / "python.half"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    try:
        _install(target, folder / "requirements.txt", half)
        strip(half)
        compile_bytecode(target, half)
        (half / STAMP).write_text(_stamp(target, folder))
        shutil.rmtree(folder / "python", ignore_errors=True)
        half.rename(folder / "python")
    finally:
        shutil.rmtree(half, ignore_errors=True)


def compile_bytecode(target: Target, folder: Path) -> None:
    """Compiles unchecked bytecode: the zip's dates, of 1980, would make bytecode that is checked by date look stale."""
    interpreter = target.interpreter()
    if interpreter is None:
        print(f"No python{target.python} here: a layer without bytecode, cold starts take longer", file=sys.stderr)
        return
    mode = ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/opt/python"]
    subprocess.run([interpreter, "-m", "compileall", "-q", *mode, str(folder)], check=True)


def _stamp(target: Target, folder: Path) -> str:
    locked = hashlib.sha256((folder / "requirements.txt").read_bytes() + repr(UNUSED).encode()).hexdigest()
    bytecode = "bytecode" if target.interpreter() else "source"
    return f"{target.name} {bytecode} {locked}\n"


def _install(target: Target, requirements: Path, folder: Path) -> None:
    wheels = ["--platform", target.wheels, "--python-version", target.python] if target.wheels else []
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-compile"]
    locked = ["--require-hashes", "--only-binary", ":all:", "--no-deps"]
    where = ["--target", str(folder), "--requirement", str(requirements)]
    subprocess.run([*pip, *locked, *wheels, *where], check=True)


def strip(folder: Path) -> None:
    """Removes UNUSED files. Metadata stays: pydantic reads the version of email-validator there."""
    for pattern in UNUSED:
        for path in list(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def main() -> int:
    """The exit status: 0 once the layer is built, or was built already."""
    return operate(_run)


def _run() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("--arch", choices=TARGETS, default="arm64")
    target = TARGETS[asked.parse_args().arch]
    if is_built(target):
        print(f"layer: up to date ({target.name})")
        return 0
    print(f"layer: building ({target.name}) ...", flush=True)
    build(target)
    print("layer: built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
