"""Planted bugs of retroactive moves: each leaves out one thing that "every row, once, by the last move" rests on."""

from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laurel.domain.earnings import repricing, tiers
from laurel.domain.kernel import passes
from laurel.domain.kernel.passes import Pass
from laurel.domain.ledger.commissions import Bucket, Commission
from laurel.domain.members.accounts import Change
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.offers.terms import NoPayout, TierRate
from laurel.domain.program.jobs import Page
from laurel.workflows.kernel import recalculations
from tests.simulation.kit.mutants.mutants import Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


def _folds_do_not_reprice(_: "History") -> AbstractContextManager[None]:
    real = Pass.settled

    def settled(run: Pass, change: Change) -> Change:
        row = run.places.settled(change.commission, run.now)
        stays = replace(change, commission=row, stored=change.read) if row is not change.commission else change
        return stays if change.is_pending else real(run, change)

    return replaced(Pass, "settled", settled)


def _unverified(_: "History") -> AbstractContextManager[None]:
    """One walk over the index, and the job is done."""
    real = recalculations._walked

    def walked(walk: Any, *asked: Any) -> Page:
        page = real(walk, *asked)
        if "after" in (page.cursor or {}):
            return page
        recalculations._end(walk)
        return Page(page.done, is_last=True, cursor=page.cursor)

    return replaced(recalculations, "_walked", walked)


def _lower_numbers_win(_: "History") -> AbstractContextManager[None]:
    real = passes.repriced

    def repriced(row: Any, recalculations: Any, now: Any) -> Any:
        return real(row, [each for each in recalculations if each.concerns(row)][:1], now)

    return replaced(passes, "repriced", repriced)


def _whatever_the_number(_: "History") -> AbstractContextManager[None]:
    """A row that is counted anew is repriced by any recalculation of its day, also one before its own move."""
    real = Pass.settled

    def settled(run: Pass, change: Change) -> Change:
        if not change.is_pending:
            return real(run, change)
        again = real(run, replace(change, commission=change.commission.model_copy(update={"move": -1})))
        return real(run, change) if again.commission.move == -1 else replace(again, stored=change.read)

    return replaced(Pass, "settled", settled)


def _followed_as_moved(_: "History") -> AbstractContextManager[None]:
    """What is above a sale is priced by the terms that the sale has by now."""
    real = tiers._followed

    def followed(row: Commission, sold: Commission) -> dict[str, Any]:
        by_now = sold.terms.tiers[row.tier - tiers.FIRST :][:1] if sold.terms else ()
        rate = by_now[0] if by_now else TierRate(amount=0)
        return real(row.model_copy(update={"terms": tiers._terms(sold.terms or NoPayout(type="none"), rate)}), sold)

    return replaced(tiers, "_followed", followed)


def _moved_for_all(_: "History") -> AbstractContextManager[None]:
    return replaced(repricing, "_recorded", lambda *_: None)


def _own_terms_repriced(_: "History") -> AbstractContextManager[None]:
    """Walks and folds do not look whose terms they are."""
    real = repricing.is_repriceable

    def is_repriceable(bucket: Bucket) -> bool:
        return real(bucket._replace(own_terms=False))

    def may_wait(item: Any, number: int) -> bool:
        return bool(item["body"].get("move", 0) < number)

    planted = ExitStack()
    planted.enter_context(replaced(repricing, "is_repriceable", is_repriceable))
    planted.enter_context(replaced(recalculations, "_may_wait", may_wait))
    return planted


def _own_terms_kept(_: "History") -> AbstractContextManager[None]:
    """A rule's move leaves the member the terms that it had in the option before."""
    real = Enrollment.moved

    def moved(before: Enrollment, *to: Any) -> Enrollment:
        return real(before, *to).model_copy(update={"terms": before.terms})

    return replaced(Enrollment, "moved", moved)


RETRO_MUTANTS = (
    Mutant("a retroactive move reprices own terms", planted=_own_terms_repriced),
    Mutant("a move keeps own terms", planted=_own_terms_kept),
    Mutant("a child's move reprices the parent", planted=_followed_as_moved),
    Mutant("a sale that is moved forgets what it was recorded by", planted=_moved_for_all),
    Mutant("a fold does not reprice", planted=_folds_do_not_reprice),
    Mutant("a job does not verify that nothing is left", planted=_unverified),
    Mutant("a lower number wins over a higher one", planted=_lower_numbers_win),
    Mutant("a fold reprices rows of a higher number", planted=_whatever_the_number),
)
