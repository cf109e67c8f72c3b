"""The cold start of each function, to its first answer, against boto3 and a DynamoDB client, in fresh processes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from tools.bench.report import Row, Table, Target
from tools.failure import ToolError
from tools.layer import NATIVE
from tools.places import EVENTS, LOCAL, ROOT
from tools.shared_layer import package

MOST: Final = 2.0
_ROUNDS: Final = 3
_BASE: Final = "import boto3; boto3.client('dynamodb')"
_INIT: Final = "import handler"
_FIRST: Final = ROOT / "tools" / "bench" / "first_answer.py"
_EVENTS: Final = {
    **{"clicks": "follow", "conversions": "record", "front": "docs", "jobs": "settle_overdue", "mail": "pending"},
    **{"program": "get", "reports": "summary", "rule_evaluation": "crosses_threshold", "tick": "minute"},
    **{"senders": "look_at_unknown_link", "webhooks": "shopify_order"},
}
"""The event of each function's first answer; `list` where none is named, or else its first."""
_TIMED: Final = """
import time
began = time.process_time()
{work}
print(time.process_time() - began)
"""
_PACKAGED: Final = LOCAL / "bench-shared"
_SHARED: Final = _PACKAGED / "python"


def tables() -> list[Table]:
    """The ratio of each function."""
    handlers = sorted((ROOT / "functions").glob("*/handler.py"))
    if not handlers:
        raise ToolError("there are no functions")
    folders = [handler.parent for handler in handlers]
    items = _furnished()
    shutil.rmtree(_PACKAGED, ignore_errors=True)
    package(ROOT / "layers" / "shared", _PACKAGED, NATIVE)
    works: list[Work] = [(["-c", _TIMED.format(work=_BASE)], _SHARED)]
    works += [(["-c", _TIMED.format(work=_INIT)], folder) for folder in folders]
    works += [([str(_FIRST), str(_event(folder.name)), str(items)], folder) for folder in folders]
    base, *took = _medians(works, _ROUNDS)
    rows = [Row("boto3 and a client", {"import ms": base * 1000, "ratio": 1.0})]
    for folder, init, first in zip(folders, took[: len(folders)], took[len(folders) :], strict=True):
        rows.append(_row(folder.name, base, init, first))
    notes = [
        f"CPU time in this Python, median of {_ROUNDS} fresh processes each, in turn, on the layer as deployed.",
        "The first answer has the import and the client in it; DynamoDB answers at once, from a program in memory.",
    ]
    return [Table("Cold start against boto3", rows, notes)]


def _row(function: str, base: float, init: float, first: float) -> Row:
    figures = {"import ms": init * 1000, "import ratio": init / base, "first ms": first * 1000, "ratio": first / base}
    return Row(function, figures, Target(f"<= {MOST}", first / base <= MOST))


def _event(function: str) -> Path:
    events = sorted(path for path in (EVENTS / function).glob("*.json") if not path.stem.endswith(".response"))
    wanted = _EVENTS.get(function, "list")
    return next((path for path in events if path.stem == wanted), events[0])


def _furnished() -> Path:
    """The program that the events belong to, with what consumers' events report, in a file."""
    from laurel.store.operations import Put
    from laurel.store.values import decode_item, encode_item
    from tests.functional.kit.world import furnished
    from tests.simulation.kit.table.fake_table import FakeTable

    table = FakeTable()
    furnished(table)
    for function in ("rule_evaluation", "mail"):
        for record in json.loads(_event(function).read_text())["Records"]:
            table.write(Put(decode_item(record["dynamodb"]["NewImage"])))
    file = LOCAL / "bench-items.json"
    stored = [{**item, **_CLOSED} if item["kind"] == "program" else item for item in table.contents().values()]
    file.write_text(json.dumps([encode_item(item) for item in stored], default=str))
    return file


_CLOSED: Final = {"closed_until": "2099-12-31"}
"""No day of the program is to be closed, which takes a queue."""
Work = tuple[Sequence[str], Path]


def _medians(works: Sequence[Work], rounds: int) -> list[float]:
    """Seconds of each work; the first round only writes bytecode. They take turns, so that a busy moment meets all."""
    for work in works:
        _seconds(*work)
    took = [[_seconds(*work) for work in works] for _ in range(rounds)]
    return [median(rounds_of_work) for rounds_of_work in zip(*took, strict=True)]


def _seconds(work: Sequence[str], folder: Path) -> float:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", ""),
        "PYTHONPATH": f"{folder}{os.pathsep}{_SHARED}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TABLE_NAME": "table",
        "DEFAULT_SENDER": "rewards@laurel.example",
        "SENDER_DOMAINS": "laurel.example",
        "JOBS_QUEUE_URL": "http://127.0.0.1:9/jobs",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "POWERTOOLS_SERVICE_NAME": "laurel",
        "POWERTOOLS_METRICS_NAMESPACE": "Laurel",
    }
    ran = subprocess.run([sys.executable, *work], env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ToolError(f"{folder.name} does not answer: {ran.stderr.strip().splitlines()[-1]}")
    return float(ran.stdout.splitlines()[-1])
