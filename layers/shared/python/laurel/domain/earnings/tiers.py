"""Higher tiers: the members above earn from a sale by rows of their own, which follow it.

They are paid by the terms that the sale was recorded by. A recalculation of the sale, which is its seller's, changes
nothing for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import TOO_LATE, Adjusted
from laurel.domain.ledger.worth import is_declined
from laurel.domain.members.accounts import Account, Change
from laurel.domain.members.members import Member
from laurel.domain.offers.terms import NoPayout, PayoutTerms, TierRate, earned
from laurel.domain.values.ids import derived_id
from laurel.domain.values.money import percent_of

FIRST: Final = 2
"""The tier of the member directly above the one who sold."""
_TIERED: Final = frozenset({"sale", "action", "recurring"})


@dataclass(frozen=True, slots=True)
class TierRow:
    """A row of a higher tier before and after; `before` None: it is new."""

    before: Commission | None
    after: Commission


def rates(sold: Commission) -> tuple[TierRate, ...]:
    """The rates of the members above, nearest first; none unless the row is a first tier whose terms have some."""
    terms = sold.terms if sold.recorded is None else sold.recorded.terms  # asked of every change: no new value is made
    return terms.tiers if terms and sold.tier == 1 and sold.type in _TIERED else ()


def tier_ids(program_id: str, member: Member, sold: Commission) -> dict[str, str]:
    """Each member above who may have a row of the sale, nearest first -> that row's id."""
    return {
        ancestor: derived_id("com", program_id, sold.commission_id, "tier", str(tier))
        for tier, ancestor in enumerate(member.ancestors[: len(rates(sold))], FIRST)
    }


def tier_rows(program_id: str, account: Account, change: Change, now: datetime) -> Iterator[TierRow]:
    """The rows that follow the change of a sale. A member not approved when it becomes good earns nothing from it."""
    sold = change.commission
    for tier, (ancestor, row_id) in enumerate(tier_ids(program_id, account.member, sold).items(), FIRST):
        known = account.upline.rows.get(row_id)
        if known is not None:
            yield from _following(known, sold, now)
        elif change.begins_to_sell and ancestor in account.upline.approved:
            yield TierRow(None, _new(row_id, ancestor, tier, sold, now))


def _new(row_id: str, ancestor: str, tier: int, sold: Commission, now: datetime) -> Commission:
    was = sold.as_recorded
    assert was is not None  # noqa: S101 - for the type checker: what has tiers has terms
    terms = _terms(was.terms, was.terms.tiers[tier - FIRST])
    return Commission(
        commission_id=row_id,
        type=sold.type,
        origin="tier",
        tier=tier,
        action_code=sold.action_code,
        by_name=sold.by_name,
        member_id=ancestor,
        offer_id=sold.offer_id,
        payout_option_id=was.payout_option_id,
        option_version=was.option_version,
        first_tier=sold.commission_id,
        terms=terms,
        amount=_amount(terms, sold),
        currency=sold.currency,
        status=sold.status,
        payout="unpaid",
        reason=sold.reason,
        occurred_at=sold.occurred_at,
        day=sold.day,
        renewal=sold.renewal,
        created_at=now,
        updated_at=now,
    )


def _following(row: Commission, sold: Commission, now: datetime) -> Iterator[TierRow]:
    if row.reason == TOO_LATE:
        return  # its own member was erased: no change of the sale brings it back
    followed = _adjusted(row, sold) if row.is_fixed else _followed(row, sold)
    if any(getattr(row, name) != value for name, value in followed.items()):
        yield TierRow(row, row.revised(now, **followed))


def _followed(row: Commission, sold: Commission) -> dict[str, Any]:
    """`row` after the sale as it is now; one in a payout says what it is due, which its own fold gives it."""
    # a sale that was paid and then refunded stays approved, its row does not
    status = "declined" if is_declined(sold) else sold.status
    amount = _amount(row.terms, sold)
    followed = {"amount": amount, "status": status, "reason": sold.reason, "awaits_approval": False}
    return _put_off(row, followed) if row.keeps_amount else followed


def _put_off(row: Commission, followed: dict[str, Any]) -> dict[str, Any]:
    """`followed` without the amount and status, which wait until it is known whether the row is paid."""
    amount, status = followed.pop("amount"), followed.pop("status")
    due = Adjusted(amount=amount - row.amount, quantity=-1 if status == "declined" else 0)
    return {**followed, "due": due, "awaits_approval": status == "pending"}


def _adjusted(row: Commission, sold: Commission) -> dict[str, Any]:
    due = _due(row, sold)
    return {} if due == row.due else {"reason": sold.reason, "due": due}


def _due(row: Commission, sold: Commission) -> Adjusted:
    """The sum that adjustments should have taken off a fixed row by now."""
    if is_declined(sold):
        return Adjusted(amount=-row.amount, quantity=-1)
    if sold.order is None:
        return Adjusted()
    return Adjusted(amount=_amount(row.terms, sold) - row.amount)


def _terms(terms: PayoutTerms, own: TierRate) -> PayoutTerms:
    """The part of the sale's terms that a row keeps: its own rate and that rate's base."""
    if own.percent_of_first_tier is None:
        return NoPayout(type="none", actions={}, tiers=(own,))
    return terms.model_copy(update={"tiers": (own,), "recurring": None})


def _amount(terms: PayoutTerms | None, sold: Commission) -> int:
    """Minor units by the terms that a row keeps. A fixed part is earned as long as anything of the sale stands."""
    if terms is None or sold.earns_nothing or sold.is_free_of_charge:
        return 0
    (rate,) = terms.tiers
    if rate.amount is not None:
        return rate.amount
    if rate.percent_of_sale is not None:
        return percent_of(sold.base, rate.percent_of_sale)
    return percent_of(earned(terms, sold.action_code, sold.base), rate.percent_of_first_tier or Decimal(0))
