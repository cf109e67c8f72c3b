"""The lines of payouts that hold rows of a pass: a row is settled by what its payout is, and its line goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.payment import freed, paid
from laurel.domain.ledger.worth import taken_up
from laurel.domain.payouts.lines import LineMove, Place


@dataclass(slots=True)
class Places:
    """What is known of payouts and lines, by payout; `needed`: those that must be read before the pass can go on."""

    known: Mapping[str, Place]
    needed: set[str]
    moves: dict[str, LineMove] = field(default_factory=dict)

    @property
    def operations(self) -> int:
        """How many items are written: of each line that moves the line, its payout, and a job if it leaves."""
        return sum(2 + move.leaves for move in self.moves.values())

    @property
    def left(self) -> set[str]:
        """The payouts that a line leaves."""
        return {payout_id for payout_id, move in self.moves.items() if move.leaves}

    def settled(self, row: Commission, now: datetime) -> Commission:
        """A row in a payout that is decided is paid; else it takes its worth, and goes if it is not to be paid."""
        place = self._of(row)
        if place is None:
            return row
        if place.pays:
            return paid(row, place.payout.payout_id)
        after = row if row.is_fixed else taken_up(row, now)
        return after if place.is_changeable and after.status == "approved" else freed(after)

    def move(self, before: Commission, after: Commission) -> None:
        """The line of a row that was `before` and is `after` goes with it, as long as its payout is open."""
        place = None if after.payout == "paid" else self._of(before)
        if place is None or place.line is None or not place.is_changeable:
            return
        if (before.amount, before.payout) != (after.amount, after.payout):
            payout_id, line = place.payout.payout_id, place.line.moved(before, after, place.payout.minimum)
            self.moves[payout_id] = LineMove(self.known[payout_id], line)

    def _of(self, row: Commission) -> Place | None:
        """The place of a row as the pass has it by now; None: it is in no payout, or what is known must be read."""
        if row.payout != "in_payout" or row.payout_id is None:
            return None
        known, moved = self.known.get(row.payout_id), self.moves.get(row.payout_id)
        if known is None:
            self.needed.add(row.payout_id)
        return replace(known, line=moved.after) if known and moved else known
