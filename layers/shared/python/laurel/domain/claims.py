"""Claims: what an order wins for its member, beside its commission, once it is counted. They hold for good."""

from typing import Literal, NamedTuple

from laurel.domain.accounts import Change
from laurel.domain.commissions import CONVERSION_TYPES
from laurel.domain.ids import CommissionId, MemberId, OfferId
from laurel.domain.model import Frozen


class Claim(NamedTuple):
    """A customer for a lifetime, or a subscription; `identity` is a hash, which each storefront has for itself."""

    kind: Literal["customer", "subscription"]
    identity: str
    storefront_id: str


class Holder(Frozen):
    """Who has a claim, and by which order."""

    member_id: MemberId
    offer_id: OfferId
    conversion_id: CommissionId


def claims_of(change: Change) -> tuple[Claim, ...]:
    """What counting it wins: only the first time, and nothing if it was declined before. Renewals win nothing."""
    row, order = change.commission, change.commission.order
    if change.counted is not None or order is None or row.status == "declined":
        return ()
    claims = []
    if row.claims_customer and order.customer is not None:
        claims.append(Claim("customer", order.customer, order.storefront_id))
    if order.subscription is not None and row.type in CONVERSION_TYPES and row.renewal is None:
        claims.append(Claim("subscription", order.subscription, order.storefront_id))
    return tuple(claims)
