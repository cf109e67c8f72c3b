"""Recurrences at work: each due period becomes one commission, in one transaction with the recurrence's count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel.domain.earnings import recurrences
from laurel.domain.earnings.recurrences import Recurrence, Source, Step
from laurel.domain.history import Author, Edit
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.store import items, keys, ledger
from laurel.store.indexes import WORK
from laurel.store.operations import Check, ConditionFailed, Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests.optimistic import racing, redo

MOST_AT_ONCE: Final = 24
"""The most late periods of one recurrence that a sweep makes up for; the next sweep goes on."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The reading that a step is decided on; `unchanged` fails the write if it no longer holds."""

    source: Source
    buckets: int
    unchanged: Sequence[Op]


def make_due(table: Table, program: Program, item: Item, now: datetime, most: int = MOST_AT_ONCE) -> int:
    """Makes the due commissions of one recurrence, one period after the other, at `most` so many; their number.

    If another run, or an edit of the first payment or its member, is faster, the rest is left for the next sweep.
    """
    recurrence, made = items.parse(Recurrence, item), 0
    try:
        read = _read(table, program.program_id, recurrence)
        if read is None:
            table.write(_update(program.program_id, recurrence, recurrence.revised(now, ended="deleted")))
            return 0
        while made < most and (step := recurrences.step(program, recurrence, read.source, now)) is not None:
            table.transact(_operations(program.program_id, recurrence, step, read))
            if step.row is None:
                break
            recurrence, made = step.after, made + 1
    except ConditionFailed:
        return made
    return made


def stop(table: Table, program: Program, conversion_id: str, author: Author) -> None:
    """Stops the recurrence of a conversion; commissions already made stay.

    Nothing happens if no commission would follow. Raises Absent.
    """
    redo(lambda: _stop(table, program, conversion_id, author))


def _read(table: Table, program_id: str, recurrence: Recurrence) -> _Read | None:
    """Reads a recurrence's source; None if that was deleted, as a bonus can be."""
    first = keys.commission(program_id, recurrence.conversion_id)
    offer, member = keys.offer(program_id, recurrence.offer_id), keys.member(program_id, recurrence.member_id)
    stored = table.batch_get([first, offer, member])
    if first not in stored:
        return None
    source = Source(
        items.parse(Commission, stored[first]),
        items.parse(Member, stored[member]),
    )
    unchanged = [Check(key, expect={"version": stored[key]["version"]}) for key in (first, member)]
    return _Read(source, items.parse(Offer, stored[offer]).buckets, unchanged)


def _operations(program_id: str, before: Recurrence, step: Step, read: _Read) -> list[Op]:
    update = _update(program_id, before, step.after)
    if step.row is None:
        return [update, *read.unchanged]
    return [update, Put(ledger.commission(program_id, step.row, read.buckets), new=True), *read.unchanged]


def _update(program_id: str, before: Recurrence, after: Recurrence) -> Update:
    key, item = keys.recurrence(program_id, after.recurrence_id), items.recurrence(program_id, after)
    changed = {name: value for name, value in item.items() if name not in key._fields}
    gone = (WORK.pk, WORK.sk) if after.ended else ()
    return Update(key, set=changed, remove=gone, expect={"version": before.version})


def _stop(table: Table, program: Program, conversion_id: str, author: Author) -> None:
    program_id = program.program_id
    first = conversion_of(table.get(keys.commission(program_id, conversion_id)))
    if not recurrences.can_be_first(first):
        return
    item = table.get(keys.recurrence(program_id, recurrences.recurrence_id(program_id, first)))
    known = None if item is None else items.parse(Recurrence, item)
    if (known is not None and known.ended) or (known is None and not recurrences.recurs(first)):
        return
    before = known or recurrences.started(program, first, author.at)
    after = before.revised(author.at, ended="stopped")
    edit = Edit(at=author.at, actor=author.actor, action="recurrence_stopped", member_id=first.member_id)
    # stopped before the first payment is counted: the count then finds that the recurrence has ended
    stopping = _update(program_id, before, after) if known else Put(items.recurrence(program_id, after), new=True)
    with racing():
        table.transact([stopping, Put(items.commission_history(program_id, first, edit), new=True)])
