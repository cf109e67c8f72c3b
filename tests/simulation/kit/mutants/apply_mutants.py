"""Planted bugs of rules that a merchant applies to everybody; see `mutants`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from laurel.domain.kernel import transition
from laurel.domain.kernel.passes import Pass
from laurel.domain.members.accounts import Account
from laurel.domain.rules.schedule import Applied
from laurel.store import keys
from laurel.store.operations import Op, Put
from laurel.workflows.kernel import transitions
from laurel.workflows.rules import applying
from tests.simulation.kit.mutants.mutants import Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world.world_table import WorldTable

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


class _HeadLeft:
    """The table, without what moves an account's head on."""

    def __init__(self, table: WorldTable) -> None:
        self._table = table

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def transact(self, ops: Sequence[Op]) -> None:
        self._table.transact([op for op in ops if op.key.sk != "head"])


def _without_head(_: "History") -> AbstractContextManager[None]:
    real = transitions.apply
    return replaced(applying, "apply", lambda table, *asked: real(_HeadLeft(table), *asked))  # type: ignore[arg-type]


def _without_marker_guard(_: "History") -> AbstractContextManager[None]:
    """A second application finds no note, no marker, and writes over what is there."""
    real = transitions.apply

    def apply(table: Any, rulebook: Any, member_id: str, *further: Any) -> None:
        real(_Unguarded(table), rulebook, member_id, *further)  # type: ignore[arg-type]

    return replaced(applying, "apply", apply)


class _Unguarded(_HeadLeft):
    def transact(self, ops: Sequence[Op]) -> None:
        self._table.transact([Put(op.item) if isinstance(op, Put) else op for op in ops])

    def batch_get(self, wanted: Any) -> Any:
        return {key: item for key, item in self._table.batch_get(wanted).items() if key.sk != "commission"}

    def query(self, pk: str, **asked: Any) -> Any:
        found = self._table.query(pk, **asked)
        return [item for item in found if not item["sk"].startswith(keys.fired("", "", "").sk)]


def _who_left_too(_: "History") -> AbstractContextManager[None]:
    """Whoever is not approved, or joined after the rule was applied, is asked as well."""
    real = transition._evaluate_at

    def evaluate_at(run: Pass, account: Account, occasion: Any) -> None:
        if isinstance(occasion, Applied):
            run.evaluate(run.rules.by_day[occasion.day], occasion)
        else:
            real(run, account, occasion)

    return replaced(transition, "_evaluate_at", evaluate_at)


APPLY_MUTANTS = (
    Mutant("a rule is applied to members who are suspended", planted=_who_left_too),
    Mutant("applying a rule does not move the head on", planted=_without_head),
    Mutant("applying a rule again pays again", planted=_without_marker_guard),
)
