"""Judging: a reported order and the facts found about it become the row to record, or a refusal."""

import json
from dataclasses import dataclass, replace
from typing import Final, Self

from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Candidate, Loser, Outcome, attribute, outranked
from laurel.domain.tracking.conversions import Received, record
from laurel.domain.tracking.subscriptions import Subscription, renewed
from laurel.domain.values.errors import Invalid

RATE_MISSING: Final = "exchange_rate_missing"
"""The reason why an order of a shop is nobody's as long as it cannot be converted."""
LONGEST_METADATA: Final = 4096
"""Bytes of JSON."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts that were found about a report.

    `candidates`: the people whom it leads to. `subscription`: the one that it is a later payment of. `has_member`,
    `has_offer`: False if it names one that does not exist. `active_offers`: the number of offers that it can mean if
    it names a member without one.
    """

    candidates: tuple[Candidate, ...] = ()
    subscription: Subscription | None = None
    has_member: bool = True
    has_offer: bool = True
    active_offers: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """A report that may be recorded, with its row and the candidates who lost.

    `buckets`: those of its offer. `subscription`: the one that it is a later payment of.
    """

    received: Received
    row: Commission
    losers: tuple[Loser, ...]
    buckets: int
    subscription: Subscription | None = None

    def renewing(self, program: Program, subscription: Subscription) -> Self:
        """The same order as the next payment of `subscription`."""
        row = renewed(program, self.row, subscription, is_interval=self.received.is_interval)
        return replace(self, row=row, buckets=subscription.offer.buckets, subscription=subscription)


def judge(program: Program, received: Received, known: Known) -> Judged:
    """The order as it is to be recorded, be it as nobody's.

    Raises Invalid for the first of these: as `require_sound`, `unknown_member`, `offer_ambiguous`, `unknown_offer`, as
    `sale_in`.
    """
    require_sound(received)
    _require_found(known)
    subscription = known.subscription
    if subscription is None:
        policy, email = program.attribution, received.report.customer_email
        return _judged(program, received, attribute(known.candidates, policy, received.occurred_at, email))
    rivals = (person for person in known.candidates if not subscription.is_of(person))
    return _judged(program, received, outranked(rivals)).renewing(program, subscription)


def is_sound(received: Received) -> bool:
    """Whether a report passes `require_sound`: one that does not is refused, whatever the table holds."""
    try:
        require_sound(received)
    except Invalid:
        return False
    return True


def require_sound(received: Received) -> None:
    """Raises Invalid `occurred_in_future`, `metadata_too_large`."""
    metadata = received.report.metadata
    received.report.require_not_ahead(received.at)
    if metadata is not None and len(json.dumps(metadata, ensure_ascii=False).encode()) > LONGEST_METADATA:
        raise Invalid("metadata_too_large", f"metadata goes to {LONGEST_METADATA} bytes", "/metadata")


def _require_found(known: Known) -> None:
    if not known.has_member:
        raise Invalid("unknown_member", "no such member", "/member_id")
    if known.active_offers != 1:
        raise Invalid("offer_ambiguous", f"the member is active in {known.active_offers} offers: name one", "/offer_id")
    if not known.has_offer:
        raise Invalid("unknown_offer", "no such offer", "/offer_id")


def _judged(program: Program, received: Received, outcome: Outcome) -> Judged:
    if received.lacks_rate(program.currency):
        outcome = Outcome(None, RATE_MISSING, outcome.losers)
    buckets = outcome.winner.offer.buckets if outcome.winner else 1
    return Judged(received, record(program, received, outcome), outcome.losers, buckets)
