"""Rows made by hand: recorded and counted like orders."""

from laurel.domain.earnings.manual_commissions import NewCommission, made
from laurel.domain.history import Edit
from laurel.domain.ledger.views import CommissionView
from laurel.domain.offers.offers import Offer
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import new_id
from laurel.store import items, keys, ledger
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.program import programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import Request


def create(table: Table, request: Request, new: NewCommission, randomness: Randomness) -> tuple[CommissionView, int]:
    """A new row. Raises Invalid `unknown_member`, `unknown_offer`, `occurred_in_future`."""
    if (earlier := idempotency.find(table, request, CommissionView)) is not None:
        return earlier
    program_id, author = request.program.program_id, request.author
    offer = _known_offer(table, program_id, new)
    row = made(request.program, new, offer, new_id("com", request.at, randomness(10)), request.at)
    program = programs.mark_in_use(table, request.program)
    if program.version != request.program.version:  # its currency or zone may have changed since it was read
        row = made(program, new, offer, row.commission_id, request.at)
    edit = Edit(at=author.at, actor=author.actor, action="created", member_id=row.member_id)
    # one bucket: rows made by hand are too few to heat an offer's index partition
    ops = [
        Put(ledger.commission(program_id, row, buckets=1), new=True),
        Put(items.commission_history(program_id, row, edit), new=True),
    ]
    return idempotency.commit(table, request, ops, CommissionView.of(row))


def _known_offer(table: Table, program_id: str, new: NewCommission) -> Offer | None:
    """The offer that it names, if any. Raises Invalid."""
    member, offer = keys.member(program_id, new.member_id), keys.offer(program_id, new.offer_id or "")
    stored = table.batch_get([member] if new.offer_id is None else [member, offer])
    if member not in stored:
        raise Invalid("unknown_member", "no such member", "/member_id")
    if new.offer_id is not None and offer not in stored:
        raise Invalid("unknown_offer", "no such offer", "/offer_id")
    return items.parse(Offer, stored[offer]) if offer in stored else None
