"""What tick does each minute for one program: whatever is due or overdue and nobody else took up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel import clock
from laurel.domain.rulebook import Rulebook
from laurel.store import keys
from laurel.store.keys import WORK, Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import holds, outbox
from laurel.workflows.outbox import Result
from laurel.workflows.transitions import Pause, by_member, settle

PAGE: Final = 100
"""How much of each kind and shard one sweep takes up; the next minute takes the next."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep found: overdue commissions folded, holds released, and the fate of each mail."""

    overdue: int
    released: int
    mails: tuple[Result, ...]

    @property
    def is_full(self) -> bool:
        """Whether there may be more overdue commissions than one sweep took."""
        return self.overdue >= PAGE


def programs(table: Table) -> Iterator[str]:
    """The ids of all programs."""
    yield from (item["sk"] for item in table.query(keys.registry().pk))


def sweep(table: Table, rulebook: Rulebook, now: datetime, pause: Pause = clock.pause) -> Swept:
    """One page of each kind of work of the rulebook's program. Raises StoreError like its parts."""
    program_id = rulebook.program.program_id
    held = [holds.release(table, program_id, item, now) for item in due(table, program_id, keys.HOLD, now)]
    overdue = settle_overdue(table, rulebook, now, pause)
    mails = due(table, program_id, keys.MAIL, now)
    taken_up = [outbox.take_up(table, program_id, item, now) for item in mails]
    return Swept(overdue, sum(held), tuple(taken_up))


def settle_overdue(table: Table, rulebook: Rulebook, now: datetime, pause: Pause = clock.pause) -> int:
    """Folds what the stream should have folded long ago; how many commissions that were."""
    waiting = by_member(due(table, rulebook.program.program_id, keys.PENDING, now))
    for member_id, commissions in waiting.items():
        settle(table, rulebook, member_id, commissions, now, pause)
    return sum(map(len, waiting.values()))


def due(table: Table, program_id: str, kind: str, now: datetime) -> list[Item]:
    """The items themselves, as they stand in the table (the index may lag), of work that is due at `now`."""
    entries = [
        entry
        for partition in keys.work(program_id, kind)
        for entry in table.query(partition, index=WORK, before=keys.instant(now) + keys.LAST, limit=PAGE)
    ]
    found = table.batch_get([Key(entry["pk"], entry["sk"]) for entry in entries])
    return list(found.values())
