"""The fake table with the world around it: turns, faults, torn reads, and a log of every commit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from laurel.domain.rules.rulebook import Rulebook
from laurel.store.indexes import Index
from laurel.store.keys import Key
from laurel.store.operations import Conflict, Op, StoreError, Throttled, Unavailable, Update, Write
from laurel.store.values import Item
from tests.simulation.kit.table.fake_table import FakeTable, Record
from tests.simulation.kit.world.faults import READING, WRITING, Faults
from tests.simulation.kit.world.scheduler import Crash, Scheduler

_R = TypeVar("_R")
_BEFORE: Final[Mapping[str, type[BaseException]]] = {
    "crash before": Crash,
    "throttled": Throttled,
    "conflict": Conflict,
    "no answer, not done": Unavailable,
}
_AFTER: Final[Mapping[str, type[BaseException]]] = {
    "crash after": Crash,
    "no answer, done": Unavailable,
    "throttled, done": Throttled,
}


@dataclass(frozen=True, slots=True)
class Commit:
    """What one write or transaction changed, in the order of its operations; by whom, and knowing which rules."""

    number: int
    by: str
    at: datetime
    since: int
    rulebook: Rulebook | None
    records: tuple[Record, ...]


class WorldTable(FakeTable):
    """Outside invocations it is just a table.

    log: all commits so far; their order is the order in which everything can be thought to have happened.
    """

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        super().__init__(lag=lambda: bool(faults.lagging) and scheduler.rng.random() < faults.lagging)
        self.scheduler = scheduler
        self.faults = faults
        self.log: list[Commit] = []

    def get(self, key: Key) -> Item | None:
        return self._read("get", lambda: FakeTable.get(self, key))

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        wanted = sorted(set(keys))  # sets have no order that a seed could repeat
        if not wanted:
            return {}  # without a call
        return self._read("batch_get", lambda: self._torn_batch(wanted))

    def query(
        self,
        pk: str,
        *,
        between: tuple[str, str] | None = None,
        begins_with: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        index: Index | None = None,
    ) -> list[Item]:
        def ask() -> list[Item]:
            return FakeTable.query(
                self,
                pk,
                between=between,
                begins_with=begins_with,
                before=before,
                limit=limit,
                newest_first=newest_first,
                index=index,
            )

        torn = index is None and limit is None and not newest_first
        return self._read("query", (lambda: self._torn_query(ask)) if torn else ask)

    def write(self, op: Write) -> None:
        # an update that adds goes as a transaction of one, whose token makes it safe to send again
        self._write("write", [op], lambda: self.commit([op]), has_token=isinstance(op, Update) and bool(op.add))

    def transact(self, ops: Sequence[Op], *, token: str | None = None) -> None:
        self._write("transact", ops, lambda: self.commit(ops, token), has_token=True)

    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        """Applies the operations, all or nothing. Mutants change this."""
        before = len(self.stream)
        FakeTable.transact(self, ops, token=token)
        if len(self.stream) > before:
            self._log(tuple(self.stream[before:]))

    def _log(self, records: tuple[Record, ...]) -> None:
        who, scheduler = self.scheduler.current, self.scheduler
        name, since, rulebooks = (who.name, who.since, who.rulebooks) if who else ("-", 0, {})
        programs = (record.key.pk.partition("#")[0] for record in records)
        rulebook = next((rulebooks[program_id] for program_id in programs if program_id in rulebooks), None)
        self.log.append(Commit(len(self.log), name, scheduler.now, since, rulebook, records))
        scheduler.commits = len(self.log)

    def _torn_query(self, ask: Callable[[], list[Item]]) -> list[Item]:
        """A query reads item by item: what another transaction writes meanwhile it may see in part."""
        found = ask()
        if not found or not self._is_torn():
            return found
        last = self.scheduler.rng.choice(found)["sk"]
        self._others_write()
        return [item for item in found if item["sk"] <= last] + [item for item in ask() if item["sk"] > last]

    def _torn_batch(self, wanted: list[Key]) -> dict[Key, Item]:
        if len(wanted) < 2 or not self._is_torn():
            return FakeTable.batch_get(self, wanted)
        shuffled = self.scheduler.rng.sample(wanted, len(wanted))
        half = self.scheduler.rng.randrange(1, len(shuffled))
        found = FakeTable.batch_get(self, shuffled[:half])
        self._others_write()
        return found | FakeTable.batch_get(self, shuffled[half:])

    def _others_write(self) -> None:
        for _ in range(self.scheduler.rng.choice((1, 2, 5, 10))):
            self.scheduler.pause()

    def _is_torn(self) -> bool:
        torn = bool(self.faults.torn) and self.scheduler.current is not None
        if torn and self.scheduler.rng.random() < self.faults.torn:
            self.scheduler.counts["torn read"] += 1
            return True
        return False

    def _read(self, name: str, read: Callable[[], _R]) -> _R:
        if self.scheduler.current is None:
            return read()
        fault = self._enter(name, READING)
        answer = read()
        self._leave(fault)
        return answer

    def _write(self, name: str, ops: Sequence[Op], apply: Callable[[], None], has_token: bool) -> None:
        if self.scheduler.current is None:
            return apply()
        fault = self._enter(name, WRITING)
        try:
            apply()
        except StoreError as refusal:
            self.scheduler.say(f"{name}, answered {type(refusal).__name__}", ops)
            self.scheduler.counts[f"answered {type(refusal).__name__}"] += 1
            raise
        self.scheduler.say(name, ops)
        self._leave(fault)
        if fault == "sent twice":  # the SDK heard no answer and sent the same request once more
            self.scheduler.pause(self.scheduler.switching)
            if not has_token:
                apply()
        return None

    def _enter(self, name: str, kinds: tuple[str, ...]) -> str | None:
        scheduler = self.scheduler
        scheduler.pause(scheduler.switching)
        fault = self.faults.draw(scheduler.rng, kinds)
        if fault is not None:
            note(scheduler, name, fault)
            if fault in _BEFORE:
                raise _BEFORE[fault](fault)
        return fault

    def _leave(self, fault: str | None) -> None:
        if fault is not None and fault in _AFTER:
            raise _AFTER[fault](fault)
        self.scheduler.pause(self.scheduler.switching)


def note(scheduler: Scheduler, name: str, fault: str) -> None:
    """Counts a fault and remembers whom it hit."""
    scheduler.counts[fault] += 1
    scheduler.say(f"{name}: {fault.upper()}")
    if scheduler.current is not None:
        scheduler.current.touched.append(f"{name} {fault}")


def brief(ops: Sequence[Op]) -> str:
    """Operations in one line; totals come from a set, so they are put in order."""
    return ", ".join(sorted(f"{type(op).__name__} {_short(op.key)}" for op in ops))


def _short(key: Key) -> str:
    return "/".join(f"{part[:3]}{part[-4:]}" if "_" in part else part for part in f"{key.pk}#{key.sk}".split("#")[1:])
