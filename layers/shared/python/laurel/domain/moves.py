"""Moves that rules make: which of them change something, and the recalculation that a retroactive one begins."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from laurel.domain.actions import MovingAction, PutIntoCommissionGroupRetroactively
from laurel.domain.commissions import Commission
from laurel.domain.enrollments import Enrollment
from laurel.domain.offers import Offer
from laurel.domain.plans import PlannedRule
from laurel.domain.recalculations import MOST_AT_WORK, Recalculation
from laurel.domain.rules import Rule
from laurel.domain.schedule import Occasion, Payday

Enrollments = Mapping[str, Enrollment]


@dataclass(frozen=True, slots=True)
class Move:
    """An enrollment that a rule moved to another payout option; `recalculation`: with what it had earned before."""

    before: Enrollment
    after: Enrollment
    rule_id: str
    recalculation: Recalculation | None = None


def moves_of(rule: Rule, enrollments: Enrollments, chain: Collection[str] = ()) -> list[MovingAction]:
    """The moves that would change something. `chain`: rules that have moved the member before, and do so once."""
    if rule.rule_id in chain:
        return []
    return [move for move in rule.moves if enrollments[move.offer_id].payout_option_id != move.payout_option_id]


def retroactive(moves: Collection[MovingAction]) -> list[PutIntoCommissionGroupRetroactively]:
    """Those that recalculate what was earned before."""
    return [move for move in moves if isinstance(move, PutIntoCommissionGroupRetroactively)]


def may_recalculate(move: MovingAction, offer: Offer | None, enrollment: Enrollment, at_work: Collection[str]) -> bool:
    """Whether the option is still there whose terms it goes by, and not too many are at work already."""
    is_there = offer is not None and move.payout_option_id in {each.payout_option_id for each in offer.payout_options}
    return is_there and sum(each.key in at_work for each in enrollment.recalculations) < MOST_AT_WORK


def recalculation(
    planned: PlannedRule,
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
        period=planned.period,
        first=planned.days.first,
        until=planned.days.until,
        trigger=None if isinstance(trigger, Occasion) else trigger.commission_id,
        payout_id=trigger.payout_id if isinstance(trigger, Payday) else None,
        day=trigger.day,
        chain=(*chain, planned.rule_id),
        at=now,
    )
