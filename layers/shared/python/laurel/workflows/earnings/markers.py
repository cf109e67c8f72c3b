"""Deleting a marker: its rule may fire again, mail included, because nothing else guards against it."""

from datetime import datetime

from laurel.domain.history import Edit, FieldChange
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.payment import freed
from laurel.domain.members.accounts import reach
from laurel.domain.payouts.lines import LineMove, freeing
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Conflict
from laurel.store import accounts, items, jobs, keys, ledger, payouts, repeats
from laurel.store.operations import Op, Put, Update
from laurel.store.table import Table
from laurel.workflows import telling
from laurel.workflows.ledger.commissions import row_of
from laurel.workflows.members import members
from laurel.workflows.requests.optimistic import racing, redo


def delete(table: Table, program: Program, commission_id: str, actor: str, now: datetime) -> None:
    """Removes a row that a rule made from the ledger and the totals, and notes it in the rule's history.

    Raises Absent, Conflict `not_deletable` for a row that no rule made, Conflict `already_paid`.
    """
    redo(lambda: _attempt(table, program, commission_id, actor, now))


def _attempt(table: Table, program: Program, commission_id: str, actor: str, now: datetime) -> None:
    program_id = program.program_id
    item = table.get(keys.commission(program_id, commission_id))
    marker, counted = row_of(item), ledger.contribution_of(item or {})
    if marker.rule_id is None or marker.member_id is None:
        raise Conflict("not_deletable", "only rows that a rule made can be deleted")
    if marker.is_fixed:  # or was paid once: what was adjusted of it would be left alone
        raise Conflict("already_paid", "a paid row never changes again")
    line = _line_moved(table, program_id, marker, now)
    wanted, today = reach([marker.day], ()), program.calendar.day_of(now)
    account = accounts.read(table, program_id, marker.member_id, wanted, today)
    with racing():
        deletion = accounts.deletion(program_id, account, marker, counted)
        noted = _noted(program_id, marker, actor, now)
        beside = [*repeats.forgotten(table, program_id, marker), *_earner_touched(program_id, marker)]
        table.transact([*deletion, *line, *beside, noted, *telling.of_deleted_row(program, marker, now)])


def _line_moved(table: Table, program_id: str, marker: Commission, now: datetime) -> list[Op]:
    """A row of a draft takes its amount out of its line. Raises Conflict `already_paid` once that is confirmed."""
    if marker.payout != "in_payout" or marker.payout_id is None or marker.member_id is None:
        return []
    place = payouts.places(table, program_id, marker.member_id, [marker.payout_id])[marker.payout_id]
    if place.pays:
        raise Conflict("already_paid", "a row of a confirmed payout never changes again")
    if place.line is None or not place.is_changeable:
        return []
    move = LineMove(place, place.line.moved(marker, freed(marker), place.payout.minimum))
    begun = [freeing(program_id, marker.payout_id, marker.member_id, now)] if move.leaves else []
    return [*payouts.moved(program_id, move), *(jobs.due_at_once(program_id, job) for job in begun)]


def _earner_touched(program_id: str, marker: Commission) -> list[Update]:
    """Increases the version of the account that notes the firing, unless it is the paid member's own."""
    return [] if marker.earned_by is None else [members.touch(program_id, marker.earned_by)]


def _noted(program_id: str, marker: Commission, actor: str, now: datetime) -> Put:
    multiple = marker.evidence and marker.evidence.multiple
    before = f"{marker.period}, multiple {multiple}" if multiple else marker.period
    change = FieldChange(field="marker", before=before, after=None)
    edit = Edit(at=now, actor=actor, action="marker_deleted", member_id=marker.member_id, changes=(change,))
    return Put(items.history(program_id, marker.rule_id or "", edit, marker.commission_id))
