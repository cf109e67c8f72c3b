"""What every order must have become by now, kept beside the trade: a few numbers and the simplest arithmetic."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

FOR_GOOD = {"refund", "chargeback"}


@dataclass
class Told:
    """One order as it was reported, with the terms of then; `answer`: what the storefront was first told."""

    body: dict[str, Any]
    member: str
    offer: str
    option: str
    terms: dict[str, Any]
    conversion_id: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    refunded: int = 0
    refund_reason: str | None = None
    status: str = "approved"
    for_good: bool = False
    paid: int | None = None
    release_at: datetime | None = None

    @property
    def left(self) -> int:
        return int(self.body["amount"]) - self.refunded

    @property
    def is_gone(self) -> bool:
        return self.refund_reason is not None and self.left == 0

    @property
    def earns(self) -> int:
        return 0 if self.is_gone else self.terms.get("amount", 0) + share(self.left, self.terms.get("percent", "0"))

    @property
    def above(self) -> int:
        """What whoever stands above the member earns of it."""
        (rate,) = self.terms.get("tiers") or [{"percent_of_sale": "0"}]
        return 0 if self.is_gone else share(self.left, rate["percent_of_sale"])

    def begin(self, approval: dict[str, Any], occurred_at: datetime) -> None:
        """Recorded now; refunds that waited for it come first."""
        self.status = "approved" if approval["mode"] == "immediate" else "pending"
        if approval["mode"] == "hold":
            self.release_at = occurred_at + timedelta(days=approval["hold_days"])
        if self.is_gone:
            self.decline_for_good()

    def refund(self, amount: int | None, reason: str) -> None:
        self.refunded += self.left if amount is None else min(self.left, amount)
        self.refund_reason = "chargeback" if "chargeback" in {reason, self.refund_reason} else reason
        if self.is_gone and self.paid is None:
            self.decline_for_good()

    def decline_for_good(self) -> None:
        self.status, self.for_good, self.release_at = "declined", True, None

    def decide(self, status: str) -> str | None:
        """The code of the refusal, if it is refused."""
        if self.status == status:
            return None
        if self.paid is not None:
            return "paid"
        if self.for_good:
            return "not_approvable"
        self.status, self.release_at = status, None
        return None

    def wait_until(self, now: datetime) -> None:
        if self.release_at is not None and self.release_at <= now:
            self.status, self.release_at = "approved", None


def share(amount: int, percent: str) -> int:
    return floor(Fraction(percent) * amount / 100 + Fraction(1, 2))
