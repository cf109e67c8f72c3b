"""Claims: customers and subscriptions that an order wins for its member, once it is counted. They hold for good."""

from typing import Literal, NamedTuple

from laurel.domain.ledger.commissions import CONVERSION_TYPES
from laurel.domain.ledger.orders import customer_scope
from laurel.domain.members.accounts import Change
from laurel.domain.values.ids import CommissionId, MemberId, OfferId
from laurel.domain.values.model import Frozen


class Claim(NamedTuple):
    """A customer for a lifetime, or a subscription. `identity`: a hash, which is unique in its `scope`.

    The scope is a storefront, or the whole program.
    """

    kind: Literal["customer", "subscription"]
    identity: str
    scope: str


class Holder(Frozen):
    """The member who has a claim, and the order that won it."""

    member_id: MemberId
    offer_id: OfferId
    conversion_id: CommissionId


def claims_of(change: Change) -> tuple[Claim, ...]:
    """The claims that a row may win when it becomes good, unless somebody has them. Renewals win nothing."""
    row, order = change.commission, change.commission.order
    if order is None or not change.begins:
        return ()
    customers = order.customers if row.claims_customer else ()
    claims = [Claim("customer", customer, customer_scope(customer, order.storefront_id)) for customer in customers]
    if order.subscription is not None and row.type in CONVERSION_TYPES and row.renewal is None:
        claims.append(Claim("subscription", order.subscription, order.storefront_id))
    return tuple(claims)
