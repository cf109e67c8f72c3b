"""The pages of a backtest: of each member in turn, all rows with their histories are read, replayed and forgotten."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from laurel import clock
from laurel.concurrency import Run, in_turn
from laurel.domain.history import Edit
from laurel.domain.kernel.backtests import Backtest, Firing, Found, Sums
from laurel.domain.kernel.dry_run import sole_rulebook
from laurel.domain.kernel.pasts import Told, past_of
from laurel.domain.kernel.replays import Closed, Moved, PastMember, closes_of, replayed
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.totals import COUNT, DayRow
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.program.jobs import Page
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import Payday
from laurel.store import backtests, indexes, items, keys, ledger, payout_keys, payouts
from laurel.store.indexes import BY_MEMBER
from laurel.store.table import Table
from laurel.workflows.kernel.rulebooks import links
from laurel.workflows.kernel.transitions import read_approved
from laurel.workflows.ledger import sources
from laurel.workflows.ledger.wanted import between
from laurel.workflows.members import members
from laurel.workflows.program import programs
from laurel.workflows.rules.backtests import tried

MOST_MEMBERS: Final = 10
ROWS_AT_ONCE: Final = 1_000
"""A page ends with the member by whom it has read so many."""
MOST_ROWS: Final = 3_000
"""Of a member with more, or whose referrer has more in the span, nothing is replayed: it would not end within a run."""
MOST_EDITS: Final = 1_000
"""Lines in the history of one row, or of a member in one offer, above which nothing is replayed, either."""
MOST_SECONDS: Final = 15.0
"""For reading one member: what takes longer would be killed with its run, again and again."""


class _TooMuch(Exception):
    """Of a member whose past cannot be read within a page."""


@dataclass(frozen=True, slots=True)
class Means:
    """The means of a page. `run`: reads the histories of a member's rows; `has_time`: whether one member more fits."""

    run: Run = in_turn
    has_time: Callable[[], bool] = lambda: True


@dataclass(slots=True)
class _Reading:
    table: Table
    program: Program
    backtest: Backtest
    rulebook: Rulebook
    closes: Sequence[Closed]
    run: Run
    paydays: dict[str, Payday] = field(default_factory=dict)
    is_quick: Callable[[], bool] = field(default_factory=lambda: clock.seconds(MOST_SECONDS))
    rows: int = 0
    of_referrers: dict[str, list[Commission] | None] = field(default_factory=dict)

    @property
    def program_id(self) -> str:
        return self.program.program_id


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime, means: Means = Means()) -> Page:
    """Replays the members after `cursor`, one at least. A repeat finds the same, and writes it where it was."""
    job_id = cursor["job_id"]
    program = programs.get(table, rulebook.program.program_id)  # a rulebook is kept, and does not tell what is closed
    backtest = tried(table, program.program_id, job_id)
    if backtest is None:
        return Page(0, is_last=True, cursor=cursor)
    alone = sole_rulebook(program, backtest.rule, links(table, program.program_id, [backtest.rule]))
    reading = _Reading(table, program, backtest, alone, closes_of(backtest, program, alone), means.run)
    member_ids = members.listed(table, program.program_id, cursor.get("before"), MOST_MEMBERS)
    sums, found, done = Sums.model_validate(cursor.get("sums", {})), Found(), 0
    while done < len(member_ids) and reading.rows < ROWS_AT_ONCE and (not done or means.has_time()):
        more, of_member = _replayed(reading, member_ids[done])
        found, sums, done = _added(found, of_member, sums), sums.with_more(more), done + 1
    number = cursor.get("pages", 0)
    for piece in found.pieces():
        table.write(backtests.page(program.program_id, job_id, number, piece, now))
        number += 1
    onward = {**cursor, "pages": number, "sums": sums.model_dump(mode="json")}
    is_last = done == len(member_ids) < MOST_MEMBERS
    return Page(done, is_last, onward if is_last else {**onward, "before": member_ids[done - 1]})


def _added(found: Found, more: Found, sums: Sums) -> Found:
    listed = more.within(sums)
    return Found(**{name: getattr(found, name) + getattr(listed, name) for name in Found.model_fields})


