"""Telling of changes: the write of their events, for the transaction of the change itself; none if nobody follows."""

from datetime import datetime

from laurel.domain import telling
from laurel.domain.history import Edit
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.store import event_items, items, keys
from laurel.store.operations import Put
from laurel.store.table import Table


def of_member(program: Program, member: Member, edit: Edit) -> list[Put]:
    """A member joined, changed or was erased."""
    return event_items.told(program, edit.at, [telling.of_member(program.program_id, member, edit)])


def of_enrollment(program: Program, enrollment: Enrollment, edit: Edit) -> list[Put]:
    """A member was enrolled in an offer, or an enrollment changed."""
    return event_items.told(program, edit.at, [telling.of_enrollment(program.program_id, enrollment, edit)])


def of_unattributed(program: Program, row: Commission) -> list[Put]:
    """An order that nobody won was recorded: others are told of when they are counted."""
    if row.member_id is not None:
        return []
    event = telling.of_unattributed(program.program_id, row, row.created_at)
    return event_items.told(program, row.created_at, [event])


def of_unattributed_change(table: Table, program_id: str, row: Commission, at: datetime) -> list[Put]:
    """An order that nobody won has changed: the program is read for such alone."""
    if row.member_id is not None:
        return []
    program = items.parse_program(table.get(keys.program(program_id)) or {})
    return event_items.told(program, at, [telling.of_changed_unattributed(program_id, row, at)])


def of_deleted_row(program: Program, row: Commission, at: datetime) -> list[Put]:
    """A row that a rule made was deleted."""
    return event_items.told(program, at, [telling.of_deleted_row(program.program_id, row, at)])
