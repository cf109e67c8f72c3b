"""Moves that rules make: which of them change something, and the recalculation that a retroactive one begins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.recalculations import MOST_AT_WORK, Recalculation
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.offers.offers import Offer
from laurel.domain.rules.actions import MoveTo
from laurel.domain.rules.compiled import CompiledRule
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Applied, Occasion, Payday

Enrollments = Mapping[str, Enrollment]


@dataclass(frozen=True, slots=True)
class Move:
    """An enrollment that a rule moved to another payout option; `recalculation`: with what it had earned before."""

    before: Enrollment
    after: Enrollment
    rule_id: str
    recalculation: Recalculation | None = None


def moves_of(rule: Rule, enrollments: Enrollments) -> list[MoveTo]:
    """The moves that would change something."""
    return [move for move in rule.moves if enrollments[move.offer_id].payout_option_id != move.payout_option_id]


def moves_back(moves: Collection[MoveTo], made: Sequence[Move]) -> list[MoveTo]:
    """The moves that lead back to where an enrollment stood before what was `made` of it."""
    origins = {move.before.offer_id: move.before.payout_option_id for move in reversed(made)}
    return [move for move in moves if origins.get(move.offer_id) == move.payout_option_id]


def undone_by(move: MoveTo, made: Sequence[Move]) -> list[Move]:
    """The moves among `made` that `move` takes back: it leads to where the enrollment stood before them."""
    of_offer = [each for each in made if each.before.offer_id == move.offer_id]
    stood = [each.before.payout_option_id for each in of_offer]
    return of_offer[stood.index(move.payout_option_id) :] if move.payout_option_id in stood else []


def retroactive(moves: Collection[MoveTo]) -> list[MoveTo]:
    """The moves that recalculate what was earned before."""
    return [move for move in moves if move.retroactive]


def may_recalculate(move: MoveTo, offer: Offer | None, enrollment: Enrollment, at_work: Collection[str]) -> bool:
    """Whether the option is still there whose terms it goes by, and not too many are at work already."""
    is_there = offer is not None and move.payout_option_id in {each.payout_option_id for each in offer.payout_options}
    return is_there and sum(each.key in at_work for each in enrollment.recalculations) < MOST_AT_WORK


def all_may_recalculate(
    moves: Collection[MoveTo], offers: Mapping[str, Offer | None], enrollments: Enrollments, at_work: Collection[str]
) -> bool:
    """Whether everything that the retroactive ones go by allows them."""
    return all(
        may_recalculate(move, offers[move.offer_id], enrollments[move.offer_id], at_work) for move in retroactive(moves)
    )


def recalculation(
    compiled: CompiledRule,
    after: Enrollment,
    offer: Offer,
    trigger: Commission | Occasion,
    chain: tuple[str, ...],
    now: datetime,
) -> Recalculation:
    """What the move that left the enrollment as `after` begins. `chain`: who moved the member in what led to it."""
    option = offer.offered(after.payout_option_id)
    return Recalculation(
        member_id=after.member_id,
        offer_id=after.offer_id,
        number=after.move,
        payout_option_id=option.payout_option_id,
        option_version=option.version,
        terms=option.terms,
        period=compiled.period,
        first=compiled.days.first,
        until=compiled.days.until,
        trigger=None if isinstance(trigger, Occasion) else trigger.commission_id,
        payout_id=trigger.payout_id if isinstance(trigger, Payday) else None,
        applied_at=trigger.occurred_at if isinstance(trigger, Applied) else None,
        day=trigger.day,
        chain=(*chain, compiled.rule_id),
        at=now,
    )
