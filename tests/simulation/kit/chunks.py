"""Histories in portions that a test worker takes at once."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from tests.simulation.kit import trials
from tests.simulation.kit.histories import History

CHUNK: Final = 40
Tried = Callable[[int], tuple[History, list[str]]]


@cache
def played(first: int, tried: Tried = trials.tried) -> Counter[str]:
    """How often what happens in the histories of CHUNK seeds; the first that is wrong is told with its trace."""
    counts = Counter[str]()
    with collected_once():
        for seed in range(first, first + CHUNK):
            history, wrong = tried(seed)
            assert not wrong, trials.told(history, wrong)
            counts += history.counts
    return counts


@contextmanager
def collected_once() -> Iterator[None]:
    """A history lives until it is over, and is then one cycle: to look for garbage meanwhile finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
