"""The walk over the rows that a retroactive move reprices: each page is an account transition, until none is left.

Rows that wait to be counted are left to their fold, which reprices them too. The account's head has the number
outstanding, to which neither has come: at 0 the walk is over, whatever the index shows; until then it starts again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel import clock
from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.transition import Ended, at_end_of, recalculated
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.members.accounts import Account, Change, Head, reach
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.program.jobs import Page
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import Applied, Midnight, Occasion
from laurel.store import accounts, indexes, items, keys, ledger, payout_keys, payouts
from laurel.store.indexes import BY_MEMBER
from laurel.store.keys import LAST, Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel.transitions import decide
from laurel.workflows.requests import edits
from laurel.workflows.requests.optimistic import Pause, work_off

MOST_ROWS: Final = 85
"""Rows of one transaction if 20 and more share a day: each is one item beside the totals and the head."""


@dataclass(frozen=True, slots=True)
class _Walk:
    table: Table
    rulebook: Rulebook
    recalculation: Recalculation
    now: datetime
    pause: Pause

    @property
    def program_id(self) -> str:
        return self.rulebook.program.program_id

    @property
    def member_id(self) -> str:
        return self.recalculation.member_id


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime, pause: Pause = clock.pause) -> Page:
    """Reprices the rows after `cursor`. A repeat, or another run at the same time, finds nothing left to do.

    Raises the last StoreError if the account stays contended.
    """
    program_id, member_id, offer_id = rulebook.program.program_id, cursor["member_id"], cursor["offer_id"]
    head, enrollment = keys.head(program_id, member_id), keys.enrollment(program_id, member_id, offer_id)
    stored = table.batch_get([head, enrollment])
    at_work = accounts.head(stored.get(head)).outstanding
    begun = _find(items.parse(Enrollment, stored[enrollment]), cursor["number"])
    if begun is None or begun.key not in at_work:
        return Page(0, is_last=True, cursor=cursor)
    walk = _Walk(table, rulebook, begun, now, pause)
    if at_work[begun.key] == 0:
        _end(walk)
        return Page(0, is_last=True, cursor=cursor)
    return _walked(walk, cursor, at_work[begun.key])


def _find(enrollment: Enrollment, number: int) -> Recalculation | None:
    return next((move for move in enrollment.recalculations if move.number == number), None)


def _walked(walk: _Walk, cursor: dict[str, Any], outstanding: int) -> Page:
    listed = _listed(walk, cursor.get("after"))
    # an index lags, but the move of a row never falls, and its price never becomes another's
    waiting = [item for item in listed if _may_wait(item, walk.recalculation.number)]
    done, left = _reprice(walk, [Key(item["pk"], item["sk"]) for item in waiting], outstanding)
    if len(listed) == MOST_ROWS:
        return Page(done, is_last=False, cursor={**cursor, "after": listed[-1][BY_MEMBER.sk]})
    again = {name: value for name, value in cursor.items() if name != "after"}
    return Page(done, is_last=False, cursor=again, waits=left > 0)


def _may_wait(item: Item, number: int) -> bool:
    return int(item["body"].get("move", 0)) < number and not item["body"].get("own_terms", False)


def _listed(walk: _Walk, after: str | None) -> list[Item]:
    """The member's rows in the offer on the recalculated days, in the order of time, as the index has them."""
    begun, calendar = walk.recalculation, walk.rulebook.program.calendar
    partition = indexes.member_commissions(walk.program_id, walk.member_id, begun.offer_id)
    first = keys.instant(calendar.start_of(begun.first)) if begun.first else "0"
    until = keys.instant(calendar.start_of(begun.until)) if begun.until else LAST
    return walk.table.query(partition, between=(after or first, until), limit=MOST_ROWS, index=BY_MEMBER)


def at_work(
    table: Table, program_id: str, member_id: str, head: Head, offer_ids: Collection[str]
) -> list[Recalculation]:
    """A member's recalculations in these offers that have rows left; if there are none, nothing is read."""
    if not any(head.outstanding.values()):
        return []
    stored = table.batch_get([keys.enrollment(program_id, member_id, offer_id) for offer_id in offer_ids])
    enrollments = [items.parse(Enrollment, item) for item in stored.values()]
    return [move for enrollment in enrollments for move in enrollment.recalculations if head.outstanding.get(move.key)]


