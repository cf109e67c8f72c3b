"""Planted bugs of payees and files, each the loss of one thing that they rest on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.store import accounts, keys, mail_items, member_keys
from laurel.store import payees as stored_payees
from laurel.store.operations import Op, Put, Update
from laurel.workflows.members import members
from laurel.workflows.payouts import exports, payees
from laurel.workflows.payouts.drafting import _Drafter
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


class _TurnedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        is_turn = isinstance(op, Update) and op.set.get("state") in {"confirming", "cancelled"}
        return replace(op, expect={}) if isinstance(op, Update) and is_turn else op


class _NobodyTold(Changed):
    def changed(self, op: Op) -> Op | None:
        is_mail = isinstance(op, Put) and op.new and op.item["kind"] == "mail"
        return (
            None
            if is_mail and isinstance(op, Put) and op.item[mail_items.MESSAGE].get("kind") == "payee_changed"
            else op
        )


def _lines_stay(_: "History") -> AbstractContextManager[None]:
    return replaced(payees, "left", lambda _, program_id, member_id, *__: [members.touch(program_id, member_id)])


def _head_untouched(_: "History") -> AbstractContextManager[None]:
    """The first of the writes moves the head on."""
    real = payees.left
    return replaced(payees, "left", lambda *asked: real(*asked)[1:])


def _erased_stay(_: "History") -> AbstractContextManager[None]:
    real = members.left

    def left(table: Any, program_id: str, member_id: str, reason: Any, now: Any) -> list[Op]:
        if reason == "erased":
            return [members.touch(program_id, member_id)]
        return real(table, program_id, member_id, reason, now)

    return replaced(members, "left", left)


def _head_read_last(_: "History") -> AbstractContextManager[None]:
    real = _Drafter._standing

    def standing(self: _Drafter) -> Any:
        at = real(self)
        return replace(at, head=accounts.head(self.table.get(keys.head(self._program_id, self.member_id))))

    return replaced(_Drafter, "_standing", standing)


def _payees_of_now(_: "History") -> AbstractContextManager[None]:
    real = exports._sealed

    def sealed(table: Any, program_id: str, payout: Any) -> Iterator[Any]:
        for each in real(table, program_id, payout):
            known = stored_payees.sealed(table.get(member_keys.payee(program_id, each.line.member_id)))
            yield replace(each, sealed=known.sealed if known else None)

    return replaced(exports, "_sealed", sealed)


def _failed_left_out(_: "History") -> AbstractContextManager[None]:
    """A file forgets the lines that did not arrive, though it was sent with them."""
    real = exports.lines.after

    def after(*asked: Any) -> Any:
        return [line.model_copy(update={"state": "left"}) if line.state == "failed" else line for line in real(*asked)]

    return replaced(exports.lines, "after", after)


PAYEE_MUTANTS = (
    Mutant("a changed payee does not take the line out of a draft", planted=_lines_stay),
    Mutant("a changed payee does not move the head on", planted=_head_untouched),
    Mutant("a changed payee is not told to the member", table=_NobodyTold),
    Mutant("who is erased stays in drafts", planted=_erased_stay),
    Mutant("a draft reads the head after the payee", planted=_head_read_last),
    Mutant("a payout is turned whatever state it is in", table=_TurnedBlindly),
    Mutant("a file pays to the accounts of now", planted=_payees_of_now),
    Mutant("a file forgets what did not arrive", planted=_failed_left_out),
)
