"""How many members a rule holds for at this moment: what its merchant is told who saves it, within bounds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel.domain.kernel.dry_run import dry_run, needed, sole_rulebook
from laurel.domain.kernel.outcomes import Known
from laurel.domain.members.accounts import Account, reach
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Applied, concerns, why_not_applied
from laurel.store import accounts, keys
from laurel.store.table import Table
from laurel.workflows.kernel.rulebooks import links
from laurel.workflows.kernel.transitions import read_needed
from laurel.workflows.members import members

MOST_MEMBERS: Final = 200
"""Of a program with more, nobody is counted: one query tells that there are more."""


@dataclass(frozen=True, slots=True)
class _Counting:
    table: Table
    rulebook: Rulebook
    occasion: Applied
    has_time: Callable[[], bool]

    @property
    def rule(self) -> Rule:
        return self.rulebook.rules[0]


def count(table: Table, program: Program, rule: Rule, now: datetime, has_time: Callable[[], bool]) -> int | None:
    """How many members applying the rule would fire it for; None if they are too many to ask before the time is up.

    It never fails: the rule is saved, whatever cannot be read.
    """
    try:
        found = who(table, program, rule, now, has_time)
    except Exception:  # whatever it is, the rule is saved all the same
        return None
    return None if found is None else len(found)


def who(table: Table, program: Program, rule: Rule, now: datetime, has_time: Callable[[], bool]) -> list[str] | None:
    """The members whom applying the rule would fire it for; None if they are too many to ask before the time is up."""
    occasion = Applied(program.calendar.day_of(now), now)
    rulebook = sole_rulebook(program, rule, links(table, program.program_id, [rule]))
    return [] if why_not_applied(rule) else _asked(_Counting(table, rulebook, occasion, has_time))


def _asked(counting: _Counting) -> list[str] | None:
    table, program_id = counting.table, counting.rulebook.program.program_id
    member_ids = members.listed(table, program_id, None, MOST_MEMBERS + 1)
    if len(member_ids) > MOST_MEMBERS:
        return None
    found = []
    for member_id, account in zip(member_ids, _accounts(counting, member_ids), strict=True):
        if not counting.has_time():
            return None
        if _would_fire(counting, account):
            found.append(member_id)
    return found


def _accounts(counting: _Counting, member_ids: list[str]) -> Iterator[Account]:
    table, rulebook, day = counting.table, counting.rulebook, counting.occasion.day
    program_id, wanted = rulebook.program.program_id, reach([day], rulebook.ranges([day]))
    heads = table.batch_get(keys.head(program_id, member_id) for member_id in member_ids)
    for member_id in member_ids:
        head = accounts.head(heads.get(keys.head(program_id, member_id)))
        yield accounts.read(table, program_id, member_id, wanted, day, head)


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