def reprice(
    table: Table, rulebook: Rulebook, begun: Recalculation, rows: Iterable[Key], now: datetime, pause: Pause
) -> int:
    """Reprices `rows` of the member at once, since the walk would come too late; their number. Raises as `page`."""
    done, _ = _reprice(_Walk(table, rulebook, begun, now, pause), rows, 0)
    return done


def _reprice(walk: _Walk, rows: Iterable[Key], outstanding: int) -> tuple[int, int]:
    """Reprices rows; their number, and the number then outstanding."""
    done, left = 0, outstanding

    def step(changes: Sequence[Change]) -> Sequence[Change]:
        nonlocal done, left
        decided = _repriced(walk, changes)
        done, left = done + len(decided.folds), decided.outstanding.get(walk.recalculation.key, 0)
        return decided.rest

    def reread(changes: Sequence[Change]) -> Sequence[Change]:
        return _read(walk, [keys.commission(walk.program_id, change.commission.commission_id) for change in changes])

    work_off(_read(walk, rows), step, reread, walk.pause)
    return done, left


def _read(walk: _Walk, rows: Iterable[Key]) -> Sequence[Change]:
    """The rows as the table has them, without those that wait for their fold."""
    counted = (item for item in walk.table.batch_get(rows).values() if "pend" not in item)
    changes = [
        Change(items.parse(Commission, item), ledger.contribution_of(item), is_pending=False) for item in counted
    ]
    return sorted(changes, key=lambda change: (change.commission.occurred_at, change.commission.commission_id))


def _repriced(walk: _Walk, changes: Sequence[Change]) -> Transition:
    """Reprices as many rows as fit into one transaction."""
    program, wanted = walk.rulebook.program, reach({change.commission.day for change in changes}, ())
    today = program.calendar.day_of(walk.now)
    account = accounts.read(walk.table, program.program_id, walk.member_id, wanted, today)

    def ask(account: Account, known: Known) -> Transition | Needed:
        return recalculated(account, changes, walk.rulebook, known, walk.now)

    done = decide(walk.table, program.program_id, account, ask)
    if done.folds:
        walk.table.transact(accounts.operations(program, account, done))
    return done


def _end(walk: _Walk) -> None:
    """The end of a walk: the rules are asked once more, and then the head has the recalculation no more."""
    is_left = True  # each step reads all anew
    work_off(is_left, lambda _: _asked(walk), lambda left: left, walk.pause)


def _asked(walk: _Walk) -> bool:
    """Asks the rules in one transaction; whether some did not fit."""
    begun, rulebook = walk.recalculation, walk.rulebook
    cause = _cause(walk)
    account = _account_at(walk, cause)
    if begun.key not in account.head.outstanding:
        return False  # another run was faster

    def ask(account: Account, known: Known) -> Transition | Needed:
        return at_end_of(Ended(begun, cause), account, rulebook, known, walk.now)

    done = decide(walk.table, walk.program_id, account, ask)
    walk.table.transact(accounts.operations(walk.rulebook.program, account, done))
    return done.is_partial


def _cause(walk: _Walk) -> Change | Occasion | None:
    """The cause of the recalculation as it stands now; None for a row that was deleted: then no rule is asked."""
    begun, calendar = walk.recalculation, walk.rulebook.program.calendar
    if begun.payout_id is not None:
        payout = edits.get_item(
            walk.table, payout_keys.payout(walk.program_id, begun.payout_id), "payout_not_found", "payout"
        )
        return payouts.parse_payout(payout).payday(calendar)
    if begun.applied_at is not None:
        return Applied(begun.day, begun.applied_at)
    if begun.trigger is None:
        return Midnight.of(calendar, begun.day)
    item = walk.table.get(keys.commission(walk.program_id, begun.trigger))
    return None if item is None else ledger.change(item, is_left_over=True)


def _account_at(walk: _Walk, cause: Change | Occasion | None) -> Account:
    program, rulebook, day = walk.rulebook.program, walk.rulebook, walk.recalculation.day
    match cause:
        case Midnight():
            ranges = rulebook.ranges_at_midnight(day)
        case Applied():
            ranges = rulebook.ranges_applied(day)
        case Occasion():
            ranges = rulebook.ranges_at_payday(day)
        case _:
            ranges = rulebook.ranges({day})
    today = program.calendar.day_of(walk.now)
    return accounts.read(walk.table, program.program_id, walk.member_id, reach([day], ranges), today)
