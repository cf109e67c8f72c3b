"""Events under faults at every call: each change is told at least once, none that was not kept; order can be told."""

import json
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel import clock, egress
from laurel.domain.events import places
from laurel.domain.events.endpoints import Endpoint, Progress
from laurel.domain.events.places import FeedPlace
from laurel.domain.history import Author
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Features
from laurel.domain.values.errors import Conflict
from laurel.queue import EndpointMessage
from laurel.store import event_items, event_keys, items
from laurel.store.operations import Put, Unavailable
from laurel.workflows.events import holding, reading, sending, waking
from laurel.workflows.members import members
from tests.functional.kit.world import furnished
from tests.simulation.kit.table.fake_table import FakeTable

START = datetime(2026, 11, 20, tzinfo=UTC)
HISTORIES = 25
ENDPOINTS = ("quick", "slow", "dead")
LONGEST = timedelta(seconds=90)
WRITES = ("write", "transact")


class Died(Exception):
    """The process is gone."""


class Faulty:
    """A table whose process may die at any call, before or after it, or hear no answer."""

    def __init__(self, table: FakeTable, rng: random.Random) -> None:
        self.table, self.rng = table, rng

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.table, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            fault = self.rng.random()
            if fault < 0.02:
                raise Died
            answer = real(*args, **kwargs)
            if name in WRITES and fault < 0.04:
                raise Died
            if name in WRITES and fault < 0.05:
                raise Unavailable("lost")
            return answer

        return called


