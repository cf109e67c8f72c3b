"""The standing of a promo code or a link: whether it wins an order of this moment, and since when it is so."""

from datetime import datetime
from typing import Literal

from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.tracking.attribution import Candidate, Winner, judge
from laurel.domain.values.ids import MemberId, OfferId
from laurel.domain.values.model import Frozen, Instant

State = Literal["active", "not_yet", "expired", "inactive", "replaced"]


class Standing(Frozen):
    """`state`, and the `reason` that an order of now would be refused with; `since`: None if nobody noted when.

    A code or a link is `inactive` also while its offer is paused or archived, or its member is not approved.
    `active_from`, `active_until`: its own dates.
    """

    offer_id: OfferId
    member_id: MemberId
    state: State
    since: Instant | None = None
    reason: str | None = None
    active_from: Instant | None = None
    active_until: Instant | None = None


class CodeStanding(Standing):
    """A promo code as it was written last; `replaced`: its enrollment has another one now."""

    code: str


class LinkStanding(Standing):
    """A member's link."""

    slug: str
    url: str


def standing(candidate: Candidate, window_days: int, now: datetime) -> Standing:
    """The standing of somebody's code or link. A candidate without offer, member or enrollment has none."""
    judged = judge(candidate, window_days, now)
    offer, member, enrollment = candidate.offer, candidate.member, candidate.enrollment
    assert offer is not None and member is not None and enrollment is not None  # noqa: PT018, S101 -- none is deleted
    reason = None if isinstance(judged, Winner) else judged
    state, since = _state(reason, offer, member, enrollment, candidate.code, now)
    return Standing(
        offer_id=offer.offer_id,
        member_id=member.member_id,
        state=state,
        since=since,
        reason=reason,
        active_from=enrollment.active_from,
        active_until=enrollment.active_until,
    )


def _state(
    reason: str | None, offer: Offer, member: Member, enrollment: Enrollment, code: CodeClaim | None, now: datetime
) -> tuple[State, datetime | None]:
    issued = (code.issued_at, code.taken_back_at) if code else ()
    ready = _latest(*issued, enrollment.ready_since)
    match reason:
        case None:
            return "active", _latest(ready, enrollment.active_from, offer.active_from, member.approved_at)
        case "code_inactive" if code is not None and code.ended_at is not None:
            return "replaced", code.ended_at
        case "code_inactive":
            return "inactive", enrollment.deactivated_at or enrollment.created_at
        case "code_expired":
            return _outside(enrollment, ready, now)
        case "offer_inactive" if offer.status == "active":
            return _outside(offer, ready, now)
        case _:
            return "inactive", member.erased_at


def _outside(dates: Offer | Enrollment, ready: datetime | None, now: datetime) -> tuple[State, datetime | None]:
    if dates.active_from is not None and now < dates.active_from:
        return "not_yet", ready
    return "expired", dates.active_until


def _latest(*instants: datetime | None) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)