def _replayed(reading: _Reading, member_id: str) -> tuple[Sums, Found]:
    """The firings that the rule makes of one member's past, beside those that really happened."""
    reading.is_quick = clock.seconds(MOST_SECONDS)
    try:
        return _beside_what_happened(reading, member_id)
    except _TooMuch:
        return Sums(left_out=1), Found()


def _beside_what_happened(reading: _Reading, member_id: str) -> tuple[Sums, Found]:
    """The same. Raises _TooMuch."""
    collection = reading.table.query(keys.account(reading.program_id, member_id))
    enrollments = [items.parse(Enrollment, each) for each in collection if each["sk"].startswith(keys.ENROLLMENTS)]
    member = next(items.parse(Member, item) for item in collection if item["sk"] == "member")
    rows, paid_to_referrer = _rows(reading, member_id), _paid_to_referrer(reading, member)
    past = _past(reading, member, enrollments, rows, dict(_referred(collection)))
    replay = replayed(past, reading.backtest, reading.program, reading.rulebook, reading.closes)
    here = {row.commission_id: row for row in replay.fired if reading.backtest.covers(row.day)}
    there = {row.commission_id: row for row in _really(reading, member_id, (*rows, *paid_to_referrer))}
    return _compared(here, there, replay.changed)


def _compared(
    here: dict[str, Commission], there: dict[str, Commission], changed: Sequence[Firing]
) -> tuple[Sums, Found]:
    fired = [*map(Firing.of, here.values()), *changed]
    only_here, only_there = _unlike(here, there), _unlike(there, here)
    sums = Sums(
        fired=len(fired),
        paid=sum(each.amount for each in fired),
        really_fired=len(there),
        really_paid=sum(row.amount for row in there.values() if row.status != "declined"),
        only_here=len(only_here),
        only_there=len(only_there),
    )
    return sums, Found(fired=tuple(fired), only_here=tuple(only_here), only_there=tuple(only_there))


def _unlike(some: dict[str, Commission], others: dict[str, Commission]) -> list[Firing]:
    """The rows of `some` that are not among `others`, or pay another amount there."""
    return [Firing.of(row) for key, row in some.items() if key not in others or others[key].amount != row.amount]


def _rows(reading: _Reading, member_id: str) -> list[Commission]:
    """All rows of a member, also in offers that only members below it are in. Raises _TooMuch."""
    among = sources.offers_of(reading.table, reading.program_id, member_id)
    listed = [indexes.member_commissions(reading.program_id, member_id, offer_id) for offer_id in among]
    listed.append(indexes.member_clicks(reading.program_id, member_id))
    rows: list[Commission] = []
    for partition in listed:
        left = MOST_ROWS + 1 - len(rows)
        rows += [items.parse(Commission, e) for e in reading.table.query(partition, limit=left, index=BY_MEMBER)]
        if len(rows) > MOST_ROWS:
            reading.rows += MOST_ROWS
            raise _TooMuch
    reading.rows += len(rows)
    return rows


def _past(
    reading: _Reading,
    member: Member,
    enrollments: Sequence[Enrollment],
    rows: Sequence[Commission],
    referred: dict[date, int],
) -> PastMember:
    moves, first = _moves(reading, member.member_id, enrollments)
    rule_id, referrer_id = reading.backtest.rule.rule_id, member.original_referrer_id
    others = {referrer_id} if reading.backtest.rule.pays_referrer and referrer_id else set()
    facts = [row for row in rows if row.rule_id != rule_id and not _is_bonus(row)]
    _learn_paydays(reading, facts)
    return PastMember(
        member=member,
        enrollments={each.offer_id: each for each in first},
        rows=reading.run(lambda row: _states(reading, row, member.member_id), facts),
        paydays=reading.paydays,
        moves=moves,
        referred=referred,
        approved=read_approved(reading.table, reading.program_id, others),
    )


def _is_bonus(row: Commission) -> bool:
    """Whether a rule paid it beside everything that rules look at; no rule is asked when it is counted."""
    return row.origin == "rule" and row.type == "extra_bonus" and row.earned_by is None


