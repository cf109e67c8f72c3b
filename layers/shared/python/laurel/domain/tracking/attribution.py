"""Attribution: one winner per order. A refused candidate is passed over for the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member, person_behind
from laurel.domain.offers.offers import Offer
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.program.programs import AttributedBy, AttributionPolicy
from laurel.domain.values.model import AHEAD_ALLOWED

NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may have brought the order; a field that is None was looked up and not found.

    `visits`: when the customer followed the link, as far as that is known, for a candidate by `click`.
    """

    by: AttributedBy
    offer: Offer | None
    member: Member | None
    enrollment: Enrollment | None
    code: CodeClaim | None = None
    visits: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Winner:
    """The candidate that earns the commission."""

    by: AttributedBy
    offer: Offer
    member: Member
    enrollment: Enrollment

    @property
    def terms(self) -> PayoutTerms:
        """The terms that the commission is priced by."""
        return self.enrollment.terms_in(self.offer)


@dataclass(frozen=True, slots=True)
class Loser:
    """A candidate that earns nothing: refused with a reason, or outranked (`reason` None)."""

    candidate: Candidate
    reason: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The winner, or the first refusal's reason, and everybody who lost."""

    winner: Winner | None
    reason: str | None
    losers: tuple[Loser, ...]


def attribute(
    candidates: Iterable[Candidate], policy: AttributionPolicy, occurred_at: datetime, customer_email: str | None
) -> Outcome:
    """The first candidate in the policy's order of precedence whom nothing refuses as of `occurred_at`."""
    order = policy.order
    winner: Winner | None = None
    losers: list[Loser] = []
    for candidate in sorted((c for c in candidates if c.by in order), key=lambda c: order.index(c.by)):
        judged = judge(candidate, policy.window_days, occurred_at, customer_email)
        if winner is None and isinstance(judged, Winner):
            winner = judged
        else:
            losers.append(Loser(candidate, None if isinstance(judged, Winner) else judged))
    refusals = [loser.reason for loser in losers if loser.reason]
    first_refusal = refusals[0] if refusals else NO_MATCH
    return Outcome(winner, None if winner else first_refusal, tuple(losers))


def outranked(candidates: Iterable[Candidate]) -> Outcome:
    """The outcome without a winner: the order is part of a subscription that somebody has won already."""
    return Outcome(None, None, tuple(Loser(candidate, None) for candidate in candidates))


def judge(candidate: Candidate, window_days: int, at: datetime, customer_email: str | None = None) -> Winner | str:
    """The candidate as the winner of an order or click of `at`, or the reason why it cannot win.

    `window_days`: how long a click counts, unless the offer says otherwise.
    """
    offer, member, enrollment = candidate.offer, candidate.member, candidate.enrollment
    if candidate.code is not None and candidate.code.is_dead_at(at):
        return "code_inactive"
    if offer is None or member is None or enrollment is None:
        return NO_MATCH
    if not _leads_to(offer, candidate, window_days, at):
        return NO_MATCH
    if offer.status != "active" or not _is_open(offer, at):
        return "offer_inactive"
    if member.status != "approved":
        return "member_inactive"
    if reason := enrollment.attributes_nothing_at(at):
        return reason
    if customer_email is not None and person_behind(customer_email) == person_behind(member.email):
        return "self_purchase"
    return Winner(candidate.by, offer, member, enrollment)


def _leads_to(offer: Offer, candidate: Candidate, window_days: int, at: datetime) -> bool:
    """Whether the offer takes a known customer for a lifetime, or a visit before the order is within its window."""
    if candidate.by == "customer":
        return offer.lifetime
    # a shop's clock may be a little behind ours: its order must not come before the visit that led to it
    window = timedelta(days=offer.window_days or window_days)
    return not candidate.visits or any(-AHEAD_ALLOWED <= at - visit < window for visit in candidate.visits)


def _is_open(offer: Offer, at: datetime) -> bool:
    return (offer.active_from is None or offer.active_from <= at) and (
        offer.active_until is None or at < offer.active_until
    )
