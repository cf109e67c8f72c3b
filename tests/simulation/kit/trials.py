"""Histories played and judged; what is wrong told so that one command plays it again."""

import json
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.judge import verdict
from tests.simulation.kit.mutants.mutants import NONE, Mutant
from tests.simulation.kit.world.parsing import remembering
from tests.simulation.kit.world.world_table import brief

Played = TypeVar("Played", bound=History)
_MOST_LINES: Final = 250
_MISFITS: Final = ("AttributeError(", "TypeError(", "NameError(", "ImportError(")
FOUND_BY: Final = Path(__file__).with_name("found_by.json")
"""Planted bugs and a seed that shows each. Old ones cost time, not truth: then all seeds are tried."""


def tried(seed: int, mutant: Mutant = NONE) -> tuple[History, list[str]]:
    """The history of `seed`, and what is wrong with it."""
    history = History(seed, mutant)
    return history, judged(history, verdict)


def judged(history: Played, judge: Callable[[Played], Iterable[str]]) -> list[str]:
    """What `judge` finds wrong with a history, which is played for it; or what it died of."""
    try:
        with remembering():
            history.play()
            return [*judge(history)]
    except Exception as error:
        return [f"{error!r}\n{''.join(traceback.format_tb(error.__traceback__)[-6:])}"]


def seeds(mutant: Mutant, most: int) -> Iterator[int]:
    """Up to `most` seeds to find a planted bug with; first that which found it when the draws were last changed."""
    known: dict[str, int] = json.loads(FOUND_BY.read_text())
    if mutant.name in known:
        yield known[mutant.name]
    yield from range(most)


def first_shown(mutant: Mutant, most: int, tried: Callable[[int, Mutant], tuple[Played, list[str]]]) -> list[str]:
    """The first that a judge found wrong in up to `most` histories with a planted bug; nothing if none did.

    Raises AssertionError if the plant itself does not fit the code any more: that it dies shows nothing.
    """
    wrong = next((found for seed in seeds(mutant, most) if (found := tried(seed, mutant)[1])), [])
    assert not wrong or not wrong[0].startswith(_MISFITS), f"{mutant.name}: {wrong[0]}"
    return wrong


def told(history: History, wrong: list[str]) -> str:
    """What went wrong, and what led to it."""
    lines = [
        f"seed {history.seed}: {len(wrong)} wrong",
        *(f"  - {each}" for each in wrong[:10]),
        f"what happened ({history.world.start} on):",
        *list(trace(history))[-_MOST_LINES:],
        f"again: make simulate N=1 SEED={history.seed}",
    ]
    return "\n".join(lines)


def trace(history: History) -> Iterator[str]:
    """Every call that did something, in order."""
    start = history.world.start
    for at, who, what, ops in history.scheduler.trace:
        yield f"  {(at - start).total_seconds():12.3f}  {who:16} {what}{': ' + brief(ops) if ops else ''}"
