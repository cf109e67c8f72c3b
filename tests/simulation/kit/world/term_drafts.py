"""Random payout terms: of sales and clicks, and in timely worlds what the members above earn and what recurs."""

from random import Random
from typing import Any, Final

from laurel.domain.offers.terms import (
    FixedOrPercent,
    FlatPerSale,
    FlatPlusPercent,
    NoPayout,
    PayoutTerms,
    PercentOfSale,
    PerClick,
    Recurring,
    TierRate,
)

_TERMS: Final[tuple[PayoutTerms, ...]] = (
    PercentOfSale(type="percent_of_sale", percent="10", actions={}),
    PercentOfSale(type="percent_of_sale", percent="7.5", actions={"signup": FixedOrPercent(amount=150)}),
    FlatPerSale(type="flat_per_sale", amount=500, actions={"signup": FixedOrPercent(percent="20")}),
    FlatPlusPercent(type="flat_plus_percent", amount=100, percent="2.9", actions={}),
    NoPayout(type="none", actions={}),
)
_LINK_TERMS: Final[tuple[PayoutTerms, ...]] = (
    *_TERMS[1:4],
    PerClick(type="per_click", amount=7, actions={}),
    PerClick(type="per_click", amount=25, actions={"signup": FixedOrPercent(amount=150)}),
    PerClick(type="per_click", amount=30, actions={}),
)
_TIERS: Final = (
    (),
    (TierRate(percent_of_sale="2.5"),),
    (TierRate(percent_of_first_tier="7.5"), TierRate(amount=30)),
    (TierRate(amount=50), TierRate(percent_of_first_tier="10"), TierRate(percent_of_sale="0.5")),
)
_LIMITS: Final = {"day": 3, "week": 2, "month": 1}  # each recurrence ends, and with it the history


def drawn(rng: Random, is_link: bool, timely: bool) -> PayoutTerms:
    """Terms of one option."""
    terms = rng.choice(_LINK_TERMS if is_link else _TERMS)
    if not timely:
        return terms
    further: dict[str, Any] = {"tiers": rng.choice(_TIERS)}
    if rng.random() < 0.8:
        interval = rng.choice((*("day",) * 8, "week", "month"))  # every day until then is closed
        mode, limit = rng.choice(("automatic", "automatic", "on_payment")), rng.randint(1, _LIMITS[interval])
        further["recurring"] = Recurring(interval=interval, mode=mode, limit=limit)
    return terms.model_copy(update=further)
