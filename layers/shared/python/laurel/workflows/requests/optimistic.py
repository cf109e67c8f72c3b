"""Optimistic work: nothing is locked. Others may make a write fail, and then the work begins anew from the reading."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from laurel import clock
from laurel.store.operations import ConditionFailed, Conflict, StoreError, TokenReused

MOST_OF_A_REQUEST: Final = 6
"""Attempts, since somebody waits for the answer: 0.6 s of pauses at the most."""
MOST_IN_A_CROWD: Final = 60
"""Attempts where many wait for one another: 5 s of pauses or so."""
_LONGEST_IN_A_CROWD: Final = 4
"""The attempt whose pause is the longest there: each need not wait longer for the others, only more often."""
MOST_ATTEMPTS: Final = 8
"""Of a step of work that nobody waits for."""
Pause = Callable[[int], None]
"""Waits after so many attempts that failed: `clock.pause`, or what a tool or test does instead."""
Work = TypeVar("Work")
Done = TypeVar("Done")


class LostRace(Conflict):
    """What was read had changed when it was to be written; nothing was applied."""


@contextmanager
def racing() -> Iterator[None]:
    """Around a write conditioned on what was read: its failed condition means that somebody else was faster."""
    try:
        yield
    except ConditionFailed as failed:
        raise LostRace from failed


def redo(attempt: Callable[[], Done]) -> Done:
    """Returns what `attempt` does, begun anew while others interfere: for what somebody has asked for and waits for.

    Raises the last Conflict of the store, and any other error at once: it says why not, or the outcome is unknown.
    """
    return redo_from(None, lambda _: attempt(), lambda _, __: None)


def redo_in_turn(attempt: Callable[[], Done]) -> Done:
    """Does as `redo` where many come at once, of whom one is done at a time: each waits longer for its turn."""

    def pause(number: int) -> None:
        clock.pause(min(number, _LONGEST_IN_A_CROWD))

    return _attempted(
        None, lambda _: attempt(), lambda _, __: None, retried=Conflict, most=MOST_IN_A_CROWD, pause=pause
    )


def redo_from(work: Work, attempt: Callable[[Work], Done], reread: Callable[[Work, StoreError], Work]) -> Done:
    """Does as `redo`; an attempt begins with what was read already, the next one with what `reread` makes of it."""
    return _attempted(work, attempt, reread, retried=Conflict, most=MOST_OF_A_REQUEST, pause=clock.pause)


def work_off(work: Work, step: Callable[[Work], Work], reread: Callable[[Work], Work], pause: Pause) -> None:
    """Steps until nothing is left (an empty or false `work`); each step returns what is left after it.

    When the table refuses, whatever the reason, it goes on with what `reread` finds of the work: what was applied
    unheard is no longer left. Raises the last StoreError if that does not help; what is left then was not done, or
    nobody knows.
    """

    def attempt(left: Work) -> Work:
        return step(left) if left else left

    while work:
        work = _attempted(
            work, attempt, lambda left, _: reread(left), retried=StoreError, most=MOST_ATTEMPTS, pause=pause
        )


def _attempted(
    work: Work,
    attempt: Callable[[Work], Done],
    reread: Callable[[Work, StoreError], Work],
    *,
    retried: type[StoreError],
    most: int,
    pause: Pause,
) -> Done:
    """Attempts it until an attempt is not refused, and returns what that one does; waits and reads again in between.

    Raises the error of the last of `most` attempts. Raises at once what is not `retried`, and TokenReused, which no
    attempt can mend.
    """
    for number in range(1, most):
        try:
            return attempt(work)
        except TokenReused:
            raise
        except retried as error:
            pause(number)
            work = reread(work, error)
    return attempt(work)
