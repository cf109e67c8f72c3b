"""What files of payouts say: whom they pay, how much, and where, whatever they are called since."""

import csv
import io
from typing import NamedTuple

from laurel.domain.payouts.rails.lines import RailFile


class Payment(NamedTuple):
    """A line of a file: amount in major units and the payee in full, empty without one."""

    member_id: str
    amount: str
    account: str


def paid_by(file: RailFile) -> tuple[Payment, ...]:
    """The payments that a file for people orders."""
    rows = csv.DictReader(io.StringIO(file.content.decode().removeprefix("\ufeff")))
    return tuple(Payment(row["Member id"], row["Amount"], row["Account"]) for row in rows)
