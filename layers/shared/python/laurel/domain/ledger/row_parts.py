"""Values that a commission carries: what adjusts it, which payment it is, what a hand decided, and its evidence."""

from typing import Final, Literal

from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.values.ids import CommissionId, PayoutOptionId
from laurel.domain.values.model import Frozen, Money, Multiple

TOO_LATE: Final = "member_erased"
"""The reason of a row that was made for a member after they were erased, and so is declined."""


class Adjusted(Frozen):
    """The sum of a paid row's adjustments so far: minor units, and -1 row once nothing is left of it."""

    amount: Money = 0
    quantity: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is added or taken."""
        return self.amount == 0 and self.quantity == 0

    def plus(self, other: "Adjusted", times: int = 1) -> "Adjusted":
        """With `other` added so many times; -1 takes it off."""
        return Adjusted(amount=self.amount + times * other.amount, quantity=self.quantity + times * other.quantity)

    def within(self, whole: "Adjusted") -> "Adjusted":
        """As much of it as is part of `whole`: nothing of what that does not add or take."""
        return Adjusted(amount=_within(self.amount, whole.amount), quantity=_within(self.quantity, whole.quantity))


def _within(part: int, whole: int) -> int:
    return max(min(part, max(whole, 0)), min(whole, 0))


class Adjusts(Frozen):
    """The paid row that an adjustment belongs to, the type that it is counted as, and the rows to add to its count."""

    commission_id: CommissionId
    kind: str
    quantity: int = 0


class Renewal(Frozen):
    """The payment of a subscription that a `recurring` row is for: the `number`-th (from 1) after `conversion_id`.

    `base`: the rest of the first payment after refunds, for a row that the program made by itself.
    """

    conversion_id: CommissionId
    number: int
    base: Money | None = None


class Decision(Frozen):
    """The status that a hand gave a row, or the end of its hold; facts of its order outweigh it while they last."""

    status: Literal["approved", "declined"]
    reason: str | None = None


class RecordedTerms(Frozen):
    """The option and terms that a row had before recalculations: those above go on earning by them, whatever moves."""

    payout_option_id: PayoutOptionId | None
    option_version: int
    terms: PayoutTerms


class FiringEvidence(Frozen):
    """Why a rule paid: the base of its percentage, the value of its leading condition, the rule's version.

    `multiple`: of a rule that repeats, for which multiple of that condition's value, and its `number`, from 1;
    `key`: what the period is known by, where the numbers are kept. `commission_id`: of a rule about one order, its.
    """

    base: Money | None = None
    value: str | None = None
    rule_version: int
    multiple: Multiple | None = None
    number: int | None = None
    key: str | None = None
    commission_id: CommissionId | None = None
