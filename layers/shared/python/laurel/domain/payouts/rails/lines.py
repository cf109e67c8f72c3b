"""A payout as rails see it: its lines with their payees, what is said of all of them, and the file that comes of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from laurel.domain.payouts.payees import Payee
from laurel.domain.program.payers import Payer
from laurel.domain.values.errors import Conflict

Refusal = Literal["no_payee", "rail_cannot"]
"""The reasons why a rail does not carry a payment."""


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A member's line of a payout: `amount` in minor units of `currency`, the sum of so many `rows`.

    `number`: of the line in its payout, from 1. `payee`: None for a member who gave none.
    """

    number: int
    payout_id: str
    member_id: str
    name: str
    email: str
    amount: int
    currency: str
    rows: int
    payee: Payee | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The payout of the lines. `created_on`: the program's local day of `created_at`; `payer` None: it has none.

    `part`: the number of the file among those of the payout, from 1.
    """

    payout_id: str
    created_at: datetime
    created_on: date
    program_name: str
    payer: Payer | None = None
    part: int = 1

    def named(self, identity: str) -> str:
        """`identity` of the payout as that of this part: no two files have the same."""
        return identity if self.part == 1 else f"{identity}-{self.part}"


@dataclass(frozen=True, slots=True)
class RailFile:
    """A file: its name, media type and bytes."""

    name: str
    media_type: str
    content: bytes


def bare(identity: str) -> str:
    """The 26 characters of an id without its prefix, whose `_` no bank reads."""
    return identity.rpartition("_")[2]


def cannot(line: PaidLine, why: str) -> Conflict:
    """The refusal of a line that a rail cannot express; it names the line and tells nothing of the payee."""
    return Conflict("rail_cannot", f"line {line.number}, member {line.member_id}: {why}")
