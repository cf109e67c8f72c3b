"""Higher tiers: what the members above earn of a sale, as rows of their own that follow it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from laurel.domain.accounts import Account, Change
from laurel.domain.adjustments import adjusted
from laurel.domain.commissions import Adjusted, Commission
from laurel.domain.ids import derived_id
from laurel.domain.members import Member
from laurel.domain.money import percent_of
from laurel.domain.terms import TierRate

FIRST: Final = 2
"""The tier of who stands directly above the member that sold."""
_FOLLOWED: Final = ("status", "reason", "payout_option_id", "option_version")
_TIERED: Final = frozenset({"sale", "action", "recurring"})


@dataclass(frozen=True, slots=True)
class TierRow:
    """A row of a higher tier as it is to be. `before`: as it stands, None for a new one."""

    before: Commission | None
    after: Commission


def rates(sold: Commission) -> Sequence[TierRate]:
    """What the members above earn of a row, nearest first: nothing unless it is a first tier whose terms say so."""
    return sold.terms.tiers if sold.tier == 1 and sold.type in _TIERED and sold.terms else ()


def tier_ids(program_id: str, member: Member, sold: Commission) -> dict[str, str]:
    """Each member above who may earn of the sale, nearest first -> the id of their row."""
    above = zip(member.ancestors, rates(sold), strict=False)
    return {
        ancestor: derived_id("com", program_id, sold.commission_id, "tier", str(tier))
        for tier, (ancestor, _) in enumerate(above, FIRST)
    }


def tiers_added(program_id: str, member: Member, change: Change) -> dict[str, str]:
    """Of `tier_ids`, those that the row as it was read does not pay: a recalculation brings them."""
    if change.stored is None:
        return {}
    known = tier_ids(program_id, member, change.read)
    every = tier_ids(program_id, member, change.commission)
    return {ancestor: row_id for ancestor, row_id in every.items() if ancestor not in known}


def tier_rows(program_id: str, account: Account, change: Change, now: datetime) -> Iterator[TierRow]:
    """The rows that follow the change of a sale. Who was not approved when it was first counted earns nothing of it.

    Tiers that a recalculation adds begin with it; those that it takes away earn nothing any more.
    """
    if not rates(change.read) and not rates(change.commission):
        return
    sold, added = change.commission, tiers_added(program_id, account.member, change)
    every = tier_ids(program_id, account.member, change.read) | tier_ids(program_id, account.member, sold)
    for tier, (ancestor, row_id) in enumerate(every.items(), FIRST):
        known = account.upline.rows.get(row_id)
        if known is not None:
            yield from _following(program_id, known, sold, now)
        elif (
            (change.counted is None or ancestor in added)
            and sold.status != "declined"
            and ancestor in account.upline.approved
        ):
            yield TierRow(None, _new(row_id, ancestor, tier, sold, now))


def _new(row_id: str, ancestor: str, tier: int, sold: Commission, now: datetime) -> Commission:
    return Commission(
        commission_id=row_id,
        type=sold.type,
        origin="tier",
        tier=tier,
        action_code=sold.action_code,
        member_id=ancestor,
        offer_id=sold.offer_id,
        payout_option_id=sold.payout_option_id,
        option_version=sold.option_version,
        first_tier=sold.commission_id,
        amount=_amount(tier, sold),
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


def _following(program_id: str, row: Commission, sold: Commission, now: datetime) -> Iterator[TierRow]:
    if row.payout != "paid":
        if (changed := _followed(row, sold, now)) is not row:
            yield TierRow(row, changed)
        return
    kept = row.model_copy(update={"reason": sold.reason})
    adjustment = adjusted(program_id, kept, _due(row, sold), f"version {row.version}", now)
    if adjustment.made is not None:
        yield TierRow(row, row.revised(now, reason=kept.reason, adjusted=adjustment.row.adjusted))
        yield TierRow(None, adjustment.made)


def _followed(row: Commission, sold: Commission, now: datetime) -> Commission:
    """`row` as the sale now is; itself if it is so already."""
    followed = {"amount": _amount(row.tier, sold), **{name: getattr(sold, name) for name in _FOLLOWED}}
    if sold.is_refunded:
        followed["status"] = "declined"  # one that was paid and then refunded stays approved
    if all(getattr(row, name) == value for name, value in followed.items()):
        return row
    return row.revised(now, **followed)


def _due(row: Commission, sold: Commission) -> Adjusted:
    """What must have been taken off a paid row by now. A sale that is only priced anew takes nothing off."""
    if sold.is_refunded or sold.status == "declined":
        return Adjusted(amount=-row.amount, quantity=-1)
    if sold.order is None or sold.order.refund_reason is None:
        return Adjusted()
    return Adjusted(amount=min(0, _amount(row.tier, sold) - row.amount))


def _amount(tier: int, sold: Commission) -> int:
    """Minor units. A fixed part is earned as long as anything of the sale stands."""
    if tier - FIRST >= len(rates(sold)) or sold.is_refunded:
        return 0
    rate = rates(sold)[tier - FIRST]
    if rate.amount is not None:
        return rate.amount
    if rate.percent_of_sale is not None:
        return percent_of(sold.base, rate.percent_of_sale)
    return percent_of(sold.net, rate.percent_of_first_tier or Decimal(0))
