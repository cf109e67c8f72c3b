"""Telling: the events of changes to members, enrollments and rows, each with its subject as the API shows it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from laurel.domain.events.events import Event, EventType, ValueChange
from laurel.domain.history import Edit
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.domain.members.enrollments import Enrollment, EnrollmentView
from laurel.domain.members.members import Member, MemberView


class Counted(Protocol):
    """A row that a transaction counts: as it was counted before, None for a new one, and as it is left."""

    @property
    def commission(self) -> Commission:
        """The row as it is left."""

    @property
    def was_paid(self) -> bool:
        """Whether it was paid before."""

    @property
    def counted_before(self) -> Contribution | None:
        """Its contribution as it was counted before."""


def of_member(program_id: str, member: Member, edit: Edit) -> Event:
    """A member joined, or changed."""
    type_: EventType = "member.joined" if edit.action == "created" else "member.changed"
    shown, subject = MemberView.of(member), f"member:{member.member_id}"
    event = Event.of(program_id, type_, subject, member.version, shown, edit.at, edit.changes)
    return event.without_values() if member.erased_at is not None else event


def of_enrollment(program_id: str, enrollment: Enrollment, edit: Edit) -> Event:
    """A member was enrolled in an offer, or an enrollment changed."""
    subject = f"enrollment:{enrollment.offer_id}/{enrollment.member_id}"
    shown = EnrollmentView(**dict(enrollment))
    return Event.of(program_id, "enrollment.changed", subject, enrollment.version, shown, edit.at, edit.changes)


def of_unattributed(program_id: str, row: Commission, at: datetime) -> Event:
    """An order that nobody won was recorded."""
    view = ConversionView.of(row)
    return Event.of(program_id, "conversion.recorded", f"conversion:{row.commission_id}", row.version, view, at)


def of_changed_unattributed(program_id: str, row: Commission, at: datetime) -> Event:
    """An order that nobody won has changed."""
    view = ConversionView.of(row)
    return Event.of(program_id, "conversion.changed", f"conversion:{row.commission_id}", row.version, view, at)


def of_row(program_id: str, counted: Counted, at: datetime) -> Iterator[Event]:
    """A row was made, changed or paid; of an order, its conversion too."""
    row, before = counted.commission, counted.counted_before
    if row.is_tally:
        return
    if row.order is not None and row.tier == 1 and row.adjusts is None:
        is_new = before is None and not _was_unattributed(row)
        yield Event.of(
            program_id,
            "conversion.recorded" if is_new else "conversion.changed",
            f"conversion:{row.commission_id}",
            row.version,
            ConversionView.of(row),
            at,
            _changes(before, row, "commission"),
        )
    is_paid = row.payout == "paid" and not counted.was_paid
    yield Event.of(
        program_id,
        "commission.paid" if is_paid else "commission.made" if before is None else "commission.changed",
        f"commission:{row.commission_id}",
        row.version,
        CommissionView.of(row),
        at,
        _changes(before, row, "amount"),
    )


def of_new_row(program_id: str, row: Commission, at: datetime) -> Event:
    """A row was made that is no order."""
    subject = f"commission:{row.commission_id}"
    return Event.of(program_id, "commission.made", subject, row.version, CommissionView.of(row), at)


def of_firing(program_id: str, row: Commission, at: datetime) -> Event:
    """A rule fired: the row that proves it."""
    subject = f"rule:{row.rule_id}/{row.commission_id}"
    return Event.of(program_id, "rule.fired", subject, row.version, CommissionView.of(row), at)


def of_deleted_row(program_id: str, row: Commission, at: datetime) -> Event:
    """A row that a rule made was deleted."""
    gone = [ValueChange(field="deleted", before=False, after=True)]
    subject, sequence = f"commission:{row.commission_id}", row.version + 1
    return Event.of(program_id, "commission.changed", subject, sequence, CommissionView.of(row), at, gone)


def _was_unattributed(row: Commission) -> bool:
    return row.first is not None and row.first.attribution is not None


def _changes(before: Contribution | None, row: Commission, amount: str) -> list[ValueChange]:
    """The numbers that are counted otherwise than before."""
    if before is None:
        return []
    pairs = {"state": (before.bucket.state, row.state), amount: (before.commission, row.amount)}
    return [ValueChange(field=name, before=old, after=new) for name, (old, new) in pairs.items() if old != new]
