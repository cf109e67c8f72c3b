"""Why an order earns what it earns, in sentences: who won it, by which terms, on what is left of it, and what for."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import Order
from laurel.domain.ledger.row_parts import FiringEvidence
from laurel.domain.ledger.views import LoserView
from laurel.domain.offers.terms import FlatPerSale, FlatPlusPercent, NoPayout, PayoutTerms, PercentOfSale, PerClick
from laurel.domain.rules.rules import Rule
from laurel.domain.values.money import percent_of, quotient
from laurel.pages import terms
from laurel.pages.words import Words
from laurel.workflows.tracking.whole_orders import WholeOrder

_WON: Final = {
    "member": "they were named as who brought it, by the shop or by hand",
    "customer": "they won this customer's first order, and the offer keeps customers for a lifetime",
    "click": "the customer came by their link",
}
_PERIODS: Final = {
    "current_day": "on",
    "current_week": "in the week from",
    "current_month": "in the month from",
    "current_quarter": "in the quarter from",
    "current_year": "in the year from",
    "last_week": "in the week from",
    "last_month": "in the month from",
    "last_quarter": "in the quarter from",
    "last_year": "in the year from",
    "last_n_days": "in the days from",
    "since": "since",
}
_NEEDED: Final = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most", "eq": "exactly"}
_BY: Final = {"member": "named by the shop", "customer": "known customer", "promo_code": "promo code", "click": "click"}


class Earning(NamedTuple):
    """Somebody who earns of an order beside its seller, and why. `row`: for amount and status."""

    who: str
    why: str
    row: Commission


def sentences(order: WholeOrder, words: Words) -> list[str]:
    """Why the member earns what they earn of it, step by step; or why nobody does."""
    if order.row.member_id is None:
        return [f"Nobody earns on this order: {_of_nobody(order.row, words)}."]
    return [*_won(order), *_agreed(order, words), *_worth(order.row, words), *_stands(order.row, words)]


def _of_nobody(row: Commission, words: Words) -> str:
    won = row.attribution
    if won is not None and won.reason == "no_match" and won.promo_code:
        return f"its code {won.promo_code} is no member's, and no link or known customer led to it"
    return words.reason(won.reason if won else None) or "nobody won it"


def losers(order: WholeOrder, words: Words) -> list[tuple[LoserView, str]]:
    """The others who claimed it, and why they do not earn of it."""
    return [(loser, _lost(loser, words)) for loser in order.view.evidence]


def beside(order: WholeOrder, words: Words) -> list[Earning]:
    """The further rows that the order pays: adjustments, the members above the seller, and rewards as of this order."""
    rows = [*order.adjustments, *order.above, *order.rewards]
    return [Earning(order.name(row.member_id), _why_beside(row, order, words), row) for row in rows]


def _why_beside(row: Commission, order: WholeOrder, words: Words) -> str:
    if row.adjusts is not None:
        return f"Correction of the paid commission: {words.reason(row.reason) or 'the order was changed'}."
    return reward(row, order.rules, words) if row.origin == "rule" else _of_tier(row, words)


def reward(row: Commission, rules: Mapping[str, Rule], words: Words) -> str:
    """Why a rule made a row: the rule, its period, what its first condition stood at, and what the row is a part of."""
    rule = rules.get(row.rule_id or "")
    name = f"\u201c{rule.name}\u201d" if rule else "A rule that was deleted"
    if row.evidence is None:
        return f"{name}."
    return " ".join([f"{name} {_in_period(row.period, words)}.", *_evidence(row, row.evidence, rule, words)])


def _won(order: WholeOrder) -> Iterator[str]:
    row, name = order.row, order.name(order.row.member_id)
    won = row.attribution
    if row.renewal is not None:
        yield f"Payment {row.renewal.number + 1} of a subscription whose first payment {name} won."
    elif won is not None and won.by == "promo_code":
        yield f"{name} won it, because the customer used their code {won.promo_code}."
    elif won is not None and won.by is not None:
        yield f"{name} won it, because {_WON[won.by]}."


def _agreed(order: WholeOrder, words: Words) -> Iterator[str]:
    """The terms that pay for it."""
    row = order.row
    if row.terms is None:
        return
    said, option = terms.own(row.terms, words), _option(order, row.payout_option_id)
    if row.own_terms:
        yield f"They have terms of their own: {said}."
    elif row.recorded is not None:
        before = terms.own(row.recorded.terms, words)
        yield f"It was recorded at {before}; a move to{option} applies to it as well: {said}."
    else:
        yield f"The terms were those of{option} when it was recorded: {said}."


def _option(order: WholeOrder, option_id: str | None) -> str:
    offer = order.offers.get(order.row.offer_id or "")
    if offer is None or option_id is None:
        return " their payout option"
    return f" the payout option \u201c{offer.option(option_id).name}\u201d"


def _worth(row: Commission, words: Words) -> Iterator[str]:
    """The sum: what is left of the order, and what the terms make of that."""
    if row.order is None or row.terms is None:
        return
    yield from _left(row.order, row, words)
    if row.is_free_of_charge:
        yield "A payment of 0 in a subscription earns nothing; its first payment above 0 is the sale."
    elif not row.order.earns_nothing:
        yield f"{_reckoned(row.terms, row, words)}."


def _left(order: Order, row: Commission, words: Words) -> Iterator[str]:
    whole = words.money(order.amount, order.currency)
    if order.earns_nothing:
        yield f"The order of {whole} earns nothing while things are so: {words.reason(order.reason)}."
        return
    if order.refunded_amount:
        back, rest = words.money(order.refunded_amount, order.currency), words.money(order.rest, order.currency)
        yield f"Of {whole}, {back} went back; {rest} is left."
    if order.currency != row.currency and order.exchange_rate is not None:
        rate, here = words.number(order.exchange_rate), words.money(order.remaining, row.currency)
        yield f"At {rate} {row.currency} for 1 {order.currency} that is {here}."


def _reckoned(of: PayoutTerms, row: Commission, words: Words) -> str:
    """The sum, as one would do it on paper."""
    base = row.base
    amount = words.money(of.on_sale(base) if row.action_code is None else of.on_action(row.action_code, base))
    if row.action_code is not None:
        rate = of.actions.get(row.action_code)
        return (
            f"The action \u201c{row.action_code}\u201d pays {terms.rate(rate, words) if rate else 'nothing'}: {amount}"
        )
    match of:
        case PercentOfSale():
            return f"{words.percent(of.percent)} of {words.money(base)} is {amount}"
        case FlatPerSale():
            return f"Each sale pays {amount}, whatever it comes to"
        case FlatPlusPercent():
            share, percent = words.money(percent_of(base, of.percent)), words.percent(of.percent)
            return f"{words.money(of.amount)}, and {share} for {percent} of {words.money(base)}, is {amount}"
        case PerClick() | NoPayout():
            return "These terms pay nothing for a sale"


def _stands(row: Commission, words: Words) -> Iterator[str]:
    """The reason of its status: what it waits for, or what a person decided."""
    if row.status == "pending":
        yield _waits(row, words)
    if row.decision is not None and row.decision.status == "declined":
        why = f": {words.reason(row.decision.reason)}" if row.decision.reason else ""
        yield f"It was declined by hand{why}."
    if row.counted_adjustments.amount:
        paid, by = words.money(row.amount), words.money(row.counted_adjustments.amount)
        yield f"{paid} was paid before that changed, so a correction of {by} stands beside it."


def _waits(row: Commission, words: Words) -> str:
    if row.order is not None and row.order.money == "awaiting":
        return "It is pending until the shop says that the money came."
    if row.hold_until is not None:
        return f"It is pending until {words.instant(row.hold_until)}, and approved by itself then."
    return "It is pending until somebody approves it."


def _lost(loser: LoserView, words: Words) -> str:
    by = _BY[loser.by]
    return f"by {by}: {words.reason(loser.reason)}" if loser.reason else f"by {by}: somebody else came first"


def _of_tier(row: Commission, words: Words) -> str:
    rate = row.terms.tiers[0] if row.terms and row.terms.tiers else None
    if rate is None:
        return "brought the seller"
    if rate.amount is not None:
        said = words.money(rate.amount)
    elif rate.percent_of_sale is not None:
        said = f"{words.percent(rate.percent_of_sale)} of the sale"
    else:
        said = f"{words.percent(rate.percent_of_first_tier)} of the seller's commission"
    return f"{said}, {'for bringing the seller' if row.tier == 2 else f'{row.tier - 1} levels above the seller'}"


def _in_period(period: str | None, words: Words) -> str:
    kind, _, first = (period or "").partition(":")
    if kind in _PERIODS and first:
        return f"{_PERIODS[kind]} {words.day(date.fromisoformat(first))}"
    return "for what is unpaid" if kind == "all_unpaid" else "over all time"


def _evidence(row: Commission, told: FiringEvidence, rule: Rule | None, words: Words) -> Iterator[str]:
    """The reading of the first condition, and what the row is a part of."""
    unit = "text" if rule is None else rule.leading.unit
    is_same = rule is not None and rule.version == told.rule_version
    if told.value:
        yield f"Its first condition{_needed(rule, words) if is_same else ''} stood at {_in(unit, told.value, words)}."
    if told.multiple is not None:
        yield f"This one is for {_in(unit, str(told.multiple), words)}."
    share = rule.paying.rate.percent if rule is not None and rule.paying is not None else None
    if share is not None and told.base is not None:
        yield f"{words.percent(share)} of {words.money(told.base)} is {words.money(row.amount)}."
    if rule is not None and not is_same:
        yield "The rule was edited since."


def _needed(rule: Rule | None, words: Words) -> str:
    """The demand of a rule's leading condition."""
    if rule is None or rule.leading.operator not in _NEEDED:
        return ""
    return f", {_NEEDED[rule.leading.operator]} {_in(rule.leading.unit, str(rule.leading.value), words)},"


def _in(unit: str, value: str, words: Words) -> str:
    """A reading, or what it is compared with, in its unit."""
    if unit == "money":
        return words.money(quotient(*Decimal(value).as_integer_ratio()))
    return f"{value}\u00a0%" if unit == "percent" else value.replace("_", " ")
