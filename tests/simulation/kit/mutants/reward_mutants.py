"""Planted bugs of rules that repeat and of rules about one order; see `mutants`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.domain.ledger.multiples import Multiples
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


def _last_believed(_: "History") -> AbstractContextManager[None]:
    def missing(self: Multiples, until: int) -> Iterator[int]:
        last = self.ranges[-1][1] if self.ranges else 0
        return iter(range(last + 1, until + 1))

    return replaced(Multiples, "missing", missing)


def _first_forgotten(_: "History") -> AbstractContextManager[None]:
    real = accounts.head
    return replaced(accounts, "head", lambda item: replace(real(item), first_sale=None))


REWARD_MUTANTS = (
    Mutant("with one multiple all of its period are forgotten", planted=_all_forgotten),
    Mutant("the last multiple is believed for those below it", planted=_last_believed),
    Mutant("after a refund another order is the first", planted=_first_forgotten),
)
