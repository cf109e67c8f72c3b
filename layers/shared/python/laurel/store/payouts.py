"""Payouts and their lines as items and back; amounts stand beside the body, because updates add to them."""

from laurel.domain.payouts.payouts import Begun, Line
from laurel.store import items, keys
from laurel.store.operations import Update
from laurel.store.values import Item


def payout(program_id: str, entity: Begun) -> Item:
    """A payout in its program's list."""
    item = items.as_item("payout", keys.payout(program_id, entity.payout_id), entity)
    return {**item, "total": item["body"].pop("total")}


def begun(item: Item) -> Begun:
    """The payout in its item."""
    return Begun.model_validate({**item["body"], "total": item["total"]})


def line(item: Item) -> Line:
    """A member's line in its item."""
    counted = {"amount": item["amount"], "commissions": item["commissions"]}
    return Line(member_id=item["sk"], is_closed=item.get("closed", False), **counted)


def added(program_id: str, payout_id: str, new: Line) -> list[Update]:
    """Adds `new` to a member's line, and its amount to the payout."""
    key = keys.payout_line(program_id, payout_id, new.member_id)
    attributes = {"kind": "payout line", "body": {}, **({"closed": True} if new.is_closed else {})}
    grown = Update(key, attributes, add={"amount": new.amount, "commissions": new.commissions}, exists=False)
    if not new.commissions:
        return [grown]
    return [grown, Update(keys.payout(program_id, payout_id), add={"total": new.amount})]
