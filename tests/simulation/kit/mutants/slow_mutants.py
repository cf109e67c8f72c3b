"""Planted bugs that show only where somebody takes long: each beside the same slowness without the bug."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from laurel.mailer import Letter
from laurel.store import indexes, keys
from laurel.store.keys import Key
from laurel.store.operations import Delete, Op
from laurel.store.values import Item
from laurel.workflows.earnings import markers
from laurel.workflows.kernel import click_rows, closing
from laurel.workflows.program import claiming
from tests.simulation.kit.actors.editors import Edit, Editor
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world.services import WorldMailer

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History

_LONG: Final = 40
_VERY_LONG: Final = 400
"""Turns of others."""
_DELETIONS: Final = 20
_FORGOTTEN: Final = 3
_MOST: Final = 0.7


class _SlowMailer(WorldMailer):
    def send(self, letter: Letter) -> str:
        self.scheduler.wait(_LONG)
        return super().send(letter)


def _leased_for_no_time(_: "History") -> AbstractContextManager[None]:
    return replaced(claiming, "LEASE", timedelta(0))


class _DeletedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Delete) and op.key.sk == "commission" else op


class _SlowReader:
    """Whoever deletes a marker by this table reads it, and goes on when there is another, or soon enough."""

    def __init__(self, history: "History") -> None:
        self._history = history

    def get(self, key: Key) -> Item | None:
        found = self._history.table.get(key)
        if key.sk == "commission":
            self._wait_for_another(key, found)
        return found

    def _wait_for_another(self, key: Key, found: Item | None) -> None:
        table = self._history.table
        for _ in range(_VERY_LONG):
            if table._stored(key) not in (None, found):
                return
            self._history.scheduler.wait(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._history.table, name)


@contextmanager
def _deleted_by_two(history: "History") -> Iterator[None]:
    """Most edits delete markers; somebody else does too meanwhile, and makes a row, so that the rule may fire anew."""
    real, draw, deleted = markers._attempt, Editor.draw, set[str]()

    def attempt(table: Any, program: Any, commission_id: str, *by: Any) -> None:
        stored = history.table._stored(keys.commission(program.program_id, commission_id))
        if stored is not None and commission_id not in deleted:
            deleted.add(commission_id)
            editor = next(each for each in history.editors if each.program_id == program.program_id)
            history.expect_edit("edit_manual", editor.rows.manual(history.rng, stored["body"]["member_id"]))
            history.expect_edit("edit_marker", lambda: real(table, program, commission_id, *by))
        real(_SlowReader(history), program, commission_id, *by)

    def drawn(editor: Editor) -> tuple[str, Edit]:
        wanted = history.rng.random() < _MOST
        return ("edit_marker", editor.rows.unmark(history.rng)) if wanted else draw(editor)

    history.expect_edits(_DELETIONS)
    with replaced(markers, "_attempt", attempt), replaced(Editor, "draw", drawn):
        yield


@contextmanager
def _clicks_counted_late(history: "History") -> Iterator[None]:
    """The first who are told of clicks forget them."""
    real, told = click_rows.count, Counter[str]()

    def count(table: Any, program: Any, row: Any, clicks: Any, *rest: Any) -> None:
        history.scheduler.wait(_LONG)
        told[str(row)] += 1
        if told[str(row)] > _FORGOTTEN:
            real(table, program, row, clicks, *rest)

    with replaced(click_rows, "count", count):
        yield


@contextmanager
def _closed_without_clicks(history: "History") -> Iterator[None]:
    """A day is closed when all orders are counted."""
    kinds = SimpleNamespace(PENDING=indexes.PENDING, CLICK=indexes.PENDING, work=indexes.work)
    with _clicks_counted_late(history), replaced(closing, "indexes", kinds):
        yield


SLOW: Final = (
    Mutant("sending takes long", mailer=_SlowMailer),
    Mutant("two delete a marker", planted=_deleted_by_two),
    Mutant("clicks are counted late", planted=_clicks_counted_late),
)
"""No bugs."""
SLOW_MUTANTS: Final = (
    Mutant("a day closes while clicks wait", planted=_closed_without_clicks),
    Mutant("a mail is leased to its sender for no time", mailer=_SlowMailer, planted=_leased_for_no_time),
    Mutant("a marker is deleted whatever it has become", table=_DeletedBlindly, planted=_deleted_by_two),
)
