"""The account transition against the table: read, decide, write once; redo from the reading if anything moved."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from laurel import clock
from laurel.domain.accounts import Account, Change, Head, Upline, reach
from laurel.domain.commissions import Commission
from laurel.domain.effects import MarkersNeeded, Transition
from laurel.domain.members import Member
from laurel.domain.rulebook import Rulebook
from laurel.domain.schedule import Midnight
from laurel.domain.tiers import tier_ids
from laurel.domain.transition import at_midnight, transition
from laurel.store import accounts, items, keys, ledger
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.contention import Pause, work_off


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


def settle(  # noqa: PLR0913, PLR0917 - what a fold needs, how it waits, and what was read already
    table: Table,
    rulebook: Rulebook,
    member_id: str,
    commissions: Sequence[Item],
    now: datetime,
    pause: Pause = clock.pause,
    known: Head | None = None,
) -> None:
    """Folds `commissions` (items, perhaps stale) of one member into its account, exactly once, and fires rules.

    `known`: the account's head, where it was read already; it saves a round trip and is believed once.
    Raises the last StoreError if the account stays contended; then nothing of the unfinished part was applied.
    """
    heads = [known]

    def step(changes: Sequence[Change]) -> Sequence[Change]:
        return _attempt(table, rulebook, member_id, changes, now, heads.pop() if heads else None)

    def reread(changes: Sequence[Change]) -> Sequence[Change]:
        return _reread(table, rulebook.program.program_id, changes)

    changes: Sequence[Change] = _changes(commissions)
    work_off(changes, step, reread, pause)


def _attempt(
    table: Table,
    rulebook: Rulebook,
    member_id: str,
    changes: Sequence[Change],
    now: datetime,
    head: Head | None,
) -> Sequence[Change]:
    days = {change.commission.day for change in changes}
    account = read_account(table, rulebook, member_id, days, now, head)
    account = replace(account, upline=_read_upline(table, rulebook.program.program_id, account.member, changes))
    # a marker that is itself a change exists, or else folding it fails and this is redone without it
    markers = {change.commission.commission_id: True for change in changes if change.commission.rule_id is not None}
    done = decide(table, rulebook, markers, lambda known: transition(account, changes, rulebook, known, now))
    table.transact(accounts.operations(rulebook.program.program_id, account, done))
    return done.rest


def begin_day(
    table: Table, rulebook: Rulebook, member_id: str, midnight: Midnight, now: datetime, pause: Pause = clock.pause
) -> None:
    """Fires the rules of one member that `midnight` decides. Again it changes nothing more. Raises as `settle`."""
    is_left = True  # each step reads all anew
    work_off(is_left, lambda _: _begin_day(table, rulebook, member_id, midnight, now), lambda left: left, pause)


def _begin_day(table: Table, rulebook: Rulebook, member_id: str, midnight: Midnight, now: datetime) -> bool:
    """Whether there is more than one transaction takes."""
    program = rulebook.program
    wanted = reach([midnight.day], rulebook.ranges_at_midnight(midnight.day))
    account = accounts.read(table, program.program_id, member_id, wanted, program.calendar.day_of(now))
    done = decide(table, rulebook, {}, lambda known: at_midnight(account, midnight, rulebook, known, now))
    if not done.does_nothing:
        table.transact(accounts.operations(program.program_id, account, done))
    return done.is_partial


def read_account(
    table: Table, rulebook: Rulebook, member_id: str, days: set[date], now: datetime, head: Head | None = None
) -> Account:
    """The account with all totals that changes on `days` count in and that the rules then look at."""
    wanted = reach(days, rulebook.ranges(days))
    program = rulebook.program
    return accounts.read(table, program.program_id, member_id, wanted, program.calendar.day_of(now), head)


def _read_upline(table: Table, program_id: str, member: Member, changes: Sequence[Change]) -> Upline:
    """Who earns of the changes beside the member, and their rows; nothing is read where no terms name higher tiers."""
    rows = {
        row_id: ancestor
        for change in changes
        for ancestor, row_id in tier_ids(program_id, member, change.commission).items()
    }
    if not rows:
        return Upline()
    people = [keys.member(program_id, ancestor) for ancestor in rows.values()]
    found = table.batch_get([*people, *(keys.commission(program_id, row_id) for row_id in rows)])
    above = [items.parse(Member, found[key]) for key in dict.fromkeys(people) if key in found]
    known = {row_id: found.get(keys.commission(program_id, row_id)) for row_id in rows}
    return Upline(
        approved=frozenset(each.member_id for each in above if each.status == "approved"),
        rows={row_id: items.parse(Commission, item) for row_id, item in known.items() if item is not None},
    )


def decide(
    table: Table,
    rulebook: Rulebook,
    known: Mapping[str, bool],
    ask: Callable[[Mapping[str, bool]], Transition | MarkersNeeded],
) -> Transition:
    """What `ask` decides with the markers that it asks for. `known`: those of which it is clear whether they exist."""
    markers = dict(known)
    while isinstance(decided := ask(markers), MarkersNeeded):
        markers |= read_markers(table, rulebook.program.program_id, decided.marker_ids)
    return decided


def read_markers(table: Table, program_id: str, marker_ids: Iterable[str]) -> dict[str, bool]:
    """Whether each marker exists."""
    wanted = {marker_id: keys.commission(program_id, marker_id) for marker_id in marker_ids}
    found = table.batch_get(list(wanted.values()))
    return {marker_id: key in found for marker_id, key in wanted.items()}


def _changes(commissions: Iterable[Item]) -> list[Change]:
    waiting = (item for item in commissions if item.get("pend") == 1)
    changes = [Change(items.parse(Commission, item), ledger.contribution_of(item)) for item in waiting]
    # recorded order: the commission that crosses a threshold is the one that was recorded as crossing it
    return sorted(changes, key=lambda change: (change.commission.updated_at, change.commission.commission_id))


def _reread(table: Table, program_id: str, changes: Iterable[Change]) -> list[Change]:
    wanted = [keys.commission(program_id, change.commission.commission_id) for change in changes]
    return _changes(table.batch_get(wanted).values())
