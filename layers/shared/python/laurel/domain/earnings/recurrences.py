"""Recurrences: the commissions that the program makes by itself after a first payment, one each interval."""

from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Renewal
from laurel.domain.ledger.worth import is_declined
from laurel.domain.members.accounts import Change
from laurel.domain.members.members import Member
from laurel.domain.offers.terms import Recurring, earned, is_automatic
from laurel.domain.program.programs import Program
from laurel.domain.tracking.conversions import first_status
from laurel.domain.values.calendar import Calendar
from laurel.domain.values.ids import CommissionId, MemberId, OfferId, RecurrenceId, derived_id
from laurel.domain.values.model import Day, Frozen, Instant
from laurel.domain.values.periods import later_day

Ending = Literal["limit", "stopped", "refund", "declined", "deleted", "member_inactive"]


class Recurrence(Frozen):
    """The later commissions on a subscription, whose first payment `conversion_id` fell on `first_day`.

    `made`: the number of commissions so far. `next_at`: when the next one is due. `ended`: why there is no next one.
    """

    recurrence_id: RecurrenceId = Field(exclude=True)
    conversion_id: CommissionId
    member_id: MemberId
    offer_id: OfferId
    recurring: Recurring
    first_day: Day
    made: int = 0
    next_at: Instant
    ended: Ending | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1

    def is_due(self, now: datetime) -> bool:
        """Whether it needs work: its next commission is due, or it ended and is to be taken from the work list."""
        return self.ended is not None or self.next_at <= now

    def revised(self, at: datetime, **changes: Any) -> Self:
        """This recurrence after a change at `at`."""
        return self.model_copy(update={**changes, "updated_at": at, "version": self.version + 1})


class Source(NamedTuple):
    """The first payment of a recurrence, as of now, and the member whom it pays."""

    first: Commission
    member: Member


class Step(NamedTuple):
    """The result of one due period; `row` None: the recurrence ended instead."""

    after: Recurrence
    row: Commission | None


def can_be_first(row: Commission) -> bool:
    """Whether commissions may follow it, by its terms or by those it had before a recalculation gave it others."""
    is_somebodys = row.member_id is not None and row.tier == 1
    return is_somebodys and row.renewal is None and row.type in {"sale", "action"}


def recurs(row: Commission) -> bool:
    """Whether the program makes commissions after it: a first payment in tier 1 by `automatic` terms."""
    return can_be_first(row) and row.terms is not None and is_automatic(row.terms) and not row.is_trial


def starts(change: Change) -> bool:
    """Whether `change` starts a recurrence, unless there was one: the row becomes good, and its shop has the money.

    A pending row may have waited for that until now; a bonus waits for its approval, since nothing holds up what
    follows it. One that was approved all the same waits for nothing.
    """
    row, counted = change.commission, change.counted
    waits = row.status == "pending" and (row.order is None or row.order.money == "awaiting")
    if not recurs(row) or row.status == "declined" or waits:
        return False
    return change.begins_to_sell or (counted is not None and counted.bucket.state == "pending")


def recurrence_id(program_id: str, first: Commission) -> str:
    """The id by subscription, however many of its orders were taken for the first; else by order.

    One that was named late has begun by its order, perhaps, and must not begin again by another id.
    """
    order = first.order
    if order is not None and order.subscription is not None and not order.named_late:
        return of_subscription(program_id, order.storefront_id, order.subscription)
    return derived_id("rec", program_id, first.commission_id)


def of_subscription(program_id: str, storefront_id: str, subscription: str) -> str:
    """The id of the recurrence that orders naming a subscription begin, whichever is counted first."""
    return derived_id("rec", program_id, storefront_id, subscription)


