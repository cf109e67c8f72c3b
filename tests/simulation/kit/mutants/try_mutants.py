"""Planted bugs of backtests: what a replay forgets, and whom its pages pass over."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from laurel.domain.kernel.replays import Replay
from laurel.domain.members.accounts import Change
from laurel.workflows.rules import replaying
from tests.simulation.kit.mutants.mutants import Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


def _counted_anew(_: "History") -> AbstractContextManager[None]:
    return replaced(Replay, "_change", lambda _, row: Change(row, None))


def _clicks_left_out(_: "History") -> AbstractContextManager[None]:
    real = replaying._rows

    def rows(*asked: Any) -> Any:
        return [row for row in real(*asked) or () if row.clicks is None]

    return replaced(replaying, "_rows", rows)


def _last_of_page_forgotten(_: "History") -> AbstractContextManager[None]:
    real = replaying.members

    class _Members:
        @staticmethod
        def listed(*asked: Any) -> list[str]:
            found = real.listed(*asked)
            return found[:1] if len(found) < replaying.MOST_MEMBERS else found

    return replaced(replaying, "members", _Members)


TRY_MUTANTS = (
    Mutant("a replay counts a row that changed once more", planted=_counted_anew),
    Mutant("a backtest does not read rows of clicks", planted=_clicks_left_out),
    Mutant("the last page of a backtest ends with its first member", planted=_last_of_page_forgotten),
)
