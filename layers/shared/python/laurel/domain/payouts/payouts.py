"""Payout batches: the rows due to each member up to an instant, marked as paid together."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.members import Member
from laurel.domain.program.jobs import Job, JobStatus
from laurel.domain.rules.schedule import Payday
from laurel.domain.values.calendar import Calendar
from laurel.domain.values.ids import JobId, MemberId, PayoutId
from laurel.domain.values.model import Amount, Frozen, Instant, Money
from laurel.domain.values.money import Currency, major_units

MOST_LISTED: Final = 100


class NewPayout(Frozen):
    """A request to pay rows that occurred before `until` to approved members to whom `minimum` or more is due.

    `minimum`: minor units. `member_ids`: only to these.
    """

    until: Instant
    minimum: Amount = 0
    member_ids: Annotated[tuple[MemberId, ...], Field(min_length=1, max_length=MOST_LISTED)] | None = None


class Payout(NewPayout):
    """A batch under way or over; its job knows how far it is. `actor`: of whoever began it."""

    payout_id: PayoutId
    job_id: JobId
    currency: Currency
    actor: str
    created_at: Instant

    def takes(self, row: Commission, calendar: Calendar) -> bool:
        """Whether `row` is due in this batch. A row of clicks is due only after its local day: it grows until then."""
        if (row.status, row.payout) != ("approved", "unpaid") or row.occurred_at >= self.until:
            return False
        return row.type != "click" or row.day < calendar.day_of(self.created_at)

    def pays(self, due: int) -> bool:
        """Whether a member to whom `due` minor units are due is paid at all."""
        return due > 0 and due >= self.minimum

    def chosen(self, rows: Sequence[Commission], paid: int | None, *, is_all: bool) -> list[Commission]:
        """The part of `rows` to pay next, ordered so that the line stays above 0 wherever paying breaks off.

        `paid`: the amount of the member's line so far, None if there is none. `is_all`: nothing else of this batch is
        due to the member, so that `rows` decide whether they are paid; else that was decided before.
        """
        total = (paid or 0) + sum(row.amount for row in rows)
        if paid is None and is_all and not self.pays(total):
            return []
        wanted = rows if total > 0 else [row for row in rows if row.amount > 0]
        return sorted(wanted, key=lambda row: (row.amount <= 0, row.amount < 0, row.occurred_at, row.commission_id))

    def payday(self, calendar: Calendar) -> Payday:
        """Its payday, as rules see it."""
        return Payday(calendar.day_of(self.created_at), self.created_at, self.payout_id)


class Begun(Payout):
    """A payout with the sum of its lines so far, in minor units."""

    total: Money

    def shown(self, job: Job) -> "PayoutView":
        """The payout as it is shown, with the progress of its job."""
        progress = {"status": job.status, "updated_at": job.updated_at, "version": job.version}
        return PayoutView(**dict(self), finished_at=job.finished_at, **progress)


class Line(Frozen):
    """A member's part of a payout: minor units and the number of rows. `is_closed`: no more rows are added."""

    member_id: MemberId
    amount: Money
    commissions: int
    is_closed: bool = False


class PayoutView(BaseModel):
    """A payout; `total`: the sum of its rows so far, in minor units of `currency`."""

    payout_id: str
    job_id: str
    status: JobStatus
    until: Instant
    minimum: Money
    member_ids: tuple[str, ...] | None = None
    total: Money
    currency: str
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None = None
    version: int


class PayoutRow(BaseModel):
    """One member's part of a payout: `amount` in minor units, the sum of so many `commissions`."""

    member_id: str
    amount: Money
    commissions: int


class PayoutDetail(PayoutView):
    """A payout with a page of its rows, one for each member."""

    rows: list[PayoutRow]
    next_cursor: str | None


class Payee(BaseModel):
    """A row of a payout and its member, None if that is not there any more."""

    row: PayoutRow
    member: Member | None


PAYOUT_COLUMNS: Final = (
    *("member_id", "email", "first_name", "last_name"),
    *("payout_amount", "amount", "currency", "commissions", "payout_id"),
)


def payout_cells(payee: Payee, payout: PayoutView) -> dict[str, Any]:
    """A row as a line of a table: the member, then `payout_amount` in major units, then all fields."""
    row, member = payee.row, payee.member
    who = {name: getattr(member, name, None) for name in ("email", "first_name", "last_name")}
    amount = {"payout_amount": major_units(row.amount, payout.currency), "currency": payout.currency}
    return {**row.model_dump(mode="json"), **who, **amount, "payout_id": payout.payout_id}
