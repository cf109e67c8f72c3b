"""Planted bugs of rules that repeat and of rules about one order; see `mutants`."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.store import accounts, keys, repeats
from laurel.store.operations import Delete
from tests.simulation.kit.mutants.mutants import Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


def _all_forgotten(_: "History") -> AbstractContextManager[None]:
    def forgotten(table: Any, program_id: str, marker: Any) -> list[Any]:
        evidence = marker.evidence
        if evidence is None or evidence.key is None:
            return []
        key = keys.repeats(program_id, marker.member_id, marker.rule_id, evidence.key)
        return [Delete(key)]

    return replaced(repeats, "forgotten", forgotten)


def _first_forgotten(_: "History") -> AbstractContextManager[None]:
    real = accounts.head
    return replaced(accounts, "head", lambda item: replace(real(item), first_sale=None))


REWARD_MUTANTS = (
    Mutant("with one multiple all of its period are forgotten", planted=_all_forgotten),
    Mutant("after a refund another order is the first", planted=_first_forgotten),
)
