"""Terms of pay in words: 10 % of each sale, 2 % for who brought them."""

from collections.abc import Iterator
from typing import Final, assert_never

from laurel.domain.offers.offers import Discount
from laurel.domain.offers.terms import (
    FixedOrPercent,
    FlatPerSale,
    FlatPlusPercent,
    NoPayout,
    PayoutTerms,
    PercentOfSale,
    PerClick,
    TierRate,
)
from laurel.pages.words import Words

_BROUGHT: Final = ("who brought them", "who brought that one")


def told(terms: PayoutTerms, words: Words) -> str:
    """All that the terms pay, to whomever."""
    above = (_above(rate, number, words) for number, rate in enumerate(terms.tiers))
    return ", ".join([own(terms, words), *above])


def own(terms: PayoutTerms, words: Words) -> str:
    """The part of whoever sells."""
    return ", ".join([_of_sale(terms, words), *_of_actions(terms, words), *_later(terms)])


def rate(of: FixedOrPercent | Discount, words: Words) -> str:
    """A fixed amount, or a percentage of something."""
    return words.money(of.amount) if of.amount is not None else words.percent(of.percent)


def _of_sale(terms: PayoutTerms, words: Words) -> str:
    match terms:
        case PercentOfSale(percent=percent):
            return f"{words.percent(percent)} of each sale"
        case FlatPerSale(amount=amount):
            return f"{words.money(amount)} for each sale"
        case FlatPlusPercent(amount=amount, percent=percent):
            return f"{words.money(amount)} and {words.percent(percent)} of each sale"
        case PerClick(amount=amount):
            return f"{words.money(amount)} for each click"
        case NoPayout():
            return "nothing for sales"
        case _:
            assert_never(terms)


def _of_actions(terms: PayoutTerms, words: Words) -> Iterator[str]:
    for code, of in terms.actions.items():
        base = "" if of.amount is not None else " of the amount"
        yield f"{rate(of, words)}{base} for each \u201c{code}\u201d"


def _later(terms: PayoutTerms) -> Iterator[str]:
    if terms.recurring is not None:
        most = f", {terms.recurring.limit} times at most" if terms.recurring.limit else ""
        yield f"the same for later payments, one each {terms.recurring.interval}{most}"


def _above(of: TierRate, number: int, words: Words) -> str:
    whom = _BROUGHT[number] if number < len(_BROUGHT) else f"the {number + 1}th above them"
    if of.percent_of_first_tier is not None:
        return f"{words.percent(of.percent_of_first_tier)} of that for {whom}"
    return f"{words.money(of.amount) if of.amount is not None else words.percent(of.percent_of_sale)} for {whom}"
