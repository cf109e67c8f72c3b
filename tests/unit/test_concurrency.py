"""Side by side comes to the same as in turn, in less time."""

from threading import Barrier
from typing import Any

import pytest

from laurel.concurrency import MOST_CALLS, in_turn, side_by_side


@pytest.mark.parametrize("run", [in_turn, side_by_side])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_what_comes_of_things_is_in_their_order(run: Any, count: int) -> None:
    assert run(lambda number: number * 2, iter(range(count))) == [number * 2 for number in range(count)]


def test_as_many_as_there_are_connections_are_under_way_at_once() -> None:
    together = Barrier(MOST_CALLS)
    side_by_side(lambda _: together.wait(timeout=60), range(MOST_CALLS))  # breaks unless all of them wait at once


@pytest.mark.parametrize("run", [in_turn, side_by_side])
def test_an_error_passes_through(run: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda number: 1 / number, [1, 0, 2])
