"""The history of a conversion in words: who did what to it, and what changed by that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from laurel.domain.history import SYSTEM, Edit, FieldChange
from laurel.pages.words import Words
from laurel.workflows.tracking.whole_orders import WholeOrder

_DONE: Final[Mapping[str, str]] = {
    "approved": "Approved",
    "declined": "Declined",
    "attributed": "Given to a member",
    "revised": "Changed",
    "refunded": "Refunded",
    "charged_back": "Charged back",
    "refund_undone": "Refund undone",
    "cancelled": "Cancelled",
    "reopened": "Stands again",
    "payment_received": "Payment received",
    "payment_awaited": "Payment awaited",
    "payment_void": "Payment void",
    "drafted": "Taken into a payout",
    "paid": "Paid",
    "recurrence_stopped": "Later commissions stopped",
    "recalculated": "Moved to another payout option, for earlier orders too",
}
_FIELDS: Final[Mapping[str, str]] = {
    "amount": "Amount",
    "refunded_amount": "Refunded",
    "commission": "Commission",
    "status": "Status",
    "state": "Order",
    "money": "Payment",
    "reason": "Reason",
    "why": "Why",
    "exchange_rate": "Exchange rate",
    "payout": "Paid out",
}
"""Fields that people read; ids beside them say nothing more."""
_ACTORS: Final = {"key": "API key", "rule": "rule", "user": "former user", "member": "former member"}
_TOLD: Final = 6
"""Characters of an id that tell it from others."""
_NOTHING: Final = "\u2013"


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One change."""

    at: datetime
    who: str
    what: str
    changes: tuple[Change, ...]


def lines(order: WholeOrder, words: Words) -> list[Line]:
    """The changes of it, newest first; its recording is the last line."""
    done = [
        Line(
            edit.at,
            _who(edit),
            _DONE.get(edit.action, edit.action.replace("_", " ").capitalize()),
            tuple(_change(order, change, words) for change in edit.changes if change.field in _FIELDS),
        )
        for edit in order.history.items
    ]
    return [*done, *([] if order.history.next_cursor else [Line(order.row.created_at, "", "Recorded", ())])]


def _who(edit: Edit) -> str:
    kind, _, identity = edit.actor.partition(":")
    if edit.actor == SYSTEM:
        return "Laurel"
    return edit.actor_name or f"{_ACTORS.get(kind, 'somebody')} {identity[-_TOLD:]}"


def _change(order: WholeOrder, change: FieldChange, words: Words) -> Change:
    before, after = (_said(order, change.field, value, words) for value in (change.before, change.after))
    return Change(_FIELDS[change.field], before, after)


def _said(order: WholeOrder, field: str, value: JsonValue, words: Words) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, int) and not isinstance(value, bool):
        return words.money(value, order.row.currency if field == "commission" else order.view.currency)
    text = str(value)
    return words.reason(text) if field == "reason" else words.state(text)[1]
