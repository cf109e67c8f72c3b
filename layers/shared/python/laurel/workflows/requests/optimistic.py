"""Optimistic work: nothing is locked. If others make a write fail, the work begins anew from the reading."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from laurel import clock
from laurel.store.operations import ConditionFailed, Conflict, StoreError, TokenReused

MOST_OF_A_REQUEST: Final = 6
"""The attempts of a request, whose caller waits: 0.6 s of pauses at the most."""
MOST_IN_A_CROWD: Final = 60
"""Attempts where many wait for one another: 5 s of pauses or so."""
_LONGEST_IN_A_CROWD: Final = 4
"""The attempt whose pause is the longest there: each need not wait longer for the others, only more often."""
MOST_ATTEMPTS: Final = 8
"""The attempts of a step of work that nobody waits for."""
Pause = Callable[[int], None]
"""Waits after the given number of failed attempts: `clock.pause`, or a stand-in of a tool or test."""
Work = TypeVar("Work")
Done = TypeVar("Done")


class LostRace(Conflict):
    """An item had changed between its reading and the write; nothing was applied."""


@contextmanager
def racing() -> Iterator[None]:
    """Surrounds a write conditioned on what was read: a failed condition means that somebody else was faster."""
    try:
        yield
    except ConditionFailed as failed:
        raise LostRace from failed


def redo(attempt: Callable[[], Done]) -> Done:
    """Returns the result of `attempt`, which begins anew while others interfere: for a request, whose caller waits.

    Raises the last Conflict of the store. Raises any other error at once: it says why not, or the outcome is unknown.
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
    """Does as `redo` for work that was read already; each further attempt is given what `reread` makes of it."""
    return _attempted(work, attempt, reread, retried=Conflict, most=MOST_OF_A_REQUEST, pause=clock.pause)


def work_off(work: Work, step: Callable[[Work], Work], reread: Callable[[Work], Work], pause: Pause) -> None:
    """Steps until nothing is left (an empty or false `work`); each step returns what is left after it.

    When the table refuses, whatever the reason, it waits and goes on with the work that `reread` still finds: a write
    may have been applied although its answer was lost. Raises the last StoreError if that does not help; the rest of
    the work was not done, or nobody knows.
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
    """Returns the result of the first attempt that succeeds; waits and reads again after each that fails.

    Raises the error of the last of `most` attempts. Raises an error that is not `retried` at once, and TokenReused too:
    it is a bug of ours, which no attempt mends.
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
