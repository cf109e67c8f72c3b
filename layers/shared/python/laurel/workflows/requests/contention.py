"""Work on items that others write at the same time: step by step, and again from the reading while they interfere."""

from collections.abc import Callable
from typing import Final, TypeVar

from laurel.store.operations import StoreError, TokenReused

MOST_ATTEMPTS: Final = 8
Pause = Callable[[int], None]
Work = TypeVar("Work")


def work_off(work: Work, step: Callable[[Work], Work], reread: Callable[[Work], Work], pause: Pause) -> None:
    """Steps until nothing is left (an empty or false `work`); each step returns what is left after it.

    When the table refuses, waits and goes on with what `reread` finds of the work. Raises the last StoreError if that
    does not help: what is left was not done, or nobody knows.
    """
    attempt = 0
    while work:
        try:
            work, attempt = step(work), 0
        except TokenReused:
            raise
        except StoreError:
            attempt += 1
            if attempt >= MOST_ATTEMPTS:
                raise
            pause(attempt)
            work = reread(work)
