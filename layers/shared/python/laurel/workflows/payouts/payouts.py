"""Payout batches: begun by a request, carried out by a job, read with a line for each member."""

from laurel.domain.members.members import Member
from laurel.domain.payouts.payouts import Begun, NewPayout, Payee, PayoutDetail, PayoutRow, PayoutView
from laurel.domain.program.jobs import Job
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import new_id
from laurel.queue import JobMessage, Queue
from laurel.store import items, keys
from laurel.store import payouts as stored
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.payouts import paying
from laurel.workflows.program import jobs
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import ACCEPTED, Request
from laurel.workflows.requests.listing import Page


def start(
    table: Table, queue: Queue, request: Request, new: NewPayout, randomness: Randomness
) -> tuple[PayoutView, int]:
    """A payout, and the job that carries it out. Raises Invalid `unknown_member`."""
    if (earlier := idempotency.find(table, request, PayoutView)) is not None:
        return earlier
    program_id = request.program.program_id
    _require_members(table, program_id, new)
    payout_id = new_id("pay", request.at, randomness(10))
    job = jobs.begun(program_id, "pay_out", payout_id, request.at, paying.first_cursor(payout_id))
    payout = Begun(
        **dict(new),
        payout_id=payout_id,
        job_id=job.job_id,
        currency=request.program.currency,
        actor=request.author.actor,
        created_at=request.at,
        total=0,
    )
    ops = [Put(stored.payout(program_id, payout), new=True), jobs.put(program_id, job)]
    answer, status = idempotency.commit(table, request, ops, payout.shown(job), ACCEPTED)
    if answer.payout_id == payout_id:  # else a twin was faster, and has sent it
        queue.send(JobMessage(program_id, job.job_id))
    return answer, status


def _require_members(table: Table, program_id: str, new: NewPayout) -> None:
    wanted = [keys.member(program_id, member_id) for member_id in new.member_ids or ()]
    known = table.batch_get(wanted)
    for index, key in enumerate(wanted):
        if key not in known:
            raise Invalid("unknown_member", "there is no such member", f"/member_ids/{index}")


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[PayoutView]:
    """A page of the program's payouts."""
    partition = keys.payout(program_id, "").pk
    payouts = listing.page(table, [partition], stored.begun, limit=limit, cursor=cursor)
    known = table.batch_get(keys.job(program_id, payout.job_id) for payout in payouts.items)
    of = {key.sk: items.parse(Job, item) for key, item in known.items()}
    return payouts.of(lambda payout: payout.shown(of[payout.job_id]))


def get(table: Table, program_id: str, payout_id: str) -> PayoutView:
    """A payout without its rows. Raises Absent."""
    item = edits.get_item(table, keys.payout(program_id, payout_id), "payout_not_found", "payout")
    payout = stored.begun(item)
    return payout.shown(edits.get(table, keys.job(program_id, payout.job_id), Job, "job_not_found", "job"))


def detail(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> PayoutDetail:
    """A payout with a page of its rows. Raises Absent."""
    view = get(table, program_id, payout_id)
    lines = rows(table, program_id, payout_id, limit, cursor)
    return PayoutDetail(**dict(view), rows=lines.items, next_cursor=lines.next_cursor)


def rows(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> Page[PayoutRow]:
    """A page of a payout's rows, one for each member."""
    partition = keys.payout_line(program_id, payout_id, "").pk
    return listing.page(table, [partition], _row, limit=limit, cursor=cursor)


def payees(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> Page[Payee]:
    """The same rows with their members."""
    lines = rows(table, program_id, payout_id, limit, cursor)
    wanted = {row.member_id: keys.member(program_id, row.member_id) for row in lines.items}
    known = table.batch_get(wanted.values())
    members = {key.pk: items.parse(Member, item) for key, item in known.items()}
    return lines.of(lambda row: Payee(row=row, member=members.get(wanted[row.member_id].pk)))


def _row(item: Item) -> PayoutRow:
    line = stored.line(item)
    return PayoutRow(member_id=line.member_id, amount=line.amount, commissions=line.commissions)
