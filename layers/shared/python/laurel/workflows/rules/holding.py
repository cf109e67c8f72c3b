"""How many members a rule holds for at this moment: what its merchant is told who saves it, within bounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from laurel.concurrency import MOST_CALLS, side_by_side, together
from laurel.domain.kernel.dry_run import dry_run, needed, sole_rulebook
from laurel.domain.kernel.outcomes import Known
from laurel.domain.members.accounts import Account, reach
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Applied, concerns, why_not_applied
from laurel.store import accounts, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel.rulebooks import links
from laurel.workflows.kernel.transitions import read_needed
from laurel.workflows.members import members
from laurel.workflows.rules import rules

MOST_MEMBERS: Final = 200
"""Of a program with more, nobody is counted: one query tells that there are more."""


@dataclass(frozen=True, slots=True)
class _Counting:
    table: Table
    rulebook: Rulebook
    occasion: Applied

    @property
    def rule(self) -> Rule:
        return self.rulebook.rules[0]


def count(table: Table, program: Program, rule: Rule, now: datetime, has_time: Callable[[], bool]) -> int | None:
    """How many members applying the rule would fire it for; None if they are too many to ask before the time is up.

    It never fails: the rule is saved, whatever cannot be read.
    """
    try:
        member_ids = [] if why_not_applied(rule) else _everybody(table, program)
        found = _holders(table, program, rule, member_ids, now, has_time)
    except Exception:  # whatever it is, the rule is saved all the same
        return None
    return None if found is None else len(found)


def look(
    table: Table, program: Program, rule_id: str, now: datetime, has_time: Callable[[], bool]
) -> tuple[Rule, list[Account] | None]:
    """A rule, and the accounts of those whom applying it would fire it for; None if they are too many to ask in time.

    Raises Absent.
    """
    rule, member_ids = together(
        lambda: rules.get(table, program.program_id, rule_id), lambda: _everybody(table, program)
    )
    return rule, [] if why_not_applied(rule) else _holders(table, program, rule, member_ids, now, has_time)


def _everybody(table: Table, program: Program) -> list[str]:
    return members.listed(table, program.program_id, None, MOST_MEMBERS + 1)


def _holders(
    table: Table, program: Program, rule: Rule, member_ids: list[str], now: datetime, has_time: Callable[[], bool]
) -> list[Account] | None:
    """Several at a time: the answer of one depends on no other's."""
    if len(member_ids) > MOST_MEMBERS:
        return None
    occasion, program_id = Applied(program.calendar.day_of(now), now), program.program_id
    counting = _Counting(table, sole_rulebook(program, rule, links(table, program_id, [rule])), occasion)
    heads = table.batch_get(keys.head(program_id, member_id) for member_id in member_ids)
    found: list[Account] = []
    for start in range(0, len(member_ids), MOST_CALLS):
        if not has_time():
            return None
        held = side_by_side(partial(_if_held, counting, heads), member_ids[start : start + MOST_CALLS])
        found += filter(None, held)
    return found


def _if_held(counting: _Counting, heads: Mapping[Key, Item], member_id: str) -> Account | None:
    """The account of a member, if the rule would fire for them."""
    rulebook, day = counting.rulebook, counting.occasion.day
    program_id, wanted = rulebook.program.program_id, reach([day], rulebook.ranges([day]))
    head = accounts.head(heads.get(keys.head(program_id, member_id)))
    account = accounts.read(counting.table, program_id, member_id, wanted, day, head)
    return account if _would_fire(counting, account) else None


def _would_fire(counting: _Counting, account: Account) -> bool:
    """Its markers, and whether others whom it pays are approved, are read only if all else holds."""
    rulebook, day = counting.rulebook, counting.occasion.day
    if not concerns(counting.rule, account, counting.occasion):
        return False
    asked = needed(rulebook, account, day)
    hoped = Known(approved=dict.fromkeys(asked.member_ids, True), multiples={each: {} for each in asked.stretches})
    if not dry_run(account, rulebook, day, hoped).would_fire:
        return False
    known = read_needed(counting.table, rulebook.program.program_id, account, asked)
    return dry_run(account, rulebook, day, known).would_fire
