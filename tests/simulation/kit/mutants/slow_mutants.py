"""Planted bugs that show only where somebody takes long: each beside the same slowness without the bug."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from laurel.mailer import Message
from laurel.store import keys
from laurel.store.keys import Key
from laurel.store.operations import Delete, Op
from laurel.store.values import Item
from laurel.workflows.earnings import markers
from laurel.workflows.mail import outbox
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world.services import WorldMailer

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History

_LONG: Final = 40
_VERY_LONG: Final = 400
"""Turns of others."""


class _SlowMailer(WorldMailer):
    def send(self, message: Message) -> str:
        self.scheduler.wait(_LONG)
        return super().send(message)


def _leased_for_no_time(_: "History") -> AbstractContextManager[None]:
    return replaced(outbox, "LEASE", timedelta(0))


class _SlowReader:
    """Whoever deletes a marker by this table reads it, and goes on when there is another, or soon enough.

    `is_read_again`: whether it then looks anew.
    """

    def __init__(self, history: "History", is_read_again: bool) -> None:
        self._history = history
        self._is_read_again = is_read_again
        self._first: dict[Key, Item | None] = {}

    def get(self, key: Key) -> Item | None:
        if key not in self._first:
            self._first[key] = self._history.table.get(key)
            self._wait_for_another(key)
            return self._first[key]
        return self._history.table.get(key) if self._is_read_again else self._first[key]

    def _wait_for_another(self, key: Key) -> None:
        table = self._history.table
        for _ in range(_VERY_LONG):
            if table._stored(key) not in (None, self._first[key]):
                return
            self._history.scheduler.wait(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._history.table, name)


class _DeletedBlindly(Changed):
    """The version alone vouches for a marker, which one that is made anew has again."""

    def changed(self, op: Op) -> Op | None:
        is_marker = isinstance(op, Delete) and op.key.sk == "commission"
        return replace(op, expect={"version": op.expect["version"]}) if is_marker else op


@contextmanager
def _deleted_by_two(history: "History", *, is_read_again: bool) -> Iterator[None]:
    """Somebody else deletes the marker meanwhile, and makes a row by hand, so that its rule may fire anew."""
    real, deleted = markers._attempt, set[str]()

    def attempt(table: Any, program: Any, commission_id: str, *by: Any) -> None:
        stored = history.table._stored(keys.commission(program.program_id, commission_id))
        if stored is not None and commission_id not in deleted:
            deleted.add(commission_id)
            editor = next(each for each in history.editors if each.program_id == program.program_id)
            history.expect_edit("edit_manual", editor.rows.manual(history.rng, stored["body"]["member_id"]))
            history.expect_edit("edit_marker", lambda: real(table, program, commission_id, *by))
        real(_SlowReader(history, is_read_again), program, commission_id, *by)

    with replaced(markers, "_attempt", attempt):
        yield


SLOW: Final = (
    Mutant("sending takes long", mailer=_SlowMailer),
    Mutant("two delete a marker", planted=lambda history: _deleted_by_two(history, is_read_again=True)),
)
"""No bugs."""
SLOW_MUTANTS: Final = (
    Mutant("a mail is leased to its sender for no time", mailer=_SlowMailer, planted=_leased_for_no_time),
    Mutant(
        "a marker is deleted as it was before the account was read",
        table=_DeletedBlindly,
        planted=lambda history: _deleted_by_two(history, is_read_again=False),
    ),
)
