"""A member's account in the table: read as few contiguous ranges, written as one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from laurel.concurrency import Run, in_turn
from laurel.domain.earnings.recurrences import Recurrence
from laurel.domain.earnings.tiers import TierRow
from laurel.domain.history import SYSTEM, Author, enrollment_edit, member_edit, row_edit
from laurel.domain.kernel import told
from laurel.domain.kernel.fields import FieldsSet
from laurel.domain.kernel.firings import Bonus
from laurel.domain.kernel.outcomes import Fold, Transition
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.ledger.totals import NO_OFFER, Counters, Totals, TotalsRow, rows_of
from laurel.domain.members.accounts import Account, Head, Reach, Reached
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.program.jobs import Job
from laurel.domain.program.programs import Program
from laurel.domain.tracking.claims import Claim
from laurel.domain.values.errors import Absent
from laurel.store import claims, event_items, items, jobs, keys, ledger, outbox, payouts, repeats, totals_keys
from laurel.store.indexes import WORK
from laurel.store.keys import LAST, Key
from laurel.store.operations import ABSENT, Delete, Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item, Value

_NEAR_DAYS: Final = 62
"""A stretch of days that begins this close to today is read in one range with the account itself."""
_BEFORE_ENROLLMENTS: Final = "enrollment"
_FIRED: Final = "fired#"


def read(  # noqa: PLR0913, PLR0917 -- whose account, how much of it, and how
    table: Table,
    program_id: str,
    member_id: str,
    reach: Reach,
    today: date,
    known: Head | None = None,
    run: Run = in_turn,
) -> Account:
    """The account with the totals that `reach` asks for: its head, one Query, and one more per stretch of long ago.

    `known`: the head, where it was read before; `run`: how the stretches are read. Raises Absent for an unknown member.
    """
    # A Query is no snapshot: it may pass the days before, and the head after, another transition commits. Read
    # first, the head is never newer than what it vouches for.
    at = known or head(table.get(keys.head(program_id, member_id)))
    partition = keys.account(program_id, member_id)
    found = run(lambda bounds: table.query(partition, between=bounds), ranges(reach, today))
    return _account({item["sk"]: item for of_one in found for item in of_one}, at)


def ranges(reach: Reach, today: date) -> list[tuple[str, str]]:
    """The ranges of sort keys to read; the first holds the account itself and every month that is needed."""
    stretches = list(reach.stretches)
    start = _BEFORE_ENROLLMENTS
    if stretches and (today - stretches[-1][0]).days <= _NEAR_DAYS:
        start = totals_keys.day_totals(stretches.pop()[0], "")
    end = totals_keys.month_totals(reach.first_month, LAST)
    return [(start, end), *((totals_keys.day_totals(a, ""), totals_keys.day_totals(b, LAST)) for a, b in stretches)]


def _account(found: dict[str, Item], at: Head) -> Account:
    if "member" not in found:
        raise Absent("member_not_found", "no such member")
    enrollments = [items.parse(Enrollment, item) for sk, item in found.items() if sk.startswith("enrollment#")]
    notes = {sk.removeprefix(_FIRED): item for sk, item in found.items() if sk.startswith(_FIRED)}
    return Account(
        member=items.parse(Member, found["member"]),
        head=at,
        enrollments={enrollment.offer_id: enrollment for enrollment in enrollments},
        totals=Totals(dict(_totals(found.items()))),
        fired={rule_id: note["key"] for rule_id, note in notes.items() if "key" in note and "through" not in note},
        reached={
            rule_id: Reached(note["key"], note["through"]) for rule_id, note in notes.items() if "through" in note
        },
        deleted={rule_id: note["deleted"] for rule_id, note in notes.items() if "deleted" in note},
    )


def head(item: Item | None) -> Head:
    """The head in its item; a member without one has never been counted for."""
    if item is None:
        return Head()
    midnight = item.get("midnight")
    at = midnight and date.fromisoformat(midnight)
    sums = item.get("balances", {}), at, item.get("outstanding", {})
    paid = item.get("last_payout"), tuple(item.get("drafts", ()))
    return Head(item["version"], *sums, *paid, item.get("first_sale"))


def _totals(found: Iterable[tuple[str, Item]]) -> Iterator[tuple[TotalsRow, Counters]]:
    for sk, item in found:
        if (row := ledger.totals_row(sk)) is not None:
            yield row, ledger.counters(item)


def operations(program: Program, account: Account, done: Transition) -> list[Op]:
    """The one transaction that is `done`: it applies only to the account version and commissions that were read."""
    program_id, member_id = program.program_id, account.member.member_id
    return [
        _put_head(program_id, account, done.balances, done),
        *(_mark_counted(program_id, fold) for fold in done.folds),
        *_note_settled(program_id, done.folds),
        *_put_rows(program_id, member_id, done.rows),
        *(_put_bonus(program_id, bonus) for bonus in done.bonuses),
        *_note_fired(program_id, member_id, done.bonuses),
        *(repeats.put(program_id, member_id, where, multiples) for where, multiples in done.multiples.items()),
        *(outbox.put(program_id, message) for message in done.outbox),
        *_make_claims(program_id, done.claims),
        *_start_recurrences(program_id, done.recurrences),
        *_put_moves(program_id, account, done),
        *(_put_walk(program_id, recalculation) for recalculation in done.recalculations),
        *(_put_tier_row(program_id, row) for row in done.tier_rows),
        *(_put_adjustment(program_id, made) for made in done.adjustments),
        *(op for move in done.lines for op in payouts.moved(program_id, move)),
        *(jobs.due_at_once(program_id, job) for job in done.freeing(program_id)),
        *_put_fields(program_id, account.member, done),
        *_tell(program, account.member, done),
    ]


def _tell(program: Program, member: Member, done: Transition) -> list[Put]:
    return event_items.told(program, done.at, told.events(program.program_id, member, done))


def deletion(program_id: str, account: Account, marker: Commission, counted: Contribution | None) -> list[Op]:
    """The one transaction that deletes a marker: what it contributed leaves the totals, and its rule may fire again.

    `counted`: None for one that is still pending.
    """
    totals, balances = account.totals.copy(), dict(account.head.balances)
    rows: dict[TotalsRow, Counters] = {}
    expect: dict[str, Any] = {"version": marker.version, "counted": ABSENT}
    if counted is not None:
        totals.count(marker.day, marker.offer_id or NO_OFFER, counted, -1)
        balances[counted.bucket.state] = balances.get(counted.bucket.state, 0) - counted.commission
        rows = {row: totals.rows[row] for row in rows_of(marker.day, marker.offer_id or NO_OFFER)}
        expect["counted"] = ledger.contribution_to_stored(counted)
    member_id, key = account.member.member_id, keys.commission(program_id, marker.commission_id)
    return [
        Delete(key, expect=expect, exists=True),
        _note_deleted(program_id, marker.earned_by or member_id, marker),
        _put_head(program_id, account, balances),
        *_put_rows(program_id, member_id, rows),
    ]


def last_paid_by(program_id: str, member_id: str, at: Head, payout_id: str | None) -> Update:
    """The head once a line did not arrive, with the last payout that did: rules count what is unpaid from there."""
    last: dict[str, Any] = {} if payout_id is None else {"last_payout": payout_id}
    return Update(
        keys.head(program_id, member_id),
        set={"kind": "head", "version": at.version + 1, **last},
        remove=() if last else ("last_payout",),
        expect={"version": at.version or ABSENT},
        exists=False,
    )


def _put_head(program_id: str, account: Account, balances: Mapping[str, int], done: Transition | None = None) -> Op:
    key, version = keys.head(program_id, account.member.member_id), account.head.version
    kept: dict[str, Any] = {"balances": {state: amount for state, amount in balances.items() if amount}}
    if done is not None and done.midnight is not None:
        kept["midnight"] = done.midnight.isoformat()
    if done is not None and done.last_payout is not None:
        kept["last_payout"] = done.last_payout
    if done is not None and done.first_sale is not None:
        kept["first_sale"] = done.first_sale
    if done is not None and done.outstanding != account.head.outstanding:
        kept["outstanding"] = dict(done.outstanding)
    if done is not None and done.drafts != account.head.drafts:
        kept["drafts"] = [*done.drafts]
    return Update(
        key,
        set={"kind": "head", "version": version + 1, **kept},
        expect={"version": version or ABSENT},
        exists=False,
    )


def _mark_counted(program_id: str, fold: Fold) -> Op:
    key = keys.commission(program_id, fold.commission.commission_id)
    change, row = fold.change, fold.commission
    expect = {"version": change.read.version, "pend": 1 if change.is_pending else ABSENT}
    told: dict[str, Any] = {"counted": ledger.contribution_to_stored(fold.counted) if fold.counted else None}
    freed: tuple[str, ...] = ()
    if fold.is_rewritten:
        rewritten, freed = ledger.told(row)
        told |= rewritten
    if row.version != change.read.version:
        told["version"] = row.version
    work = {**ledger.pending(program_id, row), "again": 1} if fold.again else ledger.folded(program_id, row)
    gone = (() if fold.again else ("pend", "again")) + (() if work else (WORK.pk, WORK.sk)) + freed
    return Update(key, set={**told, **work}, remove=gone, expect=expect)


def _note_settled(program_id: str, folds: Iterable[Fold]) -> Iterator[Op]:
    """A row in a payout takes here what its facts have made of it: their own lines tell of them alone."""
    for before, after in ((fold.change.read, fold.commission) for fold in folds):
        if before.payout == "in_payout" and (before.amount, before.status) != (after.amount, after.status):
            edit = row_edit(before, after, "settled", Author(SYSTEM, after.updated_at))
            yield Put(items.commission_history(program_id, after, edit), new=True)


def _put_rows(program_id: str, member_id: str, rows: Mapping[TotalsRow, Counters]) -> Iterator[Op]:
    for row, counters in rows.items():
        yield Put(ledger.totals(program_id, member_id, row, counters))


def _note_fired(program_id: str, member_id: str, bonuses: Iterable[Bonus]) -> Iterator[Op]:
    # late orders can make one rule fire for several periods at once: one note, of the last
    last = {bonus.commission.rule_id or "": bonus for bonus in bonuses if not bonus.is_per_sale}
    for rule_id, bonus in last.items():
        through = {} if bonus.proof.number is None else {"through": bonus.proof.through}
        note = {"kind": "fired rule", "key": bonus.key, **through}
        gone = () if through else ("through",)
        yield Update(keys.fired(program_id, member_id, rule_id), set=note, remove=gone, exists=False)


def _note_deleted(program_id: str, member_id: str, marker: Commission) -> Op:
    # what a row was deleted at is added up: all that the rule makes later begins above, and is no version of that row
    key = keys.fired(program_id, member_id, marker.rule_id or "")
    more = {"deleted": marker.version + 1}
    return Update(key, set={"kind": "fired rule"}, remove=("key", "through"), add=more, exists=False)


def _put_bonus(program_id: str, bonus: Bonus) -> Op:
    # one bucket: rule-made rows are too few to heat an offer's index partition
    return Put(ledger.commission(program_id, bonus.commission, buckets=1, counted=bonus.counted), new=True)


def _put_moves(program_id: str, account: Account, done: Transition) -> Iterator[Op]:
    moved = {move.after.offer_id: move.after for move in done.moves}
    for offer_id, after in moved.items():
        yield Put(items.enrollment(program_id, after), expect={"version": account.enrollments[offer_id].version})
    for move in done.moves:
        edit = enrollment_edit(move.before, move.after, Author(f"rule:{move.rule_id}", move.after.updated_at))
        yield Put(items.offer_history(program_id, move.after.offer_id, edit, move.after.version), new=True)


def _put_walk(program_id: str, begun: Recalculation) -> Op:
    """The walk over its rows."""
    cursor = {"member_id": begun.member_id, "offer_id": begun.offer_id, "number": begun.number}
    job = Job(
        job_id=begun.job_id(program_id), kind="recalculate", cursor=cursor, started_at=begun.at, updated_at=begun.at
    )
    return jobs.due_at_once(program_id, job)


def _put_tier_row(program_id: str, row: TierRow) -> Op:
    if row.before is None:
        return Put(ledger.commission(program_id, row.after, buckets=1), new=True)
    return ledger.changed(program_id, row.before, row.after)


def _put_adjustment(program_id: str, made: Commission) -> Op:
    return Put(ledger.commission(program_id, made, buckets=1, counted=made.contribution()), new=True)


def _make_claims(program_id: str, made: Mapping[Claim, Commission]) -> Iterator[Op]:
    # the same number in several shops is one item with an attribute for each
    merged: dict[Key, dict[str, Value]] = {}
    for claim, winner in made.items():
        merged.setdefault(claims.key(program_id, claim), {}).update(claims.attributes(claim, winner))
    for key, attributes in merged.items():
        yield Update(key, initial=attributes, exists=False)


def _start_recurrences(program_id: str, started: Iterable[Recurrence]) -> Iterator[Op]:
    for recurrence in started:
        # one that was stopped before it started is left so: all that it gets is a place in the work index once more
        item = items.recurrence(program_id, recurrence)
        attributes = {name: value for name, value in item.items() if name not in Key._fields}
        yield Update(keys.recurrence(program_id, recurrence.recurrence_id), initial=attributes, exists=False)


def _put_fields(program_id: str, member: Member, done: Transition) -> Iterator[Op]:
    if done.fields is not None:
        changed = member.model_copy(
            update={"fields": dict(done.fields), "updated_at": done.at, "version": member.version + 1}
        )
        yield Put(items.member(program_id, changed), expect={"version": member.version})
        for by_rule in done.fields_set:
            yield Put(_fields_line(program_id, changed, by_rule), new=True)


def _fields_line(program_id: str, member: Member, by_rule: FieldsSet) -> Item:
    before, after = (member.model_copy(update={"fields": dict(f)}) for f in (by_rule.before, by_rule.after))
    edit = member_edit(before, after, Author(f"rule:{by_rule.rule_id}", member.updated_at))
    return items.member_history(program_id, member.member_id, edit, member.version, by_rule.rule_id)
