"""The worth of a row: what the facts of its order, the terms that were recorded and a hand's decision make of it.

Every door (API, webhooks, hands) only adds a fact and asks here; so facts that come in any order end in the same row.
A paid row keeps its amount, and so does one in a payout: what it is due more or less is left for its fold, which
adjusts it in the same step, or has the row take its worth as long as nothing is paid.
"""

from datetime import datetime
from typing import Any

from laurel.domain.ledger.commissions import Commission, CommissionStatus
from laurel.domain.ledger.orders import Order
from laurel.domain.ledger.row_parts import Adjusted
from laurel.domain.offers.terms import earned


def with_facts(row: Commission, order: Order, at: datetime) -> Commission:
    """`row` once the facts of its order are `order`, a version on; itself if it knew them."""
    return row if order == row.order else revalued(row, at, order=order)


def revalued(row: Commission, at: datetime, **changes: Any) -> Commission:
    """`row` after `changes` of its order, its decision or its terms, worth what follows from them."""
    changed = row.model_copy(update=changes)
    return row.revised(at, **changes, **worth(changed))


def worth(row: Commission) -> dict[str, Any]:
    """The amount, status and reason that follow from all else that the row says."""
    if row.member_id is None:
        return {"reason": None if row.order is None else row.order.reason}
    if row.keeps_amount:
        return {"reason": _reason(row), "due": _due(row)}
    return {"amount": _amount(row), "status": _status(row), "reason": _reason(row)}


def is_declined(row: Commission) -> bool:
    """Whether it earns nothing as things stand, also where its status stays: a hand or its order says so."""
    by_hand = row.decision is not None and row.decision.status == "declined"
    return row.status == "declined" or row.earns_nothing or by_hand


def taken_up(row: Commission, at: datetime) -> Commission:
    """A row that is not fixed once it has taken what it is worth, a version on; itself if it was worth that."""
    changes = {**_followed(row), "due": Adjusted()} if row.first_tier else {**_worth_unpaid(row), "due": Adjusted()}
    if all(getattr(row, name) == value for name, value in changes.items()):
        return row
    return row.revised(at, **changes)


def _worth_unpaid(row: Commission) -> dict[str, Any]:
    return worth(row.model_copy(update={"payout": "unpaid"}))


def _followed(row: Commission) -> dict[str, Any]:
    """What the sale that a row of a higher tier follows has left for it."""
    if row.due.quantity:
        return {"amount": row.amount + row.due.amount, "status": "declined"}
    status = "pending" if row.awaits_approval else "approved"
    return {"amount": row.amount + row.due.amount, "status": status}


def _amount(row: Commission) -> int:
    if row.terms is None or row.order is None:
        return row.amount
    return (
        0
        if row.order.earns_nothing or row.is_free_of_charge
        else earned(row.terms, row.action_code, row.order.remaining)
    )


def _status(row: Commission) -> CommissionStatus:
    if row.earns_nothing:
        return "declined"
    if row.decision is not None:
        return row.decision.status
    waits = (
        row.awaits_approval or row.hold_until is not None or (row.order is not None and row.order.money == "awaiting")
    )
    return "pending" if waits else "approved"


def _reason(row: Commission) -> str | None:
    told = None if row.order is None else row.order.reason
    decided = None if row.decision is None else row.decision.reason
    if row.earns_nothing:
        return told
    # why it was declined by hand says whether it can be approved again
    return decided or told


def _due(row: Commission) -> Adjusted:
    if _status(row) == "declined":
        return Adjusted(amount=-row.amount, quantity=-row.quantity)
    return Adjusted(amount=_amount(row) - row.amount)
