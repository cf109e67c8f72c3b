"""The table's stream as Lambda reads it: shards, filters, batches, bisection, bounded retries; repeats and losses."""

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from laurel.workflows.kernel.batches import StreamRecord
from tests.simulation.kit.table.dynamodb_rules import plain_item
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.faults import Faults
from tests.simulation.kit.world.scheduler import Scheduler

_NEAR: Final = 6


@dataclass
class Batch:
    """Records of one shard that are handed out together; `tries` left before they are given up."""

    records: list[StreamRecord]
    tries: int


@dataclass
class Shard:
    """What waits, in the order per item that the stream keeps; batches to be tried again go first."""

    waiting: deque[StreamRecord] = field(default_factory=deque)
    retried: deque[Batch] = field(default_factory=deque)
    in_flight: int = 0

    @property
    def is_idle(self) -> bool:
        return not self.waiting and not self.retried


class Consumer:
    """One event source mapping. `attribute` and `value`: its filter on the new image. `lanes`: batches at once."""

    def __init__(
        self, name: str, scheduler: Scheduler, faults: Faults, wakes: tuple[str, Any], lanes: int, retries: int
    ) -> None:
        self.name = name
        self.scheduler = scheduler
        self.faults = faults
        self.attribute, self.value = wakes
        self.lanes = lanes
        self.retries = retries
        self.shards = [Shard() for _ in range(scheduler.rng.choice((1, 2, 2, 3)))]
        self.given_up = 0
        self._history: list[tuple[Shard, StreamRecord]] = []

    def feed(self, record: Record, number: int) -> None:
        """One more change of the table, if the filter lets it through and nothing loses it."""
        if record._new is None or record._new.get(self.attribute) != self.value:
            return
        rng, faults = self.scheduler.rng, self.faults
        if faults.lost and rng.random() < faults.lost:
            self.scheduler.counts["stream record lost"] += 1
            return
        shard = self.shards[zlib.crc32(record.key.pk.encode()) % len(self.shards)]
        image = plain_item(record._new)
        _insert(shard.waiting, StreamRecord(str(number), image), rng.randrange(_NEAR))
        self._history.append((shard, StreamRecord(str(number), image)))
        if faults.again and rng.random() < faults.again:
            self.replay()

    def replay(self) -> None:
        """An old stretch of the stream comes once more, as after a shard was read anew."""
        start = self.scheduler.rng.randrange(len(self._history))
        again = self._history[start : start + self.scheduler.rng.choice((1, 1, 2, 5))]
        for shard, record in again:
            shard.waiting.append(record)
        self.scheduler.counts["stream record again"] += len(again)

    def ready(self) -> list[Shard]:
        """Shards from which a batch can be handed out now."""
        return [shard for shard in self.shards if not shard.is_idle and shard.in_flight < self.lanes]

    def hand_out(self, shard: Shard, handle: Callable[[Sequence[StreamRecord]], list[str]]) -> None:
        """Starts one invocation with one batch; `handle` answers the numbers of the records that failed."""
        batch = self._next(shard)
        shard.in_flight += 1

        def ended(outcome: Any) -> None:
            shard.in_flight -= 1
            self._judge(shard, batch, outcome)

        self.scheduler.start(f"{self.name}-{shard.in_flight}", lambda: handle(batch.records), ended)

    def drop_everything(self) -> None:
        """The stream is gone: a day has passed, or its reader was deleted."""
        for shard in self.shards:
            self.scheduler.counts["stream record lost"] += len(shard.waiting)
            shard.waiting.clear()
            shard.retried.clear()

    def _next(self, shard: Shard) -> Batch:
        if shard.retried:
            return shard.retried.popleft()
        size = min(len(shard.waiting), self.scheduler.rng.choice((1, 2, 4, 10)))
        return Batch([shard.waiting.popleft() for _ in range(size)], self.retries)

    def _judge(self, shard: Shard, batch: Batch, outcome: Any) -> None:
        if isinstance(outcome, BaseException):
            self.scheduler.counts[f"{self.name} died"] += 1
            self._retry(shard, batch, batch.records)
        elif outcome:
            # from the lowest failed record on everything comes again, done or not
            self.scheduler.counts[f"{self.name} partial batch"] += 1
            first = min(index for index, record in enumerate(batch.records) if record.sequence_number in outcome)
            self._retry(shard, batch, batch.records[first:])

    def _retry(self, shard: Shard, batch: Batch, records: list[StreamRecord]) -> None:
        if batch.tries == 0:
            self.scheduler.counts["stream record given up"] += len(records)
            return
        half = len(records) // 2
        parts = [records[:half], records[half:]] if half else [records]
        shard.retried.extendleft(Batch(part, batch.tries - 1) for part in reversed(parts))


def _insert(waiting: deque[StreamRecord], record: StreamRecord, back: int) -> None:
    """Puts a record up to `back` places before the end, but never before another of the same item."""
    place = len(waiting)
    while back and place and waiting[place - 1].image["pk"] != record.image["pk"]:
        place, back = place - 1, back - 1
    waiting.insert(place, record)
