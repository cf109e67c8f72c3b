"""Planted bugs of payouts, each the loss of one thing that they rest on."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.domain.kernel.places import Places
from laurel.domain.ledger.payment import paid
from laurel.domain.ledger.worth import taken_up
from laurel.domain.payouts import lines as domain_lines
from laurel.domain.payouts.lines import Line, Place
from laurel.domain.payouts.payouts import Payout
from laurel.store import accounts
from laurel.store.operations import Op, Put, Update
from laurel.workflows.members import members
from laurel.workflows.payouts import drafting, due, lines, reading, releasing
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.kit.histories import History


def _is_line(op: Op) -> bool:
    return isinstance(op, Put) and op.item["kind"] == "payout line"


def _is_total(op: Op) -> bool:
    return isinstance(op, Update) and "total" in op.add


def _is_row_of(op: Op, payout: str) -> bool:
    return isinstance(op, Update) and op.key.sk == "commission" and op.set.get("payout") == payout


class _LinesApart(Changed):
    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        apart = [op for op in ops if _is_line(op) or _is_total(op)]
        super().commit([op for op in ops if op not in apart], token)
        for op in apart:
            self.scheduler.pause(self.scheduler.switching)
            super().commit([op])


class _StatesIgnored(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and _is_total(op) else op


class _RowsTakenBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and _is_row_of(op, "in_payout") else op


class _JobsAgain(Changed):
    def changed(self, op: Op) -> Op | None:
        is_job = isinstance(op, Put) and op.item["kind"] == "job" and op.item["body"]["kind"] == "fail_line"
        return replace(op, new=False) if isinstance(op, Put) and is_job else op


class _PayoutsForgotten(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and "last_payout" in op.set:
            return replace(op, set={name: value for name, value in op.set.items() if name != "last_payout"})
        return op


class _DraftsForgotten(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and op.key.sk == "head" and "drafts" in op.set:
            return replace(op, set={name: value for name, value in op.set.items() if name != "drafts"})
        return op


def _paid_again(_: "History") -> AbstractContextManager[None]:
    real = Payout.is_due

    def is_due(self: Payout, row: Any, calendar: Any) -> bool:
        return real(self, row.model_copy(update={"payout": "unpaid"}), calendar)

    return replaced(Payout, "is_due", is_due)


@contextmanager
def _debts_first(_: "History") -> "Iterator[None]":
    """Whoever owes is paid what is left, even if that is nothing."""
    with (
        replaced(drafting, "unpaid_because", lambda *_: None),
        replaced(domain_lines, "unpaid_because", lambda *_: None),
    ):
        yield


@contextmanager
def _held_taken(_: "History") -> "Iterator[None]":
    with replaced(drafting, "is_held", lambda *_: False), replaced(due, "is_held", lambda *_: False):
        yield


def _lines_left_behind(_: "History") -> AbstractContextManager[None]:
    return replaced(Places, "move", lambda *_: None)


def _decided_freed(_: "History") -> AbstractContextManager[None]:
    return replaced(Place, "pays", property(lambda _: False))


def _amounts_anew(_: "History") -> AbstractContextManager[None]:
    """A row of a payout that is decided takes its worth once more before it is paid."""
    real = Places.settled

    def settled(self: Places, row: Any, now: Any) -> Any:
        after = real(self, row, now)
        return paid(taken_up(row, now), after.payout_id) if (row.payout, after.payout) == _PAYS else after

    return replaced(Places, "settled", settled)


_PAYS = ("in_payout", "paid")


def _suspended_stay(_: "History") -> AbstractContextManager[None]:
    return replaced(members, "left", lambda _, program_id, member_id, *__: [members.touch(program_id, member_id)])


def _anybodys_taken_back(_: "History") -> AbstractContextManager[None]:
    """A failure takes back all rows that its pages list, whoever has paid them since."""
    lenient = {name: getattr(lines, name) for name in ("pages", "rows_of", "are_waiting", "row")}
    return replaced(releasing, "lines", type("lines", (), {**lenient, "names": lambda *_: True}))


def _taken_back_silently(_: "History") -> AbstractContextManager[None]:
    return replaced(releasing, "_noted", _unchanged)


def _unchanged(page: Any, key: Any, _: Any) -> Put:
    return Put({**page}, expect={"version": page["version"]})


def _left_unfreed(_: "History") -> AbstractContextManager[None]:
    return replaced(releasing, "_free", lambda *_: 0)


def _failed_again(_: "History") -> AbstractContextManager[None]:
    """A line that failed is taken for one that was sent."""
    real = reading.line

    def line(*asked: Any) -> Line:
        return real(*asked).model_copy(update={"state": "sent"})

    return replaced(reading, "line", line)


def _paid_for_good(_: "History") -> AbstractContextManager[None]:
    """Of a line that failed, the payout stays the last one that paid its member."""
    real = accounts.last_paid_by
    return replaced(accounts, "last_paid_by", lambda *asked: real(*asked[:3], asked[2].last_payout))


PAYOUT_MUTANTS = (
    Mutant("a line is written after the transaction", table=_LinesApart),
    Mutant("the account does not note its last payout", table=_PayoutsForgotten),
    Mutant("a payout pays rows that are paid", planted=_paid_again),
    Mutant("nobody is below the minimum", planted=_debts_first),
    Mutant("a draft takes a row that another payout holds", planted=_held_taken),
    Mutant("a draft takes a row on another version than was read", table=_RowsTakenBlindly),
    Mutant("a line is not moved with its row", planted=_lines_left_behind),
    Mutant("a line is moved whatever state its payout is in", table=_StatesIgnored),
    Mutant("a fold frees a row of a payout that is decided", planted=_decided_freed),
    Mutant("a row takes its worth once more when it is paid", planted=_amounts_anew),
    Mutant("who is suspended stays in drafts", planted=_suspended_stay),
    Mutant("the account does not note its drafts", table=_DraftsForgotten),
    Mutant("a failure takes back what another payout paid", planted=_anybodys_taken_back),
    Mutant("a line fails as often as it is told", table=_JobsAgain, planted=_failed_again),
    Mutant("a payout that failed is its member's last one still", planted=_paid_for_good),
    Mutant("a failure keeps no evidence", planted=_taken_back_silently),
    Mutant("the rows of a line that left are never freed", planted=_left_unfreed),
)
