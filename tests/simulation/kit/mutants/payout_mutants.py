"""Planted bugs of payouts, each the loss of one thing that they rest on."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.domain.payouts.payouts import Payout
from laurel.store.operations import Op, Update
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


def _is_line(op: Op) -> bool:
    return isinstance(op, Update) and op.set.get("kind") == "payout line"


class _LinesApart(Changed):
    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        lines = [op for op in ops if _is_line(op)]
        super().commit([op for op in ops if op not in lines], token)
        for op in lines:
            self.scheduler.pause(self.scheduler.switching)
            super().commit([op])


class _PayoutsForgotten(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and "last_payout" in op.set:
            return replace(op, set={name: value for name, value in op.set.items() if name != "last_payout"})
        return op


def _paid_again(_: "History") -> AbstractContextManager[None]:
    real = Payout.takes

    def takes(self: Payout, row: Any, calendar: Any) -> bool:
        return real(self, row.model_copy(update={"payout": "unpaid"}), calendar)

    return replaced(Payout, "takes", takes)


def _debts_first(_: "History") -> AbstractContextManager[None]:
    """Whoever owes is paid what is left, even if that is nothing."""
    return replaced(Payout, "pays", lambda *_: True)


PAYOUT_MUTANTS = (
    Mutant("a line is written after the transaction", table=_LinesApart),
    Mutant("the account does not note its last payout", table=_PayoutsForgotten),
    Mutant("a payout pays rows that are paid", planted=_paid_again),
    Mutant("nobody is below the minimum", planted=_debts_first),
)