class Queue:
    """Messages that may be lost, or come twice."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.waiting = rng, list[tuple[datetime, EndpointMessage]]()
        self.now = START

    def send(self, message: EndpointMessage, after: timedelta = timedelta(0)) -> None:
        copies = self.rng.choice([0, 1, 1, 1, 2])
        self.waiting += copies * [(self.now + after, message)]

    def take(self) -> list[EndpointMessage]:
        due = [message for at, message in self.waiting if at <= self.now]
        self.waiting = [(at, message) for at, message in self.waiting if at > self.now]
        return due


class History:
    def __init__(self, seed: int) -> None:
        self.rng, self.now = random.Random(seed), START
        self.table: Any = FakeTable()
        self.world = furnished(self.table)
        program = self.world.program.model_copy(update={"features": Features(events=True)})
        self.program, self.program_id = program, program.program_id
        self.table.write(Put(items.program(program)))
        self.queue, self.late = Queue(self.rng), list[tuple[datetime, Callable[[], None]]]()
        self.got: dict[str, list[dict[str, Any]]] = {name: [] for name in ENDPOINTS}
        self.is_over, self.fed, self.cursor = False, list[Any](), None
        for number, name in enumerate(ENDPOINTS):
            self._endpoint(number, name)

    def _endpoint(self, number: int, name: str) -> None:
        identity = f"end_{number:026d}"
        endpoint = Endpoint(url=f"https://{name}.example/", endpoint_id=identity, created_at=START, updated_at=START)
        progress = Progress(endpoint_id=identity, place=FeedPlace.at(START))
        self.table.write(Put(event_items.endpoint(self.program_id, endpoint, [{"sealed": "whsec_c2VjcmV0"}])))
        self.table.write(Put(event_items.progress(self.program_id, progress, START, is_on=True)))

    def edit(self) -> None:
        """A member is renamed; sometimes the write is under way for a while, and others are kept before it."""
        at, member_id = self.now, self.rng.choice([self.world.ada, self.world.ben])
        patch, author = {"first_name": f"N{self.rng.randrange(9)}"}, Author("system", at)

        def work() -> None:
            with suppress(Died, Unavailable, Conflict):
                members.edit(Faulty(self.table, self.rng), self.program, member_id, patch, None, author)  # type: ignore[arg-type]

        if self.rng.random() < 0.2:
            self.late.append((at + LONGEST, work))
        else:
            work()

    def play(self) -> None:
        heard = 0
        for minute in range(60):
            for _ in range(self.rng.randrange(3)):
                self.edit()
            self._pass_time(timedelta(seconds=self.rng.choice([1, 20, 60])))
            pages = self._pages()
            for item in pages[heard:]:
                if self.rng.random() < 0.7:  # the stream loses the others
                    self._suppressed(
                        lambda item=item: waking.told(self.table, self.program_id, item, lambda: self.queue)
                    )  # type: ignore[misc]
            heard = len(pages)
            self.feed()
            self.step()
            self.is_over = minute > 40
        self._pass_time(LONGEST)
        for _ in range(40):
            self.now += timedelta(minutes=30)
            self.step()
            self.feed()

    def _pass_time(self, passed: timedelta) -> None:
        """Nobody lives longer than the longest function."""
        self.now += passed
        ended = [work for until, work in self.late if until <= self.now or self.rng.random() < 0.5]
        self.late = [(until, work) for until, work in self.late if work not in ended]
        for work in ended:
            work()

    def _pages(self) -> list[Any]:
        stored = [item for pk in event_keys.feed(self.program_id) for item in self.table.query(pk)]
        return sorted(stored, key=lambda item: str(item["sk"]))

    def feed(self) -> None:
        read = reading.feed(self.table, self.program, self.cursor, (), self.rng.choice([1, 5, 100]), self.now)
        self.fed += read.items
        self.cursor = read.next_cursor

    def step(self) -> None:
        """What tick and the queue do in a minute."""
        self.queue.now = self.now
        for name in range(len(ENDPOINTS)):
            progress = self.table.get(event_keys.progress(self.program_id, f"end_{name:026d}"))
            if "work_pk" in progress:
                waking.overdue(self.table, self.program_id, progress, self.now, lambda: self.queue)
        for message in self.queue.take():
            self._suppressed(lambda message=message: self._send(message))  # type: ignore[misc]

    def _send(self, message: EndpointMessage) -> None:
        table: Any = self.table if self.is_over else Faulty(self.table, self.rng)
        left = self.rng.randrange(2, 40)

        def has_time() -> bool:
            nonlocal left
            left -= 1
            return left > 0

        sending.take(table, self.queue, lambda sealed, _: sealed, self.post, message, lambda: self.now, has_time)  # type: ignore[arg-type]

    def _suppressed(self, work: Callable[[], Any]) -> None:
        with suppress(Died, Unavailable):
            work()

    def post(self, url: str, _: Mapping[str, str], body: bytes) -> int:
        name = url.removeprefix("https://").partition(".")[0]
        if not self.is_over and self.rng.random() < 0.05:
            raise Died
        if name == "dead" and not self.is_over:
            raise egress.NoAnswer("dead")
        if name == "slow" and not self.is_over and self.rng.random() < 0.5:
            return 503
        self.got[name].append(json.loads(body))
        return 200 if self.is_over or self.rng.random() < 0.95 else 500  # taken, and the answer lost

    def faults(self) -> list[str]:
        """What is not as it should be."""
        kept = [event for item in self._pages() for event in event_items.page(item).events]
        ids = {event.id for event in kept}
        versions = {f"member:{m}": self._member(m).version for m in (self.world.ada, self.world.ben)}
        told = {subject: {e.sequence for e in kept if e.subject == subject} for subject in versions}
        wrong = {
            "a change made no event": any(told[s] != set(range(2, v + 1)) for s, v in versions.items()),
            "feed repeats": len(self.fed) != len({event.id for event in self.fed}),
            "feed": {event.id for event in self.fed} != ids,
            **{name: {event["id"] for event in got} != ids for name, got in self.got.items()},
        }
        return [name for name, is_wrong in wrong.items() if is_wrong]

    def _member(self, member_id: str) -> Member:
        item = self.table.query(f"{self.program_id}#{member_id}", begins_with="member")[0]
        return items.parse(Member, item)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "pause", lambda _: None)


def played(seed: int) -> list[str]:
    history = History(seed)
    history.play()
    return history.faults()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_every_change_is_told_to_all_and_nothing_else(seed: int):
    assert played(seed) == []


def _forgets_pages_that_come_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(places, "SETTLES_WITHIN", timedelta(0))


def _nobody_looks_for_what_the_stream_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(waking, "_is_behind", lambda *_: False)


def _never_tries_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Progress, "due", lambda *_: [])


def _holds_an_endpoint_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "LEASE", timedelta(days=3))


def _is_past_an_event_before_it_is_sent(patch: pytest.MonkeyPatch) -> None:
    real = sending._Run._step

    def step(self: Any, step: Any, round_: Any) -> None:
        self._note(sending._Round(), self.progress.place.past(step))
        real(self, step, round_)

    patch.setattr(sending._Run, "_step", step)


def _tells_a_change_beside_its_transaction(patch: pytest.MonkeyPatch) -> None:
    real, rng = FakeTable.transact, random.Random(1)

    def apart(self: FakeTable, ops: Any, **kwargs: Any) -> None:
        events = [op for op in ops if isinstance(op, Put) and op.item["kind"] == event_items.PAGE]
        for op in events:
            self.write(op)
            if rng.random() < 0.1:
                raise Died  # between two calls, as at any other
        real(self, [op for op in ops if op not in events], **kwargs)

    patch.setattr(FakeTable, "transact", apart)


def _remembers_nothing_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FeedPlace, "is_read", lambda self, name: name < self.settled)


@pytest.mark.parametrize(
    "bug",
    [
        _forgets_pages_that_come_late,
        _nobody_looks_for_what_the_stream_lost,
        _never_tries_again,
        _holds_an_endpoint_for_ever,
        _is_past_an_event_before_it_is_sent,
        _tells_a_change_beside_its_transaction,
        _remembers_nothing_read,
    ],
)
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    bug(monkeypatch)
    assert any(played(seed) for seed in range(HISTORIES))
