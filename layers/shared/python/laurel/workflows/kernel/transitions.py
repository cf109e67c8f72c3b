"""The account transition against the table: read, decide, write once; redo from the reading if anything moved."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from laurel import clock
from laurel.concurrency import Run, in_turn
from laurel.domain.earnings.tiers import tier_ids
from laurel.domain.erasure import too_late_for
from laurel.domain.kernel.outcomes import NOTHING, Known, Needed, Transition
from laurel.domain.kernel.transition import applied, at_midnight, transition
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.accounts import Account, Change, Head, Reach, Upline, reach
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import Applied, Midnight
from laurel.queue import JobMessage
from laurel.store import accounts, items, keys, ledger, payouts, repeats
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.optimistic import LostRace, Pause, work_off

Ask = Callable[[Account, Known], Transition | Needed]
Wake = Callable[[JobMessage], None]


def leave_to_tick(message: JobMessage) -> None:
    """Tells nobody, where there is no queue: `tick` finds the job."""


def by_member(commissions: Iterable[Item]) -> dict[str, list[Item]]:
    """Commission items of one program that wait to be folded, grouped by member; the newest of each commission."""
    newest: dict[str, Item] = {}
    for item in commissions:
        known = newest.get(item["pk"])
        if item.get("pend") == 1 and (known is None or known["version"] < item["version"]):
            newest[item["pk"]] = item
    grouped: dict[str, list[Item]] = defaultdict(list)
    for item in newest.values():
        grouped[item["body"]["member_id"]].append(item)
    return grouped


def fold_member(  # noqa: PLR0913, PLR0917 - what a fold needs, how it waits, and what was read already
    table: Table,
    rulebook: Rulebook,
    member_id: str,
    commissions: Sequence[Item],
    now: datetime,
    pause: Pause = clock.pause,
    known: Head | None = None,
    wake: Wake = leave_to_tick,
) -> None:
    """Folds `commissions` (items, perhaps stale) of one member into its account, exactly once, and fires rules.

    `known`: the account's head, where it was read already; it saves a round trip and is believed once. `wake`: told of
    the jobs that begin.
    Raises the last StoreError if the account stays contended; then nothing of the unfinished part was applied.
    """
    heads, program_id = [known], rulebook.program.program_id

    def step(changes: Sequence[Change]) -> Sequence[Change]:
        done = _attempt(table, rulebook, member_id, changes, now, heads.pop() if heads else None)
        for job_id in done.job_ids(program_id):
            wake(JobMessage(program_id, job_id))
        return done.rest

    def reread(changes: Sequence[Change]) -> Sequence[Change]:
        return _reread(table, program_id, changes)

    changes: Sequence[Change] = _changes(commissions)
    work_off(changes, step, reread, pause)


def _attempt(
    table: Table,
    rulebook: Rulebook,
    member_id: str,
    changes: Sequence[Change],
    now: datetime,
    head: Head | None,
) -> Transition:
    days = {change.commission.day for change in changes}
    account = read_account(table, rulebook, member_id, days, now, head)
    changes = [too_late_for(account.member, change, now) for change in changes]
    account = _with_upline(table, rulebook.program.program_id, account, changes)
    # a marker that is itself a change exists, or else folding it fails and this is redone without it
    markers = {change.commission.commission_id: True for change in changes if change.commission.rule_id is not None}

    def ask(account: Account, known: Known) -> Transition | Needed:
        return transition(account, changes, rulebook, known, now)

    done = decide(table, rulebook.program.program_id, account, ask, Known(markers))
    made = (*done.adjustments, *(bonus.commission for bonus in done.bonuses))
    if {row.commission_id for row in made} & {change.commission.commission_id for change in changes}:
        raise LostRace  # a row as it was before it was adjusted, whose adjustment waits, too; or a marker that is gone
    table.transact(accounts.operations(rulebook.program, account, done))
    return done


def begin_day(
    table: Table, rulebook: Rulebook, member_id: str, midnight: Midnight, now: datetime, pause: Pause = clock.pause
) -> None:
    """Fires the rules of one member that `midnight` decides. Again it changes nothing more. Raises as `fold_member`."""

    def ask(account: Account, known: Known) -> Transition | Needed:
        return at_midnight(account, midnight, rulebook, known, now)

    _ask(table, rulebook, member_id, reach([midnight.day], rulebook.ranges_at_midnight(midnight.day)), ask, now, pause)


def apply(
    table: Table, rulebook: Rulebook, member_id: str, occasion: Applied, now: datetime, pause: Pause = clock.pause
) -> None:
    """Fires those of `rulebook` that hold for one member. Again it changes nothing more. Raises as `fold_member`."""

    def ask(account: Account, known: Known) -> Transition | Needed:
        return applied(account, occasion, rulebook, known, now)

    _ask(table, rulebook, member_id, reach([occasion.day], rulebook.ranges_applied(occasion.day)), ask, now, pause)


def _ask(  # noqa: PLR0913, PLR0917 - whom to ask what, and how to wait
    table: Table, rulebook: Rulebook, member_id: str, wanted: Reach, ask: Ask, now: datetime, pause: Pause
) -> None:
    """Asks the rules of one member without a commission, in as many transactions as it takes."""
    program_id, today = rulebook.program.program_id, rulebook.program.calendar.day_of(now)

    def step(_: bool) -> bool:
        account = accounts.read(table, program_id, member_id, wanted, today)
        done = decide(table, program_id, account, ask)
        if not done.does_nothing:
            table.transact(accounts.operations(rulebook.program, account, done))
        return done.is_partial

    is_left = True  # each step reads all anew
    work_off(is_left, step, lambda left: left, pause)


def read_account(  # noqa: PLR0913, PLR0917 -- as `accounts.read`
    table: Table,
    rulebook: Rulebook,
    member_id: str,
    days: set[date],
    now: datetime,
    head: Head | None = None,
    run: Run = in_turn,
) -> Account:
    """The account with all totals that changes on `days` count in and that the rules then look at."""
    wanted = reach(days, rulebook.ranges(days))
    program = rulebook.program
    return accounts.read(table, program.program_id, member_id, wanted, program.calendar.day_of(now), head, run)


def _with_upline(table: Table, program_id: str, account: Account, changes: Sequence[Change]) -> Account:
    """With who earns of the changes beside the member, and their rows; no terms that name higher tiers, no reading."""
    rows = {
        row_id: ancestor
        for change in changes
        for ancestor, row_id in tier_ids(program_id, account.member, change.commission).items()
    }
    if not rows:
        return account
    people = [keys.member(program_id, ancestor) for ancestor in rows.values()]
    found = table.batch_get([*people, *(keys.commission(program_id, row_id) for row_id in rows)])
    above = [items.parse(Member, found[key]) for key in dict.fromkeys(people) if key in found]
    read = {row_id: found.get(keys.commission(program_id, row_id)) for row_id in rows}
    upline = Upline(
        frozenset(each.member_id for each in above if each.status == "approved"),
        {row_id: items.parse(Commission, item) if item else None for row_id, item in read.items()},
    )
    return replace(account, upline=upline)


def decide(table: Table, program_id: str, account: Account, ask: Ask, known: Known = NOTHING) -> Transition:
    """What `ask` comes to, with all read that it asks for. `known`: what need not be read."""
    while isinstance(decided := ask(account, known), Needed):
        known = known.with_more(read_needed(table, program_id, account, decided))
    return decided


def read_needed(table: Table, program_id: str, account: Account, needed: Needed, run: Run = in_turn) -> Known:
    """All that a decision about `account` asks for; in an order of its own, so that the same is read the same way."""
    member_id = account.member.member_id
    reads: list[Callable[[], Any]] = [
        lambda: read_markers(table, program_id, sorted(needed.marker_ids)),
        lambda: _read_offers(table, program_id, sorted(needed.offer_ids)),
        lambda: read_approved(table, program_id, sorted(needed.member_ids)),
        lambda: payouts.places(table, program_id, member_id, sorted(needed.payout_ids)),
        lambda: repeats.read(table, program_id, member_id, sorted(needed.stretches)),
    ]
    return Known(*run(lambda read: read(), reads))


def _read_offers(table: Table, program_id: str, offer_ids: Iterable[str]) -> dict[str, Offer | None]:
    wanted = {offer_id: keys.offer(program_id, offer_id) for offer_id in offer_ids}
    found = table.batch_get(wanted.values())
    return {offer_id: items.parse(Offer, found[key]) if key in found else None for offer_id, key in wanted.items()}


def read_approved(table: Table, program_id: str, member_ids: Iterable[str]) -> dict[str, bool]:
    """Whether each member is approved."""
    wanted = {member_id: keys.member(program_id, member_id) for member_id in member_ids}
    found = table.batch_get(wanted.values())
    return {
        member_id: key in found and items.parse(Member, found[key]).status == "approved"
        for member_id, key in wanted.items()
    }


def read_markers(table: Table, program_id: str, marker_ids: Iterable[str]) -> dict[str, bool]:
    """Whether each marker exists."""
    wanted = {marker_id: keys.commission(program_id, marker_id) for marker_id in marker_ids}
    found = table.batch_get(list(wanted.values()))
    return {marker_id: key in found for marker_id, key in wanted.items()}


def _changes(commissions: Iterable[Item]) -> list[Change]:
    waiting = (item for item in commissions if item.get("pend") == 1)
    changes = [ledger.change(item, is_left_over="again" in item) for item in waiting]
    # recorded order: the commission that crosses a threshold is the one that was recorded as crossing it
    return sorted(changes, key=lambda change: (change.commission.updated_at, change.commission.commission_id))


def _reread(table: Table, program_id: str, changes: Iterable[Change]) -> list[Change]:
    wanted = [keys.commission(program_id, change.commission.commission_id) for change in changes]
    return _changes(table.batch_get(wanted).values())
