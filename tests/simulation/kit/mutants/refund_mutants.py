"""Planted bugs of refunds and approvals; see `mutants`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from laurel.domain.kernel import passes
from laurel.domain.tracking import facts
from laurel.domain.tracking.refunds import Refund
from laurel.store import items
from laurel.store.operations import Op, Put, Update
from laurel.workflows.earnings import approvals
from laurel.workflows.ledger import row_history
from laurel.workflows.tracking import order_facts
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


def _refunds(ops: Sequence[Op]) -> bool:
    return any(isinstance(op, Put) and op.item["kind"] == "refund" for op in ops)


class _AppliedBlindly(Changed):
    """The row is written without the version that was read."""

    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        if _refunds(ops):
            ops = [replace(op, expect={}) if isinstance(op, Update) and "body" in op.set else op for op in ops]
        super().commit(ops, token)


class _Repeated(Changed):
    """A refund is neither looked up nor written conditionally."""

    def batch_get(self, keys: Any) -> Any:
        found = super().batch_get(keys)
        return {key: item for key, item in found.items() if item.get("kind") != "refund"}

    def changed(self, op: Op) -> Op | None:
        return replace(op, new=False) if isinstance(op, Put) and op.item["kind"] == "refund" else op


class _StubOverOrder(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, new=False, expect={}) if isinstance(op, Put) and op.item["kind"] == items.STUB else op


class _OrderOverStub(Changed):
    def changed(self, op: Op) -> Op | None:
        is_joined = isinstance(op, Put) and op.item["kind"] == "commission" and bool(op.expect)
        return replace(op, expect={}) if isinstance(op, Put) and is_joined else op


class _NotAdjusted(Changed):
    def changed(self, op: Op) -> Op | None:
        is_adjustment = isinstance(op, Put) and "adjusts" in op.item.get("body", {})
        return None if is_adjustment else op


class _DecidedBlindly(Changed):
    """A decision is written without the version that was read."""

    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        current = self.scheduler.current
        if current is not None and current.name in {"edit_row", "edit_rows"}:
            ops = [replace(op, expect={}) if isinstance(op, Update) and "body" in op.set else op for op in ops]
        super().commit(ops, token)


def _none_waiting(_: "History") -> AbstractContextManager[None]:
    return replaced(order_facts, "waiting", lambda *_: [])


def _decided_silently(_: "History") -> AbstractContextManager[None]:
    real = row_history.written
    return replaced(approvals.row_history, "written", lambda *edit: real(*edit)[:1])


def _older_news_too(_: "History") -> AbstractContextManager[None]:
    ever = datetime(2001, 1, 1, tzinfo=UTC)
    return replaced(facts._Clocks, "of", lambda *_: facts._Clocks(ever, ever, ever))


def _undone_for_show(_: "History") -> AbstractContextManager[None]:
    real = Refund.taken.fget
    assert real is not None
    return replaced(Refund, "taken", property(lambda refund: real(refund.model_copy(update={"stands": True}))))


def _states_forgotten(_: "History") -> AbstractContextManager[None]:
    return replaced(items, "stub_state", lambda _: None)


def _adjusted_apart(_: "History") -> AbstractContextManager[None]:
    """A paid row is counted before what adjusts it: rules are asked in between, as the adjustment comes later."""
    return replaced(passes, "adjustment", lambda *_: None)


def _not_forgiven(_: "History") -> AbstractContextManager[None]:
    return replaced(approvals, "forgiving", lambda row, *_: row)


REFUND_MUTANTS = (
    Mutant("older news of an order replaces newer", planted=_older_news_too),
    Mutant("a refund that is taken back stays taken", planted=_undone_for_show),
    Mutant("the state that waits for an order is forgotten", planted=_states_forgotten),
    Mutant("a paid row is not adjusted in its own step", planted=_adjusted_apart),
    Mutant("what a hand forgave of a paid row is given back", planted=_not_forgiven),
    Mutant("a refund is applied to another version than was read", table=_AppliedBlindly),
    Mutant("a refund that comes again is applied again", table=_Repeated),
    Mutant("a refund's stub takes the place of an order", table=_StubOverOrder),
    Mutant("an order takes the place of a stub that more refunds came to", table=_OrderOverStub),
    Mutant("an order does not ask what waits for it", planted=_none_waiting),
    Mutant("a paid row is refunded and not adjusted", table=_NotAdjusted),
    Mutant("a row is decided on another version than was read", table=_DecidedBlindly),
    Mutant("a decision is not in the history", planted=_decided_silently),
)
