"""Payouts as merchants ask for them: drafted, confirmed, cancelled, and lines that did not arrive told."""

from collections.abc import Callable
from datetime import date

from laurel.domain.history import Author
from laurel.domain.payouts.lines import Line, LineView, freeing, taking_back
from laurel.domain.payouts.payouts import NewPayout, Payout, PayoutView, wrong_state
from laurel.domain.payouts.told import line_failed_event
from laurel.domain.program.jobs import Job
from laurel.domain.values.calendar import ONE_DAY, Calendar
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import new_id
from laurel.domain.values.model import FIRST_YEAR
from laurel.queue import JobMessage, Queue
from laurel.store import accounts, event_items, keys, payout_keys
from laurel.store import payouts as stored
from laurel.store.operations import Put, Update
from laurel.store.table import Table
from laurel.workflows.payouts import lines, payers, reading
from laurel.workflows.program import jobs, programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version
from laurel.workflows.requests.idempotency import ACCEPTED, Request
from laurel.workflows.requests.optimistic import racing, redo


def start(
    table: Table, queue: Queue, request: Request, new: NewPayout, randomness: Randomness
) -> tuple[PayoutView, int]:
    """A payout, and the job that drafts it. Raises Invalid, as `until_in_future`, `unknown_member`."""
    if (earlier := idempotency.find(table, request, PayoutView)) is not None:
        return earlier
    program = request.program
    new.require_past(program.calendar, request.at)
    _require_countable(program.calendar, new.until)
    _require_members(table, program.program_id, new)
    payout_id = new_id("pay", request.at, randomness(10))
    cursor = lines.first_cursor(payout_id)
    job = jobs.begun(program.program_id, "draft_payout", payout_id, request.at, cursor)
    made = {"payout_id": payout_id, "job_id": job.job_id, "currency": program.currency, "program_name": program.name}
    by = {
        "payer": payers.of_program(table, program.program_id),
        "actor": request.author.actor,
        "created_at": request.at,
    }
    payout = Payout.of(new, program.calendar, **made, **by)
    ops = [Put(stored.payout(program.program_id, payout), new=True), jobs.put(program.program_id, job)]
    answer, status = idempotency.commit(table, request, ops, payout.shown(job), ACCEPTED)
    if answer.payout_id == payout_id:  # else a twin was faster, and has sent it
        queue.send(JobMessage(program.program_id, job.job_id))
    return answer, status


def _require_countable(calendar: Calendar, until: date) -> None:
    """Raises Invalid for a day that is over before any instant that an order can be of."""
    if calendar.start_of(until + ONE_DAY).year < FIRST_YEAR:
        raise Invalid("invalid_request", f"nothing is counted before {FIRST_YEAR}: choose a later day", "/until")


def _require_members(table: Table, program_id: str, new: NewPayout) -> None:
    wanted = [keys.member(program_id, member_id) for member_id in new.member_ids or ()]
    known = table.batch_get(wanted)
    for index, key in enumerate(wanted):
        if key not in known:
            raise Invalid("unknown_member", "there is no such member", f"/member_ids/{index}")


def confirm(
    table: Table, queue: Queue, program_id: str, payout_id: str, by: Author, if_match: int | None = None
) -> PayoutView:
    """Decides that a draft is paid as it is; a job pays it. Again it changes nothing, but a job that failed goes on.

    `if_match`: the version that was looked at; a line that changes gives its draft another. Once it is decided, nobody
    is told that it has changed. Raises Absent, Stale, Conflict: `payout_state`, `nothing_to_pay`.
    """

    def turned(payout: Payout) -> tuple[Payout, Job]:
        job = jobs.begun(program_id, "confirm_payout", payout_id, by.at, {"payout_id": payout_id})
        if payout.is_decided:
            return payout, job
        require_version(payout, if_match)
        return payout.confirmed(job.job_id, by.actor, by.at), job

    return _turn(table, queue, program_id, payout_id, turned)


def cancel(
    table: Table, queue: Queue, program_id: str, payout_id: str, by: Author, if_match: int | None = None
) -> PayoutView:
    """Gives a draft up; a job frees its rows. Again as for `confirm`. Raises Absent, Conflict `payout_state`, Stale."""

    def turned(payout: Payout) -> tuple[Payout, Job]:
        require_version(payout, if_match)
        job = freeing(program_id, payout_id, None, by.at)
        if payout.state == "cancelled":
            return payout, job
        is_stuck = reading.shown(table, program_id, payout).status == "failed"
        return payout.cancelled(is_stuck=is_stuck), job

    return _turn(table, queue, program_id, payout_id, turned)


def _turn(
    table: Table, queue: Queue, program_id: str, payout_id: str, turned: Callable[[Payout], tuple[Payout, Job]]
) -> PayoutView:
    """Writes a payout in its next state with the job that this begins; the same payout: it is in that state already."""

    def attempt() -> tuple[Payout, Job, bool]:
        payout = lines.payout(table, program_id, payout_id)
        after, job = turned(payout)
        if after is not payout:
            with racing():
                table.transact([stored.turned(program_id, payout, after), jobs.put(program_id, job)])
        return after, job, after is not payout

    payout, job, is_new = redo(attempt)
    _send(table, queue, program_id, job, is_new=is_new)
    return reading.shown(table, program_id, payout)


def _send(table: Table, queue: Queue, program_id: str, job: Job, *, is_new: bool) -> None:
    """Has a new job begin; one that was begun before, and failed, go on."""
    if is_new:
        queue.send(JobMessage(program_id, job.job_id))
    else:
        jobs.go_on(table, queue, program_id, job.job_id, job.updated_at)


def fail(  # noqa: PLR0913, PLR0917 -- which line, why, and who says so
    table: Table, queue: Queue, program_id: str, payout_id: str, member_id: str, reason: str, by: Author
) -> LineView:
    """A line of a confirmed payout that did not arrive: a job makes its rows due again. Again as for `confirm`.

    Raises Absent, Conflict `payout_state`.
    """

    program = programs.get(table, program_id)

    def attempt() -> tuple[Line, Job, bool]:
        payout = lines.payout(table, program_id, payout_id)
        line, head = reading.line(table, program_id, payout_id, member_id), table.get(keys.head(program_id, member_id))
        job = taking_back(program_id, line, by.at)
        if line.state == "failed":
            return line, job, False
        if payout.state != "confirmed":
            raise wrong_state(f"only a line of a confirmed payout can fail: this one is {payout.state}")
        failed = line.failed(reason)
        grown = Update(payout_keys.payout(program_id, payout_id), add={"failed_total": line.amount})
        with racing():
            told = event_items.told(program, by.at, [line_failed_event(program_id, failed, by.at)])
            at = accounts.head(head)
            last = at.last_payout if at.last_payout != payout_id else _arrived_before(table, program_id, line)
            paid_by = accounts.last_paid_by(program_id, member_id, at, last)
            table.transact([stored.line(program_id, line, failed), grown, paid_by, jobs.put(program_id, job), *told])
        return failed, job, True

    line, job, is_new = redo(attempt)
    _send(table, queue, program_id, job, is_new=is_new)
    return reading.line_view(table, program_id, line)


def _arrived_before(table: Table, program_id: str, line: Line) -> str | None:
    """The payout that paid the member last before this line, and did not fail either.

    Whoever fails one of those meanwhile moves the account's head on.
    """
    before = line.paid_before
    while before is not None and (earlier := reading.line(table, program_id, before, line.member_id)).state == "failed":
        before = earlier.paid_before
    return before
