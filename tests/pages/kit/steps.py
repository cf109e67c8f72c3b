"""Steps: how often somebody waits for the table. Calls side by side are one step; a chain of calls is as many."""

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from contextlib import contextmanager
from heapq import heapreplace
from typing import Any

import pytest

from laurel.store.table import table


class Steps:
    """What was asked of the table and at which step, all calls taking the same time. `now`: steps that are over."""

    def __init__(self) -> None:
        self.now = 0
        self.asked: list[tuple[int, str]] = []

    @property
    def count(self) -> int:
        """The steps of the longest chain."""
        return max((at + 1 for at, _ in self.asked), default=0)

    def call(self, model: Any, **_: Any) -> None:
        """Notes a call, which takes a step."""
        self.asked.append((self.now, model.name))
        self.now += 1

    def executor(self, workers: int) -> "_InTurn":
        """Stands for a pool of threads: the same work at the same steps, in every run and on any machine."""
        return _InTurn(self, workers)


class _InTurn:
    """Does in one thread what so many would do, and tells the time as if they had."""

    def __init__(self, steps: Steps, workers: int) -> None:
        self._steps, self._workers = steps, workers

    def __enter__(self) -> "_InTurn":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, work: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
        free, done = [self._steps.now] * self._workers, []
        for each in things:
            self._steps.now = free[0]  # whoever is free first takes it
            done.append(work(each))
            heapreplace(free, self._steps.now)
        self._steps.now = max(free)
        return done


@contextmanager
def counted() -> Iterator[Steps]:
    """Counts the steps of what happens in the block."""
    steps, events = Steps(), table()._client.meta.events
    events.register("before-call.dynamodb", steps.call)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(futures, "ThreadPoolExecutor", steps.executor)
        try:
            yield steps
        finally:
            events.unregister("before-call.dynamodb", steps.call)
