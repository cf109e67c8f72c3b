"""Why a row is what it is, in one sentence to its member: its terms, its order's facts, its rule's evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, assert_never

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import Order
from laurel.domain.offers.terms import (
    FlatPerSale,
    FlatPlusPercent,
    NoPayout,
    PayoutTerms,
    PercentOfSale,
    PerClick,
)
from laurel.domain.rules.rules import Rule
from laurel.pages.words import Words
from laurel.portal import spans
from laurel.workflows.ledger.grounds import Grounds

_BY: Final[Mapping[str, str]] = {
    "promo_code": "by your code {}",
    "click": "by your link",
    "customer": "by a customer whom you had brought",
    "member": "which the shop says is yours",
}
_FACTS: Final[Mapping[str, str]] = {
    "refund": "the order was sent back",
    "chargeback": "the customer had the payment taken back",
    "cancelled": "the order was cancelled",
    "member_erased": "it came after your data had been erased",
}
_IN_CORRECTIONS: Final[Mapping[str, str]] = {
    "refund": "a part of it was sent back",
    "chargeback": "the customer had the payment taken back",
    "cancelled": "the order was cancelled",
}
_ABOVE: Final = ("somebody whom you brought", "somebody whom one of yours brought")


@dataclass(frozen=True, slots=True)
class Why:
    """Tells of rows. `merchant`: the name of the program."""

    words: Words
    grounds: Grounds
    merchant: str

    def what(self, row: Commission) -> str:
        """The kind of a row in a word or two."""
        match row:
            case Commission(type="adjustment"):
                return "Correction"
            case Commission(origin="rule"):
                return "Reward"
            case Commission(origin="manual"):
                return "From the merchant"
            case Commission(origin="tier"):
                return "Sale of your team" if row.action_code is None else "Action of your team"
            case Commission(type="action"):
                return f"Action \u201c{row.action_code}\u201d"
            case _:
                return {"click": "Clicks", "recurring": "Later payment"}.get(row.type, "Sale")

    def told(self, row: Commission) -> str:
        """The sentence: how the amount comes about, and if it is not to be paid, why not."""
        parts = [self._comes_of(row), self._refused(row), self._corrected(row)]
        sentence = "; ".join(part for part in parts if part)
        return f"{sentence[:1].upper()}{sentence[1:]}."

    def waits(self, row: Commission) -> str:
        """The thing that a pending row waits for; empty for others."""
        if row.status != "pending":
            return ""
        if row.hold_until is not None:
            return f"It is approved on {self.words.day(row.hold_until)}, unless the order is sent back."
        if row.order is not None and row.order.money == "awaiting":
            return "It waits until the shop has the money."
        return f"It waits for {self.merchant}."

    def _comes_of(self, row: Commission) -> str:
        match row:
            case Commission(type="adjustment"):
                return self._correction(row)
            case Commission(origin="rule"):
                return self._reward(row)
            case Commission(origin="manual"):
                return f"{self.merchant} {'gave' if row.amount >= 0 else 'took back'} this" + (
                    f": {row.reason}" if row.reason else ""
                )
            case Commission(origin="tier"):
                return self._of_team(row)
            case Commission(type="click"):
                return self._clicks(row)
            case _:
                return self._of_order(row)

    def _refused(self, row: Commission) -> str:
        if row.status != "declined":
            return ""
        if (fact := _FACTS.get(row.reason or "")) is not None:
            return f"it earns nothing, because {fact}"
        return f"{self.merchant} declined it" + (f": {row.reason}" if row.reason else "")

    def _corrected(self, row: Commission) -> str:
        if not row.counted_adjustments.amount:
            return ""
        paid, by = self.words.money(row.amount), self.words.money(row.counted_adjustments.amount)
        return f"{paid} was paid before that changed, so a correction of {by} stands beside it"

    def _of_order(self, row: Commission) -> str:
        if row.order is None or row.is_trial:
            return self._payment(row) or "a trial begins a subscription; what is paid later earns"
        agreed = "as agreed with you, " if row.own_terms else ""
        of = _earns(row.terms, row.action_code, self._base(row.order), self.words)
        won = row.attribution
        by = _BY.get((won and won.by) or "", "").format(won.promo_code if won else "")
        order = f"order {row.order.order_id}"
        payment = self._payment(row)
        return ", ".join(part for part in (f"{agreed}{of}", payment or order, "" if payment else by) if part)

    def _base(self, order: Order) -> str:
        words = self.words
        told = words.money(order.sale)
        if order.currency != words.currency and order.exchange_rate is not None:
            told += f" ({words.money(order.amount, order.currency)} at {words.number(Decimal(order.exchange_rate))})"
        if not order.refunded_sale:
            return told
        back, left = words.money(order.refunded_sale), words.money(order.sale - order.refunded_sale)
        return f"{left} (of {told}, {back} was sent back)"

    def _payment(self, row: Commission) -> str:
        if row.renewal is None:
            return ""
        first = self.grounds.rows.get(row.renewal.conversion_id)
        begun = f" that order {first.order.order_id} began" if first is not None and first.order is not None else ""
        earns = ""
        if row.order is None:
            base = self.words.money(row.renewal.base or 0)
            earns = _earns(row.terms, row.action_code, base, self.words) + ", "
        return f"{earns}payment {row.renewal.number} after the first of a subscription{begun}"

    def _clicks(self, row: Commission) -> str:
        clicks = self.words.count(row.clicks or 0, "visitor", "visitors")
        each = row.terms.amount if isinstance(row.terms, PerClick) else 0
        return f"{clicks} by your link, {self.words.money(each)} for each"

    def _of_team(self, row: Commission) -> str:
        whom = _ABOVE[row.tier - 2] if row.tier - 2 < len(_ABOVE) else f"somebody {row.tier - 1} places below you"
        rate = row.terms.tiers[0] if row.terms is not None and row.terms.tiers else None
        if rate is None:
            return f"your part of a sale by {whom}"
        if rate.amount is not None:
            return f"{self.words.money(rate.amount)} for a sale by {whom}"
        if rate.percent_of_first_tier is not None:
            return f"{self.words.percent(rate.percent_of_first_tier)} of what a sale earned {whom}"
        return f"{self.words.percent(rate.percent_of_sale)} of a sale by {whom}"

    def _correction(self, row: Commission) -> str:
        paid = self.grounds.rows.get(row.adjusts.commission_id) if row.adjusts else None
        of = f"order {paid.order.order_id}" if paid is not None and paid.order is not None else "a row"
        does = "takes back a part of what" if row.amount < 0 else "adds to what"
        because = _IN_CORRECTIONS.get(row.reason or "", row.reason or "")
        return f"{does} {of} had paid you" + (f", because {because}" if because else "")

    def _reward(self, row: Commission) -> str:
        rule = self.grounds.rules.get(row.rule_id or "")
        name = f"reward \u201c{rule.name}\u201d" if rule is not None else "a reward that has ended since"
        span = spans.of_key(row.period or "", self.words)
        named = f"{name} for {span}" if span else name
        if row.earned_by is not None:
            return f"{named}, for what somebody whom you brought did"
        return named + self._evidence(row, rule)

    def _evidence(self, row: Commission, rule: Rule | None) -> str:
        known = row.evidence
        if known is None:
            return ""
        words, told = self.words, ""
        is_as_it_was = rule is not None and rule.version == known.rule_version
        paying = rule.paying if rule is not None and is_as_it_was else None
        if paying is not None and paying.rate.percent is not None and known.base is not None:
            told += f": {words.percent(paying.rate.percent)} of the {words.money(known.base)} that you had earned"
        leading = rule.leading if rule is not None and is_as_it_was else None
        if leading is None or (told and leading.unit == "money"):
            return told
        if known.multiple is not None:
            return f"{told}, for reaching {' '.join(spans.measured(leading, known.multiple, words)).strip()}"
        return told if known.value is None else f"{told}, at {' '.join(spans.measured(leading, known.value, words))}"


def _earns(of: PayoutTerms | None, action_code: str | None, base: str, words: Words) -> str:
    """The rate, and what it is taken of."""
    if of is None:
        return f"nothing of {base}"
    if action_code is not None:
        rate = of.actions.get(action_code)
        if rate is None:
            return f"\u201c{action_code}\u201d earns nothing by your terms"
        return words.money(rate.amount) if rate.amount is not None else f"{words.percent(rate.percent)} of {base}"
    match of:
        case PercentOfSale(percent=percent):
            return f"{words.percent(percent)} of {base}"
        case FlatPerSale(amount=amount):
            return f"{words.money(amount)} for a sale of {base}"
        case FlatPlusPercent(amount=amount, percent=percent):
            return f"{words.money(amount)} and {words.percent(percent)} of {base}"
        case PerClick() | NoPayout():
            return f"a sale of {base} earns nothing by your terms"
        case _:
            assert_never(of)
