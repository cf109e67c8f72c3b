"""The lines of a payout: one for each member, the sum of the rows that it holds at every moment.

A row that names the payout is held as long as the payout is open, or decided, and the line is. Whoever changes such a
row moves its line and the payout's total in the same transaction; a row of a line that left is anybody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.views import CommissionView
from laurel.domain.members.members import Member
from laurel.domain.payouts.payouts import Payout, PayoutView, wrong_state
from laurel.domain.payouts.reasons import LeftOut, unpaid_because
from laurel.domain.program.jobs import Job
from laurel.domain.values.ids import MemberId, PayoutId, derived_id
from laurel.domain.values.model import Frozen, Label, Money, Open

LineState = Literal["open", "sent", "failed", "left"]


class Recipient(Frozen):
    """The member whom a line pays, as they were when it was drafted: its files do not change with them.

    `sealed`: the ciphertext of their payee. It stays when they are erased, as evidence of where money went.
    """

    name: str
    email: str
    sealed: str | None = None


class Line(Frozen):
    """A member's line: the sum of so many rows, in minor units. One that `left` says what was due, and why it left.

    `pages`: the items that list its rows so far. `is_whole`: no row is added any more. `had_loss`: a row left it before
    it was whole, and must not come back: its page lists it still. `recipient`: None once it left.
    `paid_before`: once it is sent, the payout that had paid the member last until then.
    """

    payout_id: PayoutId
    member_id: MemberId
    amount: Money = 0
    rows: int = 0
    state: LineState = "open"
    reason: str | None = None
    pages: int = 0
    is_whole: bool = False
    had_loss: bool = False
    recipient: Recipient | None = None
    paid_before: PayoutId | None = None
    version: int = 0

    @property
    def worth(self) -> int:
        """Its part of the payout's total."""
        return 0 if self.state == "left" else self.amount

    def grown(self, rows: Sequence[Commission]) -> Self:
        """With one more page, of `rows`."""
        return self._next(
            amount=self.amount + sum(row.amount for row in rows), rows=self.rows + len(rows), pages=self.pages + 1
        )

    def whole(self, minimum: int) -> Self:
        """With all its rows; one that is not to be paid then leaves."""
        return self._next(is_whole=True)._unless_unpaid(minimum)

    def left(self, reason: LeftOut) -> Self:
        """Out of the payout; its rows are anybody's."""
        return self._next(state="left", reason=reason, recipient=None)

    def moved(self, before: Commission, after: Commission, minimum: int) -> Self:
        """With a row of it that was `before` and is `after`, in the payout still or not."""
        stays = after.payout == "in_payout"
        amount = self.amount - before.amount + (after.amount if stays else 0)
        rows, had_loss = self.rows - (not stays), self.had_loss or not (stays or self.is_whole)
        line = self._next(amount=amount, rows=rows, had_loss=had_loss)
        return line._unless_unpaid(minimum) if line.is_whole else line

    def sent(self, paid_before: str | None) -> Self:
        """With all its rows paid."""
        return self._next(state="sent", paid_before=paid_before)

    def without_name(self) -> Self:
        """Of a member who was erased; itself if it names nobody."""
        to = self.recipient
        if to is None or not (to.name or to.email):
            return self
        return self._next(recipient=to.model_copy(update={"name": "", "email": ""}))

    def failed(self, reason: str) -> Self:
        """Not arrived. Raises Conflict `payout_state` if it was never sent."""
        if self.state != "sent":
            raise wrong_state("only a line that was sent can fail")
        return self._next(state="failed", reason=reason)

    def _unless_unpaid(self, minimum: int) -> Self:
        reason = unpaid_because(self.amount, minimum)
        gone = {"state": "left", "reason": reason, "recipient": None}
        return self if reason is None else self.model_copy(update=gone)

    def _next(self, **changes: Any) -> Self:
        return self.model_copy(update={**changes, "version": self.version + 1})


@dataclass(frozen=True, slots=True)
class Place:
    """The payout and the line that a row names; `line` None: there is none."""

    payout: Payout
    line: Line | None

    @property
    def is_changeable(self) -> bool:
        """True if a row in it changes its line with itself."""
        return self.payout.is_open and self.line is not None and self.line.state == "open"

    @property
    def pays(self) -> bool:
        """True if a row in it counts as paid, though its page may not have come yet."""
        return self.payout.is_decided and self.line is not None and self.line.state in {"open", "sent"}

    @property
    def holds(self) -> bool:
        """True if no other payout may take its rows."""
        return self.is_changeable or self.pays


@dataclass(frozen=True, slots=True)
class LineMove:
    """A line that a transaction changes, read at `place`; the payout must still be in the state of then."""

    place: Place
    after: Line

    @property
    def added(self) -> int:
        """Minor units that it adds to the payout's total."""
        return self.after.worth - (self.place.line.worth if self.place.line else 0)

    @property
    def leaves(self) -> bool:
        """Whether the line leaves the payout with rows that are to be freed."""
        return self.after.state == "left" and self.place.line is not None and self.place.line.state == "open"


class RowPage(Frozen):
    """The rows that one transaction took into a line; `paid`: minor units of each that was paid, once the line failed.

    The rows say themselves whether they are in the line still.
    """

    row_ids: tuple[str, ...]
    paid: dict[str, Money] = Field(default_factory=dict)
    version: int = 1


def freeing(program_id: str, payout_id: str, member_id: str | None, now: datetime) -> Job:
    """The job that frees the rows of a payout that was cancelled, or of a member's line that left it."""
    return _job(program_id, "free_rows", payout_id, member_id, now)


def taking_back(program_id: str, line: Line, now: datetime) -> Job:
    """The job that makes the rows of a failed line due again."""
    return _job(program_id, "fail_line", line.payout_id, line.member_id, now)


def _job(
    program_id: str, kind: Literal["free_rows", "fail_line"], payout_id: str, member_id: str | None, now: datetime
) -> Job:
    cursor = {"payout_id": payout_id, "member_id": member_id}
    job_id = derived_id("job", program_id, kind, payout_id, member_id or "")
    return Job(job_id=job_id, kind=kind, cursor=cursor, started_at=now, updated_at=now)


class Failure(Frozen):
    """The reason why a line did not arrive, in the merchant's or the bank's words."""

    reason: Label


class LineView(Open):
    """A member's line: `amount` in minor units, the sum of so many `rows`. Name and address are as of now."""

    member_id: str
    name: str
    email: str
    amount: Money
    rows: int
    status: Literal["open", "sent", "failed"]
    reason: str | None = None

    @classmethod
    def of(cls, line: Line, member: Member | None) -> Self:
        """`line` as it is shown."""
        fields = {name: getattr(line, name) for name in ("member_id", "amount", "rows", "reason")}
        return cls(**fields, status=line.state, name=full_name(member), email=member.email if member else "")


class LeftOutView(Open):
    """A member who is left out of a payout, with what was due to them in minor units."""

    member_id: str
    amount: Money
    reason: str


class PayoutDetail(PayoutView):
    """A payout with a page of its members: those it pays, and those it leaves out."""

    lines: list[LineView]
    left_out: list[LeftOutView]
    next_cursor: str | None


class Statement(Open):
    """The rows behind a line; their amounts come to that of the line. Of a failed line, as they were paid."""

    payout_id: str
    member_id: str
    amount: Money
    currency: str
    status: Literal["open", "sent", "failed"]
    commissions: list[CommissionView]
    next_cursor: str | None


def full_name(member: Member | None) -> str:
    """First and last name; nothing for a member without one, or erased."""
    return "" if member is None else f"{member.first_name} {member.last_name}".strip()
