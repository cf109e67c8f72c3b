"""A member leaves the drafts of payouts: suspended, erased, or with another payee, before anything is paid."""

from datetime import datetime
from typing import Any

from laurel.domain.payouts.reasons import LeftOut
from laurel.store import jobs, keys
from laurel.store.operations import ABSENT, Op, Update
from laurel.store.table import Table


def left(table: Table, program_id: str, member_id: str, reason: LeftOut, now: datetime) -> list[Op]:
    """Takes the member's lines out of all open drafts, for the transaction of the cause; jobs free the rows.

    The first of the writes moves the account's head on, so the cause need not. A failed condition means a lost race.
    """
    # here, since whoever looks at a member would load all of payouts
    from laurel.domain.payouts.lines import LineMove, freeing
    from laurel.store import accounts, payouts

    item = table.get(keys.head(program_id, member_id))
    drafts = accounts.head(item).drafts
    places = payouts.places(table, program_id, member_id, drafts) if drafts else {}
    moves = [
        LineMove(place, place.line.left(reason)) for place in places.values() if place.line and place.is_changeable
    ]
    begun = [freeing(program_id, move.after.payout_id, member_id, now) for move in moves]
    return [
        _moved_on(program_id, member_id, (item or {}).get("drafts", ABSENT)),
        *(op for move in moves for op in payouts.moved(program_id, move)),
        *(jobs.due_at_once(program_id, job) for job in begun),
    ]


def _moved_on(program_id: str, member_id: str, drafts: Any) -> Update:
    """The account's head without drafts, if it has those that were read: whoever takes rows meanwhile writes it."""
    changed: dict[str, Any] = {"kind": "head"} if drafts is ABSENT else {"kind": "head", "drafts": []}
    head = keys.head(program_id, member_id)
    return Update(head, set=changed, add={"version": 1}, expect={"drafts": drafts}, exists=False)
