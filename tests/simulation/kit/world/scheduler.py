"""Time and who runs when: invocations as greenlets that take turns at every call to the world outside, by the seed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.values.errors import Refusal
from laurel.store.operations import StoreError

LONGEST_RUN: Final = timedelta(seconds=60)
"""What the longest function of infra/functions.py may take; then Lambda kills it."""


class Crash(BaseException):
    """The process is gone; nothing of Laurel may catch it."""


class Unreachable(Exception):
    """A service other than the table did not answer."""


@dataclass(eq=False)
class Invocation:
    """One run of a function. `since`: how many commits there were when it began. `touched`: faults it suffered."""

    name: str
    started: datetime
    since: int
    rulebooks: dict[str, Rulebook] = field(default_factory=dict)
    subject: str = ""
    touched: list[str] = field(default_factory=list)
    thread: Any = None
    ended: Callable[[Any], None] = lambda _: None


class Scheduler:
    """Runs one invocation at a time; `pause` lets others go first. `switching`: how likely a call is to do so."""

    def __init__(self, rng: Random, now: datetime, switching: float) -> None:
        self.rng = rng
        self.now = now
        self.switching = switching
        self.running: list[Invocation] = []
        self.current: Invocation | None = None
        self.commits = 0
        self.counts: Counter[str] = Counter()
        self.trace: list[tuple[datetime, str, str, Any]] = []
        self._hub = getcurrent()

    def say(self, what: str, about: Any = None) -> None:
        """One line of the trace that a failure prints; `about` is only put into words then."""
        self.trace.append((self.now, self.current.name if self.current else "-", what, about))

    def start(self, name: str, work: Callable[[], Any], ended: Callable[[Any], None]) -> None:
        """Begins an invocation. `ended` gets what `work` returned, or what it died of or was refused with."""
        invocation = Invocation(name, self.now, self.commits, ended=ended)
        invocation.thread = greenlet(_caught(work), parent=self._hub)
        self.running.append(invocation)
        self._resume(invocation)

    def pause(self, likely: float = 1.0) -> None:
        """From within an invocation: perhaps lets others run."""
        if self.current is not None and (likely >= 1 or self.rng.random() < likely):
            self._hub.switch(self)

    def wait(self, turns: int) -> None:
        """From within an invocation: lets others run so many times."""
        for _ in range(turns):
            self.pause()

    def turn(self) -> None:
        """From the hub: some invocation goes on until its next pause."""
        if self.running:
            self._resume(self.rng.choice(self.running))

    def advance(self, by: timedelta) -> None:
        """Lets time pass; who has run for too long is killed."""
        self.now += by
        for invocation in [i for i in self.running if self.now - i.started > LONGEST_RUN]:
            invocation.touched.append("killed")
            self.counts["killed by time-out"] += 1
            self._resume(invocation, Crash("timed out"))

    def finish(self) -> None:
        """Runs everything that has begun to its end."""
        while self.running:
            self.turn()

    def _resume(self, invocation: Invocation, killed: Crash | None = None) -> None:
        self.current = invocation
        try:
            outcome = invocation.thread.throw(killed) if killed else invocation.thread.switch()
        finally:
            self.current = None
        if invocation.thread.dead:
            self.running.remove(invocation)
            invocation.ended(outcome)


def _caught(work: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        try:
            return work()
        except (Crash, Unreachable, StoreError, Refusal) as died:
            return died

    return run
