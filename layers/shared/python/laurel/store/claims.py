"""Claims as items: the holder of a customer or a subscription, one attribute a scope, since shops may share ids."""

from typing import Any, assert_never

from laurel.domain.ledger.commissions import Commission
from laurel.domain.tracking.claims import Claim, Holder
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.operations import ABSENT, Op, Update
from laurel.store.values import Item


def key(program_id: str, claim: Claim) -> Key:
    """The key of the item that has the claim's holder."""
    match claim.kind:
        case "customer":
            return keys.customer(program_id, claim.identity)
        case "subscription":
            return keys.subscription(program_id, claim.identity)
    assert_never(claim.kind)


def attributes(claim: Claim, winner: Commission) -> dict[str, Any]:
    """The attributes that make the member of `winner` its holder."""
    holder = Holder(
        member_id=winner.member_id or "", offer_id=winner.offer_id or "", conversion_id=winner.commission_id
    )
    kind = {"kind": "customer claim"} if claim.kind == "customer" else {"kind": "subscription"}
    return {**kind, claim.scope: items.body(holder)}


def holder(item: Item, scope: str) -> Holder | None:
    """The holder of an item's customer or subscription in `scope`, if there is one."""
    return Holder.model_validate(item[scope]) if scope in item else None


def payments(item: Item | None, storefront_id: str) -> int:
    """The number of payments of the storefront's subscription that were recorded after the first."""
    return 0 if item is None else int(item.get(_payments(storefront_id), 0))


def count_payment(program_id: str, claim: Claim, before: int) -> Op:
    """Counts one payment more than `before`; fails if another one was recorded since that was read."""
    counter = _payments(claim.scope)
    return Update(key(program_id, claim), set={counter: before + 1}, expect={counter: before or ABSENT})


def _payments(storefront_id: str) -> str:
    return f"{storefront_id}#payments"
