"""Why a member is left out of a payout, and the rails that money leaves by."""

from typing import Literal

Rail = Literal["csv", "paypal", "sepa"]
LeftOut = Literal[
    "not_approved", "erased", "owes", "below_minimum", "no_payee", "payee_changed", "rail_cannot", "too_many_drafts"
]


def unpaid_because(amount: int, minimum: int) -> LeftOut | None:
    """The reason why a member to whom `amount` minor units are due is not paid; None if they are."""
    if amount <= 0:
        return "owes"
    return "below_minimum" if amount < minimum else None
