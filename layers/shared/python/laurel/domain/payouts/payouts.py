"""Payouts: a draft of what is due is looked at, then confirmed or cancelled; what did not arrive is taken back."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.payouts.reasons import Rail
from laurel.domain.program.jobs import Job
from laurel.domain.rules.schedule import Payday
from laurel.domain.values.calendar import ONE_DAY, Calendar
from laurel.domain.values.errors import Conflict, Invalid
from laurel.domain.values.ids import JobId, MemberId, PayoutId
from laurel.domain.values.model import Amount, Day, Frozen, Instant, Money, Open
from laurel.domain.values.money import Currency

MOST_LISTED = 100
PayoutState = Literal["drafting", "draft", "confirming", "confirmed", "cancelled"]
ShownState = Literal["drafting", "draft", "confirming", "confirmed", "cancelled", "failed"]


class NewPayout(Frozen):
    """A request to draft what is due of the days up to `until` to members to whom `minimum` or more is due.

    `until`: a local day, included. `minimum`: minor units. `member_ids`: only to these. `rail`: how it will be paid.
    """

    until: Day
    minimum: Amount = 0
    member_ids: Annotated[tuple[MemberId, ...], Field(min_length=1, max_length=MOST_LISTED)] | None = None
    rail: Rail = "csv"

    def require_past(self, calendar: Calendar, now: datetime) -> None:
        """Raises Invalid `until_in_future`: nothing is paid before it is earned."""
        if self.until > calendar.day_of(now):
            raise Invalid("until_in_future", "choose today or a day before it", "/until")


class Payout(NewPayout):
    """A payout; `job_id`: the job that drafts it, later the one that confirms it.

    `before`: the instant at which the day `until` is over. `actor`: of whoever began it, `confirmed_by`: of whoever
    confirmed it. `program_name`: as it was then, for files. `total`: the sum of its lines, once confirmed what was
    confirmed; `failed_total`: the part that did not arrive. Both in minor units. `payer`: the ciphertext of the account
    that its files are paid from, None as long as the program has none.
    """

    payout_id: PayoutId
    job_id: JobId
    before: Instant
    currency: Currency
    actor: str
    program_name: str = ""
    created_at: Instant
    confirmed_by: str | None = None
    confirmed_at: Instant | None = None
    state: PayoutState = "drafting"
    total: Money = 0
    failed_total: Money = 0
    payer: str | None = None
    version: int = 1

    @classmethod
    def of(cls, new: NewPayout, calendar: Calendar, **known: str | datetime | None) -> Self:
        """The payout of a request."""
        return cls(**dict(new), before=calendar.start_of(new.until + ONE_DAY), **known)

    @property
    def is_open(self) -> bool:
        """True as long as its lines can change."""
        return self.state in {"drafting", "draft"}

    @property
    def is_decided(self) -> bool:
        """True since it was confirmed: its rows keep their amounts."""
        return self.state in {"confirming", "confirmed"}

    @property
    def has_files(self) -> bool:
        """True once it can be looked at, unless it is being paid or was given up."""
        return self.state in {"draft", "confirmed"}

    def is_due(self, row: Commission, calendar: Calendar) -> bool:
        """True for a row that the payout would pay, whoever has it now. Clicks are due only once their day is over."""
        if row.status != "approved" or row.payout not in {"unpaid", "in_payout"} or row.occurred_at >= self.before:
            return False
        return row.type != "click" or row.day < calendar.day_of(self.created_at)

    def confirmed(self, job_id: str, actor: str, now: datetime) -> Self:
        """Once it is confirmed, with the job that pays it. Raises Conflict `payout_state`, `nothing_to_pay`."""
        if self.state != "draft":
            raise wrong_state(f"only a draft can be confirmed: this payout is {self.state}")
        if self.total <= 0:
            raise Conflict(
                "nothing_to_pay", "the draft has no lines: cancel it, and draft another when something is due"
            )
        by = {"job_id": job_id, "confirmed_by": actor, "confirmed_at": now}
        return self.model_copy(update={"state": "confirming", **by, "version": self.version + 1})

    def cancelled(self, *, is_stuck: bool) -> Self:
        """Once it is cancelled. `is_stuck`: its job has given up drafting it. Raises Conflict `payout_state`."""
        if self.state != "draft" and not (self.state == "drafting" and is_stuck):
            raise wrong_state(f"only a draft can be cancelled: this payout is {self.state}")
        return self.model_copy(update={"state": "cancelled", "version": self.version + 1})

    def payday(self, calendar: Calendar) -> Payday:
        """Its payday, as rules see it."""
        at = self.confirmed_at or self.created_at
        return Payday(calendar.day_of(at), at, self.payout_id)

    def shown(self, job: Job | None) -> "PayoutView":
        """The payout as it is shown. `job`: the one that is at work on it, None if none is."""
        has_failed = job is not None and job.status == "failed" and self.state in {"drafting", "confirming"}
        fields = {name: getattr(self, name) for name in PayoutView.model_fields if name in Payout.model_fields}
        return PayoutView(**fields, status="failed" if has_failed else self.state)


def wrong_state(detail: str) -> Conflict:
    """The refusal of what a payout is not in the state for."""
    return Conflict("payout_state", detail)


class PayoutView(Open):
    """A payout; `total`, `failed_total`: minor units of `currency`. `until`: a local day, included."""

    payout_id: str
    job_id: str
    status: ShownState
    until: Day
    minimum: Money
    member_ids: tuple[str, ...] | None = None
    rail: Rail
    total: Money
    failed_total: Money
    currency: str
    created_at: Instant
    confirmed_at: Instant | None = None
    version: int
