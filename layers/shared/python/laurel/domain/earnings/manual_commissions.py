"""Rows that a merchant makes by hand: they pay their own amount, whatever the terms are and become."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from laurel.domain.ledger.commissions import Commission
from laurel.domain.offers.action_codes import is_known
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.tracking.conversions import require_not_ahead
from laurel.domain.values.errors import Misfit
from laurel.domain.values.ids import MemberId, OfferId
from laurel.domain.values.model import MAX_AMOUNT, Frozen, Identifier, Instant, Label, Money


class NewCommission(Frozen):
    """A row for a member; `amount`: minor units of the program's currency, below zero for a deduction.

    An `action` counts in conditions like any other; an `extra_bonus` does not.
    """

    member_id: MemberId
    offer_id: OfferId | None = None
    type: Literal["extra_bonus", "action"] = "extra_bonus"
    action_code: Identifier | None = None
    amount: Annotated[Money, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    occurred_at: Instant | None = None
    reason: Label | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.type == "action") != (self.action_code is not None):
            raise Misfit("action_code", "an action has an action_code, an extra_bonus has none")
        if self.amount == 0 or (self.type == "action" and self.amount < 0):
            raise Misfit("amount", "an amount is not 0, and that of an action is above 0")
        return self


def made(program: Program, new: NewCommission, offer: Offer | None, commission_id: str, now: datetime) -> Commission:
    """The approved row; `offer`: the one that it names. Raises Invalid `occurred_in_future` for one that lies ahead."""
    require_not_ahead(new.occurred_at, now)
    occurred_at = new.occurred_at or now
    return Commission(
        commission_id=commission_id,
        type=new.type,
        origin="manual",
        action_code=new.action_code,
        by_name=is_known(new.action_code, program, [] if offer is None else [offer]),
        member_id=new.member_id,
        offer_id=new.offer_id,
        amount=new.amount,
        currency=program.currency,
        status="approved",
        payout="unpaid",
        reason=new.reason,
        occurred_at=occurred_at,
        day=program.calendar.day_of(occurred_at),
        created_at=now,
        updated_at=now,
    )
