"""Whether a member can be paid, and why not."""

from typing import Final

from laurel.domain.members.members import Member
from laurel.domain.payouts.payees import Masked
from laurel.domain.payouts.rails.rails import can_carry
from laurel.domain.payouts.reasons import LeftOut, Rail

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