def superseded(
    program: Program, first: Commission, identity: str, known: Recurrence | None, now: datetime
) -> Recurrence | None:
    """The recurrence `identity` once it is known that `first` began its subscription, and is followed by its own.

    It was begun by a renewal that was taken for a first order, `known`, or is kept from that; None: nothing changes.
    """
    if not recurs(first) or is_declined(first):
        return None
    if known is not None and (known.ended or known.conversion_id == first.commission_id):
        return None
    before = known or started(program, first, now).model_copy(update={"recurrence_id": identity})
    return before.revised(now, ended="stopped")


def started(program: Program, first: Commission, now: datetime) -> Recurrence:
    """The recurrence of a first payment that `recurs`, with nothing made yet."""
    assert first.terms is not None  # noqa: S101 - for the type checker
    assert first.terms.recurring is not None  # noqa: S101
    return Recurrence(
        recurrence_id=recurrence_id(program.program_id, first),
        conversion_id=first.commission_id,
        member_id=first.member_id or "",
        offer_id=first.offer_id or "",
        recurring=first.terms.recurring,
        first_day=first.day,
        next_at=due_at(program.calendar, first.terms.recurring, first.day, 1),
        created_at=now,
        updated_at=now,
    )


def due_day(recurring: Recurring, first_day: date, number: int) -> date:
    """The local day of the `number`-th payment after the first, counted from the first day so that it never drifts."""
    match recurring.interval:
        case "day":
            return first_day + timedelta(days=number)
        case "week":
            return first_day + timedelta(weeks=number)
        case "month":
            return later_day(first_day, months=number)
        case "year":
            return later_day(first_day, months=12 * number)


def due_at(calendar: Calendar, recurring: Recurring, first_day: date, number: int) -> datetime:
    """The instant at which that payment is due and occurs: the beginning of its local day."""
    return calendar.start_of(due_day(recurring, first_day, number))


def step(program: Program, recurrence: Recurrence, source: Source, now: datetime) -> Step | None:
    """The next period of a recurrence if it is due: its commission or the end. One period at a time, however late."""
    if not recurrence.is_due(now):
        return None
    if ended := recurrence.ended or _why_ended(source):
        return Step(recurrence.revised(now, ended=ended), None)
    number = recurrence.made + 1
    is_last = recurrence.recurring.is_past(number + 1)
    ahead = {"ended": "limit"} if is_last else {"next_at": _due(program, recurrence, number + 1)}
    return Step(recurrence.revised(now, made=number, **ahead), _payment(program, recurrence, source, now))


def _due(program: Program, recurrence: Recurrence, number: int) -> datetime:
    return due_at(program.calendar, recurrence.recurring, recurrence.first_day, number)


def _why_ended(source: Source) -> Ending | None:
    first = source.first
    if first.earns_nothing:
        return "refund"
    if is_declined(first):  # also one whose payout was decided before
        return "declined"
    return "member_inactive" if source.member.status != "approved" else None


def _payment(program: Program, recurrence: Recurrence, source: Source, now: datetime) -> Commission:
    first = source.first
    assert first.terms is not None  # noqa: S101 - for the type checker: what recurs has terms
    number, occurred_at = recurrence.made + 1, recurrence.next_at
    status, hold_until = first_status(program.approval, occurred_at)
    return Commission(
        commission_id=derived_id("com", program.program_id, recurrence.recurrence_id, str(number)),
        type="recurring",
        origin="schedule",
        action_code=first.action_code,
        by_name=first.by_name,
        member_id=first.member_id,
        offer_id=first.offer_id,
        payout_option_id=first.payout_option_id,
        option_version=first.option_version,
        move=first.move,
        terms=first.terms.model_copy(update={"recurring": None}),
        own_terms=first.own_terms,
        recorded=first.recorded,
        amount=earned(first.terms, first.action_code, first.base),
        currency=program.currency,
        status=status,
        payout="unpaid",
        hold_until=hold_until,
        occurred_at=occurred_at,
        day=program.calendar.day_of(occurred_at),
        renewal=Renewal(conversion_id=first.commission_id, number=number, base=first.base),
        created_at=now,
        updated_at=now,
    )