def _states(reading: _Reading, row: Commission, member_id: str) -> list[Told]:
    edits: list[Edit] = []
    if row.version > 1:  # one that never changed has no history: most are not asked for it
        key = keys.commission(reading.program_id, row.commission_id)
        edits = _edits(reading, key.pk, between=keys.COMMISSION_HISTORY)
    payday = reading.paydays.get(row.payout_id or "") if row.payout == "paid" else None
    states = past_of(row, edits, None if payday is None else payday.occurred_at)
    return [told for told in states if told.row.member_id == member_id]


def _edits(reading: _Reading, partition: str, **where: Any) -> list[Edit]:
    """The lines of a history. Raises _TooMuch."""
    if not reading.is_quick():
        raise _TooMuch
    lines = reading.table.query(partition, limit=MOST_EDITS + 1, **where)
    if len(lines) > MOST_EDITS:
        raise _TooMuch
    return [items.parse(Edit, line) for line in lines]


def _learn_paydays(reading: _Reading, rows: Iterable[Commission]) -> None:
    unknown = {row.payout_id for row in rows if row.payout_id is not None} - reading.paydays.keys()
    found = reading.table.batch_get(payout_keys.payout(reading.program_id, payout_id) for payout_id in unknown)
    batches = [payouts.parse_payout(item) for item in found.values()]
    reading.paydays.update({each.payout_id: each.payday(reading.program.calendar) for each in batches})


def _moves(
    reading: _Reading, member_id: str, enrollments: Sequence[Enrollment]
) -> tuple[list[Moved], list[Enrollment]]:
    """Moves between payout options that others than the rule made, and the enrollments as they were before."""
    if not reading.backtest.rule.payout_options and not _asks_for_groups(reading.backtest):
        return [], list(enrollments)
    moves, first = [], []
    for enrollment in enrollments:
        partition = indexes.member_history(reading.program_id, enrollment.offer_id, member_id)
        edits = _edits(reading, partition, index=BY_MEMBER)
        told = [(edit, change) for edit in edits for change in edit.changes if change.field == "payout_option_id"]
        begun = next((change.before or change.after for _, change in told), enrollment.payout_option_id)
        first.append(enrollment.model_copy(update={"payout_option_id": begun}))
        by_others = [each for each in told if each[0].actor != f"rule:{reading.backtest.rule.rule_id}"]
        moves += [Moved(edit.at, enrollment.offer_id, str(change.after)) for edit, change in by_others]
    return moves, first


def _asks_for_groups(backtest: Backtest) -> bool:
    return any(condition.metric == "commission_group" for condition in backtest.rule.conditions)


def _referred(collection: Iterable[dict[str, Any]]) -> Iterator[tuple[date, int]]:
    for item in collection:
        if item.get("kind") == "referrals" and isinstance(row := ledger.totals_row(item["sk"]), DayRow):
            yield row.day, sum(counter[COUNT] for counter in ledger.counters(item).values())


def _really(reading: _Reading, member_id: str, rows: Iterable[Commission]) -> Iterator[Commission]:
    """The markers of the rule for the member that are of the span."""
    for row in rows:
        is_of_member = (row.earned_by or row.member_id) == member_id
        if row.rule_id == reading.backtest.rule.rule_id and is_of_member and reading.backtest.covers(row.day):
            yield row


def _paid_to_referrer(reading: _Reading, member: Member) -> list[Commission]:
    """The markers among the rows that the member's referrer has of the span, read once a page. Raises _TooMuch."""
    referrer_id = member.original_referrer_id
    if not reading.backtest.rule.pays_referrer or referrer_id is None:
        return []
    if referrer_id not in reading.of_referrers:
        reading.of_referrers[referrer_id] = _markers_of_span(reading, referrer_id)
    if (known := reading.of_referrers[referrer_id]) is None:
        raise _TooMuch
    return known


def _markers_of_span(reading: _Reading, member_id: str) -> list[Commission] | None:
    rule, days = reading.backtest.rule, between(reading.program, reading.backtest.first, reading.backtest.last)
    partition = indexes.member_commissions(reading.program_id, member_id, rule.sole_offer)
    found = reading.table.query(partition, between=days, limit=MOST_ROWS + 1, index=BY_MEMBER)
    reading.rows += len(found)
    if len(found) > MOST_ROWS:
        return None
    return [row for row in (items.parse(Commission, each) for each in found) if row.rule_id == rule.rule_id]
