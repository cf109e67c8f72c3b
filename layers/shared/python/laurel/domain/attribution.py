"""Attribution: one winner per order. A candidate that is refused is passed over for the next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from laurel.domain.enrollments import CodeClaim, Enrollment
from laurel.domain.members import Member, email_identity
from laurel.domain.offers import Offer
from laurel.domain.programs import AttributedBy

NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may have brought the order; what is None was looked for and not found."""

    by: AttributedBy
    offer: Offer | None
    member: Member | None
    enrollment: Enrollment | None
    code: CodeClaim | None = None


@dataclass(frozen=True, slots=True)
class Winner:
    """The candidate that earns the commission."""

    by: AttributedBy
    offer: Offer
    member: Member
    enrollment: Enrollment
    code: CodeClaim | None


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
    candidates: Iterable[Candidate], order: Sequence[AttributedBy], occurred_at: datetime, customer_email: str | None
) -> Outcome:
    """The first candidate in `order` of precedence whom nothing refuses as of `occurred_at`."""
    winner: Winner | None = None
    losers: list[Loser] = []
    for candidate in sorted((c for c in candidates if c.by in order), key=lambda c: order.index(c.by)):
        judged = _judge(candidate, occurred_at, customer_email)
        if winner is None and isinstance(judged, Winner):
            winner = judged
        else:
            losers.append(Loser(candidate, None if isinstance(judged, Winner) else judged))
    refusals = [loser.reason for loser in losers if loser.reason]
    first_refusal = refusals[0] if refusals else NO_MATCH
    return Outcome(winner, None if winner else first_refusal, tuple(losers))


def _judge(candidate: Candidate, at: datetime, customer_email: str | None) -> Winner | str:
    offer, member, enrollment = candidate.offer, candidate.member, candidate.enrollment
    if candidate.code is not None and candidate.code.is_dead_at(at):
        return "code_inactive"
    if offer is None or member is None or enrollment is None:
        return NO_MATCH
    if offer.status != "active" or not _is_open(offer, at):
        return "offer_inactive"
    if member.status != "approved":
        return "member_inactive"
    if reason := enrollment.attributes_nothing_at(at):
        return reason
    if customer_email is not None and email_identity(customer_email) == email_identity(member.email):
        return "self_purchase"
    return Winner(candidate.by, offer, member, enrollment, candidate.code)


def _is_open(offer: Offer, at: datetime) -> bool:
    return (offer.active_from is None or offer.active_from <= at) and (
        offer.active_until is None or at < offer.active_until
    )
