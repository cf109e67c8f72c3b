"""Why a member is left out of a payout, and the rails that money leaves by."""

from typing import Final, Literal

from laurel.domain.members.members import Member
from laurel.domain.payouts.payees import Masked
from laurel.domain.payouts.rails.rails import can_carry

Rail = Literal["csv", "paypal", "sepa"]
LeftOut = Literal[
    "not_approved", "erased", "owes", "below_minimum", "no_payee", "payee_changed", "rail_cannot", "too_many_drafts"
]
MOST_DRAFTS: Final = 10
"""Open drafts that a member may have lines in: all of them are left in one transaction."""


def payable(member: Member, payee: Masked | None, rail: Rail, currency: str) -> LeftOut | None:
    """The reason why `member` cannot be paid in `currency` by `rail` at all, however much is due; None if they can be.

    `payee`: their payee as it is shown, None without one.
    """
    if member.erased_at is not None:
        return "erased"
    if member.status != "approved":
        return "not_approved"
    return can_carry(rail, currency, payee)


def unpaid_because(amount: int, minimum: int) -> LeftOut | None:
    """The reason why a member to whom `amount` minor units are due is not paid; None if they are."""
    if amount <= 0:
        return "owes"
    return "below_minimum" if amount < minimum else None
