"""Repricing: a commission by the terms of the last retroactive move that concerns it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.recalculations import Recalculation, is_repriceable
from laurel.domain.ledger.row_parts import Adjusted, RecordedTerms
from laurel.domain.ledger.worth import is_declined
from laurel.domain.offers.terms import PayoutTerms, PerClick, Recurring, earned, is_automatic
from laurel.domain.tracking.subscriptions import terms_of_renewal

_PRICED: Final = frozenset({"conversion", "schedule"})


def repriced(row: Commission, recalculations: Sequence[Recalculation], now: datetime) -> Commission:
    """`row` repriced; `row` itself if none of them concerns it, or if it is paid, declined or set by hand.

    It keeps by what it was recorded, since rows of higher tiers are paid by that.
    """
    due = [recalculation for recalculation in recalculations if recalculation.concerns(row)]
    if not due or not _is_priced(row):
        return row
    last = max(due, key=lambda recalculation: recalculation.number)
    terms = _terms(row, last.terms)
    return row.revised(
        now,
        payout_option_id=last.payout_option_id,
        option_version=last.option_version,
        move=last.number,
        terms=terms,
        recorded=_recorded(row, terms),
        **_priced(row, terms),
    )


def _priced(row: Commission, terms: PayoutTerms) -> dict[str, Any]:
    """The amount by `terms`; of a row that was paid once and was adjusted, what its adjustments must come to."""
    if not row.is_fixed:
        return {"amount": _amount(row, terms)}
    if is_declined(row):
        return {}
    return {"due": Adjusted(amount=_amount(row, terms) - row.amount)}


def _is_priced(row: Commission) -> bool:
    """Whether its amount comes from payout terms and can still change."""
    counts = row.contribution()
    return row.origin in _PRICED and counts is not None and is_repriceable(counts.bucket)


def _terms(row: Commission, terms: PayoutTerms) -> PayoutTerms:
    """The part of `terms` that the row would keep if it had been recorded by them."""
    if row.type == "click":
        return terms.alone() if isinstance(terms, PerClick) else terms.snapshot(None)
    own = terms.snapshot(row.action_code).model_copy(update={"recurring": _followed(row, terms)})
    if row.renewal is None:
        return own
    if row.is_scheduled:
        return own.model_copy(update={"recurring": None})
    return terms_of_renewal(own, row.renewal.number)


def _followed(row: Commission, terms: PayoutTerms) -> Recurring | None:
    """How later payments come: with other terms they are made by whom they were, the program or whoever reports them.

    A recurrence at work goes on; if reported payments were paid beside it, or it was begun beside those, each
    interval would be paid twice.
    """
    if row.terms is not None and is_automatic(row.terms):
        return row.terms.recurring
    return None if terms.recurring is None else terms.recurring.model_copy(update={"mode": "on_payment"})


def _recorded(row: Commission, terms: PayoutTerms) -> RecordedTerms | None:
    was = row.as_recorded
    return was if was is not None and (was.terms.tiers or terms.tiers) else None


def _amount(row: Commission, terms: PayoutTerms) -> int:
    if row.is_free_of_charge:
        return 0
    if row.clicks is not None:
        return terms.on_clicks(row.clicks) if isinstance(terms, PerClick) else 0
    return earned(terms, row.action_code, row.base)
