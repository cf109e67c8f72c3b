"""Recompute totals, balances, and the lines of payouts from the commissions, and print each difference.

    python -m tools.reconcile --env dev [--table RESTORED] [--program prg_…]

It only reads. A row that still waits to be counted is no difference. The exit status is 1 if anything differs.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from laurel.store import indexes, keys
from laurel.store.indexes import BY_OWNER
from laurel.store.table import Table
from laurel.workflows.requests.optimistic import Pause
from tools import payout_sums
from tools.commands import operate
from tools.deployed import deployed, parser, require_program
from tools.failure import Say, remark, say, silence
from tools.recount import Found, of_member, paged

_NOTED_EACH: Final = 500
"""Members."""


@dataclass(slots=True)
class Sum:
    """The number of things that were checked, and of differences."""

    members: int = 0
    commissions: int = 0
    waiting: int = 0
    lines: int = 0
    differences: int = 0
    unsure: int = 0

    @property
    def is_clean(self) -> bool:
        """True if everything agrees."""
        return not self.differences

    def __str__(self) -> str:
        rows = f"{self.commissions} commissions ({self.waiting} wait to be counted)"
        seen = f"{self.members} members, {rows}, {self.lines} lines of payouts"
        unsure = f", {self.unsure} of them of members who are being counted: ask again" if self.unsure else ""
        return f"{seen}: {self.differences} differences{unsure}"


def reconcile(table: Table, only: str | None, tell: Say, pause: Pause, note: Say = silence) -> Sum:
    """Checks all members and payouts of all programs, or of one, one by one; `tell` gets each difference at once.

    `note`: gets how far it is, now and then.

    Raises Absent for an unknown program.
    """
    done = Sum()
    if only is not None:
        require_program(table, only)
    for program_id in [only] if only else [item["sk"] for item in table.query(keys.registry().pk)]:
        offers = [item["sk"] for item in table.query(keys.offer(program_id, "").pk)]
        for member_id in _watched(program_id, _members(table, program_id), note):
            recounted = of_member(table, program_id, member_id, offers, pause)
            _add(done, recounted)
            for difference in recounted.differences:
                tell(f"{program_id} {member_id} {difference}")
        for checked in payout_sums.of_program(table, program_id, pause):
            done.lines += checked.lines
            done.differences += len(checked.differences)
            for difference in checked.differences:
                tell(f"{program_id} {difference}")
    return done


def wait(attempt: int) -> None:
    """Waits, longer each time, 7 s in all: an index catches up within that."""
    time.sleep(attempt / 2)


def _watched(program_id: str, members: Iterator[str], note: Say) -> Iterator[str]:
    for number, member_id in enumerate(members, 1):
        if number % _NOTED_EACH == 0:
            note(f"{program_id}: {number} members so far")
        yield member_id


def _members(table: Table, program_id: str) -> Iterator[str]:
    for page in paged(table, indexes.members(program_id), BY_OWNER):
        yield from (item[BY_OWNER.sk] for item in page)


def _add(done: Sum, recounted: Found) -> None:
    done.members += 1
    done.commissions += recounted.seen
    done.waiting += recounted.waiting
    done.differences += len(recounted.differences)
    done.unsure += 0 if recounted.is_sure else len(recounted.differences)


def main() -> int:
    """The exit status: 0 if everything agrees, 1 if not or nothing runs here."""
    return operate(_run)


def _run() -> int:
    asked = parser(__doc__)
    asked.add_argument("--program", help="only this one")
    given = asked.parse_args()
    done = reconcile(deployed(given).table(), given.program, say, wait, remark)
    say(str(done))
    return 0 if done.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
