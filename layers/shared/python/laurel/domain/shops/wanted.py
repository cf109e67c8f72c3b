"""Wanted codes: what a shop should have for an enrollment, worked out from what stands in the table at that moment."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Platform
from laurel.domain.values.model import Amount, Frozen, Instant, Percent


@dataclass(frozen=True, slots=True)
class Abilities:
    """The differences of platforms. `starts`: a code may have a first instant. `changes`: its terms may change.

    `is_fit`: whether a code can exist there, and `why_not` for people.
    """

    starts: bool
    changes: bool
    is_fit: Callable[[str], bool]
    why_not: str = ""


ABILITIES: Final[dict[Platform, Abilities]] = {
    "shopify": Abilities(starts=True, changes=True, is_fit=str.isprintable),
    "woocommerce": Abilities(
        starts=False,
        changes=True,
        is_fit=lambda code: not re.search(r"[<>&\"'%+\\]", code),
        why_not="a coupon of WooCommerce has none of < > & \" ' % + \\ in its code",
    ),
    "stripe": Abilities(
        starts=False,
        changes=False,
        is_fit=lambda code: re.fullmatch(r"[A-Za-z0-9-]+", code) is not None,
        why_not="a promotion code of Stripe has letters from A to Z, digits and - alone",
    ),
}


class Wanted(Frozen):
    """A code as a shop should have it: from `starts_at` on, up to but not including `ends_at`, in whole seconds."""

    code: str
    percent: Percent | None = None
    amount: Amount | None = None
    currency: str
    starts_at: Instant
    ends_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """All that decides what a shop should have: read together, of one enrollment."""

    offer: Offer
    member: Member
    enrollment: Enrollment
    currency: str

    @property
    def sells(self) -> bool:
        """Whether its code may give a discount at all, dates aside."""
        return (
            self.enrollment.active
            and self.member.status == "approved"
            and self.offer.status == "active"
            and self.offer.discount is not None
            and self.enrollment.promo_code is not None
        )

    @property
    def starts_at(self) -> datetime:
        """The first instant at which it may sell."""
        begins = [at for at in (self.offer.active_from, self.enrollment.active_from) if at]
        return _whole(max(begins, default=self.enrollment.created_at))

    @property
    def ends_at(self) -> datetime | None:
        """The first instant at which it may not sell any more."""
        ends = [at for at in (self.offer.active_until, self.enrollment.active_until) if at]
        return _whole(min(ends)) if ends else None

    def is_over(self, now: datetime) -> bool:
        """Whether it sells no more, by its dates."""
        return self.ends_at is not None and self.ends_at <= max(now, self.starts_at)

    def wanted(self, abilities: Abilities, now: datetime) -> Wanted | None:
        """The code that a shop should have at `now`; None for none."""
        discount, code = self.offer.discount, self.enrollment.promo_code
        is_early = not abilities.starts and now < self.starts_at
        if not self.sells or discount is None or code is None or self.is_over(now) or is_early:
            return None
        return Wanted(
            code=code,
            percent=discount.percent,
            amount=discount.amount,
            currency=self.currency,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant at which time alone changes what is wanted, if there is one."""
        if not self.sells:
            return None
        return min((at for at in (self.starts_at, self.ends_at) if at and at > now), default=None)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
