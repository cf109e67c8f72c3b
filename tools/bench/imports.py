"""The cold start of each function beyond boto3 and a DynamoDB client, in fresh processes."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from tools.bench.report import Row, Table, Target
from tools.failure import ToolError
from tools.places import ROOT

MOST: Final = 1.6
_ROUNDS: Final = 7
_INFORMING: Final = 3
_BASE: Final = "import boto3; boto3.client('dynamodb')"
_INIT: Final = "import handler"
_FIRST: Final = "import handler; from laurel.store.table import connect; connect()"
_TIMED: Final = """
import time
began = time.process_time()
{work}
print(time.process_time() - began)
"""
_SHARED: Final = ROOT / "layers" / "shared" / "python"


def tables() -> list[Table]:
    """The ratio of each function."""
    handlers = sorted((ROOT / "functions").glob("*/handler.py"))
    if not handlers:
        raise ToolError("there are no functions")
    folders = [handler.parent for handler in handlers]
    base, *inits = _medians([(_BASE, _SHARED), *((_INIT, folder) for folder in folders)], _ROUNDS)
    firsts = _medians([(_FIRST, folder) for folder in folders], _INFORMING)
    rows = [Row("boto3 and a client", {"import ms": base * 1000, "ratio": 1.0})]
    for folder, init, first in zip(folders, inits, firsts, strict=True):
        rows.append(_row(folder.name, base, init, first))
    notes = [
        f"CPU time in this Python, median of {_ROUNDS} fresh processes each, in turn, with bytecode.",
        f"A handler's import makes no client; the first request does: the last columns have it too, of {_INFORMING}.",
    ]
    return [Table("Cold start against boto3", rows, notes)]


def _row(function: str, base: float, init: float, first: float) -> Row:
    figures = {"import ms": init * 1000, "ratio": init / base}
    figures |= {"with client ms": first * 1000, "with client ratio": first / base}
    return Row(function, figures, Target(f"<= {MOST}", init / base <= MOST))


Work = tuple[str, Path]


def _medians(works: Sequence[Work], rounds: int) -> list[float]:
    """Seconds of each work; the first round only writes bytecode. They take turns, so that a busy moment meets all."""
    for work in works:
        _seconds(*work)
    took = [[_seconds(*work) for work in works] for _ in range(rounds)]
    return [median(rounds_of_work) for rounds_of_work in zip(*took, strict=True)]


def _seconds(work: str, folder: Path) -> float:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", ""),
        "PYTHONPATH": f"{folder}{os.pathsep}{_SHARED}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "laurel",
        "POWERTOOLS_METRICS_NAMESPACE": "Laurel",
    }
    command = [sys.executable, "-c", _TIMED.format(work=work)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ToolError(f"{folder.name} does not import: {ran.stderr.strip().splitlines()[-1]}")
    return float(ran.stdout.splitlines()[-1])
