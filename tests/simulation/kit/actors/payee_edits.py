"""Members who change where they are paid, or are erased, while drafts are made, looked at and confirmed."""

from contextlib import suppress
from random import Random
from typing import Final

from laurel.domain.payouts.payees import OtherWay, Payee, PaypalAccount
from laurel.domain.values.errors import Refusal
from laurel.queue import JobMessage, Queue
from laurel.store import payout_keys
from laurel.workflows.members import members
from laurel.workflows.payouts import exports, payees
from tests.simulation.kit.actors.payout_edits import RAILS, PayoutEdits
from tests.simulation.kit.actors.row_edits import Edit, RowEdits
from tests.simulation.kit.judges.files import paid_by

_PAYEES: Final[tuple[Payee, ...]] = (
    PaypalAccount(method="paypal", email="first@example.com"),
    PaypalAccount(method="paypal", email="second@example.com"),
    OtherWay(method="other", text="in cash"),
)
_LATE: Final = 0.3
_ERASING: Final = 0.2
"""Of those who change something late."""


class PayeeEdits:
    """Edits of the payees of one program's members. `seen`: what files of confirmed payouts said, by payout."""

    def __init__(self, rows: RowEdits, payouts: PayoutEdits, queue: Queue) -> None:
        self.rows = rows
        self.payouts = payouts
        self.queue = queue
        self.table = rows.table
        self.tenant = rows.tenant
        self.scheduler = rows.scheduler
        self.seen: list[tuple[str, object]] = []

    def payee(self, rng: Random) -> Edit:
        """A member gives a payee, or the same again, or takes it back."""
        return self._change(rng, rng.choice(self.tenant.members).member_id)

    def payee_in_draft(self, rng: Random) -> Edit:
        """A payee is changed while a draft is made of what is due to that member, or when it is, or too late."""
        rows = map(self.rows.peek, self.rows.stored())
        due = {row["member_id"] for row in rows if (row["status"], row.get("payout")) == ("approved", "unpaid")}
        member_id = rng.choice(sorted(due) or [member.member_id for member in self.tenant.members])
        first, change = self._put(member_id, rng.choice(_PAYEES)), self._change(rng, member_id)
        turns, rail, randomness = rng.randrange(40), rng.choice(RAILS), rng.randbytes(10)
        end = rng.choice((self.payouts.confirm, self.payouts.confirm, self.payouts.cancel))

        def edit() -> None:
            with suppress(Refusal):
                first()
            payout_id = self.payouts.start(0, randomness, member_ids=(member_id,), rail=rail)
            self.scheduler.wait(turns)
            with suppress(Refusal):
                change()
            self.scheduler.wait(turns)
            with suppress(Refusal):
                end(payout_id)

        return edit

    def change_late(self) -> None:
        """A payee may change, or a member be erased, now that nobody orders any more."""
        rng = self.scheduler.rng
        member_id, turns = rng.choice(self.tenant.members).member_id, rng.randrange(30)
        change = self._erase(member_id) if rng.random() < _ERASING else self._change(rng, member_id)

        def late() -> None:
            self.scheduler.wait(turns)
            change()

        if rng.random() < _LATE:
            self.scheduler.start("edit_payee_late", late, lambda _: None)

    def look(self, rng: Random) -> Edit:
        """Somebody gets the file of a payout."""
        if not self.payouts.begun:
            return lambda: None
        payout_id = rng.choice(self.payouts.begun)
        return lambda: self._look(payout_id)

    def look_at_all(self) -> None:
        """Somebody gets the files of all payouts."""
        for payout_id in self.payouts.all_of_program():
            with suppress(Refusal):
                self._look(payout_id)

    def _look(self, payout_id: str) -> None:
        stored = self.table._stored(payout_keys.payout(self.tenant.program_id, payout_id)) or {}
        made = exports.part_of(self.table, self.tenant.program, payout_id, "csv", 1)
        if stored["state"] == "confirmed":
            self.seen.append((payout_id, paid_by(made.file)))

    def _change(self, rng: Random, member_id: str) -> Edit:
        payee = rng.choice((*_PAYEES, None))
        return (lambda: self._remove(member_id)) if payee is None else self._put(member_id, payee)

    def _put(self, member_id: str, payee: Payee) -> Edit:
        return lambda: payees.put(self.table, self._place(member_id), payee, None, self.rows.author())

    def _remove(self, member_id: str) -> None:
        payees.remove(self.table, self._place(member_id), None, self.rows.author())

    def _erase(self, member_id: str) -> Edit:
        def edit() -> None:
            erased = members.erase(self.table, self.tenant.program, member_id, self.rows.author(), confirmed=True)
            self.queue.send(JobMessage(self.tenant.program_id, erased.job_id))

        return edit

    def _place(self, member_id: str) -> payees.Place:
        return payees.Place(self.tenant.program_id, member_id)
