"""The speed at which a batch of many members is folded, and many programs are swept: in turn, and side by side."""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from laurel.concurrency import MOST_CALLS, Run, in_turn, side_by_side
from laurel.queue import Queue
from laurel.store import lookups
from laurel.store.table import Table
from laurel.workflows.kernel import closing, streams
from laurel.workflows.kernel.batches import StreamRecord
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.streams import Ways
from laurel.workflows.upkeep import job_pages, sweeps
from tools.bench import prices, samples
from tools.bench.report import Figure, Row, Target
from tools.bench.report import Table as Figures
from tools.bench.world import TABLE_NAME, Lab, world
from tools.failure import ToolError

_MEMBERS: Final = 100
_PROGRAMS: Final = 100
_RULES: Final = 10
_LATENCY_MS: Final = {"Query": 5, "BatchGetItem": 5, "GetItem": 4, "TransactWriteItems": 10}
"""Milliseconds that DynamoDB takes within a region, at the median."""
_CONFIG: Final = Config(read_timeout=60, max_pool_connections=MOST_CALLS)
_MEMORIES: Final = (512, 1024, 1769)
_ONE_PROCESSOR_MB: Final = 1769
_TRIES: Final = 3


def tables(lab: Lab) -> list[Figures]:
    """Commissions a second of a batch, and the seconds of a minute's sweep of 1,000 programs."""
    wire = _Wire()
    return [_folds(lab, wire), _sweeps(lab, wire)]


class _Wire:
    """Answers calls to DynamoDB as the engine did when they were first made, as late as over a network.

    So the engine, on the same processors, takes no part in what is measured; all of botocore but the socket does.
    """

    def __init__(self) -> None:
        self.session: Any = boto3.Session()
        self.session.events.register("before-send.dynamodb.*", self._send)
        self._answers: dict[bytes, bytes] = {}
        self.is_recording = False

    @property
    def table(self) -> Table:
        """The table behind it; unmetered, since to bill a call takes longer than to make it."""
        return Table(TABLE_NAME, self.session.client("dynamodb", config=_CONFIG))

    def _send(self, request: Any, **_: Any) -> Any:
        operation = request.headers["X-Amz-Target"].rpartition(b".")[2].decode()
        known = _without_token(request.body)
        if self.is_recording:
            answer = URLLib3Session().send(request)
            self._answers[known] = answer.content
            return answer
        time.sleep(_LATENCY_MS[operation] / 1000)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(self._answers[known]))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Notes the answers to the calls inside the block."""
        self.is_recording = True
        yield
        self.is_recording = False


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        """The body of an answer, as urllib3 gives it."""
        yield self.getvalue()


def _without_token(body: bytes) -> bytes:
    told = json.loads(body)
    told.pop("ClientRequestToken", None)
    return json.dumps(told, sort_keys=True).encode()


def _folds(lab: Lab, wire: _Wire) -> Figures:
    shop = world(lab, samples.template(), samples.rules(_RULES, samples.NEVER))
    recorded = shop.record([shop.shop.sale(shop.seller()) for _ in range(_MEMBERS)])
    records = [StreamRecord(str(number), item) for number, item in enumerate(recorded)]
    rulebooks, table = Rulebooks(), wire.table

    def fold(run: Run) -> Spent:
        began = Spent.now()
        failures = streams.fold_records(table, rulebooks, records, samples.NOW, Ways(run=run))
        if failures:
            raise ToolError(f"the bench's batch was not folded: {failures[0].error!r}")
        return Spent.since(began, len(records))

    with lab.meter.paused(), wire.recording():
        fold(in_turn)  # the first reads and compiles the rules
    return Figures("Drain: one batch of the stream", _compared(fold), _NOTES)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds, of the clock and of the processor."""

    clock: float
    processor: float

    @staticmethod
    def now() -> "Spent":
        """As of now."""
        return Spent(time.perf_counter(), time.process_time())

    @staticmethod
    def since(began: "Spent", count: int) -> "Spent":
        """Of each of `count` things since."""
        now = Spent.now()
        return Spent((now.clock - began.clock) / count, (now.processor - began.processor) / count)

    def dollars(self, memory_mb: int) -> float:
        """Lambda's price of a million, if the part that computes takes as much longer as the processor is smaller."""
        longer = self.processor / min(1.0, memory_mb / _ONE_PROCESSOR_MB)
        return max(self.clock, longer) * prices.MILLION * memory_mb / 1024 * prices.LAMBDA_GB_SECOND


def _compared(fold: Callable[[Run], Spent]) -> list[Row]:
    """The best of several tries of each, in turn with the other: others use this machine, too."""
    tries = [(fold(in_turn), fold(side_by_side)) for _ in range(_TRIES)]
    slow, fast = (min(spent, key=lambda each: each.clock) for spent in zip(*tries, strict=True))
    faster = slow.clock / fast.clock
    return [
        Row(f"{_MEMBERS} members, one sale each, in turn", _figures(slow, 1.0)),
        Row(
            f"{_MEMBERS} members, one sale each, side by side",
            _figures(fast, faster),
            Target(">= 3 times", faster >= 3),
        ),
    ]


def _figures(spent: Spent, faster: float) -> dict[str, Figure]:
    bills = {f"$/M at {mb} MB": spent.dollars(mb) for mb in _MEMORIES}
    return {"commissions/s": 1 / spent.clock, "times": faster, "CPU ms each": spent.processor * 1000, **bills}


_NOTES: Final = (
    f"{_RULES} rules. Answers of the engine, replayed as late as DynamoDB's: {_LATENCY_MS}.",
    "$/M: Lambda's price by memory, which buys a processor's time in proportion up to 1,769 MB; waiting costs as well.",
)


def _sweeps(lab: Lab, wire: _Wire) -> Figures:
    programs = [world(lab, samples.template()).shop.program for _ in range(_PROGRAMS)]
    lab.load(lookups.registry(program.program_id) for program in programs)
    queue, rulebooks, table = Queue(""), Rulebooks(), wire.table

    def sweep(program_id: str) -> None:
        sweeps.sweep(table, rulebooks, program_id, samples.NOW)
        job_pages.resend_stalled(table, queue, program_id, samples.NOW)
        closing.due(table, program_id, samples.BEGINNING)

    def minute(run: Run) -> float:
        began = time.perf_counter()
        run(sweep, [program.program_id for program in programs])
        return (time.perf_counter() - began) * 1000 / _PROGRAMS

    with lab.meter.paused(), wire.recording():
        minute(in_turn)
    slow, fast = minute(in_turn), minute(side_by_side)
    rows = [
        Row("in turn", {"seconds": slow}),
        Row("side by side", {"seconds": fast}, Target("<= 55 s", fast <= 55)),
    ]
    return Figures("A minute of 1,000 programs, nothing due", rows, [f"Measured of {_PROGRAMS}."])
