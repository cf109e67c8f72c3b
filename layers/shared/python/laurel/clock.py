"""The clock: nothing else reads the time."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_FIRST_PAUSE_SECONDS: Final = 0.01
_LONGEST_PAUSE_SECONDS: Final = 1.0


def now() -> datetime:
    """The current instant: aware UTC, to the millisecond (what keys and JSON carry)."""
    at = datetime.now(UTC)  # noqa: TID251 - this is the one place
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def pause(attempt: int) -> None:
    """Waits before a contended attempt is redone: full jitter under a ceiling that doubles from 20 ms to 1 s."""
    ceiling = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS)
    time.sleep(random.uniform(0, ceiling))  # noqa: S311 - jitter is no secret


def seconds(budget: float) -> Callable[[], bool]:
    """A function that answers true until `budget` seconds have passed from now."""
    left = countdown(budget)
    return lambda: left() > 0


def countdown(budget: float) -> Callable[[], float]:
    """A function that answers how many of `budget` seconds from now are left; below 0 once they are over."""
    end = time.monotonic() + budget
    return lambda: end - time.monotonic()
