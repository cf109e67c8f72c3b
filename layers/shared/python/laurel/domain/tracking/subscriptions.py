"""Subscriptions: each belongs to the member who won it, and later payments earn by the terms of the first."""

from dataclasses import dataclass
from typing import Any

from laurel.domain.ledger.commissions import Attribution, Commission
from laurel.domain.ledger.row_parts import Renewal
from laurel.domain.ledger.worth import worth
from laurel.domain.offers.action_codes import is_known
from laurel.domain.offers.offers import Offer
from laurel.domain.offers.terms import NoPayout, PayoutTerms, is_automatic
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Candidate
from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.conversions import review


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that `first` has won for its member in `offer`.

    `payments`: the number recorded after it, of whole intervals; after a trial the first is its sale.
    """

    claim: Claim
    first: Commission
    offer: Offer
    payments: int

    def is_of(self, person: Candidate) -> bool:
        """Whether the candidate is the member and the offer that have it."""
        enrollment = person.enrollment
        return enrollment is not None and (enrollment.member_id, enrollment.offer_id) == (
            self.first.member_id,
            self.first.offer_id,
        )

    @property
    def is_tried(self) -> bool:
        """True as long as nothing was paid since it began with a trial."""
        return self.first.is_trial and self.payments == 0

    def counts(self, row: Commission, *, is_interval: bool) -> bool:
        """Whether a payment has a place of its own: a whole interval, and after a trial its sale, whatever that is for.

        What is free until then belongs to the trial.
        """
        return not row.is_free_of_charge if self.is_tried else is_interval


def beginning(row: Commission, subscription: str | None) -> Commission:
    """The row of a new order of which its shop said, before it told of the order, that it began `subscription`."""
    if subscription is None or row.order is None or row.order.subscription is not None:
        return row
    named = row.model_copy(update={"order": row.order.model_copy(update={"subscription": subscription})})
    return named.model_copy(update=worth(named))


def renewed(program: Program, row: Commission, subscription: Subscription, *, is_interval: bool = True) -> Commission:
    """The row of a reported order, which has no winner of its own, as the next payment of a subscription.

    It earns by the first payment's terms, whatever the flags of offer and enrollment are by now; 0 past
    the limit, and where the terms do not pay for reported payments. The first above 0 after a trial, which was no sale,
    is the sale.
    `is_interval`: False for an amount in between, such as a proration, which uses up nothing of a limit.
    """
    first = subscription.first
    number = subscription.payments + is_interval - first.is_trial
    kind = _sale_after_trial(first, row) if subscription.is_tried else _later_payment(first, row, number)
    renewal = row.model_copy(
        update={
            **kind,
            "by_name": is_known(row.action_code, program, [subscription.offer]),
            "member_id": first.member_id,
            "offer_id": first.offer_id,
            "payout_option_id": first.payout_option_id,
            "option_version": first.option_version,
            "move": first.move,
            "own_terms": first.own_terms,
            "payout": "unpaid",
            **review(program.approval, row.occurred_at),
            "attribution": Attribution(by="customer"),
        }
    )
    return renewal.model_copy(update=worth(renewal))


def _sale_after_trial(trial: Commission, row: Commission) -> dict[str, Any]:
    # a trial keeps the rates of all actions, since what follows it may be any of them
    return {"terms": trial.terms and trial.terms.snapshot(row.action_code)}


def _later_payment(first: Commission, row: Commission, number: int) -> dict[str, Any]:
    def of(terms: PayoutTerms | None) -> PayoutTerms:
        return terms_of_renewal(terms, number).snapshot(row.action_code)

    was = first.recorded
    return {
        "type": "recurring",
        "terms": of(first.terms),
        # those above earn by the same, whether a recalculation came to the first payment before this one or not
        "recorded": was and was.model_copy(update={"terms": of(was.terms)}),
        "renewal": Renewal(conversion_id=first.commission_id, number=number),
    }


def terms_of_renewal(terms: PayoutTerms | None, number: int) -> PayoutTerms:
    """The terms of the `number`-th reported payment after the first; `none` if it pays nothing.

    They are kept with the row, so that it comes to 0 whenever it is reckoned again. Where the program makes the
    payments by itself they say so, and no recalculation pays for those that are reported beside them.
    """
    recurring = terms.recurring if terms else None
    if terms is not None and is_automatic(terms):
        return NoPayout(type="none", actions={}, recurring=recurring)
    if terms is None or recurring is None or recurring.is_past(number):
        return NoPayout(type="none", actions={})
    return terms.model_copy(update={"recurring": None})
