"""Planted bugs of rules that repeat, of rules about one order, and of own terms; see `mutants`."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.domain.ledger.multiples import Multiples
from laurel.domain.members.enrollments import Enrollment
from laurel.store import accounts, member_keys, repeats
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
        key = member_keys.repeats(program_id, marker.member_id, marker.rule_id, evidence.key)
        return [Delete(key)]

    return replaced(repeats, "forgotten", forgotten)


def _first_forgotten(_: "History") -> AbstractContextManager[None]:
    real = accounts.head
    return replaced(accounts, "head", lambda item: replace(real(item), first_sale=None))


def _last_alone(_: "History") -> AbstractContextManager[None]:
    """Of several multiples that one commission passes, only the last is rewarded."""
    real = Multiples.missing
    return replaced(Multiples, "missing", lambda kept, until: iter([*real(kept, until)][-1:]))


def _forgotten_never(_: "History") -> AbstractContextManager[None]:
    return replaced(repeats, "forgotten", lambda *_: [])


def _option_pays(_: "History") -> AbstractContextManager[None]:
    """Whatever was agreed with the member."""
    return replaced(Enrollment, "terms_in", lambda place, offer: offer.option(place.payout_option_id).terms)


def _agreed_for_ever(_: "History") -> AbstractContextManager[None]:
    """A hand's move to another option leaves the member what was agreed in the option before."""
    real = Enrollment._in_option

    def in_option(place: Enrollment, option: str | None) -> dict[str, Any]:
        return {**real(place, option), "terms": place.terms}

    return replaced(Enrollment, "_in_option", in_option)


REWARD_MUTANTS = (
    Mutant("of several multiples at once the last alone is rewarded", planted=_last_alone),
    Mutant("a multiple whose marker was deleted is never rewarded again", planted=_forgotten_never),
    Mutant("own terms are not paid", planted=_option_pays),
    Mutant("own terms outlive a move by hand", planted=_agreed_for_ever),
    Mutant("with one multiple all of its period are forgotten", planted=_all_forgotten),
    Mutant("after a refund another order is the first", planted=_first_forgotten),
)
