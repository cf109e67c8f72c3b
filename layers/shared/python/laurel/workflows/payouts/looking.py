"""A payout as it is looked at before it is confirmed: its lines, who is left out and why, and how far its job is."""

from dataclasses import dataclass

from laurel.domain.ledger.views import CommissionView
from laurel.domain.members.members import Member
from laurel.domain.payouts.lines import Line, LineView, full_name
from laurel.domain.payouts.payouts import Payout, PayoutView
from laurel.domain.program.jobs import Job
from laurel.domain.values.errors import Absent
from laurel.store import items, keys, payout_keys, payouts
from laurel.store.table import Table
from laurel.workflows.payouts import lines, reading
from laurel.workflows.requests.listing import Page


@dataclass(frozen=True, slots=True)
class LeftOutLine:
    """A member who is not paid: what was due to them in minor units, and why they are left out."""

    member_id: str
    name: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """`job`: the one that drafts or confirms it. `listed`: a page of lines; those that left are `left_out` of it."""

    payout: PayoutView
    job: Job | None
    lines: list[LineView]
    left_out: list[LeftOutLine]
    listed: Page[Line]

    @property
    def is_under_way(self) -> bool:
        """Whether a job is at work on it."""
        return self.payout.status in {"drafting", "confirming"}


def look(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> Looked:
    """A payout with a page of its members, in three calls. Raises Absent."""
    payout = lines.payout(table, program_id, payout_id)
    listed = reading.listed_lines(table, program_id, payout_id, limit, cursor)
    of = {line.member_id: keys.member(program_id, line.member_id) for line in listed.items}
    job_key = keys.job(program_id, payout.job_id)
    stored = table.batch_get([job_key, *of.values()])
    job = items.parse(Job, stored[job_key]) if job_key in stored else None
    known = {member_id: items.parse(Member, stored[key]) for member_id, key in of.items() if key in stored}
    return Looked(
        payout.shown(job),
        job,
        [LineView.of(line, known.get(line.member_id)) for line in listed.items if line.state != "left"],
        [_left(line, known.get(line.member_id)) for line in listed.items if line.state == "left"],
        listed,
    )


def _left(line: Line, member: Member | None) -> LeftOutLine:
    return LeftOutLine(line.member_id, full_name(member), line.amount, line.reason or "")


@dataclass(frozen=True, slots=True)
class LineLooked:
    """A member's line, its payout, and a page of the rows behind it."""

    payout: Payout
    line: LineView
    rows: Page[CommissionView]


def look_at_line(
    table: Table, program_id: str, payout_id: str, member_id: str, limit: int, cursor: str | None
) -> LineLooked:
    """A line with a page of its rows, in three calls. Raises Absent for a member whom the payout does not pay."""
    of = payout_keys.payout(program_id, payout_id), payout_keys.payout_line(program_id, payout_id, member_id)
    who = keys.member(program_id, member_id)
    stored = table.batch_get([*of, who])
    if not all(key in stored for key in of) or (line := payouts.parse_line(stored[of[1]])).state == "left":
        raise Absent("line_not_found", "this payout has no line of such a member")
    payout = payouts.parse_payout(stored[of[0]])
    member = items.parse(Member, stored[who]) if who in stored else None
    rows = reading.behind(table, program_id, line, payout, limit, cursor)
    return LineLooked(payout, LineView.of(line, member), rows)
