"""Subscriptions: the items of the two reads say whether a report is a later payment of one, and of which."""

from collections.abc import Iterator

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.tracking.claims import Claim, Holder
from laurel.domain.tracking.conversions import Received, subscription_of
from laurel.domain.tracking.subscriptions import Subscription
from laurel.store import claims, items, keys
from laurel.store.keys import Key
from laurel.store.operations import Op
from laurel.store.table import Table
from laurel.workflows.tracking.candidates import Found


def second_keys(program_id: str, received: Received, found: Found) -> list[Key]:
    """The keys to read for a payment of a subscription that somebody has; none for all other orders."""
    claim = _claim(program_id, received)
    holder = None if claim is None else _holder(program_id, claim, found)
    return [] if holder is None else list(_keys_of(program_id, holder))


def find(program_id: str, received: Received, found: Found) -> Subscription | None:
    """The subscription that a report is a later payment of; None if nobody who can earn has won it."""
    claim = _claim(program_id, received)
    holder = None if claim is None else _holder(program_id, claim, found)
    if claim is None or holder is None:
        return None
    first, offer, member, _ = (found.get(key) for key in _keys_of(program_id, holder))
    if first is None or offer is None or member is None or items.parse(Member, member).status != "approved":
        return None
    return Subscription(
        claim=claim,
        first=items.parse(Commission, first),
        offer=items.parse(Offer, offer),
        payments=claims.payments(found.get(claims.key(program_id, claim)), claim.scope),
    )


def ending_trial(table: Table, program_id: str, before: Commission, after: Commission) -> Iterator[Op]:
    """A payment that was free, and so a part of its trial, is counted once it comes to something: it is the sale."""
    if not before.is_trial or after.is_trial or before.order is None or before.order.subscription is None:
        return
    claim = Claim("subscription", before.order.subscription, before.order.storefront_id)
    known = table.get(claims.key(program_id, claim)) or {}
    holder = claims.holder(known, claim.scope)
    if holder is None or holder.member_id != before.member_id or holder.conversion_id == before.commission_id:
        return
    first = items.parse(Commission, table.get(keys.commission(program_id, holder.conversion_id)) or {})
    if first.is_trial and claims.payments(known, claim.scope) == 0:
        yield claims.count_payment(program_id, claim, 0)


def _claim(program_id: str, received: Received) -> Claim | None:
    subscription_id = received.report.subscription_id
    if subscription_id is None:
        return None
    return Claim("subscription", subscription_of(program_id, subscription_id), received.storefront_id)


def _holder(program_id: str, claim: Claim, found: Found) -> Holder | None:
    item = found.get(claims.key(program_id, claim))
    return None if item is None else claims.holder(item, claim.scope)


def _keys_of(program_id: str, holder: Holder) -> tuple[Key, Key, Key, Key]:
    first = keys.commission(program_id, holder.conversion_id)
    return first, *keys.standing(program_id, holder.member_id, holder.offer_id)
