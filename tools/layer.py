"""Build the dependency layer, `layers/dependencies/python`, from its locked requirements; no Docker.

python -m tools.layer                  for Lambda as deployed: Python 3.13 on arm64
python -m tools.layer --arch native    for the local engine: this interpreter on this machine
"""

import argparse
import functools
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEPENDENCIES: Final = Path(__file__).parents[1] / "layers" / "dependencies"
STAMP: Final = ".built"
# What no function imports, by pattern below python/: files that every new instance would unpack for nothing. A function
# that needs one of these fails in the journeys; strike the line then.
_UTILITIES: Final = "aws_lambda_powertools/utilities"
UNUSED: Final = (
    "bin",
    "*/tests",
    "*/py.typed",
    "*.dist-info/RECORD",
    "dns",  # email-validator asks it whether a domain takes mail, which pydantic never wants to know
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
    """arch: what `--arch` says. python: `3.13`. wheels: the platform tag of wheels, "" for this machine's own."""

    arch: str
    python: str
    wheels: str = ""

    @property
    def name(self) -> str:
        """What the stamp says; two targets whose files differ never share it."""
        return f"python{self.python} {self.wheels or sysconfig.get_platform()}"

    def interpreter(self) -> str | None:
        """One of the target's version, whose bytecode it can read; None if this machine has none."""
        return sys.executable if self.python == _this_python() else _found(f"python{self.python}")


@functools.cache
def _found(command: str) -> str | None:
    """Its path, if it runs: version managers put commands on the path for versions that are not installed."""
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
    """Whether `python/` holds the locked versions for `target`, without what is UNUSED."""
    stamp = folder / "python" / STAMP
    return stamp.exists() and stamp.read_text() == _stamp(target, folder)


def build(target: Target, folder: Path = DEPENDENCIES) -> None:
    """Fill `folder/python`, all or nothing. Raises CalledProcessError if a version or its hash is not to be had."""
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
    """Unchecked: the zip's dates are of 1980 and would make bytecode that is checked by date look stale."""
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
    """Drop what is UNUSED. Metadata stays: pydantic asks it for the version of email-validator."""
    for pattern in UNUSED:
        for found in list(folder.glob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink()


def main(arguments: Sequence[str] | None = None) -> None:
    """Build unless it is built already."""
    parser = argparse.ArgumentParser(description="Build layers/dependencies/python")
    parser.add_argument("--arch", choices=TARGETS, default="arm64")
    target = TARGETS[parser.parse_args(arguments).arch]
    if is_built(target):
        print(f"layer: up to date ({target.name})")
        return
    print(f"layer: building ({target.name}) ...", flush=True)
    build(target)
    print("layer: built")


if __name__ == "__main__":
    main()
