"""The past of a row: what it was and since when, from the row as it is and the lines of its history.

Not kept, and so told here as it is now from the beginning: terms that a retroactive move replaced, and the changes of
rows of higher tiers, which are told when they last changed. Clicks of a row are told one by one over its time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel.domain.history import Edit, FieldChange
from laurel.domain.ledger.commissions import CONVERSION_TYPES, Commission
from laurel.domain.ledger.orders import Taken

_OF_ROW: Final = frozenset({"status", "payout", "member_id", "offer_id", "payout_option_id", "type", "action_code"})
_OF_ORDER: Final = frozenset({"state", "money", "exchange_rate"})
_MOST_STEPS: Final = 200
"""A row of more clicks is told in so many steps."""
_SLIM: Final = dict.fromkeys(("terms", "recorded", "first", "attribution", "decision", "evidence"))


@dataclass(frozen=True, slots=True)
class Told:
    """A row as it was from `at` on; `is_payment`: then a payout paid it."""

    at: datetime
    row: Commission
    is_payment: bool = False


def past_of(row: Commission, edits: Sequence[Edit], paid_at: datetime | None) -> list[Told]:
    """All that the row has been, the oldest first. `edits`: the lines of its history, the oldest first.

    `paid_at`: the instant of the payout that has paid it.
    """
    slim = row.model_copy(update={**_SLIM, "claims_customer": False, "due": row.adjusted})
    states = [*_before(slim, edits)]
    begun = _begun(states[0].row, states[1].at if len(states) > 1 else paid_at or row.updated_at)
    return _paid([*begun, *states[1:]], paid_at)


def _before(row: Commission, edits: Sequence[Edit]) -> list[Told]:
    """Each line undone in turn, from the last one on."""
    states: list[Told] = []
    for edit in reversed(edits):
        states.append(Told(edit.at, row))
        row = _undone(row, edit.changes)
    return [Told(_since(row, edits), row), *reversed(states)]


def _since(row: Commission, edits: Sequence[Edit]) -> datetime:
    return row.updated_at if row.tier > 1 and not edits and row.payout != "paid" else row.created_at


def _undone(row: Commission, changes: Sequence[FieldChange]) -> Commission:
    is_conversion = row.order is not None and row.type in CONVERSION_TYPES
    fields: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for change in changes:
        if change.field in _OF_ROW:
            fields[change.field] = change.before
        elif change.field == "commission" or (change.field == "amount" and not is_conversion):
            fields["amount"] = change.before or 0
        elif change.field in _OF_ORDER or change.field == "amount":
            facts[change.field] = change.before
        elif change.field == "refunded_amount":
            facts["taken"] = Taken(goods=int(str(change.before or 0)))
    if facts and row.order is not None:
        fields["order"] = row.order.reckoned(row.currency, **facts)
    # parsed again: lines hold what the contract shows, such as rates as text
    whole = {name: getattr(row, name) for name in Commission.model_fields} | fields
    return Commission.model_validate(whole) if facts or fields else row


def _begun(row: Commission, until: datetime) -> Iterator[Told]:
    """How it began: at once, or click by click."""
    if row.clicks is None or row.clicks <= 1:
        yield Told(_since(row, ()), row)
        return
    steps = min(row.clicks, _MOST_STEPS)
    lasted = max(until, row.created_at) - row.created_at
    for step in range(1, steps + 1):
        clicks = row.clicks * step // steps
        counted = {"clicks": clicks, "amount": row.amount * clicks // row.clicks}
        yield Told(row.created_at + lasted * step / (steps + 1), row.model_copy(update=counted))


def _paid(told: Sequence[Told], paid_at: datetime | None) -> list[Told]:
    """With the payment among them: what comes before is unpaid, what comes after is paid.

    No draft holds a row of the past: each is told as the draft left it, and rules see the payment alone.
    """
    if paid_at is None:
        return [Told(each.at, _as(each.row, "unpaid")) for each in told]
    before = [Told(each.at, _as(each.row, "unpaid")) for each in told if each.at <= paid_at]
    after = [Told(each.at, _as(each.row, "paid")) for each in told if each.at > paid_at]
    if not before:
        return after
    return [*before, Told(paid_at, _as(before[-1].row, "paid"), is_payment=True), *after]


def _as(row: Commission, payout: str) -> Commission:
    return row if row.payout is None else row.model_copy(update={"payout": payout})
